"""The day by which we aim to pay a claim, as its owner was told (PAY-07)."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claims", sa.Column("aim_by", sa.Date))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
