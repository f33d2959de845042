"""The check that nothing is lost less than never has the name that the program gives it (PAY-12)."""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE payments RENAME CONSTRAINT pay_12_lost_times TO ck_payments_pay_12_lost_times")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
