"""What hosts tell us of our people: their places, the answers to their needs, and that they were there (NET-02, OPP-07, OPP-11)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, update

from services.opportunities import domain
from services.opportunities.domain import guests as rules
from services.opportunities.tables import guest_attendances, guest_needs, guest_places, listing_sessions, listings
from services.opportunities.use_cases.guests.words import hold_words, say_what_waits
from shared.db import Transaction, participant_of
from shared.events import Event, network
from shared.events.opportunities import (
    AccessNeedAnswered,
    AttendanceRecorded,
    GuestAnswer,
    PlaceLapsed,
    PlaceLeft,
    PlaceOffered,
    PlaceQueued,
    PlaceRefused,
    PlaceTaken,
)
from shared.messaging import outbox, steps
from shared.reasons import NotYet


async def hear_answer(tx: Transaction, answer: network.GuestAnswered, content: GuestAnswer, content_version: int) -> None:
    """How the host says that a place stands. Another organisation can't answer for it; an older answer changes nothing (NET-04)."""
    place = await lock_known(tx, answer)
    if place is None or not rules.is_news(answer.version, place.answer_version, place.state):
        return
    if lacks := rules.reasons_against_answer(answer.state, answer.position, answer.answer_by):
        raise ValueError(f"an answer without {', '.join(lacks)}")
    content, waiting = await hold_words(tx, place, content)
    needs_answered = await _keep_needs(tx, place, content)
    version = place.version + 1
    told: list[Event] = []
    facts = {"place_id": place.id, "opportunity_id": place.listing_id, "participant": participant_of(place)}
    if answer.state != place.state:
        states = await tx.all(select(guest_needs.c.state).where(guest_needs.c.guest_place_id == place.id))
        told.append(_news(answer, version, facts, domain.how_needs_stand([row.state for row in states])))
    if needs_answered:
        version += len(told)
        told.append(AccessNeedAnswered(version=version, **facts))
    values = {"version": version, "changed_at": tx.now, "answer_version": answer.version, "content_version": content_version, "waiting": waiting}
    await tx.execute(update(guest_places).where(guest_places.c.id == place.id).values(**values, **_standing(answer, content, place)))
    if answer.state not in rules.ACTIVE:
        await tx.execute(delete(guest_needs).where(guest_needs.c.guest_place_id == place.id))
    for event in told:
        await outbox.add(tx, event)
    await say_what_waits(tx, place, version, waiting)
    await steps.add(tx, f"guest-place-{answer.state}", about=place.id, listing_id=place.listing_id, answer_version=answer.version)


def _standing(answer: network.GuestAnswered, content: GuestAnswer, place: Row[Any]) -> dict[str, Any]:
    joining = {str(network.local_id(place.host, each.session_id)): each.how for each in content.joining} if answer.state == "taken" else {}
    return {
        "state": answer.state,
        "position": answer.position if answer.state == "waiting" else None,
        "answer_by": answer.answer_by if answer.state == "offered" else None,
        "accepted_at": place.accepted_at if answer.state == "offered" else None,
        "reason": content.reason if answer.state == "refused" else "",
        "joining": joining,
        "duty_number": content.duty_number,
    }


def _news(answer: network.GuestAnswered, version: int, facts: dict[str, Any], help_asked: domain.HelpAsked) -> Event:
    """What our other services hear of a place that stands otherwise than before."""
    match answer.state:
        case "taken":
            return PlaceTaken(version=version, **facts, help_asked=help_asked)
        case "waiting":
            return PlaceQueued(version=version, **facts, position=answer.position or 1)
        case "offered":
            assert answer.answer_by
            return PlaceOffered(version=version, **facts, answer_by=answer.answer_by)
        case "lapsed":
            return PlaceLapsed(version=version, **facts, over=answer.over)
        case "left":
            return PlaceLeft(version=version, **facts)
        case "refused":
            return PlaceRefused(version=version, **facts)


async def _keep_needs(tx: Transaction, place: Row[Any], content: GuestAnswer) -> bool:
    """Write the answers to what the person asks for; the host can ask for nothing in their name. True if one of them is news."""
    before = {row.need: (row.state, row.reason) for row in await tx.all(select(guest_needs).where(guest_needs.c.guest_place_id == place.id))}
    after = {each.need: (each.state, each.reason) for each in content.needs}
    for need, (state, reason) in after.items():
        of_it = (guest_needs.c.guest_place_id == place.id) & (guest_needs.c.need == need)
        await tx.execute(update(guest_needs).where(of_it).values(state=state, reason=reason))
    return rules.answered_anew(before, after)


async def hear_attendance(tx: Transaction, line: network.GuestAttended) -> None:
    """A line of the host's register about one of ours, told as our own attendance, so that their claim opens by itself (PAY-06).

    NotYet while the host's session has not come: a register can't make up sessions. Raises ValueError for what our own rules would refuse.
    """
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
    planned = domain.planned_minutes(session.starts_at, session.ends_at)
    if against := domain.reasons_against_minutes(line.present, line.minutes, planned):
        raise ValueError(f"a register against {against[0].rule}")
    attendance_id = network.local_id(place.host, line.attendance_id)
    if not await _keep_line(tx, attendance_id, line, place.id, session.id):
        return
    await outbox.add(tx, _attendance(line, attendance_id, session, planned, place))
    await steps.add(tx, "guest-attendance-heard", about=attendance_id, place_id=place.id, session_id=session.id, present=line.present, version=line.version)


async def _keep_line(tx: Transaction, attendance_id: UUID, line: network.GuestAttended, place_id: UUID, session_id: UUID) -> bool:
    """Keep what it says, for the guest to read; False for what is not later than what we hold. One line is about one guest and one session, and stays so."""
    said = {"version": line.version, "present": line.present, "minutes": line.minutes if line.present else 0}
    held = await tx.first(select(guest_attendances).where(guest_attendances.c.id == attendance_id).with_for_update())
    if held is None:
        of_session = (guest_attendances.c.guest_place_id == place_id) & (guest_attendances.c.session_id == session_id)
        if await tx.scalar(select(func.count()).select_from(guest_attendances).where(of_session)):
            raise ValueError("a second line for one guest and session")
        await tx.execute(insert(guest_attendances).values(id=attendance_id, guest_place_id=place_id, session_id=session_id, **said))
        return True
    if (held.guest_place_id, held.session_id) != (place_id, session_id):
        raise ValueError("a line that was about someone else")
    if held.version >= line.version:
        return False
    await tx.execute(update(guest_attendances).where(guest_attendances.c.id == attendance_id).values(**said))
    return True


def _attendance(line: network.GuestAttended, attendance_id: UUID, session: Row[Any], planned: int, place: Row[Any]) -> AttendanceRecorded:
    """What is paid and how long it was planned for is as the host advertised it, not as its register says (NET-03)."""
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


async def lock_known(tx: Transaction, event: network.GuestAnswered | network.GuestAttended) -> Row[Any] | None:
    """The place that a host speaks of; None, noted, if it is not that host's to speak of. We knew every guest before any host did."""
    place = await tx.first(select(guest_places).where(guest_places.c.guest_id == event.guest_id).with_for_update())
    if place is not None and (place.host, place.host_opportunity_id) == (event.origin, event.opportunity_id):
        return place
    await steps.add(tx, "guest-of-another-passed-over", about=event.guest_id, origin=event.origin)
    return None
