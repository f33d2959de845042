"""When a session was to start before it was moved shortly before that, so that fares may be lost (PAY-16)."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("moved_late_from", sa.DateTime(timezone=True)))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
