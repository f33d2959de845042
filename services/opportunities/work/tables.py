"""What waits for coordinators, as last said."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, Uuid, text

from services.opportunities.words.tables import meta, moment

work_said = Table(
    "work_said",
    meta,
    Column("kind", Text, primary_key=True),
    Column("about", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, nullable=False),
    Column("session_id", Uuid),
    Column("version", Integer, nullable=False),
    Column("waiting", Boolean, nullable=False),
    moment("due_at", nullable=True),
    Index("ix_work_said_waiting", "opportunity_id", postgresql_where=text("waiting")),
)
"""PEO-05: the state of each task of staff, under the version of its latest event."""
