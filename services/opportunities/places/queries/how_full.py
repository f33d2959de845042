"""Reads for pages and API."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, exists, func, select, tuple_

from services.opportunities import domain
from services.opportunities.queries.guests import NAME_UNKNOWN, Attended, apart_by, named, shown_name
from services.opportunities.queries.register import Register as Register
from services.opportunities.queries.register import might_walk_in as might_walk_in
from services.opportunities.queries.register import register as register
from services.opportunities.queries.register import session_starts_at as session_starts_at
from services.opportunities.tables import attendance_records, attendances, changes, needs, notice_counts, opportunities, people, places, sessions
from services.opportunities.tables.feeds import feed_changes
from shared.db import Transaction, one_of, participant_values
from shared.events import ParticipantRef
from shared.reasons import Missing
from shared.text import told_apart

ACTIVE = ("waiting", "offered", "taken")


@dataclass(frozen=True, slots=True)
class Opportunity:
    """An opportunity with its sessions. facts is the row; how full it is stands in taken and free (None: no limit)."""

    facts: Row[Any]
    sessions: Sequence[Row[Any]]
    taken: int
    waiting: int
    offered: int
    free: int | None
    open: bool
    to_start: bool
    """Whether the first of its sessions is still to begin."""
    to_come: int
    """How many of its sessions are not over."""


def reference(person_id: UUID, organisation: str) -> ParticipantRef:
    """Someone of ours, as everything names a participant."""
    return ParticipantRef(kind="person", id=person_id, home=organisation)


async def opportunity(tx: Transaction, opportunity_id: UUID) -> Opportunity:
    """For staff: in whatever state."""
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    return (await _with_sessions(tx, [row]))[0]


@dataclass(frozen=True, slots=True)
class Planned:
    """An opportunity as it is written: its row, and the sessions that are not cancelled, the first one first."""

    facts: Row[Any]
    sessions: Sequence[Row[Any]]


async def planned_opportunity(tx: Transaction, opportunity_id: UUID) -> Planned:
    """In whatever state, without who has a place."""
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    return Planned(row, (await sessions_of_each(tx, [opportunity_id]))[opportunity_id])


async def public_opportunity(tx: Transaction, opportunity_id: UUID) -> Opportunity:
    """A draft is not for the public: Missing."""
    found = await opportunity(tx, opportunity_id)
    if found.facts.state == "draft":
        raise Missing
    return found


ON_A_PAGE = 50
"""Of what is past, or of what a list in JSON holds at once."""


def is_open(tx: Transaction) -> ColumnElement[bool]:
    """`domain.reasons_not_to_take_part` has none: published, and a session of it is not over."""
    to_come = exists().where(sessions.c.opportunity_id == opportunities.c.id, sessions.c.ends_at > tx.now, sessions.c.cancelled_at.is_(None))
    return and_(opportunities.c.state == "published", to_come)


async def some_opportunities(tx: Transaction, ids: Collection[UUID]) -> list[Opportunity]:
    """The next to start first."""
    return await _with_sessions(tx, await tx.all(select(opportunities).where(one_of(opportunities.c.id, ids))))


async def earlier_opportunities(tx: Transaction, before: UUID | None = None) -> tuple[Sequence[Row[Any]], UUID | None]:
    """What one can join no more, the last to end first, and where the next page begins. before: the last one on the page before."""
    return await _past(tx, and_(opportunities.c.state != "draft", ~is_open(tx)), before)


async def current_opportunities(tx: Transaction) -> list[Opportunity]:
    """For staff: drafts, and what is published."""
    return await _with_sessions(tx, await tx.all(select(opportunities).where(opportunities.c.state.in_(("draft", "published")))))


async def ended_opportunities(tx: Transaction, before: UUID | None = None) -> tuple[Sequence[Row[Any]], UUID | None]:
    """For staff: finished, closed and cancelled, as `earlier_opportunities`."""
    return await _past(tx, opportunities.c.state.in_(("finished", "closed", "cancelled")), before)


async def _past(tx: Transaction, which: ColumnElement[bool], before: UUID | None) -> tuple[Sequence[Row[Any]], UUID | None]:
    key = (feed_changes.c.last_ends_at, opportunities.c.id)
    query = select(opportunities).join(feed_changes, feed_changes.c.opportunity_id == opportunities.c.id).where(which)
    if before is not None:
        last = select(feed_changes.c.last_ends_at).where(feed_changes.c.opportunity_id == before).scalar_subquery()
        query = query.where(tuple_(*key) < tuple_(last, before))
    rows = await tx.all(query.order_by(key[0].desc(), key[1].desc()).limit(ON_A_PAGE + 1))
    return rows[:ON_A_PAGE], rows[ON_A_PAGE - 1].id if len(rows) > ON_A_PAGE else None


MOST_IN_JSON = 500


async def public_opportunities(tx: Transaction, after: UUID | None = None) -> tuple[list[Opportunity], UUID | None]:
    """All that was ever published, so many at once, and where the next begin. Of these, the next to start first."""
    query = select(opportunities).where(opportunities.c.state != "draft")
    if after is not None:
        query = query.where(opportunities.c.id > after)
    rows = await tx.all(query.order_by(opportunities.c.id).limit(MOST_IN_JSON + 1))
    here = rows[:MOST_IN_JSON]
    return await _with_sessions(tx, here), here[-1].id if len(rows) > MOST_IN_JSON else None


async def changes_of(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """What was changed after it was published, the latest first (OPP-16)."""
    return await tx.all(select(changes).where(changes.c.opportunity_id == opportunity_id).order_by(changes.c.version.desc()))


async def opportunity_of(tx: Transaction, session_id: UUID) -> UUID:
    """Missing if there is no such session."""
    return (await tx.one(select(sessions.c.opportunity_id).where(sessions.c.id == session_id))).opportunity_id


async def moves_nearer(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """The notice that people had of sessions which were moved nearer or added later, with when each is now (OPP-03)."""
    counted = select(notice_counts, sessions.c.starts_at).join(sessions, sessions.c.id == notice_counts.c.session_id)
    return await tx.all(
        counted.where(notice_counts.c.opportunity_id == opportunity_id, notice_counts.c.because.in_(("moved", "added"))).order_by(notice_counts.c.id)
    )


async def _with_sessions(tx: Transaction, rows: Sequence[Row[Any]]) -> list[Opportunity]:
    of_each, queues = await sessions_of_each(tx, [row.id for row in rows]), await queues_of(tx, rows)
    found = [_opportunity(row, of_each[row.id], queues[row.id], tx) for row in rows]
    return sorted(found, key=lambda each: (each.sessions[0].starts_at if each.sessions else each.facts.created_at, each.facts.id))


async def sessions_of_each(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """Of each of these opportunities the sessions that were not cancelled, the first one first."""
    of_each: dict[UUID, list[Row[Any]]] = {each: [] for each in ids}
    planned = select(sessions).where(one_of(sessions.c.opportunity_id, ids), sessions.c.cancelled_at.is_(None))
    for session in await tx.all(planned.order_by(sessions.c.starts_at, sessions.c.id)):
        of_each[session.opportunity_id].append(session)
    return of_each


async def queues_of(tx: Transaction, rows: Sequence[Row[Any]]) -> dict[UUID, domain.Queue]:
    """How full each of these opportunities is. Lock their rows first where it matters."""
    counted = (
        select(
            places.c.opportunity_id,
            func.count().filter(places.c.state == "taken", ~places.c.walk_in).label("taken"),
            func.count().filter(places.c.state == "offered").label("offered"),
            func.count().filter(places.c.state == "waiting").label("waiting"),
        )
        .where(one_of(places.c.opportunity_id, [row.id for row in rows]))
        .group_by(places.c.opportunity_id)
    )
    counts = {row.opportunity_id: row for row in await tx.all(counted)}
    return {row.id: domain.Queue(row.capacity, *((at.taken, at.offered, at.waiting) if (at := counts.get(row.id)) else (0, 0, 0))) for row in rows}


async def queue_of(tx: Transaction, opportunity: Row[Any]) -> domain.Queue:
    """How full it is. Lock its row first where it matters."""
    return (await queues_of(tx, [opportunity]))[opportunity.id]


def _opportunity(row: Row[Any], of_it: Sequence[Row[Any]], queue: domain.Queue, tx: Transaction) -> Opportunity:
    last_ends_at = max((session.ends_at for session in of_it), default=None)
    is_open = not domain.reasons_not_to_take_part(row.state, last_ends_at, tx.now)
    free = None if queue.free is None else max(0, queue.free - queue.waiting)
    first_starts_at = min((session.starts_at for session in of_it), default=None)
    to_start = first_starts_at is None or first_starts_at > tx.now
    to_come = sum(session.ends_at > tx.now for session in of_it)
    return Opportunity(row, of_it, queue.taken, queue.waiting, queue.offered, free, is_open, to_start, to_come)


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's own place, with its own dates, what they asked for and how it was answered. shown: how it stands for them now."""

    facts: Row[Any]
    shown: domain.PlaceShown
    opportunity: Row[Any]
    sessions: Sequence[Row[Any]]
    needs: Sequence[Row[Any]]
    dates: str
    """`domain.mark_of_dates`, of all its dates."""
    there: Attended


