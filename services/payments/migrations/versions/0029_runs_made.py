"""The runs that are made and not sent are found without those of all years (PAY-12)."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_payment_runs_made", "payment_runs", ["number"], postgresql_where=sa.text("state = 'made'"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
