"""What people do in their own time has a closing day instead of sessions (OPP-01)."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opportunities", sa.Column("closes_on", sa.Date))
    on_a_day = sa.text("closes_on IS NOT NULL")
    op.create_index("ix_opportunities_closes_on", "opportunities", ["closes_on"], postgresql_where=on_a_day)


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
