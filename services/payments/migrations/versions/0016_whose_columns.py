"""Who named a statement's columns and who else saw that they are right, what a payment ended on, and what the bank paid twice (PAY-12)."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("statement_columns", sa.Column("confirmed_by", sa.Uuid))
    op.add_column("bank_statements", sa.Column("columns_by", sa.Uuid))
    op.add_column("bank_entries", sa.Column("about_payment_id", sa.Uuid))
    op.add_column("payments", sa.Column("statement_id", sa.Uuid))
    op.add_column("payments", sa.Column("paid_twice_at", sa.DateTime(timezone=True)))
    op.create_foreign_key("fk_payments_statement_id_bank_statements", "payments", "bank_statements", ["statement_id"], ["id"])
    op.create_foreign_key("fk_bank_entries_about_payment_id_payments", "bank_entries", "payments", ["about_payment_id"], ["id"])
    op.create_index("ix_bank_entries_about_payment_id", "bank_entries", ["about_payment_id"], postgresql_where=sa.text("state = 'near'"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
