"""Bookings for people who no longer need them: listed until somebody has cancelled each (OPP-07)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, exists, func, or_, select, text, update

from services.opportunities.places.queries.set_aside import words_are_set_aside
from services.opportunities.places.tables.places import bookings_to_cancel, needs, places
from services.opportunities.work.use_cases import say_what_is_done
from services.opportunities.writing.tables import closes_at, opportunities, sessions
from shared.db import Transaction, actor_values, new_id, one_of
from shared.messaging import steps

OPEN_NEED = ("asked", "promised")

_NOTE = text(
    "INSERT INTO bookings_to_cancel (id, opportunity_id, place_id, need_id, need, words, since, session_id)"
    " SELECT noted.id, p.opportunity_id, p.id, n.id, n.need, CASE WHEN n.need = 'other' THEN p.needs_words ELSE '' "
    "END, :now, CAST(:session_id AS uuid)"
    "   FROM unnest(CAST(:ids AS uuid[]), CAST(:needs AS uuid[])) AS noted (id, need_id)"
    "   JOIN needs n ON n.id = noted.need_id JOIN places p ON p.id = n.place_id"
    " ON CONFLICT DO NOTHING"
)


async def note_what_to_cancel(tx: Transaction, opportunity_id: UUID, need_ids: Sequence[UUID]) -> None:
    """These were promised or ready, and are no longer needed. After the last session or the closing day there is
    nothing left to cancel."""
    to_come = exists().where(
        sessions.c.opportunity_id == opportunity_id, sessions.c.ends_at > tx.now, sessions.c.cancelled_at.is_(None)
    )
    is_open = exists().where(opportunities.c.id == opportunity_id, closes_at() > tx.now)
    if need_ids and await tx.scalar(select(or_(to_come, is_open))):
        await _note(tx, opportunity_id, need_ids)


async def note_what_to_cancel_of_session(tx: Transaction, opportunity_id: UUID, session_id: UUID) -> None:
    """OPP-19: what was promised or ready for people with a place is not needed at this session; the others keep it."""
    booked = (
        select(needs.c.id)
        .join(places, places.c.id == needs.c.place_id)
        .where(
            places.c.opportunity_id == opportunity_id, places.c.state == "taken", needs.c.state.in_(("promised", "met"))
        )
        .order_by(needs.c.id)
    )
    await _note(tx, opportunity_id, [row.id for row in await tx.all(booked)], session_id)


async def _note(
    tx: Transaction, opportunity_id: UUID, need_ids: Sequence[UUID], session_id: UUID | None = None
) -> None:
    ids = [new_id() for _ in need_ids]
    noted = await tx.execute(_NOTE, {"ids": ids, "needs": list(need_ids), "now": tx.now, "session_id": session_id})
    if noted.rowcount:
        await steps.add(tx, "bookings-to-cancel", about=opportunity_id, count=noted.rowcount)


async def end_needs(tx: Transaction, opportunity_id: UUID, ending: Sequence[Row[Any]]) -> None:
    """These places end now: their bookings are to be cancelled, and their needs are withdrawn.

    Needs of people on the register of a session that has begun stay, because whoever writes the register needs them
    (OPP-11). Call it before the places' state changes. ending: rows of places."""
    ids = [place.id for place in ending]
    booked = (
        select(needs.c.id)
        .where(one_of(needs.c.place_id, ids), needs.c.state.in_(("promised", "met")))
        .order_by(needs.c.id)
    )
    await note_what_to_cancel(tx, opportunity_id, [row.id for row in await tx.all(booked)])
    begun = and_(
        sessions.c.opportunity_id == opportunity_id, sessions.c.starts_at <= tx.now, sessions.c.cancelled_at.is_(None)
    )
    on_a_register = exists().where(begun, places.c.id == needs.c.place_id, places.c.taken_at < sessions.c.ends_at)
    withdrawing = update(needs).where(one_of(needs.c.place_id, ids), needs.c.state.in_(OPEN_NEED), ~on_a_register)
    await tx.execute(withdrawing.values(state="withdrawn", reason=""))


async def read_bookings(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """What is still to be cancelled, the longest waiting first. starts_at: of the one session that it was for, or None.
    It shows people's needs, so the reading is written down
    (PRI-03)."""
    open_ones = bookings_to_cancel.c.opportunity_id == opportunity_id, bookings_to_cancel.c.done_at.is_(None)
    rows = await tx.all(
        select(
            bookings_to_cancel,
            sessions.c.starts_at,
            words_are_set_aside(bookings_to_cancel.c.place_id).label("set_aside"),
        )
        .outerjoin(sessions, sessions.c.id == bookings_to_cancel.c.session_id)
        .where(*open_ones)
        .order_by(bookings_to_cancel.c.since, bookings_to_cancel.c.id)
    )
    for place_id in dict.fromkeys(row.place_id for row in rows):
        await steps.add(tx, "needs-read", about=place_id, opportunity_id=opportunity_id)
    return rows


async def is_to_cancel(tx: Transaction, opportunity_id: UUID, booking_id: UUID) -> bool:
    """Whether it is still on the list. Missing if there is none."""
    of_it = bookings_to_cancel.c.id == booking_id, bookings_to_cancel.c.opportunity_id == opportunity_id
    return (await tx.one(select(bookings_to_cancel.c.done_at).where(*of_it))).done_at is None


async def tick_off(tx: Transaction, opportunity_id: UUID, booking_id: UUID) -> None:
    """Somebody has cancelled it, or there was nothing to cancel. A second click changes nothing. Missing if there is
    none."""
    of_it = bookings_to_cancel.c.id == booking_id, bookings_to_cancel.c.opportunity_id == opportunity_id
    row = await tx.one(select(bookings_to_cancel).where(*of_it).with_for_update())
    if row.done_at is not None:
        return
    await tx.execute(update(bookings_to_cancel).where(*of_it).values(done_at=tx.now, **actor_values(tx.actor, "done_")))
    await steps.add(tx, "booking-cancelled", about=opportunity_id, booking_id=booking_id, place_id=row.place_id)
    await say_what_is_done(tx, opportunity_id)


async def number_to_cancel(tx: Transaction, opportunity_id: UUID) -> int:
    """Only a count, so no reading of needs."""
    open_ones = bookings_to_cancel.c.opportunity_id == opportunity_id, bookings_to_cancel.c.done_at.is_(None)
    return await tx.scalar(select(func.count()).select_from(bookings_to_cancel).where(*open_ones))
