"""Parked messages are read by operators a page at a time, in order, without looking at all of them."""

from shared.messaging.migrations import index_dead_letters

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index_dead_letters()


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
