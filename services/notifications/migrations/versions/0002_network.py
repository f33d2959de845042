"""Listings of other organisations, changes and cancellations, and who waits for a place."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_REMINDERS = UUID("6d1f1a52-2c0b-5d0e-8a53-0f3f6f2b9a77")


def upgrade() -> None:
    _add_hosts()
    op.add_column("places", sa.Column("waiting", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_table(
        "statements",
        sa.Column("statement_id", sa.Uuid, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name="pk_statements"),
    )
    _name_reminders_by_their_time()


def _add_hosts() -> None:
    op.add_column("opportunities", sa.Column("host", sa.Text, nullable=False, server_default=""))
    op.add_column("opportunities", sa.Column("host_name", sa.Text, nullable=False, server_default=""))
    op.add_column("opportunities", sa.Column("announced", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("opportunities", sa.Column("cancelled", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.execute("UPDATE opportunities SET announced = true")


def _name_reminders_by_their_time() -> None:
    """A reminder tells of a session at one time, so that a session that was moved is reminded of again."""
    reminders = op.get_bind().execute(
        sa.text("SELECT message_id, session_id, starts_at FROM messages JOIN sessions USING (session_id) WHERE template = 'session-reminder'")
    )
    for message_id, session_id, starts_at in reminders.all():
        _name(message_id, session_id, starts_at)


def _name(message_id: UUID, session_id: UUID, starts_at: datetime) -> None:
    op.get_bind().execute(
        sa.text("UPDATE messages SET event_id = :event_id WHERE message_id = :message_id"),
        {"event_id": uuid5(_REMINDERS, f"{session_id}/{starts_at.astimezone(UTC).isoformat()}"), "message_id": message_id},
    )
