"""When somebody, or the bank's answer, last said that a payment came back (PAY-12); nothing is lost less than never."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payments", sa.Column("said_back_on", sa.Date))
    op.add_column("payments", sa.Column("said_back", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_check_constraint("pay_12_lost_times", "payments", "lost_times >= 0")
    op.execute(
        "UPDATE payments SET said_back = 1, said_back_on = (ended_at AT TIME ZONE 'Europe/London')::date"
        " WHERE state = 'returned' AND ended_how <> 'statement' AND method = 'bank-transfer'"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
