"""Who has said first that a line of the account's statement is not ours, where two say so together (PAY-12)."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bank_entries", sa.Column("dismissed_by", sa.Uuid))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
