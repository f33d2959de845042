"""What became of earlier payments of the same money is found by an index."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_payments_payable_id", "payments", ["payable_id"])
