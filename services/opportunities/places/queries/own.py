"""Somebody's own places, as they read them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from services.opportunities.places.domain.taking import (
    Holding,
    is_told_of_changes,
    mark_of_dates,
    over_at,
    place_shown,
)
from services.opportunities.places.queries.held import Attended, Place, attended, own_dates
from services.opportunities.places.queries.how_full import ACTIVE, waiting_position
from services.opportunities.places.queries.set_aside import words_are_set_aside
from services.opportunities.places.tables.places import attendance_records, attendances, needs, places
from services.opportunities.words.domain import NEEDS
from services.opportunities.writing.queries import cancelled_sessions_of_each, changes_of, sessions_of_each
from services.opportunities.writing.tables import last_ends_at, opportunities
from shared.db import Transaction, one_of, participant_values, rows_by
from shared.events import ParticipantRef
from shared.reasons import Missing


async def own_place(tx: Transaction, place_id: UUID, participant: ParticipantRef) -> Place:
    """Missing if it is somebody else's."""
    found = (await _own_places(tx, participant, places.c.id == place_id) or _missing())[0]
    its = found.facts
    if is_told_of_changes(found.shown):
        changed = await changes_of(tx, its.opportunity_id)
        since = [each for each in changed if each.differences and each.changed_at > its.created_at]
        found = replace(found, changes=since)
    if found.shown != "waiting":
        return found
    position = await waiting_position(tx, its.opportunity_id, its.participant_home, its.queue_number)
    return replace(found, position=position)


async def own_places(tx: Transaction, participant: ParticipantRef) -> list[Place]:
    """Every place that someone has or had, latest first. One that they only waited for is left out if they came all the
    same."""
    only_hoped = (
        places.c.state.in_(("left", "lapsed")) & places.c.taken_at.is_(None) & places.c.only_session_id.is_(None)
    )
    return await _own_places(tx, participant, ~(only_hoped & came_anyway()))


def came_anyway() -> Any:
    """OPP-11: whether the place's owner came to a session without a place."""
    visit = places.alias("visit")
    same = [
        visit.c[column] == places.c[column]
        for column in ("opportunity_id", "participant_kind", "participant_id", "participant_home")
    ]
    return (
        select(visit.c.id)
        .where(*same, visit.c.id != places.c.id, visit.c.only_session_id.is_not(None))
        .correlate(places)
        .exists()
    )


async def active_place_id(tx: Transaction, opportunity_id: UUID, participant: ParticipantRef) -> UUID | None:
    found = await _own_places(tx, participant, places.c.opportunity_id == opportunity_id, places.c.state.in_(ACTIVE))
    return found[0].facts.id if found else None


async def _own_places(tx: Transaction, participant: ParticipantRef, *where: Any) -> list[Place]:
    own = [places.c[column] == value for column, value in participant_values(participant).items()]
    found = select(places, words_are_set_aside(places.c.id).label("set_aside")).where(*own, *where)
    rows = await tx.all(found.order_by(places.c.created_at.desc(), places.c.id.desc()))
    ids = {row.opportunity_id for row in rows}
    of_it = {each.id: each for each in await tx.all(select(opportunities).where(one_of(opportunities.c.id, ids)))}
    planned, gone = await sessions_of_each(tx, ids), await cancelled_sessions_of_each(tx, ids)
    wanted = select(needs).where(needs.c.state != "withdrawn")
    asked = await rows_by(tx, wanted, needs.c.place_id, [row.id for row in rows])
    there = await _attended(tx, list(asked))
    return [
        _place(
            row,
            of_it[row.opportunity_id],
            planned[row.opportunity_id],
            gone[row.opportunity_id],
            asked[row.id],
            there.get(row.id, Attended()),
            tx,
        )
        for row in rows
    ]


async def _attended(tx: Transaction, place_ids: Collection[UUID]) -> dict[UUID, Attended]:
    holds = (attendance_records.c.attendance_id == attendances.c.id) & (
        attendance_records.c.version == attendances.c.version
    )
    present = attendance_records.c.present
    said = (
        func.bool_or(present).label("was_there"),
        func.sum(attendance_records.c.minutes).label("minutes"),
        func.count().label("lines"),
    )
    found = select(attendances.c.place_id, *said).join(attendance_records, holds)
    found = found.where(one_of(attendances.c.place_id, place_ids)).group_by(attendances.c.place_id)
    return attended(await tx.all(found))


def _place(
    row: Row[Any],
    of_it: Row[Any],
    planned: Sequence[Row[Any]],
    gone: Sequence[Row[Any]],
    asked: Sequence[Row[Any]],
    there: Attended,
    tx: Transaction,
) -> Place:
    answers = sorted(asked, key=lambda need: list(NEEDS).index(need.need))
    shown = place_shown(
        row.state,
        of_it.state == "cancelled",
        over_at(of_it.state, of_it.closes_on, last_ends_at(of_it, planned), tx.now),
        tx.now,
        ended=of_it.state in ("finished", "closed"),
        came_without=row.only_session_id is not None,
        came_until=next((session.ends_at for session in planned if session.id == row.only_session_id), None),
        was_there=there.was_there,
        last_starts_at=max((session.starts_at for session in planned), default=None),
    )
    hoped_from = row.taken_at if row.state == "left" else row.taken_at or row.created_at
    held = Holding(hoped_from, row.ended_at, row.only_session_id)
    return Place(
        host="",
        facts=row,
        shown=shown,
        opportunity=of_it,
        sessions=own_dates(row.state, held, planned),
        needs=answers,
        dates=mark_of_dates(of_it.mode, planned, of_it.closes_on),
        there=there,
        joining={session.id: session.joining for session in planned},
        closes_on=of_it.closes_on,
        how=of_it.joining,
        reason=of_it.cancelled_because,
        cancelled=_cancelled(row, of_it, own_dates(row.state, held, planned), own_dates(row.state, held, gone)),
    )


def _cancelled(row: Row[Any], of_it: Row[Any], planned: Sequence[Row[Any]], gone: Sequence[Row[Any]]) -> list[Row[Any]]:
    """OPP-19: the dates that they had a place for and that were cancelled since, by themselves or with the whole."""
    if row.taken_at is None or row.state in ("left", "lapsed"):
        return []
    with_the_whole = [each for each in planned if of_it.state == "cancelled" and each.starts_at > of_it.cancelled_at]
    return [*(each for each in gone if each.cancelled_at > row.taken_at), *with_the_whole]


def _missing() -> Any:
    raise Missing
