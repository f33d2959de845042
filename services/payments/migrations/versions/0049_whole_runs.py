"""Of lines of the account's statement that name no payment: runs whose whole sum they have (PAY-12)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "bank_entries", sa.Column("may_be_runs", ARRAY(sa.Uuid), nullable=False, server_default=sa.text("'{}'"))
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