async def own_place(tx: Transaction, place_id: UUID, participant: ParticipantRef) -> Place:
    """Missing if it is somebody else's."""
    return (await _own_places(tx, participant, places.c.id == place_id) or _missing())[0]


async def own_places(tx: Transaction, participant: ParticipantRef) -> list[Place]:
    """Every place that someone has or had; the latest first."""
    return await _own_places(tx, participant)


async def active_place_id(tx: Transaction, opportunity_id: UUID, participant: ParticipantRef) -> UUID | None:
    found = await _own_places(tx, participant, places.c.opportunity_id == opportunity_id, places.c.state.in_(ACTIVE))
    return found[0].facts.id if found else None


async def _own_places(tx: Transaction, participant: ParticipantRef, *where: Any) -> list[Place]:
    own = [places.c[column] == value for column, value in participant_values(participant).items()]
    rows = await tx.all(select(places).where(*own, *where).order_by(places.c.created_at.desc(), places.c.id.desc()))
    ids = {row.opportunity_id for row in rows}
    of_it = {each.id: each for each in await tx.all(select(opportunities).where(one_of(opportunities.c.id, ids)))}
    planned = await sessions_of_each(tx, ids)
    asked: dict[UUID, list[Row[Any]]] = {row.id: [] for row in rows}
    for need in await tx.all(select(needs).where(one_of(needs.c.place_id, asked), needs.c.state != "withdrawn")):
        asked[need.place_id].append(need)
    there = await _attended(tx, list(asked))
    return [_place(row, of_it[row.opportunity_id], planned[row.opportunity_id], asked[row.id], there.get(row.id, Attended()), tx) for row in rows]


