"""Whether every answer that people were told of was taken back (OPP-22)."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opportunities", sa.Column("answers_gone", sa.Uuid))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
