"""From the register to a claim that is filled in as far as we know (PAY-06, OPP-11)."""

from typing import Any

from sqlalchemy import Row, and_, case, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.payments import tables
from services.payments.domain import claims as rules
from services.payments.domain.claims import BEFORE_APPROVAL, ClaimState, LineKind, LineState
from services.payments.use_cases import recharges, records
from shared.db import Transaction, new_id, participant_values
from shared.events.opportunities import AttendanceRecorded
from shared.events.payments import ClaimOpened, ClaimRefused
from shared.messaging import steps
from shared.reasons import NotYet

NOT_THERE = "The register now says that you were not there. If that is wrong, ask us to look again."


async def record_attendance(tx: Transaction, event: AttendanceRecorded) -> None:
    """PAY-06: a claim opens by itself. OPP-11: a later version corrects: before approval in place, afterwards beside it."""
    opportunity = await tx.first(select(tables.opportunities).where(tables.opportunities.c.opportunity_id == event.opportunity_id))
    if opportunity is None:
        raise NotYet("the opportunity of this attendance")
    before = await tx.first(select(tables.attendances).where(tables.attendances.c.attendance_id == event.attendance_id).with_for_update())
    if before is not None and before.version >= event.version:
        return
    claim = await _first_claim(tx, event)
    attendance = await _remember_attendance(tx, event, before or opportunity)
    if claim is not None:
        await _correct(tx, claim, before, attendance)
        await recharges.raise_recharge(tx, attendance.attendance_id)
    elif attendance.no_claim_because is None:
        await _add_fee(tx, await records.open_claim(tx, attendance), attendance)
    else:
        await steps.add(tx, "no-claim", about=event.attendance_id, because=attendance.no_claim_because)


async def _remember_attendance(tx: Transaction, event: AttendanceRecorded, agreed: Row[Any]) -> Row[Any]:
    """agreed: where the host's terms stand: what it advertised when we first heard of the attendance holds for it (NET-03)."""
    because = rules.no_claim_because(event.present, event.participant.kind == "guest")
    values = {
        "attendance_id": event.attendance_id,
        "version": event.version,
        "opportunity_id": event.opportunity_id,
        "session_id": event.session_id,
        "session_date": event.session_date,
        "place_id": event.place_id,
        **participant_values(event.participant),
        **records.actor_values(tx),
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
    }
    table = tables.attendances
    new = insert(table).values(recorded_at=tx.now, **values)
    return await tx.one(new.on_conflict_do_update(index_elements=[table.c.attendance_id], set_=values).returning(table))


async def _first_claim(tx: Transaction, event: AttendanceRecorded) -> Row[Any] | None:
    claims = tables.claims
    return await tx.first(select(claims).where(claims.c.attendance_id == event.attendance_id, claims.c.follows.is_(None)).with_for_update())


def _fee(claim: Row[Any], attendance: Row[Any]) -> tuple[int, int] | None:
    if not attendance.present:
        return None
    return rules.fee_line(attendance.paid, attendance.minutes, attendance.planned_minutes, records.rates_of(claim))


async def _add_fee(tx: Transaction, claim: Row[Any], attendance: Row[Any], lowered_pence: int | None = None) -> None:
    """PAY-01: the participation line, or none where no time is paid."""
    fee = _fee(claim, attendance)
    if fee is None:
        return
    minutes, full_pence = fee
    lowered = None if lowered_pence is None else min(lowered_pence, full_pence)
    await records.add_line(
        tx,
        claim.id,
        LineKind.PARTICIPATION,
        LineState.READY,
        minutes=minutes,
        rate_pence=records.rates_of(claim).participation,
        full_pence=full_pence,
        amount_pence=rules.fee_asked(full_pence, lowered, claim.recognition),
        lowered_pence=lowered,
    )
    await steps.add(tx, "fee-filled-in", about=claim.id, minutes=minutes, pence=full_pence)


async def _correct(tx: Transaction, claim: Row[Any], before: Row[Any] | None, attendance: Row[Any]) -> None:
    """OPP-11. claim is locked."""
    state = ClaimState(claim.state)
    cancelled = state is ClaimState.REFUSED and before is not None and not before.present
    if state in BEFORE_APPROVAL or state is ClaimState.DECLINED or cancelled:
        await _correct_in_place(tx, claim, attendance, cancelled)
    else:
        await _correct_beside(tx, claim, before, attendance)


