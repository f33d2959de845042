"""Calls about bank details that nobody answered, and details that were set aside as wrong (PAY-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bank_details", sa.Column("set_aside_by", sa.Uuid))
    op.add_column("bank_details", sa.Column("set_aside_at", sa.DateTime(timezone=True)))
    op.create_table(
        "unanswered_calls",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("details_id", sa.Uuid, sa.ForeignKey("bank_details.id"), nullable=False),
        sa.Column("rung_by", sa.Uuid, nullable=False),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_unanswered_calls_details_id", "unanswered_calls", ["details_id", "rung_at"])


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
