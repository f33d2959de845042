"""How an opportunity's sessions are held: travel is for those in person (PAY-02). "" where it was published before we kept it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opportunities", sa.Column("mode", sa.Text, nullable=False, server_default=""))
    op.create_check_constraint("ck_opportunities_pay_02_mode", "opportunities", "mode IN ('', 'in-person', 'online', 'both')")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
