"""A claim says on which day its paper form reached us (PAY-19)."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claims", sa.Column("paper_came_on", sa.Date))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
