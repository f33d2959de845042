"""The register of a session: who was there, and for how long they took part (OPP-11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from services.opportunities.places.domain.taking import Holding, is_on_register
from services.opportunities.places.tables.places import attendance_records, attendances, places
from services.opportunities.register.domain import (
    Said,
    minutes_taking_part,
    reasons_against_minutes,
    reasons_not_to_overwrite_line,
    reasons_not_to_record_attendance,
    reasons_to_ask_about_minutes,
    reasons_to_ask_before_the_end,
    what_to_do_with_line,
)
from services.opportunities.work.use_cases import say_what_is_done
from services.opportunities.writing.domain.drafts import planned_minutes
from services.opportunities.writing.tables import opportunities, sessions
from shared.clock import london_date
from shared.db import Transaction, actor_values, new_id, participant_of, participant_values
from shared.events.listings import GuestAttended
from shared.events.opportunities import AttendanceRecorded
from shared.messaging import outbox, steps
from shared.reasons import Missing, Reason, refuse


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the register. minutes: from arriving to leaving, as written down. sure_of: minutes far above the plan
    that were confirmed.

    seen: the version of the line that was shown, 0 for an empty line. None: it is written over any line."""

    place_id: UUID
    present: bool
    minutes: int
    planned_time_counts: bool = False
    sure_of: int | None = None
    seen: int | None = None

    @property
    def said(self) -> Said:
        return Said(self.present, self.minutes if self.present else 0, self.present and self.planned_time_counts)


async def record_attendance(
    tx: Transaction, opportunity_id: UUID, session_id: UUID, entries: Sequence[Entry], *, sure_before_end: bool = False
) -> dict[str, int]:
    """Writes the register, or corrects it. Unchanged lines change nothing. Returns how many changed, {"recorded": 2};
    and, if lines that somebody else wrote meanwhile were kept, how many: {"recorded": 2, "kept": 1}.

    sure_before_end: minutes that have not passed yet were confirmed."""
    opportunity = await tx.one(
        select(opportunities).where(opportunities.c.id == opportunity_id).with_for_update(read=True)
    )
    session = await tx.one(
        select(sessions)
        .where(sessions.c.id == session_id, sessions.c.opportunity_id == opportunity_id)
        .with_for_update()
    )
    planned = planned_minutes(session.starts_at, session.ends_at)
    _refuse_impossible(opportunity, session, entries, planned, sure_before_end, tx)
    lines = [(entry, await _line(tx, opportunity_id, session, entry)) for entry in entries]
    kept = await _as_others_wrote(tx, lines)
    recorded = 0
    for entry, line in lines:
        if entry.place_id not in kept:
            recorded += await _record_one(tx, opportunity, session, entry, planned, line)
    if recorded:
        await say_what_is_done(tx, opportunity_id)
    return {"recorded": recorded} | ({"kept": len(kept)} if kept else {})


