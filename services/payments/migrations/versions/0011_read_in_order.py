"""Indexes for what operators read of parked messages, and for what jobs look at again and again."""

import sqlalchemy as sa
from alembic import op

from shared.messaging.migrations import index_dead_letters

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index_dead_letters()
    op.create_index("ix_claim_lines_waiting", "claim_lines", ["claim_id"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("ix_statements_unsettled", "statements", ["organisation", "id"], postgresql_where=sa.text("state NOT IN ('settled', 'received')"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
