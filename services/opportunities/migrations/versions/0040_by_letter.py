"""Who hears by letter, so that nobody is said to be told before a letter is posted (NOT-08)."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("by_letter", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
