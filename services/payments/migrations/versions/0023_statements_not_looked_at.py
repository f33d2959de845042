"""Statements that nobody has looked at yet, by when they came: those that end by themselves are found without reading the others (PRI-04)."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_bank_statements_not_looked_at", "bank_statements", ["given_at"], postgresql_where=sa.text("state = 'to-map'"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
