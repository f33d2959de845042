"""Payments that did not go are found by their sum, for a line that may be one of them after all (PAY-12)."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("state IN ('rejected', 'cancelled')")
    op.create_index("ix_payments_not_gone", "payments", ["amount_pence"], postgresql_where=where)


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
