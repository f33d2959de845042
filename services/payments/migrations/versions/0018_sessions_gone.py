"""Attendances by session: a session that its opportunity has no more goes, unless one of them speaks of it."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_attendances_session_id", "attendances", ["session_id"])
    op.create_index("ix_sessions_opportunity_id", "sessions", ["opportunity_id"])


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
