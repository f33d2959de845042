"""How many worries somebody has told of since yesterday is read each time, and who wrote one down while helping is
kept (FB-09, PEO-02)."""

from alembic import op
from sqlalchemy import Column, Uuid

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("concerns", Column("helped_by", Uuid, comment="who wrote it down for whoever raised it"))
    op.create_index("ix_concerns_raised_by", "concerns", ["raised_by", "raised_at"])


def downgrade() -> None:
    op.drop_index("ix_concerns_raised_by", "concerns")
    op.drop_column("concerns", "helped_by")
