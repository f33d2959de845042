"""FB-09: how a claim's words were set aside, and what those who have the concern answered for in it."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("concerns_heard", sa.Column("marked_as", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "answered_for",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("answered_by", sa.Uuid, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
