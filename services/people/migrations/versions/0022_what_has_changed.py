"""A sign-in that ended because of a change of how somebody is reached says which change it was."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NAME = "ck_sessions_ended_because"


def upgrade() -> None:
    op.drop_constraint(NAME, "sessions", type_="check")
    because = "'signed-out', 'elsewhere', 'idle', 'roles', 'email', 'phone', 'post', 'contact', 'second-step'"
    op.create_check_constraint(op.f(NAME), "sessions", f"ended_because IN ({because})")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
