"""What visitors post is counted across restarts and processes."""

from alembic import op

from shared.messaging.migrations import count_limits

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    count_limits()


def downgrade() -> None:
    op.drop_table("limit_counts")
