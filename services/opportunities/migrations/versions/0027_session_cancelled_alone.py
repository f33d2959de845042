"""OPP-19: one session is cancelled alone, and what was booked for it with it.

A program of before notes the same need once more for all sessions, which both the old and the new index allow.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bookings_to_cancel", sa.Column("session_id", sa.Uuid, sa.ForeignKey("sessions.id")))
    op.drop_index("opp_07_one_open_each", "bookings_to_cancel")
    op.create_index(
        "opp_07_one_open_each",
        "bookings_to_cancel",
        ["need_id", "session_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
