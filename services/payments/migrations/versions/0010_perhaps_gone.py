"""Payments that were taken out of a run whose file the bank may have, until it is known what became of them (PAY-12, PAY-17).

The program before this one runs on what is here: every column may be empty or has a default.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payments", sa.Column("in_file", sa.Integer))
    op.add_column("payments", sa.Column("file_fetched_at", sa.DateTime(timezone=True)))
    op.add_column("payments", sa.Column("taken_out_by", sa.Uuid))
    op.add_column("payments", sa.Column("settled_at", sa.DateTime(timezone=True)))
    op.add_column("payments", sa.Column("settled_by", sa.Uuid))
    op.create_check_constraint("ck_payments_pay_12_perhaps_gone", "payments", "settled_at IS NULL OR in_file IS NOT NULL")
    op.create_index(
        "ix_payments_perhaps_gone",
        "payments",
        ["run_id"],
        postgresql_where=sa.text("state = 'cancelled' AND in_file IS NOT NULL AND settled_at IS NULL"),
    )
    op.add_column("payables", sa.Column("was_for", postgresql.JSONB))
    op.add_column("payment_runs", sa.Column("perhaps_gone_version", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.execute(
        "UPDATE payments SET in_file = file_number, file_fetched_at = fetched_at FROM payment_runs"
        " WHERE payment_runs.id = run_id AND payments.state = 'made' AND method = 'bank-transfer' AND fetched_at IS NOT NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
