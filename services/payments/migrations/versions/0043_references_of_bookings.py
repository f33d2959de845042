"""The bank's own reference of each booking, so that two of one day are told apart (PAY-12)."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bank_bookings", sa.Column("reference", sa.Text, nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
