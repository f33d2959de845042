"""Indexes for what operators read of parked messages, and for what jobs look at again and again."""

import sqlalchemy as sa
from alembic import op

from shared.messaging.migrations import index_dead_letters

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index_dead_letters()
    op.create_index("ix_sessions_starts_at", "sessions", ["starts_at"])
    op.create_index("ix_needs_not_warned", "needs", ["place_id"], postgresql_where=sa.text("state = 'asked' AND warned_at IS NULL"))
    op.create_index("ix_places_waiting", "places", ["opportunity_id"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("ix_shares_listed", "shares", ["opportunity_id"], postgresql_where=sa.text("listed"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
