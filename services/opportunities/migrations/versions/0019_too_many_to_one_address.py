"""A question beyond those that one address or number may have is kept, and marked: its answer goes only by a coordinator's choice (OPP-22)."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("questions", sa.Column("too_many", sa.Boolean, nullable=False, server_default="false"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
