"""The registers of other organisations, about our people (OPP-11)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from services.opportunities.listings.tables import listing_sessions, listings
from services.opportunities.places.tables.guests import guest_attendances
from services.opportunities.places.use_cases.answers import lock_known
from services.opportunities.register.domain import reasons_against_minutes
from services.opportunities.writing.domain.drafts import planned_minutes
from shared.db import Transaction, participant_of
from shared.events import network
from shared.events.opportunities import AttendanceRecorded
from shared.messaging import outbox, steps
from shared.reasons import NotYet


async def hear_attendance(tx: Transaction, line: network.GuestAttended) -> None:
    """A line of a host's register about one of ours, told as our own attendance, so that their claim opens by itself
    (PAY-06).

    NotYet until the host's session has arrived: a register cannot make up sessions. Raises ValueError for what our own
    rules would refuse."""
    place = await lock_known(tx, line)
    if place is None:
        return
    session = await tx.first(
        select(listing_sessions, listings.c.paid)
        .join(listings, listings.c.id == listing_sessions.c.listing_id)
        .where(listing_sessions.c.listing_id == place.listing_id, listing_sessions.c.host_session_id == line.session_id)
    )
    if session is None:
        raise NotYet("the session that a guest attended")
    planned = planned_minutes(session.starts_at, session.ends_at)
    if against := reasons_against_minutes(line.present, line.minutes, planned):
        raise ValueError(f"a register against {against[0].rule}")
    attendance_id = network.local_id(place.host, line.attendance_id)
    if not await _keep_line(tx, attendance_id, line, place.id, session.id):
        return
    await outbox.add(tx, _attendance(line, attendance_id, session, planned, place))
    await steps.add(
        tx,
        "guest-attendance-heard",
        about=attendance_id,
        place_id=place.id,
        session_id=session.id,
        present=line.present,
        version=line.version,
    )


async def _keep_line(
    tx: Transaction, attendance_id: UUID, line: network.GuestAttended, place_id: UUID, session_id: UUID
) -> bool:
    """Keeps what it says, for the guest to read; False if we hold something later. A line always belongs to one guest
    and one session."""
    said = {"version": line.version, "present": line.present, "minutes": line.minutes if line.present else 0}
    held = await tx.first(select(guest_attendances).where(guest_attendances.c.id == attendance_id).with_for_update())
    if held is None:
        of_session = (guest_attendances.c.guest_place_id == place_id) & (guest_attendances.c.session_id == session_id)
        if await tx.scalar(select(func.count()).select_from(guest_attendances).where(of_session)):
            raise ValueError("a second line for one guest and session")
        await tx.execute(
            insert(guest_attendances).values(id=attendance_id, guest_place_id=place_id, session_id=session_id, **said)
        )
        return True
    if (held.guest_place_id, held.session_id) != (place_id, session_id):
        raise ValueError("a line that was about someone else")
    if held.version >= line.version:
        return False
    await tx.execute(update(guest_attendances).where(guest_attendances.c.id == attendance_id).values(**said))
    return True


def _attendance(
    line: network.GuestAttended, attendance_id: UUID, session: Row[Any], planned: int, place: Row[Any]
) -> AttendanceRecorded:
    """Pay and planned time are those that the host advertised, not those in its register (NET-03)."""
    return AttendanceRecorded(
        version=line.version,
        attendance_id=attendance_id,
        opportunity_id=place.listing_id,
        session_id=session.id,
        session_date=line.session_date,
        place_id=place.id,
        participant=participant_of(place),
        present=line.present,
        minutes=line.minutes if line.present else 0,
        planned_minutes=planned,
        paid=session.paid,
        recorded_by=network.organisation_id(place.host),
        host=place.host,
        guest_id=place.guest_id,
        host_attendance_id=line.attendance_id,
        host_opportunity_id=place.host_opportunity_id,
    )
