"""The page where helping began, so that who stops helping comes back to it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("helps_from", sa.Text))


def downgrade() -> None:
    op.drop_column("sessions", "helps_from")
