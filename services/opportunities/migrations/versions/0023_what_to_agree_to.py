"""Whether coordinators were asked to agree to pay for a listing (NET-03)."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listings", sa.Column("asked_version", sa.Integer, nullable=False, server_default="0"))
    op.create_index("ix_listings_asked", "listings", ["id"], postgresql_where=sa.text("asked_version % 2 = 1"))


def downgrade() -> None:
    op.drop_index("ix_listings_asked", "listings")
    op.drop_column("listings", "asked_version")
