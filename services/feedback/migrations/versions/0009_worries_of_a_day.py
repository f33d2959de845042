"""How many worries somebody has told of since yesterday is read each time (FB-09)."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_concerns_raised_by", "concerns", ["raised_by", "raised_at"])


def downgrade() -> None:
    op.drop_index("ix_concerns_raised_by", "concerns")
