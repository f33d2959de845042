"""Words of a neighbour that a coordinator did not show, its changed name, and its answers to our guests: kept for a (second) look (NET-01)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listings", sa.Column("not_shown", JSONB))
    op.add_column("organisations", sa.Column("waiting", JSONB))
    op.add_column("guest_places", sa.Column("waiting", JSONB))
    op.create_index("ix_guest_places_words_wait", "guest_places", ["host"], postgresql_where=sa.text("waiting IS NOT NULL"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
