"""An event is published once: no program says that it still waits."""

from shared.messaging.migrations import publish_once

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    publish_once()


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
