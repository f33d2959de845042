"""What visitors post is counted across restarts and processes: every service has where, whether it asks or not."""

from shared.messaging.migrations import count_limits

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    count_limits()


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
