"""How often a payment went out beside what we count, each time an entry of its own (PAY-11, PAY-12).

The program before this one notes it once, with paid_twice_at alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payments", sa.Column("lost_times", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE payments SET lost_times = 1 WHERE paid_twice_at IS NOT NULL")
    op.add_column("journal", sa.Column("nth", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.drop_index("uq_journal_pay_12_once_per_payment", "journal")
    op.create_index(
        "uq_journal_pay_12_once_per_payment",
        "journal",
        ["payment_id", "what", "nth"],
        unique=True,
        postgresql_where=sa.text("payment_id IS NOT NULL AND what <> 'reversed'"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
