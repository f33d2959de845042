"""How a claim was agreed or paid, so that the first page of its owner says vouchers where they are vouchers (PAY-08)."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claims", sa.Column("recognition", sa.Text))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
