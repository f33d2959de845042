"""Keeps the feeds of changes true as time passes."""

from sqlalchemy import func, select, text, update

from services.opportunities.feeds.tables import feed_changes
from shared.db import Transaction

_LOCK = 0x464545445321
"""The same as in the trigger of migration 0004: whoever numbers a change holds it until the commit."""


async def number_what_ended(tx: Transaction) -> None:
    """The job: nothing is written when a last session ends, but readers of the changes must learn that it can no longer
    be joined."""
    is_past = ~feed_changes.c.ended & (feed_changes.c.last_ends_at <= tx.now)
    if await tx.first(select(feed_changes.c.opportunity_id).where(is_past).limit(1)) is None:
        return
    await tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    await tx.execute(update(feed_changes).where(is_past).values(ended=True, number=text("nextval('feed_numbers')")))
