"""Whom somebody speaks for, if they say (OPP-24)."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("places", sa.Column("speaks_for", sa.Text, nullable=False, server_default=""))
    op.create_check_constraint("ck_places_opp_24_speaks_for", "places", "speaks_for IN ('', 'self', 'group', 'both')")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
