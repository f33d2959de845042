"""Organisations are told apart: since when we know one, its key's digits, and whether it signs. Listings that came in
unchecked are counted though nobody was told of them (NET-01)."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisations", sa.Column("known_since", sa.DateTime(timezone=True)))
    op.add_column("organisations", sa.Column("fingerprint", sa.Text, nullable=False, server_default=""))
    op.add_column("organisations", sa.Column("signs", sa.Boolean))
    op.add_column("organisations", sa.Column("named_version", sa.Integer, nullable=False, server_default="0"))
    op.add_column("listings", sa.Column("let_in_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_listings_let_in_at", "listings", ["origin", "let_in_at"], postgresql_where=sa.text("told_at IS NULL")
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
