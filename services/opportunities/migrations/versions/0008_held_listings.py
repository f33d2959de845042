"""Listings of an organisation that a coordinator has not looked at yet are held; how many of one are told of in a day is bounded."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisations", sa.Column("trusted_at", sa.DateTime(timezone=True)))
    op.add_column("listings", sa.Column("held", sa.Boolean, nullable=False, server_default="false"))
    op.add_column("listings", sa.Column("told_at", sa.DateTime(timezone=True)))
    # Whose listings people have seen so far is known here already.
    op.execute("UPDATE organisations SET trusted_at = now() WHERE origin IN (SELECT origin FROM listings)")
    op.execute("UPDATE listings SET told_at = heard_at")
    op.create_check_constraint("net_01_held_is_hidden", "listings", "NOT held OR hidden")
    op.create_index("ix_listings_told_at", "listings", ["origin", "told_at"])
    op.create_index("ix_listings_held", "listings", ["origin"], postgresql_where=sa.text("held"))
