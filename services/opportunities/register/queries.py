"""The register of a session: who had a place when it began, and who came without one (OPP-11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.opportunities.people.queries import apart_by, participants_called
from services.opportunities.people.tables import people
from services.opportunities.places.queries.people import had_a_place, named, shown_name
from services.opportunities.places.tables.places import attendance_records, attendances, places
from services.opportunities.register.domain import voices
from services.opportunities.writing.domain import drafts
from services.opportunities.writing.tables import opportunities, sessions
from shared.db import Transaction
from shared.text import told_apart


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One participant on the register of a session; record is None until something was written. left: they gave up
    their place since it began, and have none now."""

    place_id: UUID
    participant_id: UUID
    name: str
    walk_in: bool
    record: Row[Any] | None
    version: int
    left: bool = False
    speaks_for: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    opportunity: Row[Any]
    session: Row[Any]
    planned_minutes: int
    lines: Sequence[RegisterLine]

    @property
    def voices(self) -> Sequence[tuple[str, int]]:
        """OPP-24: for whom those on it speak, without names; whoever was not there is left out."""
        return voices(line.speaks_for for line in self.lines if line.record is None or line.record.present)


_IN_SESSION = and_(attendances.c.place_id == places.c.id, attendances.c.session_id == sessions.c.id)
_SAME_PERSON = (places.c.participant_kind, places.c.participant_id, places.c.participant_home)


def lines_of(session_id: UUID) -> Select[Any]:
    """The places on the register of a session, one for each participant: the one with a line, else their first.

    People who left during the session and came back have two places, and were there once."""
    written = attendances.c.id.label("attendance_id")
    return (
        select(places, written)
        .join(sessions, sessions.c.opportunity_id == places.c.opportunity_id)
        .outerjoin(attendances, _IN_SESSION)
        .where(sessions.c.id == session_id, or_(attendances.c.id.is_not(None), had_a_place()))
        .ext(distinct_on(*_SAME_PERSON))
        .order_by(
            *_SAME_PERSON,
            attendances.c.id.is_(None),
            places.c.only_session_id.is_not(None),
            places.c.taken_at,
            places.c.id,
        )
    )


async def session_starts_at(tx: Transaction, opportunity_id: UUID, session_id: UUID) -> datetime:
    """Missing if the opportunity has no such session."""
    found = select(sessions.c.starts_at).where(sessions.c.id == session_id, sessions.c.opportunity_id == opportunity_id)
    return (await tx.one(found)).starts_at


async def register(tx: Transaction, opportunity_id: UUID, session_id: UUID) -> Register:
    """Everyone who had a place when it began, and everyone who was there, by name."""
    of_it = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    session = await tx.one(
        select(sessions).where(sessions.c.id == session_id, sessions.c.opportunity_id == opportunity_id)
    )
    on_it = lines_of(session_id).subquery()
    now = places.alias()
    is_back = exists().where(
        now.c.opportunity_id == places.c.opportunity_id,
        now.c.state == "taken",
        *(now.c[column.name] == column for column in _SAME_PERSON),
    )
    with_names = select(
        places, on_it.c.attendance_id, is_back.label("is_back"), shown_name().label("name"), apart_by().label("apart")
    ).select_from(named(places).join(on_it, on_it.c.id == places.c.id))
    holds = (attendance_records.c.attendance_id == attendances.c.id) & (
        attendance_records.c.version == attendances.c.version
    )
    recorded = select(attendance_records).join(attendances, holds).where(attendances.c.session_id == session_id)
    records = {row.attendance_id: row for row in await tx.all(recorded)}
    lines = []
    rows = await tx.all(with_names)
    for row, name in zip(rows, told_apart([(row.name, row.apart) for row in rows]), strict=True):
        record = records.get(row.attendance_id)
        left = row.ended_at is not None and row.ended_at > session.starts_at and not row.is_back
        lines.append(
            RegisterLine(
                row.id,
                row.participant_id,
                name,
                row.walk_in,
                record,
                record.version if record else 0,
                left,
                row.speaks_for,
            )
        )
    lines.sort(key=lambda line: (line.name.casefold(), line.place_id))
    return Register(of_it, session, drafts.planned_minutes(session.starts_at, session.ends_at), lines)


async def might_walk_in(
    tx: Transaction, session_id: UUID, name: str = "", after: UUID | None = None
) -> Sequence[Row[Any]]:
    """(person_id, name, apart) of our participants who are not on this register, by name; one more than MOST_NAMES if
    there are more.

    name: part of it, in any case. after: the last person on the page before."""
    on_it = lines_of(session_id).subquery()
    listed = exists().where(on_it.c.participant_kind == "person", on_it.c.participant_id == people.c.person_id)
    return await tx.all(participants_called(name, after).where(~listed))
