"""Finds the concerns that set something aside, without reading the others (FB-09)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_concerns_with_a_source",
        "concerns",
        ["read_at"],
        postgresql_where=sa.text("read_at <> '' AND outcome IS DISTINCT FROM 'returned'"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
