"""Which text of a listing counts, apart from whether it is open: a change is told to those with a place although it was withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listings", sa.Column("text_version", sa.Integer, nullable=False, server_default="0"))
    # No UPDATE: it would give every listing a new number in the feeds, though nothing public is another.
    op.alter_column("listings", "text_version", type_=sa.Integer, postgresql_using="host_version")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
