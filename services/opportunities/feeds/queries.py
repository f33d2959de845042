"""Reads for the feeds and for other sites' view of an opportunity. Only public columns are chosen; the text of people
is not."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Row, Select, func, select

from services.opportunities.feeds.domain import Organiser, Shown, ShownSession, is_in_feeds, standing_of
from services.opportunities.feeds.gateways.rpde import Change
from services.opportunities.feeds.tables import feed_changes
from services.opportunities.listings import queries as listing
from services.opportunities.listings.tables import listings, organisations
from services.opportunities.writing import queries as writing
from services.opportunities.writing.tables import opportunities
from shared.clock import end_of_day
from shared.db import Transaction, one_of
from shared.paging import page_of

NEWS_A_PAGE = 100
"""Opportunities in one document of the news feed. Each document names the next (RFC 5005)."""


async def changes_after(
    tx: Transaction, ourselves: Organiser, *, network: bool, after: int, limit: int
) -> list[Change]:
    """The next changes by number, at most `limit`. network: includes listings."""
    which = [feed_changes.c.number > after, *([] if network else [~feed_changes.c.listing])]
    changed = await tx.all(select(feed_changes).where(*which).order_by(feed_changes.c.number).limit(limit))
    shown = await _shown(tx, ourselves, changed)
    open_ones = {each.id: each for each in shown if each.standing == "open"}
    return [Change(row.number, row.opportunity_id, open_ones.get(row.opportunity_id)) for row in changed]


def _to_come(tx: Transaction, *, network: bool) -> Select[Any]:
    """What calendars and news feeds show; `is_in_feeds` checks sessions too."""
    is_of = feed_changes.c.opportunity_id
    which = (
        select(opportunities.c.id)
        .where(opportunities.c.id == is_of, opportunities.c.state.in_(("published", "cancelled")))
        .exists()
    )
    if network:
        which |= (
            select(listings.c.id)
            .where(listings.c.id == is_of, listings.c.state.in_(("open", "cancelled")), ~listings.c.hidden)
            .exists()
        )
    return select(feed_changes).where(feed_changes.c.last_ends_at > tx.now, which)


async def in_calendar(tx: Transaction, ourselves: Organiser, *, network: bool) -> list[Shown]:
    """Everything still to come, the next to end first. Not paged: calendar programs follow no pages, and treat an entry
    missing from the file as cancelled."""
    rows = await tx.all(
        _to_come(tx, network=network).order_by(feed_changes.c.last_ends_at, feed_changes.c.opportunity_id)
    )
    return [each for each in await _shown(tx, ourselves, rows) if is_in_feeds(each, tx.now)]


async def in_news(
    tx: Transaction, ourselves: Organiser, *, network: bool, after: str | None
) -> tuple[list[Shown], str | None]:
    """A page of what is still to come, the latest change first, and where the next begins."""
    key = feed_changes.c.changed_at, feed_changes.c.opportunity_id
    rows, next_after = await page_of(
        tx, _to_come(tx, network=network), *key, after=after, most=NEWS_A_PAGE, newest_first=True
    )
    return [each for each in await _shown(tx, ourselves, rows) if is_in_feeds(each, tx.now)], next_after


async def last_changed_at(tx: Transaction, *, network: bool) -> datetime | None:
    """When anything in a feed last changed; None if nothing ever was in it."""
    query = select(func.max(feed_changes.c.changed_at))
    return await tx.scalar(query if network else query.where(~feed_changes.c.listing))


async def shown(tx: Transaction, ourselves: Organiser, opportunity_id: UUID) -> Shown | None:
    """One opportunity or listing as the world may see it; None if it was never public."""
    changed = await tx.all(select(feed_changes).where(feed_changes.c.opportunity_id == opportunity_id))
    return next(iter(await _shown(tx, ourselves, changed)), None)


async def _shown(tx: Transaction, ourselves: Organiser, changed: Sequence[Row[Any]]) -> list[Shown]:
    """In the order of changed. Listings that staff hid are left out."""
    of_each = {row.opportunity_id: row for row in changed}
    ours = [row.opportunity_id for row in changed if not row.listing]
    theirs = [row.opportunity_id for row in changed if row.listing]
    found = {
        each.id: each
        for each in [*await _own(tx, ourselves, ours, of_each), *await _listed(tx, ourselves, theirs, of_each)]
    }
    return [found[row.opportunity_id] for row in changed if row.opportunity_id in found]


async def _own(
    tx: Transaction, ourselves: Organiser, ids: Sequence[UUID], changed: Mapping[UUID, Row[Any]]
) -> list[Shown]:
    if not ids:
        return []
    rows = await tx.all(select(opportunities).where(one_of(opportunities.c.id, ids), opportunities.c.state != "draft"))
    by_id = await writing.sessions_of_each(tx, ids)
    return [
        _show(
            row,
            by_id[row.id],
            changed[row.id],
            tx.now,
            host=ourselves,
            ourselves=ourselves,
            closes_on=row.closes_on,
        )
        for row in rows
        if by_id[row.id] or row.closes_on is not None
    ]


async def _listed(
    tx: Transaction, ourselves: Organiser, ids: Sequence[UUID], changed: Mapping[UUID, Row[Any]]
) -> list[Shown]:
    if not ids:
        return []
    known = select(listings, organisations.c.display_name, organisations.c.url.label("hosts_site"))
    known = known.outerjoin(organisations, organisations.c.origin == listings.c.origin)
    rows = await tx.all(known.where(one_of(listings.c.id, ids), ~listings.c.hidden))
    by_id = await listing.sessions_of_each(tx, ids)
    found = []
    for row in rows:
        if by_id[row.id]:
            host = Organiser(row.display_name or row.origin, row.hosts_site or _site(row.url))
            found.append(
                _show(row, by_id[row.id], changed[row.id], tx.now, host=host, ourselves=ourselves, hosts_url=row.url)
            )
    return found


def _show(
    row: Row[Any],
    of_it: Sequence[Row[Any]],
    changed: Row[Any],
    now: datetime,
    *,
    host: Organiser,
    ourselves: Organiser,
    hosts_url: str = "",
    closes_on: date | None = None,
) -> Shown:
    before, ends = changed.previous_starts, [each.ends_at for each in of_it]
    shown_sessions = tuple(
        ShownSession(each.id, each.starts_at, each.ends_at, each.venue, _previous(before.get(str(each.id))))
        for each in of_it
    )
    return Shown(
        id=row.id,
        version=changed.version,
        changed_at=changed.changed_at,
        standing=standing_of(row.state, max(ends, default=None if closes_on is None else end_of_day(closes_on)), now),
        title=row.title,
        summary=row.summary,
        kind=row.kind,
        mode=row.mode,
        area=row.area,
        background=row.background,
        expected=row.expected,
        time_needed=row.time_needed,
        payment=row.payment,
        accessibility=row.accessibility,
        result=row.result,
        commissioner=row.commissioner,
        host=host,
        url=f"{ourselves.url}/opportunities/{row.id}",
        hosts_url=hosts_url,
        sessions=shown_sessions,
        published_at=None if closes_on is None else row.published_at,
        closes_on=closes_on,
    )


def _previous(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
