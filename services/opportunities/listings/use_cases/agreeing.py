"""Listings that nobody has agreed to pay for: a task for coordinators, and news for our people once they can join
(NET-03)."""

from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Boolean, Row, and_, literal_column, or_, select, update

from services.opportunities.listings.domain import NetworkPolicy
from services.opportunities.listings.queries import agreed_to, shown_now
from services.opportunities.listings.tables import listing_sessions, listings, organisations
from services.opportunities.listings.use_cases.changes import sessions_added
from services.opportunities.listings.use_cases.listings import facts_now
from shared.db import Transaction
from shared.events.opportunities import ListingHeld, ListingSettled, OpportunityCreated
from shared.messaging import outbox, steps

_ASKED = literal_column("(listings.asked_version % 2 = 1)", Boolean())
"""Written as in the index, without bound parameters, so that the planner matches it."""


async def follow_agreements(tx: Transaction, policy: NetworkPolicy, only: UUID | None = None) -> None:
    """The job; also run at once after a decision about one listing (only). A shown listing without agreement waits for
    coordinators until it is agreed to, hidden or over. One that can be joined and was not announced is told."""
    shown, agreed, asked = shown_now(tx), agreed_to(policy), _ASKED
    waits, news = and_(shown, ~agreed), and_(shown, agreed, listings.c.told_at.is_(None))
    found = select(listings, waits.label("waits"), news.label("news")).where(
        or_(listings.c.last_ends_at > tx.now, asked),
        or_(waits != asked, news),
        *([listings.c.id == only] if only else []),
    )
    for row in await tx.all(found.order_by(listings.c.id).with_for_update()):
        if row.waits != (row.asked_version % 2 == 1):
            await _ask(tx, row)
        if row.news:
            await _tell(tx, row)


async def _ask(tx: Transaction, row: Row[Any]) -> None:
    """This task is apart from the one to check its words, so it has an id of its own."""
    version = row.asked_version + 1
    await tx.execute(update(listings).where(listings.c.id == row.id).values(asked_version=version))
    event = ListingHeld if row.waits else ListingSettled
    await outbox.add(tx, event(version=version, listing_id=uuid5(row.id, "agree"), origin=row.origin))


async def _tell(tx: Transaction, row: Row[Any]) -> None:
    """Tells our people of it, once."""
    told = {"told_at": tx.now, "version": row.version + 1}
    now = await tx.one(update(listings).where(listings.c.id == row.id).values(told).returning(listings))
    planned = await tx.all(select(listing_sessions).where(listing_sessions.c.listing_id == row.id))
    name = await tx.scalar(select(organisations.c.display_name).where(organisations.c.origin == row.origin))
    its_sessions = [each._mapping for each in planned]
    facts = facts_now(now._mapping, its_sessions, name or row.origin)
    await outbox.add_all(tx, [OpportunityCreated(**facts), *sessions_added(now._mapping, its_sessions)])
    await steps.add(tx, "listing-told", about=row.id, origin=row.origin)
