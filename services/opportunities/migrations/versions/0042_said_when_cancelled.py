"""Whether our own services heard since when a host had cancelled a session (PAY-16, NET-03)."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listing_sessions_gone", sa.Column("said_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
