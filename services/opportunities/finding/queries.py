"""The public lists: what people can join, ours and others', by start; and what they can no longer join."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, false, func, select, true, tuple_, union_all

from services.opportunities.feeds.tables import feed_changes
from services.opportunities.listings import domain
from services.opportunities.listings.queries import Listing, shown_now, some_listings
from services.opportunities.listings.tables import listing_sessions, listings
from services.opportunities.places.queries.how_full import Opportunity, is_open, some_opportunities
from services.opportunities.writing.tables import closes_at, opportunities, sessions
from shared.db import Transaction
from shared.paging import page_of


async def whats_on(
    tx: Transaction, policy: domain.NetworkPolicy, after: str | None = None
) -> tuple[list[Opportunity | Listing], str | None]:
    """A page of it, whatever has the next session or closes first, and where the next begins."""
    of_ours = (
        sessions.c.opportunity_id == opportunities.c.id,
        sessions.c.cancelled_at.is_(None),
        sessions.c.ends_at > tx.now,
    )
    of_theirs = listing_sessions.c.listing_id == listings.c.id, listing_sessions.c.ends_at > tx.now
    following = select(func.min(sessions.c.starts_at)).where(*of_ours).scalar_subquery()
    theirs = select(func.min(listing_sessions.c.starts_at)).where(*of_theirs).scalar_subquery()
    starts_at = func.coalesce(following, closes_at()).label("starts_at")
    ours = select(opportunities.c.id, starts_at, false().label("listed")).where(is_open(tx))
    others = select(listings.c.id, func.coalesce(theirs, listings.c.first_starts_at), true()).where(shown_now(tx))
    both = union_all(ours, others).subquery()
    rows, next_after = await page_of(tx, select(both), both.c.starts_at, both.c.id, after=after)
    found: dict[UUID, Any] = {
        each.facts.id: each for each in await some_opportunities(tx, [row.id for row in rows if not row.listed])
    }
    found |= {each.facts.id: each for each in await some_listings(tx, policy, [row.id for row in rows if row.listed])}
    return [found[row.id] for row in rows], next_after


ON_A_PAGE = 50
"""The most on a page of past opportunities, or in a JSON list."""


async def earlier_opportunities(tx: Transaction, before: UUID | None = None) -> tuple[Sequence[Row[Any]], UUID | None]:
    """What people can no longer join, the last to end first, and where the next page begins. before: the last one on
    the page before."""
    return await _past(tx, and_(opportunities.c.state != "draft", ~is_open(tx)), before)


async def ended_opportunities(tx: Transaction, before: UUID | None = None) -> tuple[Sequence[Row[Any]], UUID | None]:
    """For staff: finished, closed and cancelled. Paged as in `earlier_opportunities`."""
    return await _past(tx, opportunities.c.state.in_(("finished", "closed", "cancelled")), before)


async def _past(
    tx: Transaction, which: ColumnElement[bool], before: UUID | None
) -> tuple[Sequence[Row[Any]], UUID | None]:
    key = (feed_changes.c.last_ends_at, opportunities.c.id)
    query = select(opportunities).join(feed_changes, feed_changes.c.opportunity_id == opportunities.c.id).where(which)
    if before is not None:
        last = select(feed_changes.c.last_ends_at).where(feed_changes.c.opportunity_id == before).scalar_subquery()
        query = query.where(tuple_(*key) < tuple_(last, before))
    rows = await tx.all(query.order_by(key[0].desc(), key[1].desc()).limit(ON_A_PAGE + 1))
    return rows[:ON_A_PAGE], rows[ON_A_PAGE - 1].id if len(rows) > ON_A_PAGE else None
