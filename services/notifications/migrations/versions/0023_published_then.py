"""An event is published when it happens, not before it was kept."""

from shared.messaging.migrations import publish_when_it_happens

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    publish_when_it_happens()


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
