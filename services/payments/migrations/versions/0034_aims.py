"""Claims are listed by the day that their owners were promised (PAY-07)."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_claims_aims", "claims", ["state", "target_day"])


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
