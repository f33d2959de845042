"""Requests of one home organisation are counted by the day (NET-02)."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_guests_home", "guests", ["home", "heard_at"])


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
