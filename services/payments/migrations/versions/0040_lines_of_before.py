"""Of lines of the account's statement that name no payment: payees of ours whom their words do not mean (PAY-12)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "bank_entries", sa.Column("not_about", ARRAY(sa.Uuid), nullable=False, server_default=sa.text("'{}'"))
    )
    op.create_index(
        "ix_bank_entries_same_sum",
        "bank_entries",
        ["pence", "day"],
        postgresql_where=sa.text("because IN ('same-sum', 'came-back')"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
