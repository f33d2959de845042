"""In which way somebody had their say other than in the room: a journey is paid for one to one alone (PAY-02)."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attendances", sa.Column("way", sa.Text, nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
