"""Which organisations the hub's operator has taken out of the network: nothing is asked of them until they are back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisations", sa.Column("removed", sa.Boolean, nullable=False, server_default="false"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
