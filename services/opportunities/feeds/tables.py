"""The order in which other websites are told of public changes."""

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
"""One row for each opportunity that was ever published and each listing. A trigger writes it when a change is
committed.

number: of its last change. The trigger takes it under one lock held until the commit, so numbers become visible in
order and a reader never sees a lower one after a higher. listing: whether it is another organisation's. version,
changed_at (machine time): of the last change of its words or state. starts, previous_starts: session id -> its start,
and its start before it was moved. ended: the end of its last session has been given a number."""
