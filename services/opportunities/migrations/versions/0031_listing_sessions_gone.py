"""Sessions that another host cancelled while the others stay, for those of ours who had a place (OPP-19)."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_sessions_gone",
        sa.Column("listing_id", sa.Uuid, sa.ForeignKey("listings.id"), primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
