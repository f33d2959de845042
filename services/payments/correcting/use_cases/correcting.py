"""When the register is put right after its claim opened (OPP-11, PAY-16, PAY-17).

What has left for the bank cannot be undone; an approval that has not left is taken back if it was too much;
undecided claims are put right in place. In whatever order things happen, what is asked for and what was paid never
exceed what the register gives.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.payments.approving.use_cases import withdrawing
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import thanks
from services.payments.claims.domain.claims import BEFORE_APPROVAL, ClaimState, LineKind, LineState
from services.payments.claims.use_cases import ground, records, splitting, undoing
from services.payments.claims.use_cases.ground import add_fee
from services.payments.claims.use_cases.refusing import refuse_claim
from services.payments.claims.use_cases.undoing import NOT_THERE, NOT_THERE_SAID, REGISTER, Why
from services.payments.correcting.use_cases import looks
from services.payments.correcting.use_cases.fees import fees_so_far, first_counts, gone, gone_claims
from services.payments.correcting.use_cases.looks import goes_on
from services.payments.correcting.use_cases.who_was_there import ask_who_was_there, refuse_who_was_not_there, reopen
from services.payments.owing import tables as owing_tables
from services.payments.register import queries as register
from shared.db import Transaction, new_id
from shared.events.lines import ClaimLine
from shared.messaging import steps

_PAID = owing_tables.payments.c.state == "paid"
_APPROVED = frozenset({ClaimState.APPROVED, ClaimState.RETURNED, ClaimState.PAID})
_UNDECIDED = BEFORE_APPROVAL | {ClaimState.DECLINED}
"""Its owner may think again, so a declined claim is put right as well, and stays declined."""


async def correct(
    tx: Transaction, claim: Row[Any], before: Row[Any], attendance: Row[Any], why: Why = REGISTER
) -> None:
    """claim: the attendance's first, locked. before: its register as it was."""
    await tx.execute(
        update(claims_tables.claims)
        .where(claims_tables.claims.c.attendance_id == attendance.attendance_id, claims_tables.claims.c.correction_due)
        .values(correction_due=False)
    )
    state = ClaimState(claim.state)
    was = await records.sums_of(tx, attendance.attendance_id)
    cancelled = state is ClaimState.REFUSED and claim.refused_because in NOT_THERE_SAID
    if state in _APPROVED:
        claim, decided_again = await _take_back(tx, claim, attendance, why)
        if decided_again:
            await _keep_correction(tx, claim, before, attendance, owed=0, overpaid=0)
            await _correct_in_place(tx, claim, attendance, cancelled=False)
            await withdrawing.tell_if_it_goes_on(tx, claim.id, why.because)
        else:
            await _correct_beside(tx, claim, before, attendance)
    elif state in _UNDECIDED or cancelled:
        await _correct_in_place(tx, claim, attendance, cancelled)
    else:
        await _correct_beside(tx, claim, before, attendance)
    await _limit_the_others(tx, claim, attendance, why, was)
    await _note_correction(tx, claim.id, before, attendance, was.in_all, why)
    await _mark_what_left(tx, claim, attendance)


async def _mark_what_left(tx: Transaction, first: Row[Any], attendance: Row[Any]) -> None:
    """PAY-16, PAY-17: marks what has left beyond what the register gives, in whichever claim and whatever the state
    of the first: decided again if it comes back, written off once it is paid. Comes last, because taking back an
    approval removes the claim's mark."""
    fee = ground.fee_of(first, attendance)
    if await gone(tx, attendance) > (fee[1] if fee else 0):
        await tx.execute(
            update(claims_tables.claims)
            .where(claims_tables.claims.c.id.in_(gone_claims(attendance)))
            .values(correction_due=True)
        )


async def _note_correction(
    tx: Transaction, claim_id: UUID, before: Row[Any], attendance: Row[Any], was_pence: int, why: Why
) -> None:
    """PAY-14, PAY-17: the sums cover all claims of the attendance, because an earlier correction or another look may
    have opened more. Comes after those are limited too, so that nothing is counted that this correction ended."""
    now_pence = (await records.sums_of(tx, attendance.attendance_id)).in_all
    was_minutes, now_minutes = (each.minutes if each.present else 0 for each in (before, attendance))
    if (was_pence, was_minutes) != (now_pence, now_minutes):
        minutes = {"was_minutes": was_minutes, "now_minutes": now_minutes}
        await looks.note(tx, claim_id, why, attendance, was_pence, now_pence, **minutes)


