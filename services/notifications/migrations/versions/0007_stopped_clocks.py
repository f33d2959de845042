"""Claims whose clock stands still: nothing of them is due, and nothing is late (PAY-07)."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claims", sa.Column("stopped", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("claims", sa.Column("clock_version", sa.Integer, nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