def _refuse_impossible(
    opportunity: Row[Any],
    session: Row[Any],
    entries: Sequence[Entry],
    planned: int,
    sure_before_end: bool,
    tx: Transaction,
) -> None:
    reasons = reasons_not_to_record_attendance(
        opportunity.state, session.starts_at, tx.now, session.cancelled_at or opportunity.cancelled_at
    )
    for entry in entries:
        against = reasons_against_minutes(entry.present, entry.minutes, planned)
        against = against or reasons_to_ask_about_minutes(entry.present, entry.minutes, planned, entry.sure_of)
        reasons += [reason.at(f"minutes-{entry.place_id}") for reason in against]
    longest = max((entry.minutes for entry in entries if entry.present), default=0)
    refuse(
        reasons or reasons_to_ask_before_the_end(longest, session.starts_at, session.ends_at, tx.now, sure_before_end)
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A participant's line on a register. attendance: locked; None until something was written."""

    place: Row[Any]
    attendance: Row[Any] | None


async def _line(tx: Transaction, opportunity_id: UUID, session: Row[Any], entry: Entry) -> _Line:
    """A person has one line, even after leaving and coming back, whichever place it names. Missing if they are not on
    this register."""
    place = await tx.one(select(places).where(places.c.id == entry.place_id, places.c.opportunity_id == opportunity_id))
    same_person = [
        attendances.c[column] == value for column, value in participant_values(participant_of(place)).items()
    ]
    attendance = await tx.first(
        select(attendances).where(attendances.c.session_id == session.id, *same_person).with_for_update()
    )
    held = Holding(place.taken_at, place.ended_at, place.only_session_id)
    if attendance is None and not is_on_register(held, session.id, session.starts_at, session.ends_at):
        raise Missing
    return _Line(place, attendance)


async def _as_others_wrote(tx: Transaction, lines: Sequence[tuple[Entry, _Line]]) -> set[UUID]:
    """The places whose lines stay as somebody else wrote them meanwhile. Refused, by line, if something different was
    typed."""
    kept: set[UUID] = set()
    reasons: list[Reason] = []
    for entry, line in lines:
        if entry.seen is None or line.attendance is None or entry.seen == line.attendance.version:
            continue
        history = await _history(tx, line.attendance.id)
        shown = history.get(entry.seen)
        if all(row.actor_id == tx.actor.id for row in history.values() if shown is None or row.version > shown.version):
            continue  # from a page of theirs that they had already sent
        what = what_to_do_with_line(entry.said, _said(shown), _said(history[line.attendance.version]))
        if what == "keep":
            kept.add(entry.place_id)
        elif what == "ask":
            reasons += [reason.at(f"present-{entry.place_id}") for reason in reasons_not_to_overwrite_line()]
    refuse(reasons)
    return kept


async def _history(tx: Transaction, attendance_id: UUID) -> dict[int, Row[Any]]:
    """Every version of a line, by version."""
    rows = await tx.all(select(attendance_records).where(attendance_records.c.attendance_id == attendance_id))
    return {row.version: row for row in rows}


def _said(record: Row[Any] | None) -> Said | None:
    return Said(record.present, record.minutes_written, record.planned_time_counts) if record is not None else None


async def _record_one(
    tx: Transaction, opportunity: Row[Any], session: Row[Any], entry: Entry, planned: int, line: _Line
) -> int:
    """Returns 1 if it said something new."""
    place, attendance = line.place, line.attendance
    minutes = minutes_taking_part(entry.present, entry.minutes, planned, entry.planned_time_counts)
    said = {
        "present": entry.present,
        "minutes": minutes,
        "minutes_written": entry.minutes if entry.present else 0,
        "planned_minutes": planned,
        "planned_time_counts": entry.present and entry.planned_time_counts,
    }
    if attendance is None:
        attendance_id, version = new_id(), 1
        values = {"id": attendance_id, "session_id": session.id, "place_id": place.id, "version": version}
        await tx.execute(insert(attendances).values(**values, **participant_values(participant_of(place))))
    else:
        attendance_id, version = attendance.id, attendance.version + 1
        if await _says_the_same(tx, attendance, said):
            return 0
        await tx.execute(update(attendances).where(attendances.c.id == attendance_id).values(version=version))
    await _write_record(tx, attendance_id, version, said)
    told = AttendanceRecorded(
        version=version,
        attendance_id=attendance_id,
        opportunity_id=opportunity.id,
        session_id=session.id,
        session_date=london_date(session.starts_at),
        place_id=place.id,
        participant=participant_of(place),
        present=entry.present,
        minutes=minutes,
        planned_minutes=planned,
        paid=bool(opportunity.paid),
        recorded_by=_recorder(tx),
    )
    await _say_recorded(tx, told)
    return 1


async def _say_recorded(tx: Transaction, told: AttendanceRecorded) -> None:
    """To our own services, and to the home organisation of a guest."""
    await outbox.add(tx, told)
    if told.participant.kind == "guest":
        await outbox.add(tx, _for_home(told))
    what = "attendance-recorded" if told.version == 1 else "attendance-corrected"
    facts = {name: getattr(told, name) for name in ("place_id", "session_id", "present", "minutes", "version")}
    await steps.add(tx, what, about=told.attendance_id, **facts)


def _for_home(told: AttendanceRecorded) -> GuestAttended:
    """The same line for a guest's home organisation, which pays them (NET-03)."""
    facts = told.model_dump(include=GuestAttended.model_fields.keys() - {"guest_id", "to"})
    return GuestAttended(**facts, guest_id=told.participant.id, to=told.participant.home)


async def _says_the_same(tx: Transaction, attendance: Row[Any], said: dict[str, Any]) -> bool:
    held = await tx.one(
        select(attendance_records).where(
            attendance_records.c.attendance_id == attendance.id, attendance_records.c.version == attendance.version
        )
    )
    return all(held._mapping[field] == value for field, value in said.items())


async def _write_record(tx: Transaction, attendance_id: UUID, version: int, said: dict[str, Any]) -> None:
    await tx.execute(
        insert(attendance_records).values(
            attendance_id=attendance_id, version=version, recorded_at=tx.now, **said, **actor_values(tx.actor)
        )
    )


def _recorder(tx: Transaction) -> UUID:
    """PAY-10 needs to know who recorded it, so only a person may."""
    if tx.actor.id is None:
        raise ValueError("attendance is recorded by a person")
    return tx.actor.id
