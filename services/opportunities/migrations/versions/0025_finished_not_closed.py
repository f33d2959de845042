"""What is marked finished and still lacks something is found without what has ended in all years (OPP-12)."""

from alembic import op
from sqlalchemy import text

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_opportunities_finished", "opportunities", ["id"], postgresql_where=text("state = 'finished'"))


def downgrade() -> None:
    op.drop_index("ix_opportunities_finished", "opportunities")
