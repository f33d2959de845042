"""What was and what is, of each change that people are told of (OPP-16)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("changes", "listings"):
        op.add_column(table, sa.Column("differences", JSONB, nullable=False, server_default="[]"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
