"""A parked message says when it was last tried again; one that can never be handled is closed, and says why."""

from shared.messaging.migrations import close_dead_letters

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    close_dead_letters()


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
