"""What a host's listings call it is found by one of them, however many there are."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_opportunities_host", "opportunities", ["host"], postgresql_where=sa.text("host_name <> ''"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