async def look_again(tx: Transaction, claim: Row[Any], attendance: Row[Any]) -> None:
    """PAY-16, PAY-17: after a withdrawn payment was paid: applies the register as it is now if it gives a different
    fee than the claims have, or less than has left; otherwise limits what the other claims ask for. claim: the
    attendance's first, locked."""
    fee = ground.fee_of(claim, attendance)
    should_be = fee[1] if fee else 0
    if should_be != await fees_so_far(tx, attendance) or should_be < await gone(tx, attendance):
        await correct(tx, claim, attendance, attendance, undoing.BANK)
    else:
        was = await records.sums_of(tx, attendance.attendance_id)
        await _limit_the_others(tx, claim, attendance, undoing.BANK, was)


# What is approved


async def _take_back(tx: Transaction, claim: Row[Any], attendance: Row[Any], why: Why) -> tuple[Row[Any], bool]:
    """PAY-17: takes back what was approved beyond the register and has not left. True if the whole claim is decided
    again: its owner is not told of that yet."""
    fee = ground.fee_of(claim, attendance)
    approved = records.approved_amounts(await records.line_rows(tx, claim.id))
    too_much = approved.participation > (fee[1] if fee else 0)
    never_there = not attendance.present and approved.total > 0
    if not (too_much or never_there):
        return claim, False
    payables = await withdrawing.live_payables(tx, claim.id)
    if not any(payable.has_left for payable in payables):
        return await withdrawing.withdraw_all(tx, claim, why.because, why.again, tells=False), True
    of_fee, of_costs = withdrawing.payable_of_fee(claim, payables), withdrawing.payable_of_costs(claim, payables)
    if too_much and of_fee is not None and not of_fee.has_left:
        removed = {"state": LineState.REMOVED}
        claim = await withdrawing.withdraw_part(
            tx, claim, of_fee, fee=True, lines_become=removed, reason=why.in_part, because=why.because
        )
    if never_there and of_costs is not None and of_costs is not of_fee and not of_costs.has_left:
        refused = {"state": LineState.REFUSED, "reason": NOT_THERE}
        claim = await withdrawing.withdraw_part(tx, claim, of_costs, fee=False, lines_become=refused, reason=NOT_THERE)
    return claim, False


async def _correct_beside(tx: Transaction, claim: Row[Any], before: Row[Any], attendance: Row[Any]) -> None:
    """A decision is not overwritten: the correction is kept, and what is still owed becomes a claim of its own
    (PAY-16)."""
    fee = ground.fee_of(claim, attendance)
    should_be = fee[1] if fee else 0
    owed = rules.still_owed(should_be, await fees_so_far(tx, attendance))
    overpaid = rules.still_owed(await gone(tx, attendance, _PAID), should_be)
    await _keep_correction(tx, claim, before, attendance, owed=owed, overpaid=overpaid)
    owed = await _ask_looks_again(tx, attendance, owed)
    if asked := thanks.fee_asked(owed, None, claim.recognition):  # thanks that are no money stay the same thanks
        chosen = {"recognition": claim.recognition, "expenses_method": claim.expenses_method}
        said = {"lines": (ClaimLine(kind=LineKind.PARTICIPATION, pence=asked, state="added"),)}
        more = await records.open_claim(tx, attendance, follows=claim.id, because="correction", said=said, **chosen)
        rate = records.rates_of(claim).participation
        await records.add_line(
            tx,
            more.id,
            LineKind.PARTICIPATION,
            LineState.READY,
            minutes=attendance.minutes,
            rate_pence=rate,
            full_pence=owed,
            amount_pence=asked,
        )


async def _ask_looks_again(tx: Transaction, attendance: Row[Any], owed: int) -> int:
    """PAY-14: if a slip in the register took something from another look, that look asks for it again, from whoever
    may decide it. owed: pence that the register gives now and nobody asks for. Returns how much of it remains."""
    lines, claims = claims_tables.lines, claims_tables.claims
    undecided = claims.c.state.in_([ClaimState.OPEN, ClaimState.SUBMITTED]) & (lines.c.state == LineState.READY)
    words = [*undoing.REGISTER_ELSEWHERE_SAID, *NOT_THERE_SAID]
    by_register = claims.c.refused_because.in_(words) & (claims.c.state == ClaimState.REFUSED)
    gone = by_register & (lines.c.state == LineState.REMOVED)
    fees = (claims.c.attendance_id == attendance.attendance_id) & (lines.c.kind == LineKind.PARTICIPATION)
    looks_at_it = lines.c.looked_pence.is_not(None) & (undecided | gone)
    found = select(lines).join(claims, claims.c.id == lines.c.claim_id).where(fees, looks_at_it)
    for line in await tx.all(found.order_by(lines.c.id)):
        now_pence = line.full_pence if line.state == LineState.READY else 0
        more = min(line.looked_pence - now_pence, owed)
        if more <= 0:
            continue
        claim = await records.locked_claim(tx, line.claim_id)
        if claim.state == ClaimState.REFUSED:
            await reopen(tx, claim)
        full_pence = now_pence + more
        asked = thanks.fee_asked(full_pence, line.lowered_pence, claim.recognition)
        values = {"full_pence": full_pence, "amount_pence": asked, "minutes": attendance.minutes}
        await tx.execute(update(lines).where(lines.c.id == line.id).values(state=LineState.READY, **values))
        owed -= more
    return owed


