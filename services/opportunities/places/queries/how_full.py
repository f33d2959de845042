"""Opportunities, with how full they are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, and_, exists, func, or_, select

from services.opportunities.listings.tables import organisations
from services.opportunities.places.domain import taking
from services.opportunities.places.domain.guests import PLACES_UNTIL_TRUSTED, is_kept_back
from services.opportunities.places.tables.places import places
from services.opportunities.writing.queries import sessions_of_each
from services.opportunities.writing.tables import closes_at, last_ends_at, opportunities, sessions
from shared.db import Transaction, one_of
from shared.events import ParticipantRef
from shared.reasons import Missing

ACTIVE = ("waiting", "offered", "taken")


@dataclass(frozen=True, slots=True)
class Opportunity:
    """An opportunity with its sessions. facts is the row; taken and free say how full it is (free None: no limit)."""

    facts: Row[Any]
    sessions: Sequence[Row[Any]]
    taken: int
    waiting: int
    offered: int
    free: int | None
    open: bool
    to_start: bool
    """Whether its first session is still to begin."""
    to_come: int
    """How many of its sessions are not over."""


async def opportunity(tx: Transaction, opportunity_id: UUID) -> Opportunity:
    """For staff, in any state."""
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    return (await _opportunities(tx, [row]))[0]


async def public_opportunity(tx: Transaction, opportunity_id: UUID) -> Opportunity:
    """A draft is not for the public: Missing."""
    found = await opportunity(tx, opportunity_id)
    if found.facts.state == "draft":
        raise Missing
    return found


def is_open(tx: Transaction) -> ColumnElement[bool]:
    """Whether `reasons_not_to_take_part` is empty: it is published, and a session is not over, or its closing day."""
    to_come = exists().where(
        sessions.c.opportunity_id == opportunities.c.id, sessions.c.ends_at > tx.now, sessions.c.cancelled_at.is_(None)
    )
    return and_(opportunities.c.state == "published", or_(closes_at() > tx.now, to_come))


async def some_opportunities(tx: Transaction, ids: Collection[UUID]) -> list[Opportunity]:
    """The next to start first."""
    return await _opportunities(tx, await tx.all(select(opportunities).where(one_of(opportunities.c.id, ids))))


async def current_opportunities(tx: Transaction) -> list[Opportunity]:
    """For staff: drafts, and what is published."""
    return await _opportunities(
        tx, await tx.all(select(opportunities).where(opportunities.c.state.in_(("draft", "published"))))
    )


MOST_IN_JSON = 500


async def public_opportunities(tx: Transaction, after: UUID | None = None) -> tuple[list[Opportunity], UUID | None]:
    """Everything that was ever published, a page at a time, and where the next page begins. Each page has the earliest
    start first."""
    query = select(opportunities).where(opportunities.c.state != "draft")
    if after is not None:
        query = query.where(opportunities.c.id > after)
    rows = await tx.all(query.order_by(opportunities.c.id).limit(MOST_IN_JSON + 1))
    here = rows[:MOST_IN_JSON]
    return await _opportunities(tx, here), here[-1].id if len(rows) > MOST_IN_JSON else None


async def _opportunities(tx: Transaction, rows: Sequence[Row[Any]]) -> list[Opportunity]:
    of_each, full = await sessions_of_each(tx, [row.id for row in rows]), await fullness_of_each(tx, rows)
    found = [_opportunity(row, of_each[row.id], full[row.id], tx) for row in rows]
    return sorted(
        found,
        key=lambda each: (
            each.sessions[0].starts_at if each.sessions else last_ends_at(each.facts, []) or each.facts.created_at,
            each.facts.id,
        ),
    )


async def fullness_of_each(tx: Transaction, rows: Sequence[Row[Any]]) -> dict[UUID, taking.Fullness]:
    """How full each of these opportunities is. Lock their rows first if it matters."""
    counted = (
        select(
            places.c.opportunity_id,
            func.count().filter(places.c.state == "taken", ~places.c.walk_in).label("taken"),
            func.count().filter(places.c.state == "offered").label("offered"),
            func.count().filter(places.c.state == "waiting", ~kept_back(places)).label("waiting"),
            func.count().filter(places.c.state == "waiting", kept_back(places)).label("kept_back"),
        )
        .where(one_of(places.c.opportunity_id, [row.id for row in rows]))
        .group_by(places.c.opportunity_id)
    )
    counts = {row.opportunity_id: row for row in await tx.all(counted)}
    return {
        row.id: taking.Fullness(
            row.capacity,
            *((at.taken, at.offered, at.waiting, at.kept_back) if (at := counts.get(row.id)) else (0, 0, 0)),
        )
        for row in rows
    }


async def fullness_of(tx: Transaction, opportunity: Row[Any]) -> taking.Fullness:
    """How full it is. Lock its row first if it matters."""
    return (await fullness_of_each(tx, [opportunity]))[opportunity.id]


def _opportunity(row: Row[Any], of_it: Sequence[Row[Any]], full: taking.Fullness, tx: Transaction) -> Opportunity:
    is_open = not taking.reasons_not_to_take_part(row.state, last_ends_at(row, of_it), tx.now)
    free = None if full.free is None else max(0, full.free - full.waiting)
    first_starts_at = min((session.starts_at for session in of_it), default=None)
    to_start = first_starts_at is None or first_starts_at > tx.now
    to_come = sum(session.ends_at > tx.now for session in of_it)
    waiting = full.waiting + full.kept_back
    return Opportunity(row, of_it, full.taken, waiting, full.offered, free, is_open, to_start, to_come)


def kept_back(of: FromClause) -> ColumnElement[bool]:
    """`is_kept_back`, for a row of places that waits."""
    others, home = places.alias("of_same_home"), organisations.alias("its_home")
    before = or_(others.c.state != "waiting", others.c.queue_number < of.c.queue_number)
    same = (others.c.opportunity_id == of.c.opportunity_id, others.c.participant_home == of.c.participant_home)
    ahead = select(func.count()).where(*same, others.c.participant_kind == "guest", others.c.state.in_(ACTIVE), before)
    trusted = select(home.c.origin).where(home.c.origin == of.c.participant_home, home.c.trusted_at.is_not(None))
    return and_(
        of.c.participant_kind == "guest",
        ~trusted.correlate(of).exists(),
        ahead.correlate(of).scalar_subquery() >= PLACES_UNTIL_TRUSTED,
    )


async def waiting_position(tx: Transaction, opportunity_id: UUID, home: str, queue_number: int) -> int:
    """1 is the next to be offered a place (OPP-05). Guests who are kept back count for those of their own home alone,
    so nobody else's number grows with them."""
    in_line = or_(~kept_back(places), places.c.participant_home == home)
    ahead = select(func.count()).where(
        places.c.opportunity_id == opportunity_id, places.c.state == "waiting", places.c.queue_number < queue_number
    )
    return 1 + await tx.scalar(ahead.where(in_line))


async def is_newcomer_kept_back(tx: Transaction, opportunity_id: UUID, participant: ParticipantRef) -> bool:
    """Lock the opportunity's row first."""
    if participant.kind != "guest":
        return False
    of_home = places.c.participant_kind == "guest", places.c.participant_home == participant.home
    ahead = select(func.count()).where(places.c.opportunity_id == opportunity_id, *of_home, places.c.state.in_(ACTIVE))
    since = select(organisations.c.trusted_at).where(organisations.c.origin == participant.home)
    return is_kept_back(await tx.scalar(ahead), trusted=await tx.scalar(since) is not None)
