"""What was answered about near matches stands in the list itself: no list waits here, and none ever did."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("waiting_lists")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
