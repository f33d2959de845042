"""Receipts: the hash of what is kept, by which the same PDF saved again is known (PAY-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("receipts", sa.Column("kept_sha256", sa.Text))
    op.create_index("ix_receipts_kept_sha256", "receipts", ["kept_sha256"])


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