async def _attended(tx: Transaction, place_ids: Collection[UUID]) -> dict[UUID, Attended]:
    holds = (attendance_records.c.attendance_id == attendances.c.id) & (attendance_records.c.version == attendances.c.version)
    present = attendance_records.c.present
    said = func.bool_or(present).label("was_there"), func.sum(attendance_records.c.minutes).label("minutes"), func.count().label("lines")
    found = select(attendances.c.place_id, *said).join(attendance_records, holds)
    found = found.where(one_of(attendances.c.place_id, place_ids)).group_by(attendances.c.place_id)
    return {row.place_id: Attended(row.was_there, int(row.minutes), row.lines) for row in await tx.all(found)}


def _place(row: Row[Any], of_it: Row[Any], planned: Sequence[Row[Any]], asked: Sequence[Row[Any]], there: Attended, tx: Transaction) -> Place:
    answers = sorted(asked, key=lambda need: list(domain.NEEDS).index(need.need))
    last_ends_at = max((session.ends_at for session in planned), default=None)
    shown = domain.place_shown(
        row.state,
        of_it.state == "cancelled",
        last_ends_at,
        tx.now,
        ended=of_it.state in ("finished", "closed"),
        came_without=row.only_session_id is not None,
        came_until=next((session.ends_at for session in planned if session.id == row.only_session_id), None),
        was_there=there.was_there,
        last_starts_at=max((session.starts_at for session in planned), default=None),
    )
    hoped_from = row.taken_at if row.state == "left" else row.taken_at or row.created_at
    held = domain.Holding(hoped_from, row.ended_at, row.only_session_id)
    own = [session for session in planned if domain.is_own_date(row.state, held, session.id, session.starts_at, session.ends_at)]
    return Place(row, shown, of_it, own, answers, domain.mark_of_dates(of_it.mode, planned), there)


def _missing() -> Any:
    raise Missing


async def places_of(tx: Transaction, opportunity_id: UUID) -> list[dict[str, Any]]:
    """For staff: the people with a place, then those who wait, in order."""
    rows = await tx.all(
        select(places.c.id, places.c.state, places.c.walk_in, places.c.answer_by, shown_name().label("name"), apart_by().label("apart"))
        .select_from(named(places))
        .where(places.c.opportunity_id == opportunity_id, places.c.state.in_(ACTIVE))
        .order_by(case((places.c.state == "taken", 0), (places.c.state == "offered", 1), else_=2), places.c.queue_number)
    )
    return [{**row._mapping, "name": name} for row, name in zip(rows, told_apart([(row.name, row.apart) for row in rows]), strict=True)]


async def names(tx: Transaction, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """For staff pages: a name for each, or a sentence where it has not arrived."""
    known = await tx.all(select(people.c.person_id, people.c.name).where(one_of(people.c.person_id, person_ids)))
    return dict.fromkeys(person_ids, NAME_UNKNOWN) | {row.person_id: row.name for row in known}


async def unanswered_needs(tx: Transaction, policy: domain.Policy, of: Collection[UUID] | None = None) -> dict[UUID, int]:
    """How many needs warn now, by opportunity (OPP-07). Only counts, so no reading of needs. of: these opportunities; None: all."""
    coming = [sessions.c.starts_at > tx.now, sessions.c.cancelled_at.is_(None)]
    if of is not None:
        coming.append(one_of(sessions.c.opportunity_id, of))
    next_session = (
        select(sessions.c.opportunity_id, func.min(sessions.c.starts_at).label("starts_at")).where(*coming).group_by(sessions.c.opportunity_id).subquery()
    )
    asked = await tx.all(
        select(places.c.opportunity_id, next_session.c.starts_at, func.count().label("number"))
        .select_from(needs)
        .join(places, places.c.id == needs.c.place_id)
        .join(next_session, next_session.c.opportunity_id == places.c.opportunity_id)
        .where(needs.c.state == "asked", places.c.state == "taken")
        .group_by(places.c.opportunity_id, next_session.c.starts_at)
    )
    return {row.opportunity_id: row.number for row in asked if domain.is_unanswered_need("asked", row.starts_at, tx.now, policy)}


async def age_known(tx: Transaction, person_id: UUID) -> bool | None:
    """PEO-03, as people told us. None: not told."""
    return await tx.scalar(select(people.c.age_known).where(people.c.person_id == person_id))
