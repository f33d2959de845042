"""In which order other websites are told what changed of what is public."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Table, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB

from services.opportunities.words.tables import meta, moment

feed_changes = Table(
    "feed_changes",
    meta,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("listing", Boolean, nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    moment("last_ends_at", nullable=True),
    Column("starts", JSONB, nullable=False, server_default="{}"),
    Column("previous_starts", JSONB, nullable=False, server_default="{}"),
    Column("ended", Boolean, nullable=False, server_default="false"),
    Index("ix_feed_changes_own", "number", postgresql_where=text("NOT listing")),
    Index("ix_feed_changes_to_come", "last_ends_at"),
)
"""One row for each opportunity that was ever published and each listing, written by a trigger when the change is
committed.

number: of its last change. A trigger takes it under one lock that is held until the commit, so numbers become visible
in their order: a reader never sees a number and later a lower one. listing: another organisation's.
version, changed_at (machine time): of its last change of words or standing. starts, previous_starts: session id -> when
it starts, and when it started before it was moved. ended: its last session's end was given a number of its own.
"""
