"""Counts requests and attempts in a service's own database, so that a restart forgets nothing and all processes
count together. Machine time."""

from datetime import UTC, datetime, timedelta

from limits import RateLimitItem
from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from shared.db import Transaction

PARTS = 6
"""How many parts a limit's time is divided into: whatever happened more than that time and one part ago no longer
counts."""
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:whose, 13))")

limit_counts = Table(
    "limit_counts",
    MetaData(),
    Column("what", Text, primary_key=True),
    Column("whose", LargeBinary, primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True, index=True),
    Column("count", Integer, nullable=False),
)
"""How often something was requested or tried, by parts of time. whose is a keyed hash of an address, a connection or
a browser."""


async def hit(tx: Transaction, what: str, whose: bytes, rate: RateLimitItem, now: datetime) -> bool:
    """Counts one more, unless the rate is used up: a refused attempt is not counted."""
    await tx.execute(_LOCK, {"whose": f"{what} {whose.hex()}"})
    if await counted(tx, what, whose, rate, now) >= rate.amount:
        return False
    await note(tx, what, whose, rate, now)
    return True


async def counted(tx: Transaction, what: str, whose: bytes, rate: RateLimitItem, now: datetime) -> int:
    """How often, within the rate's time."""
    since = now - timedelta(seconds=rate.get_expiry() + rate.get_expiry() / PARTS)
    ours = limit_counts.c.what == what, limit_counts.c.whose == whose, limit_counts.c.at > since
    return await tx.scalar(select(func.coalesce(func.sum(limit_counts.c.count), 0)).where(*ours))


async def note(tx: Transaction, what: str, whose: bytes, rate: RateLimitItem, now: datetime) -> None:
    """Counts one more, whatever the rate allows."""
    part = rate.get_expiry() / PARTS
    at = datetime.fromtimestamp(now.timestamp() // part * part, UTC)
    added = insert(limit_counts).values(what=what, whose=whose, at=at, count=1)
    await tx.execute(
        added.on_conflict_do_update(index_elements=["what", "whose", "at"], set_={"count": limit_counts.c.count + 1})
    )


async def forget(tx: Transaction, after: timedelta) -> None:
    """PRI-04: deletes counts that no longer matter."""
    await tx.execute(delete(limit_counts).where(limit_counts.c.at < func.clock_timestamp() - after))
