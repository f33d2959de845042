"""Limits the claims after an attendance's first to what is still open (PAY-12, PAY-14, PAY-17). Another look and the
line that it looks at are one account, and so are the fees of all claims: if the bank paid more than we knew, or the
register gives less, nobody asks for the rest any more."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, select, update

from services.payments.approving.use_cases import withdrawing
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.claims.use_cases import ground, records, splitting, undoing
from services.payments.claims.use_cases.refusing import refuse_claim
from services.payments.claims.use_cases.undoing import Why
from services.payments.owing import tables as owing_tables
from shared.db import Transaction
from shared.messaging import steps

_APPROVED = frozenset({ClaimState.APPROVED, ClaimState.RETURNED, ClaimState.PAID})
_COUNTS = (LineState.READY, LineState.WAITING, LineState.APPROVED)


async def limit(tx: Transaction, claim: Row[Any], asked: Row[Any], most: int, why: Why) -> int:
    """Brings a line of a following claim that has not left down to most. Returns its new sum. The claim is locked."""
    pence = asked.amount_pence if asked.approved_pence is None else asked.approved_pence
    if pence <= most:
        return pence
    is_fee = asked.kind == LineKind.PARTICIPATION
    taken_back = claim.state in _APPROVED
    if taken_back:
        payables = await withdrawing.live_payables(tx, claim.id)
        if any(payable.has_left for payable in payables):
            await _take_back_beside_what_left(tx, claim, asked, payables, most, why)
            return 0 if is_fee else most
        claim = await withdrawing.withdraw_all(tx, claim, why.because, why.again, tells=False)
    elif claim.state == ClaimState.SECOND_APPROVER:
        undone = await undoing.decide_again(tx, claim, keep_cuts=True)
        claim = await records.save_claim(tx, claim, state=ClaimState.SUBMITTED, **undone)
    await _lower(tx, asked, most)
    await steps.add(tx, "attendance-corrected" if is_fee else "cost-paid-before", about=claim.id, pence=most)
    if claim.state != ClaimState.DECLINED and not await goes_on(tx, claim):
        await refuse_claim(tx, claim, because=why.elsewhere, why=why)
    if taken_back:
        await withdrawing.tell_if_it_goes_on(tx, claim.id, why.because)
    return most


async def _lower(tx: Transaction, asked: Row[Any], most: int) -> None:
    lines = claims_tables.lines
    lowered = {"full_pence": most, "amount_pence": most, "lowered_pence": None, **undoing.NO_CUT}
    values = lowered if most else {"state": LineState.REMOVED}
    await tx.execute(update(lines).where(lines.c.id == asked.id).values(**values))


async def say_the_time(tx: Transaction, attendance: Row[Any]) -> None:
    """PAY-14, PAY-17: beside what is still asked for stands the time that the register gives now."""
    claims, lines = claims_tables.claims, claims_tables.lines
    minutes = (await ground.fee_given(tx, attendance))[0]
    theirs = select(claims.c.id).where(claims.c.attendance_id == attendance.attendance_id)
    asked = lines.c.kind == LineKind.PARTICIPATION, lines.c.state == LineState.READY, lines.c.claim_id.in_(theirs)
    if minutes:
        await tx.execute(update(lines).where(*asked, lines.c.minutes != minutes).values(minutes=minutes))


async def _take_back_beside_what_left(
    tx: Transaction, claim: Row[Any], asked: Row[Any], payables: Any, most: int, why: Why
) -> None:
    """The rest of the claim has left, so its costs that are decided again move to a claim of their own."""
    is_fee = asked.kind == LineKind.PARTICIPATION
    payable = (withdrawing.payable_of_fee if is_fee else withdrawing.payable_of_costs)(claim, payables)
    if payable is None:
        return
    become = {"state": LineState.REMOVED if is_fee else LineState.READY}
    reason = why.elsewhere if is_fee else why.in_part
    row = await withdrawing.withdraw_part(
        tx, claim, payable, fee=is_fee, lines_become=become, reason=reason, because=why.because
    )
    if not is_fee:
        await _lower(tx, asked, most)
        await splitting.move_undecided(tx, row)


async def note_what_changed(
    tx: Transaction, first: Row[Any], why: Why, attendance: Row[Any], was: records.Sums
) -> None:
    """PAY-14, PAY-17: of each claim after the first, its own sum before and after. One that was opened meanwhile had
    none."""
    now = await records.sums_of(tx, attendance.attendance_id)
    for claim_id, pence in sorted(was.own.items()):
        if claim_id != first.id and now.own[claim_id] != pence:
            await note(tx, claim_id, why, attendance, pence, now.own[claim_id])


async def note(
    tx: Transaction, claim_id: UUID, why: Why, attendance: Row[Any], was_pence: int, now_pence: int, **minutes: int
) -> None:
    """For whoever decides next: how the register, or what the bank had paid, changed it."""
    what, by = ("register", attendance.recorded_by) if why.because == "register" else ("bank-paid", None)
    await records.note_change(tx, claim_id, what, by, was_pence, now_pence, **minutes)


async def goes_on(tx: Transaction, claim: Row[Any]) -> bool:
    """Whether something of it is asked for, or agreed."""
    return any(row.state in _COUNTS for row in await records.line_rows(tx, claim.id))


# Costs


def _cost() -> Any:
    """The id of the original line: a cost and all looks at it are one."""
    return func.coalesce(claims_tables.lines.c.looks_at, claims_tables.lines.c.id)


async def limit_costs(tx: Transaction, attendance: Row[Any], was: records.Sums) -> None:
    """PAY-12: a cost that is looked at again is agreed to, or asked for, only once. If its look has left, that is
    decided again if it comes back, and written off once it is paid (PAY-16)."""
    lines, claims, first = claims_tables.lines, claims_tables.claims, claims_tables.lines.alias()
    for look in await tx.all(
        select(lines, first.c.full_pence.label("whole"), first.c.id.label("cost"))
        .join(claims, claims.c.id == lines.c.claim_id)
        .join(first, first.c.id == lines.c.looks_at)
        .where(
            claims.c.attendance_id == attendance.attendance_id,
            lines.c.kind != LineKind.PARTICIPATION,
            lines.c.state.in_(_COUNTS),
        )
        .order_by(lines.c.created_at, lines.c.id)
    ):
        beside = await _pence_beside(tx, look)
        most = max(look.whole - beside, 0)
        claim = await records.locked_claim(tx, look.claim_id)
        of_costs = (
            withdrawing.payable_of_costs(claim, await withdrawing.live_payables(tx, claim.id))
            if claim.state in _APPROVED
            else None
        )
        if of_costs is None or not of_costs.has_left:
            was_pence = await records.sum_of(tx, claim.id)
            await limit(tx, claim, look, most, undoing.BANK)
            now_pence = await records.sum_of(tx, claim.id)
            if claim.id in was.own and was_pence != now_pence:
                await note(tx, claim.id, undoing.BANK, attendance, was_pence, now_pence)
        elif (look.approved_pence or 0) > most:
            await records.save_claim(tx, claim, correction_due=True)


async def _pence_beside(tx: Transaction, look: Row[Any]) -> int:
    """Pence for the same cost in other lines."""
    lines = claims_tables.lines
    pence = func.coalesce(func.sum(func.coalesce(lines.c.approved_pence, lines.c.amount_pence)), 0)
    return await tx.scalar(select(pence).where(_cost() == look.cost, lines.c.id != look.id, lines.c.state.in_(_COUNTS)))


async def costs_paid_twice(tx: Transaction, attendance: Row[Any]) -> int:
    """PAY-16: pence of costs that were paid twice, because the bank paid a whole one and its look was paid, too."""
    lines, claims, payables, payments = (
        claims_tables.lines,
        claims_tables.claims,
        owing_tables.payables,
        owing_tables.payments,
    )
    costs_in = case(
        (claims.c.expenses_method.is_not(None), claims.c.expenses_method),
        (claims.c.recognition.in_(["bank-transfer", "cash", "cheque"]), claims.c.recognition),
        else_="bank-transfer",
    )
    was_paid = (
        select(payments.c.id)
        .join(payables, payables.c.id == payments.c.payable_id)
        .where(
            payments.c.claim_id == claims.c.id,
            payments.c.state == "paid",
            payables.c.method == costs_in,
            payables.c.state != "withdrawn",
        )
    )
    first = claims_tables.lines.alias()
    whole = select(first.c.full_pence).where(first.c.id == _cost()).correlate(lines).scalar_subquery()
    each = (
        select((func.sum(lines.c.approved_pence) - func.max(whole)).label("over"))
        .join(claims, claims.c.id == lines.c.claim_id)
        .where(
            claims.c.attendance_id == attendance.attendance_id,
            lines.c.kind != LineKind.PARTICIPATION,
            lines.c.state == LineState.APPROVED,
        )
        .where(was_paid.correlate(claims).exists())
        .group_by(_cost())
    ).subquery()
    return await tx.scalar(select(func.coalesce(func.sum(each.c.over), 0)).where(each.c.over > 0))