async def _correct_in_place(tx: Transaction, claim: Row[Any], attendance: Row[Any], cancelled: bool) -> None:
    lines = tables.lines
    old = await tx.first(
        update(lines)
        .where(lines.c.claim_id == claim.id, lines.c.kind == LineKind.PARTICIPATION, lines.c.state != LineState.REMOVED)
        .values(state=LineState.REMOVED, approved_pence=None)
        .returning(lines.c.lowered_pence)
    )
    await steps.add(tx, "attendance-corrected", about=claim.id, version=attendance.version, present=attendance.present, minutes=attendance.minutes)
    await _undo_first_approval(tx, claim)
    if not attendance.present and claim.state != ClaimState.DECLINED:
        await tx.execute(
            update(lines).where(lines.c.claim_id == claim.id, lines.c.state != LineState.REMOVED).values(state=LineState.REFUSED, reason=NOT_THERE)
        )
        refused = await records.save_claim(tx, claim, state=ClaimState.REFUSED, first_approver=None)
        await publish_refused(tx, refused)
        return
    if cancelled and attendance.present:
        await _reopen(tx, claim)
    elif claim.state == ClaimState.SECOND_APPROVER:
        claim = await records.save_claim(tx, claim, state=ClaimState.SUBMITTED, first_approver=None)
    await _add_fee(tx, claim, attendance, old.lowered_pence if old else None)


async def _undo_first_approval(tx: Transaction, claim: Row[Any]) -> None:
    """A claim that waits for a second approver is decided from the start again."""
    lines = tables.lines
    await tx.execute(
        update(lines).where(lines.c.claim_id == claim.id, lines.c.state == LineState.APPROVED).values(state=LineState.READY, approved_pence=None, reason=None)
    )


async def _reopen(tx: Transaction, claim: Row[Any]) -> None:
    lines = tables.lines
    without_receipt = and_(lines.c.kind.in_(rules.NEEDS_RECEIPT), lines.c.receipt_id.is_(None))
    await tx.execute(
        update(lines)
        .where(lines.c.claim_id == claim.id, lines.c.state == LineState.REFUSED, lines.c.reason == NOT_THERE)
        .values(state=case((without_receipt, LineState.WAITING.value), else_=LineState.READY.value), reason=None)
    )
    opened = await records.save_claim(tx, claim, state=ClaimState.OPEN)
    await records.publish(tx, ClaimOpened, opened, session_date=opened.session_date)
    await steps.add(tx, "claim-reopened", about=claim.id)


async def publish_refused(tx: Transaction, claim: Row[Any]) -> None:
    await records.publish(tx, ClaimRefused, claim)
    await steps.add(tx, "claim-refused", about=claim.id)


async def _correct_beside(tx: Transaction, claim: Row[Any], before: Row[Any] | None, attendance: Row[Any]) -> None:
    """After approval nothing is written over: the correction is kept, and what is still owed becomes a claim of its own (PAY-16)."""
    fee = _fee(claim, attendance)
    should_be = fee[1] if fee else 0
    already = await _fees_so_far(tx, attendance)
    owed = rules.still_owed(should_be, already)
    correction = insert(tables.corrections).values(
        id=new_id(),
        attendance_id=attendance.attendance_id,
        attendance_version=attendance.version,
        claim_id=claim.id,
        participant_kind=attendance.participant_kind,
        participant_id=attendance.participant_id,
        participant_home=attendance.participant_home,
        was_present=before.present if before else False,
        was_minutes=before.minutes if before else 0,
        now_present=attendance.present,
        now_minutes=attendance.minutes,
        owed_pence=owed,
        overpaid_pence=rules.still_owed(already, should_be),
    )
    await tx.execute(correction.on_conflict_do_nothing())
    await steps.add(tx, "attendance-corrected-after-approval", about=claim.id, owed_pence=owed, version=attendance.version)
    if owed:
        chosen = {"recognition": claim.recognition, "expenses_method": claim.expenses_method}
        more = await records.open_claim(tx, attendance, follows=claim.id, because="correction", **chosen)
        asked = rules.fee_asked(owed, None, claim.recognition)
        rate = records.rates_of(claim).participation
        await records.add_line(
            tx, more.id, LineKind.PARTICIPATION, LineState.READY, minutes=attendance.minutes, rate_pence=rate, full_pence=owed, amount_pence=asked
        )


async def _fees_so_far(tx: Transaction, attendance: Row[Any]) -> int:
    """What the participation lines for this attendance came to before anyone lowered or decided them; another look at one adds nothing."""
    lines, claims = tables.lines, tables.claims
    return await tx.scalar(
        select(func.coalesce(func.sum(lines.c.full_pence), 0))
        .join(claims, claims.c.id == lines.c.claim_id)
        .where(
            claims.c.attendance_id == attendance.attendance_id,
            lines.c.kind == LineKind.PARTICIPATION,
            lines.c.state != LineState.REMOVED,
            claims.c.follows_because.is_distinct_from("another-look"),
        )
    )
