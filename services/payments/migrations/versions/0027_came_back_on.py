"""On which day the account's statement shows a payment coming back (PAY-12): that it went out by then is known.

The program before this one leaves it empty: such a payment went out by the day on which it was written down that it came back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payments", sa.Column("came_back_on", sa.Date))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
