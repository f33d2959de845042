"""Why a sign-in ended, so that who is signed out can be told."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("ended_because", sa.Text))
    op.create_check_constraint(
        op.f("ck_sessions_ended_because"),
        "sessions",
        "ended_because IN ('signed-out', 'elsewhere', 'idle', 'roles', 'contact', 'second-step')",
    )


def downgrade() -> None:
    op.drop_column("sessions", "ended_because")