async def _keep_correction(
    tx: Transaction, claim: Row[Any], before: Row[Any], attendance: Row[Any], *, owed: int, overpaid: int
) -> None:
    correction = insert(claims_tables.corrections).values(
        id=new_id(),
        attendance_id=attendance.attendance_id,
        attendance_version=attendance.version,
        claim_id=claim.id,
        participant_kind=attendance.participant_kind,
        participant_id=attendance.participant_id,
        participant_home=attendance.participant_home,
        was_present=before.present,
        was_minutes=before.minutes,
        now_present=attendance.present,
        now_minutes=attendance.minutes,
        owed_pence=owed,
        overpaid_pence=overpaid,
    )
    await tx.execute(correction.on_conflict_do_nothing())
    await steps.add(
        tx, "attendance-corrected-after-approval", about=claim.id, owed_pence=owed, version=attendance.version
    )


# What nobody has decided


async def _correct_in_place(tx: Transaction, claim: Row[Any], attendance: Row[Any], cancelled: bool) -> None:
    await steps.add(
        tx,
        "attendance-corrected",
        about=claim.id,
        version=attendance.version,
        present=attendance.present,
        minutes=attendance.minutes,
    )
    if not attendance.present:
        await refuse_who_was_not_there(tx, claim)
        return
    undone = await undoing.decide_again(tx, claim, keep_cuts=True)
    if cancelled:
        await reopen(tx, claim)
    elif claim.state == ClaimState.DECLINED:
        await ask_who_was_there(tx, claim)
    elif claim.state == ClaimState.SECOND_APPROVER:
        claim = await records.save_claim(tx, claim, state=ClaimState.SUBMITTED, **undone)
    had_lines = bool(await records.line_rows(tx, claim.id))
    await _replace_fee(tx, claim, attendance)
    if claim.state == ClaimState.SUBMITTED and had_lines and not await goes_on(tx, claim):
        if not await records.line_rows(tx, claim.id):
            await refuse_claim(tx, claim, because=undoing.IN_ANOTHER)
            return
        taken_back: dict[str, Any] = (
            {"withdrawn_because": REGISTER.in_part} if claim.withdrawn_because in undoing.REGISTER_AGAIN_SAID else {}
        )
        await refuse_claim(tx, claim, **taken_back)


async def _replace_fee(tx: Transaction, claim: Row[Any], attendance: Row[Any]) -> None:
    """Leaves a fee alone, with what an approver said about it, if the register still gives the same."""
    lines = claims_tables.lines
    already = await gone(tx, attendance, only_others=True)
    fee = ground.fee_of(claim, attendance)
    mine = lines.c.claim_id == claim.id, lines.c.kind == LineKind.PARTICIPATION, lines.c.state != LineState.REMOVED
    old = await tx.first(select(lines).where(*mine))
    if old is not None and fee == (old.minutes, old.full_pence + already):
        return
    await tx.execute(update(lines).where(*mine).values(state=LineState.REMOVED, approved_pence=None))
    await add_fee(tx, claim, attendance, old.lowered_pence if old else None, already=already)


# The claims that follow the first


async def _limit_the_others(
    tx: Transaction, first: Row[Any], attendance: Row[Any], why: Why, was: records.Sums
) -> None:
    """PAY-12: what other claims (another look, a correction) ask for never exceeds what is still open. PAY-17:
    somebody who was not there is not paid anything in them either. was: the sums before anything was put right."""
    claims, lines = claims_tables.claims, claims_tables.lines
    await _follow_who_was_there(tx, attendance)
    fee = ground.fee_of(first, attendance)
    left = (fee[1] if fee else 0) - await first_counts(tx, first.id) - await gone(tx, attendance, only_others=True)
    following = (
        select(claims.c.id)
        .where(claims.c.attendance_id == attendance.attendance_id, claims.c.follows.is_not(None))
        .order_by(claims.c.id)
    )
    for (claim_id,) in await tx.all(following):
        claim = await records.locked_claim(tx, claim_id)
        asked = await tx.first(
            select(lines).where(
                lines.c.claim_id == claim_id,
                lines.c.kind == LineKind.PARTICIPATION,
                lines.c.state.in_([LineState.READY, LineState.APPROVED]),
            )
        )
        of_fee = withdrawing.payable_of_fee(claim, await withdrawing.live_payables(tx, claim_id))
        if asked is None or (of_fee is not None and of_fee.has_left):
            continue
        left -= await looks.limit(tx, claim, asked, max(left, 0), why)
    await looks.note_what_changed(tx, first, why, attendance, was)
    await looks.limit_costs(tx, attendance, was)
    await looks.say_the_time(tx, attendance)


