"""What is not over yet is found without the listings of all years (NET-03)."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_listings_last_ends_at", "listings", ["last_ends_at"])


def downgrade() -> None:
    op.drop_index("ix_listings_last_ends_at", "listings")
