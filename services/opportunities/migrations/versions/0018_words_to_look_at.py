"""A listing's new words wait for a look while our people read the old ones; how often a day one's words change unseen is bounded (NET-01)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listings", sa.Column("waiting", JSONB))
    op.add_column("listings", sa.Column("retold", sa.Integer, nullable=False, server_default="0"))
    op.add_column("listings", sa.Column("retold_since", sa.DateTime(timezone=True)))
    op.create_index("ix_listings_waiting", "listings", ["origin"], postgresql_where=sa.text("waiting IS NOT NULL"))
    op.create_index("ix_listings_retold_since", "listings", ["origin", "retold_since"])


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