async def _follow_who_was_there(tx: Transaction, attendance: Row[Any]) -> None:
    """PAY-17: claims after the first are refused, including costs, if the person was not there, and reopened once
    the register says that they were. If the rest of a claim has left, its costs move to a claim of their own."""
    claims = claims_tables.claims
    every = select(claims.c.id).where(claims.c.attendance_id == attendance.attendance_id).order_by(claims.c.id)
    for (claim_id,) in await tx.all(every):
        claim = await records.locked_claim(tx, claim_id)
        if attendance.present and claim.state in _APPROVED:
            await ask_who_was_there(tx, claim)
            await splitting.move_undecided(tx, claim)
        elif claim.follows is None:
            continue
        elif attendance.present and claim.refused_because in NOT_THERE_SAID and claim.state == ClaimState.REFUSED:
            if await records.line_rows(tx, claim_id):
                await reopen(tx, claim)
            else:
                await records.save_claim(tx, claim, refused_because=REGISTER.elsewhere)
        elif attendance.present and claim.state == ClaimState.DECLINED:
            await ask_who_was_there(tx, claim)
        elif not attendance.present:
            await _refuse_beside(tx, claim, attendance)


async def _refuse_beside(tx: Transaction, claim: Row[Any], attendance: Row[Any]) -> None:
    decided_again = False
    if claim.state in _APPROVED:
        claim, decided_again = await _take_back(tx, claim, attendance, REGISTER)
    if decided_again or claim.state in _UNDECIDED:
        await refuse_who_was_not_there(tx, claim)


# What came back, or was paid, since


async def settle_due_corrections(tx: Transaction) -> list[UUID]:
    """PAY-17: a job for claims that had left when their register was put right. What came back is decided again
    before it goes; what was paid is written off as overpaid, and not before (PAY-16). Returns the attendances for
    which something was decided again."""
    claims, payables = claims_tables.claims, owing_tables.payables
    came_back = (
        select(payables.c.id)
        .where(payables.c.claim_id == claims.c.id, payables.c.state.in_(["owed", "returned"]))
        .exists()
    )
    due = select(claims.c.attendance_id).where(claims.c.correction_due)
    decided_again = [
        row.attendance_id for row in await tx.all(due.where(came_back).distinct().order_by(claims.c.attendance_id))
    ]
    for attendance_id in decided_again:
        attendance = await register.attendance_of(tx, attendance_id)
        first = await tx.one(
            select(claims).where(claims.c.attendance_id == attendance_id, claims.c.follows.is_(None)).with_for_update()
        )
        await correct(tx, first, attendance, attendance)
    for (attendance_id,) in await tx.all(
        due.where(claims.c.state == ClaimState.PAID).distinct().order_by(claims.c.attendance_id)
    ):
        await _write_off(tx, await register.attendance_of(tx, attendance_id))
    return decided_again


async def _write_off(tx: Transaction, attendance: Row[Any]) -> None:
    """PAY-16: writes off what was paid beyond the register, or twice for one cost, and is not recorded yet."""
    claims, corrections, overpayments = claims_tables.claims, claims_tables.corrections, claims_tables.overpayments
    first = await tx.one(
        select(claims).where(claims.c.attendance_id == attendance.attendance_id, claims.c.follows.is_(None))
    )
    fee = ground.fee_of(first, attendance)
    pence = rules.still_owed(await gone(tx, attendance, _PAID), fee[1] if fee else 0) + await looks.costs_paid_twice(
        tx, attendance
    )
    at_once = (
        corrections.c.attendance_id == attendance.attendance_id,
        corrections.c.attendance_version == attendance.version,
    )
    known = await tx.scalar(select(corrections.c.overpaid_pence).where(*at_once)) or 0
    here = overpayments.c.claim_id == first.id, overpayments.c.attendance_version == attendance.version
    written = await tx.one(
        select(func.coalesce(func.sum(overpayments.c.pence), 0).label("pence"), func.count().label("times")).where(
            *here
        )
    )
    more = rules.still_owed(pence, known + written.pence)
    if more == 0:
        return
    values = {
        "claim_id": first.id,
        "attendance_version": attendance.version,
        "nth": written.times + 1,
        "pence": more,
        "found_at": tx.now,
    }
    if (await tx.execute(insert(overpayments).values(**values).on_conflict_do_nothing())).rowcount:
        await steps.add(tx, "overpaid-written-off", about=first.id, pence=more)
