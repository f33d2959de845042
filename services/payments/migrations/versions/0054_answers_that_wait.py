"""A bank's answer that says that money went which we do not count as paid is kept like a line of a statement
(PAY-12)."""

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("ck_bank_statements_kind", "bank_statements")
    op.create_check_constraint("ck_bank_statements_kind", "bank_statements", "kind IN ('camt.053', 'csv', 'pain.002')")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
