"""PAY-12: files that wait for whoever brought them are told apart by name, days and sums."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bank_statements", sa.Column("holds", JSONB))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
