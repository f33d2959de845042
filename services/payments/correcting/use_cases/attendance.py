"""From the register to a claim that is filled in as far as we can (PAY-06, OPP-11)."""

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.use_cases import ground, records
from services.payments.correcting.use_cases import correcting
from services.payments.register import tables as register_tables
from shared.db import Transaction, actor_values, participant_values
from shared.events.opportunities import AttendanceRecorded, ContributionRecorded
from shared.messaging import steps
from shared.reasons import NotYet


async def hear_attendance(tx: Transaction, event: AttendanceRecorded) -> bool:
    """PAY-06: a claim opens by itself. OPP-11, PAY-17: a later version corrects it. Whoever corrects counts as
    having recorded it (PAY-10). Returns whether an existing claim was put right."""
    return await _hear(tx, event)


async def hear_contribution(tx: Transaction, event: ContributionRecorded) -> None:
    """OPP-18, PAY-18: paid like an attendance of that day, by the same rules."""
    own = {"attendance_id": event.contribution_id, "session_id": event.contribution_id, "session_date": event.day}
    time = {"present": event.counts, "minutes": event.minutes, "planned_minutes": event.minutes, "paid": event.paid}
    as_attendance = AttendanceRecorded(
        version=event.version,
        opportunity_id=event.opportunity_id,
        place_id=event.contribution_id,
        participant=event.participant,
        recorded_by=event.recorded_by,
        **own,
        **time,
    )
    await _hear(tx, as_attendance, ground=register_tables.CONTRIBUTION, way=event.way)


async def _hear(tx: Transaction, event: AttendanceRecorded, **what: str) -> bool:
    """what: its ground and way, if it is no line of a register."""
    opportunity = await tx.first(
        select(register_tables.opportunities).where(
            register_tables.opportunities.c.opportunity_id == event.opportunity_id
        )
    )
    if opportunity is None:
        raise NotYet("the opportunity of this attendance")
    before = await tx.first(
        select(register_tables.attendances)
        .where(register_tables.attendances.c.attendance_id == event.attendance_id)
        .with_for_update()
    )
    if before is not None and before.version >= event.version:
        return False
    claim = await _first_claim(tx, event)
    attendance = await _remember_attendance(tx, event, before or opportunity, what)
    if claim is not None:
        await correcting.correct(tx, claim, before or attendance, attendance)
    elif attendance.no_claim_because is None:
        await ground.add_fee(tx, await records.open_claim(tx, attendance), attendance)
    else:
        await steps.add(tx, "no-claim", about=event.attendance_id, because=attendance.no_claim_because)
    return claim is not None


async def _remember_attendance(
    tx: Transaction, event: AttendanceRecorded, agreed: Row[Any], what: dict[str, str]
) -> Row[Any]:
    """agreed: where the host's terms are kept: what it advertised when we first heard of the attendance holds for it
    (NET-03)."""
    because = rules.no_claim_because(event.present, event.participant.kind == "guest")
    values = {
        "attendance_id": event.attendance_id,
        "version": event.version,
        "opportunity_id": event.opportunity_id,
        "session_id": event.session_id,
        "session_date": event.session_date,
        "place_id": event.place_id,
        **participant_values(event.participant),
        **actor_values(tx.actor),
        "present": event.present,
        "minutes": event.minutes,
        "planned_minutes": event.planned_minutes,
        "paid": event.paid,
        "recorded_by": event.recorded_by,
        "no_claim_because": because,
        "host": event.host,
        "guest_id": event.guest_id,
        "host_attendance_id": event.host_attendance_id,
        "host_opportunity_id": event.host_opportunity_id,
        "rate_pence": agreed.rate_pence,
        "funding": agreed.funding,
        "expenses_cap_pence": agreed.expenses_cap_pence,
        **what,
    }
    table = register_tables.attendances
    new = insert(table).values(recorded_at=tx.now, **values)
    attendance = await tx.one(
        new.on_conflict_do_update(index_elements=[table.c.attendance_id], set_=values).returning(table)
    )
    recorder = insert(register_tables.attendance_recorders).values(
        attendance_id=event.attendance_id, person_id=event.recorded_by
    )
    await tx.execute(recorder.on_conflict_do_nothing())
    return attendance


async def _first_claim(tx: Transaction, event: AttendanceRecorded) -> Row[Any] | None:
    claims = claims_tables.claims
    return await tx.first(
        select(claims)
        .where(claims.c.attendance_id == event.attendance_id, claims.c.follows.is_(None))
        .with_for_update()
    )
