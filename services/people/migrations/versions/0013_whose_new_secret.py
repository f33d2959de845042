"""A second step that is being set up belongs to the sign-in that began it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("factors", sa.Column("session_id", sa.Uuid))


def downgrade() -> None:
    op.drop_column("factors", "session_id")
