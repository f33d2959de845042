"""What claims are for: an attendance, a session that was cancelled shortly before it started (PAY-16), or another way
to have a say (PAY-18)."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attendances", sa.Column("ground", sa.Text, nullable=False, server_default=sa.text("'attendance'")))
    op.create_check_constraint(
        "ck_attendances_pay_18_ground",
        "attendances",
        "ground IN ('attendance', 'cancelled-session', 'contribution')",
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
