"""How it works in the room, ours and other organisations' (OPP-23)."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("opportunities", "listings"):
        for name in ("led_by", "speaking", "upset", "agreements", "conflicts"):
            op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
