"""What was decided about a line is found by its payment, without the lines of all years (PAY-12)."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_bank_entries_chosen", "bank_entries", ["payment_id"], postgresql_where=sa.text("state = 'chosen'"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
