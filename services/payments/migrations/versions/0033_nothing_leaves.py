"""Whether a payment run that waits can only be taken back (PAY-12)."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "money_waits", sa.Column("nothing_leaves", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
