"""The public list: what one can join, ours and others', by when it starts."""

from typing import Any
from uuid import UUID

from sqlalchemy import false, func, select, true, union_all

from services.opportunities import domain
from services.opportunities.queries import Opportunity, is_open, some_opportunities
from services.opportunities.queries.listings import Listing, shown_now, some_listings
from services.opportunities.tables import listings, opportunities, sessions
from shared.db import Transaction
from shared.paging import page_of


async def whats_on(tx: Transaction, policy: domain.NetworkPolicy, after: str | None = None) -> tuple[list[Opportunity | Listing], str | None]:
    """A page of it, the first to start first, and where the next begins."""
    first = select(func.min(sessions.c.starts_at)).where(sessions.c.opportunity_id == opportunities.c.id, sessions.c.cancelled_at.is_(None)).scalar_subquery()
    ours = select(opportunities.c.id, first.label("starts_at"), false().label("listed")).where(is_open(tx))
    others = select(listings.c.id, listings.c.first_starts_at, true()).where(shown_now(tx))
    both = union_all(ours, others).subquery()
    rows, next_after = await page_of(tx, select(both), both.c.starts_at, both.c.id, after=after)
    found: dict[UUID, Any] = {each.facts.id: each for each in await some_opportunities(tx, [row.id for row in rows if not row.listed])}
    found |= {each.facts.id: each for each in await some_listings(tx, policy, [row.id for row in rows if row.listed])}
    return [found[row.id] for row in rows], next_after
