"""Which file of its run a line names with what it books (PAY-12): two files of one day are two bookings."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bank_bookings", sa.Column("file", sa.Text, nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
