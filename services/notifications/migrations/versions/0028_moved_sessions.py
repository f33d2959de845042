"""A session's own version, and when it was to be before it was moved (OPP-16)."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("version", sa.Integer, nullable=False, server_default="0"))
    op.add_column("sessions", sa.Column("was_starts_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
