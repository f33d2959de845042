"""Indexes for what operators read of parked messages, and for what jobs look at again and again."""

import sqlalchemy as sa
from alembic import op

from shared.messaging.migrations import index_dead_letters

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index_dead_letters()
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_passkeys_stopped_at", "passkeys", ["stopped_at"], postgresql_where=sa.text("stopped_at IS NOT NULL"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
