"""What participants, or those who help them, do with a claim (PAY-02, 03, 06 to 09, 14). Each checks whose claim it
is."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, select, update

from services.payments.claims import tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import days, sending, thanks
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.claims.use_cases import doubts, ground, ready, records, undoing, waiting
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.register import queries as register
from services.payments.register import tables as register_tables
from services.payments.rows import locked
from shared.clock import london_date
from shared.db import Transaction
from shared.events.payments import ClaimClockChanged, ClaimDeclined, ClaimOpened, ClaimOwedAgain, ClaimSubmitted
from shared.messaging import steps
from shared.reasons import Missing, refuse


async def _own_open_claim(tx: Transaction, claim_id: UUID) -> Row[Any]:
    claim = await records.own_claim(tx, claim_id)
    refuse(rules.reasons_not_to_change(ClaimState(claim.state)))
    return claim


async def _mode(tx: Transaction, claim: Row[Any]) -> str:
    opportunities, attendances = register_tables.opportunities, register_tables.attendances
    found = await tx.first(
        select(opportunities.c.mode, attendances.c.way)
        .select_from(attendances)
        .outerjoin(opportunities, opportunities.c.opportunity_id == attendances.c.opportunity_id)
        .where(attendances.c.attendance_id == claim.attendance_id)
    )
    return rules.mode_of(found.mode or "", found.way) if found else ""


# Lines


async def add_miles(tx: Transaction, claim_id: UUID, tenths_of_miles: int, route: str, passed_10000_miles: bool) -> str:
    """PAY-02. Returns the line's id."""
    claim = await _own_open_claim(tx, claim_id)
    rates = records.rates_of(claim)
    refuse(rules.reasons_not_to_travel(await _mode(tx, claim), "miles"))
    refuse(rules.reasons_not_to_add_miles(tenths_of_miles, route, rates, await records.miles_so_far(tx, claim.id)))
    pence = rules.mileage_pence(tenths_of_miles, rates.mileage)
    line_id = await records.add_line(
        tx,
        claim.id,
        LineKind.MILEAGE,
        LineState.READY,
        tenths_of_miles=tenths_of_miles,
        route=route.strip() or None,
        passed_10000_miles=passed_10000_miles,
        rate_pence=rates.mileage,
        full_pence=pence,
        amount_pence=pence,
    )
    await records.save_claim(tx, claim)
    await steps.add(tx, "miles-added", about=claim.id, line_id=line_id, tenths_of_miles=tenths_of_miles, pence=pence)
    return str(line_id)


async def add_expense(tx: Transaction, claim_id: UUID, kind: LineKind, what: str, amount_pence: int) -> str:
    """PAY-03, PAY-05: a fare or another cost; it waits for its receipt. Returns the line's id."""
    claim = await _own_open_claim(tx, claim_id)
    rates = records.rates_of(claim)
    if kind is LineKind.FARE:
        refuse(rules.reasons_not_to_travel(await _mode(tx, claim), "amount"))
    refuse(rules.reasons_not_to_add_expense(kind, amount_pence, rates))
    refuse(rules.reasons_against_late_expense(kind, tx.today, records.last_day_for_receipts(claim)))
    line_id = await records.add_line(
        tx, claim.id, kind, LineState.WAITING, what=what.strip(), full_pence=amount_pence, amount_pence=amount_pence
    )
    await records.save_claim(tx, claim)
    await steps.add(tx, "expense-added", about=claim.id, line_id=line_id, kind=kind, pence=amount_pence)
    return str(line_id)


async def remove_line(tx: Transaction, claim_id: UUID, line_id: UUID) -> bool:
    """PAY-06: anything except the fee can be taken out again until the claim is sent; the fee can be lowered
    (PAY-08). Returns whether that ended the claim."""
    claim = await _own_open_claim(tx, claim_id)
    line = await own_line(tx, claim, line_id)
    refuse(rules.reasons_not_to_take_out(LineKind(line.kind)))
    await tx.execute(update(tables.lines).where(tables.lines.c.id == line.id).values(state=LineState.REMOVED))
    changed = await records.save_claim(tx, claim)
    await steps.add(tx, "line-taken-out", about=claim.id, line_id=line_id)
    return await end_if_empty(tx, changed)


async def end_if_empty(tx: Transaction, claim: Row[Any]) -> bool:
    """PAY-06: its owner took everything out, so it is over; they can open it again. The claim is locked. Returns
    whether it ended."""
    lines = records.line_facts(await records.line_rows(tx, claim.id))
    if not sending.has_ended_by_itself(claim.follows is not None, lines):
        return False
    await _end(tx, claim, because="nothing-left")
    return True


async def own_line(tx: Transaction, claim: Row[Any], line_id: UUID) -> Row[Any]:
    """A line of this claim, locked. Raises Missing."""
    line = await locked(tx, tables.lines, line_id)
    if line.claim_id != claim.id or line.state == LineState.REMOVED:
        raise Missing
    return line


# Being thanked (PAY-08)


def _refuse_unconfirmed(tx: Transaction, claim: Row[Any], confirmation: str) -> dict[str, Any]:
    """PAY-06: a claim that was sent is not confirmed again, so a helper's change to it needs its own confirmation.
    Returns what to keep of that."""
    if claim.state == ClaimState.OPEN:
        return {}
    refuse(sending.reasons_not_to_change_for_another(tx.actor.acting_for is not None, confirmation))
    return _confirmed(tx, confirmation)


def _confirmed(tx: Transaction, confirmation: str) -> dict[str, Any]:
    return {"confirmation": confirmation.strip()} if tx.actor.acting_for is not None and confirmation.strip() else {}


async def choose_recognition(tx: Transaction, claim_id: UUID, recognition: str, confirmation: str = "") -> str:
    """PAY-08: changeable until approval. Choosing thanks other than money sets the fee asked for to nothing; choosing
    money again restores it.

    Choosing none with no costs to pay back declines the claim, in one click, as for money; but not for a helper, who
    is asked how the person confirmed it (PAY-06). Returns the claim's state.
    """
    claim = await records.own_claim(tx, claim_id)
    refuse(thanks.reasons_not_to_choose(recognition, ClaimState(claim.state), records.rates_of(claim)))
    kept = _refuse_unconfirmed(tx, claim, confirmation)
    await _ask_fee(tx, claim, recognition, None, keep_lowered=True)
    await _refuse_without_account(tx, claim, recognition, claim.expenses_method)
    chosen = await records.save_claim(tx, claim, recognition=recognition, **kept)
    await steps.add(tx, "recognition-chosen", about=claim.id, recognition=recognition)
    if (kept or tx.actor.acting_for is None) and thanks.takes_nothing(
        recognition, records.line_facts(await records.line_rows(tx, claim.id))
    ):
        return await _decline(tx, chosen, confirmation)
    return chosen.state


async def _refuse_without_account(
    tx: Transaction, claim: Row[Any], recognition: str | None, expenses_method: str | None
) -> None:
    """PAY-13: a claim that was sent will not ask for anything again, so what its payment needs is asked for now."""
    lines = records.line_facts(await records.line_rows(tx, claim.id))
    has_details = await has_bank_details(tx, claim.participant_id)
    refuse(
        thanks.reasons_not_to_go_into_the_bank(
            ClaimState(claim.state), thanks.needs_bank(recognition, expenses_method, lines), has_details
        )
    )


async def lower_fee(tx: Transaction, claim_id: UUID, amount_pence: int, confirmation: str = "") -> None:
    """PAY-08: the fee may be declined or lowered while expenses are kept."""
    claim = await records.own_claim(tx, claim_id)
    fee = await _fee_line(tx, claim)
    if claim.state not in (ClaimState.OPEN, ClaimState.SUBMITTED):
        refuse(rules.reasons_not_to_change(ClaimState(claim.state)))
    refuse(thanks.reasons_not_to_lower_fee(amount_pence, await ground.fee_here(tx, fee)))
    kept = _refuse_unconfirmed(tx, claim, confirmation)
    await _ask_fee(tx, claim, claim.recognition, amount_pence)
    await records.save_claim(tx, claim, **kept)
    await steps.add(tx, "fee-lowered", about=claim.id, pence=amount_pence, full_pence=fee.full_pence)


async def _fee_line(tx: Transaction, claim: Row[Any]) -> Row[Any]:
    lines = tables.lines
    return await tx.one(
        select(lines).where(
            lines.c.claim_id == claim.id, lines.c.kind == LineKind.PARTICIPATION, lines.c.state == LineState.READY
        )
    )


async def _ask_fee(
    tx: Transaction, claim: Row[Any], recognition: str | None, lowered: int | None, *, keep_lowered: bool = False
) -> None:
    lines = tables.lines
    fee = await tx.first(
        select(lines).where(
            lines.c.claim_id == claim.id, lines.c.kind == LineKind.PARTICIPATION, lines.c.state == LineState.READY
        )
    )
    if fee is not None:
        lowered = fee.lowered_pence if keep_lowered else lowered
        asked = thanks.fee_asked(await ground.fee_here(tx, fee), lowered, recognition)
        await tx.execute(update(lines).where(lines.c.id == fee.id).values(amount_pence=asked, lowered_pence=lowered))


async def choose_expenses_method(tx: Transaction, claim_id: UUID, method: str, confirmation: str = "") -> None:
    """PAY-08: how travel and other costs are paid back."""
    claim = await records.own_claim(tx, claim_id)
    refuse(thanks.reasons_not_to_choose_expenses_method(method, ClaimState(claim.state), records.rates_of(claim)))
    kept = _refuse_unconfirmed(tx, claim, confirmation)
    await _refuse_without_account(tx, claim, claim.recognition, method)
    await records.save_claim(tx, claim, expenses_method=method, **kept)
    await steps.add(tx, "expenses-method-chosen", about=claim.id, method=method)


async def decline_claim(tx: Transaction, claim_id: UUID, confirmation: str = "") -> None:
    """PAY-08: take nothing, unexplained. PAY-06: a helper says how the person confirmed it."""
    await _decline(tx, await records.own_claim(tx, claim_id), confirmation)


async def _decline(tx: Transaction, claim: Row[Any], confirmation: str) -> str:
    refuse(sending.reasons_not_to_decline(ClaimState(claim.state), tx.actor.acting_for is not None, confirmation))
    return await _end(tx, claim, **_confirmed(tx, confirmation))


async def close_claim(tx: Transaction, claim_id: UUID) -> None:
    """PAY-06: it holds nothing to pay, so its owner, or whoever helps them, closes it with one press."""
    claim = await records.own_claim(tx, claim_id)
    lines = records.line_facts(await records.line_rows(tx, claim.id))
    refuse(sending.reasons_not_to_close(ClaimState(claim.state), claim.recognition, lines))
    await _end(tx, claim, because="nothing-left")


async def _end(tx: Transaction, claim: Row[Any], because: Literal["", "nothing-left"] = "", **more: Any) -> str:
    undone = await undoing.decide_again(tx, claim, keep_cuts=False)
    changes = {"state": ClaimState.DECLINED, "withdrawn_because": None, **undone, **more}
    declined = await records.save_claim(tx, claim, **changes)
    await records.publish(tx, ClaimDeclined, declined, because=because)
    await records.end_hold(tx, declined)
    await steps.add(tx, "claim-declined", about=claim.id, because=because)
    return declined.state


async def reopen_claim(tx: Transaction, claim_id: UUID) -> None:
    """PAY-08: somebody who took nothing may think again; what they ask for is decided from the start."""
    attendance = await ground.lock(tx, claim_id)
    claim = await records.own_claim(tx, claim_id)
    refuse(sending.reasons_not_to_reopen(ClaimState(claim.state), attendance.present))
    opened = await records.save_claim(tx, claim, state=ClaimState.OPEN)
    await ground.limit_fee(tx, claim.id, attendance)
    if await records.was_changed(tx, claim.id):
        await records.note_change(tx, claim.id, "reopened", tx.actor.id, 0, await records.sum_of(tx, claim.id))
    await records.publish(tx, ClaimOpened, opened, session_date=opened.session_date, else_because="reopened")
    await steps.add(tx, "claim-reopened", about=claim.id)


# Sending it


async def submit_claim(tx: Transaction, claim_id: UUID, confirmation: str = "", came_on: date | None = None) -> str:
    """PAY-06, PAY-07: the form is returned and both clocks start. came_on: the day on which it reached us on paper, if
    a helper typed it in (PAY-19). Returns the claim's state."""
    claim = await records.own_claim(tx, claim_id)
    lines = records.line_facts(await records.line_rows(tx, claim.id))
    helped = tx.actor.acting_for is not None
    to_send = sending.ToSend(
        ClaimState(claim.state),
        claim.recognition,
        claim.expenses_method,
        lines,
        has_bank_details=await has_bank_details(tx, claim.participant_id),
        by_helper=helped,
        confirmation=confirmation,
        was_there=(await register.attendance_of(tx, claim.attendance_id)).present,
    )
    on_paper = came_on if helped else None
    reasons = sending.reasons_not_to_submit(to_send)
    if on_paper is not None:
        opened = min(claim.session_date, london_date(claim.created_at))
        reasons += sending.reasons_against_the_day_it_came(on_paper, tx.today, opened)
    refuse(reasons)
    submitted = await records.save_claim(
        tx,
        claim,
        state=ClaimState.SUBMITTED,
        submitted_at=tx.now,
        **fresh_clock(tx, claim, on_paper),
        helped_by=tx.actor.id if helped else None,
        confirmation=confirmation.strip() or None,
        paper_came_on=on_paper,
    )
    amount = rules.amounts(lines).total
    await records.publish(
        tx, ClaimSubmitted, submitted, amount_pence=amount, pay_by=submitted.pay_by, aim_by=submitted.target_day
    )
    await steps.add(tx, "claim-submitted", about=claim.id, pence=amount, pay_by=submitted.pay_by, on_paper=on_paper)
    return submitted.state


async def has_bank_details(tx: Transaction, person_id: UUID) -> bool:
    details = owing_tables.bank_details
    return (
        await tx.first(select(details.c.id).where(details.c.participant_id == person_id, owing.are_current(details)))
        is not None
    )


# Afterwards


async def hold_payment(tx: Transaction, claim_id: UUID, hold: bool) -> None:
    """PAY-09: hold a payment or release it, without saying why; PAY-07: the clocks stop meanwhile."""
    claim = await records.own_claim(tx, claim_id)
    payments = owing_tables.payments
    left = await tx.all(
        select(payments.c.state).where(payments.c.claim_id == claim.id, owing.may_have_left()).distinct()
    )
    may_have = bool(left) and all(row.state != "sent" for row in left)
    refuse(rules.reasons_not_to_hold(ClaimState(claim.state), has_left=hold and bool(left), may_have=may_have))
    if claim.held == hold:
        return
    if hold:
        row = await records.save_claim(
            tx, claim, held=True, stopped_on=claim.stopped_on or tx.today, overdue_since=None
        )
    else:
        row = await records.save_claim(
            tx, claim, held=False, **({} if claim.state == ClaimState.RETURNED else started_again(tx, claim))
        )
    await records.publish(
        tx, ClaimClockChanged, row, stopped=row.stopped_on is not None, pay_by=row.pay_by, aim_by=row.target_day
    )
    if row.state == ClaimState.APPROVED:
        await ready.say(tx, [row.id])
    await steps.add(tx, "payment-held" if hold else "payment-let-go", about=claim.id)


def fresh_clock(tx: Transaction, claim: Row[Any], since: date | None = None) -> dict[str, Any]:
    """PAY-07: changes when a claim is sent: both clocks begin, and it is not late, however late it once was. since:
    today, or the day on which it came on paper (PAY-19)."""
    rates = records.rates_of(claim)
    clocks = days.clocks(since or tx.today, rates.target_working_days, rates.limit_days)
    return {"target_day": clocks.target, "pay_by": clocks.limit, "overdue_since": None}


def started_again(tx: Transaction, claim: Row[Any]) -> dict[str, Any]:
    """PAY-07: changes when the clocks run again. If it is past its last day then, that is told, even if it was told
    before they stopped."""
    if claim.stopped_on is None:
        return {}
    clocks = days.clocks_after_stop(days.Clocks(claim.target_day, claim.pay_by), claim.stopped_on, tx.today)
    return {"stopped_on": None, "target_day": clocks.target, "pay_by": clocks.limit, "overdue_since": None}


async def answer_return(tx: Transaction, claim_id: UUID) -> None:
    """PAY-12: the person has checked their details, so what waited for that can go again."""
    claim = await records.own_claim(tx, claim_id)
    refuse(rules.reasons_not_to_send_again(ClaimState(claim.state)))
    await send_again(tx, claim.participant_id)


async def send_again(tx: Transaction, person_id: UUID) -> None:
    """PAY-12: their details are right now: one answer covers everything that waits for it."""
    await doubts.answered(tx, person_id)
    claims = tables.claims
    returned = (
        select(claims)
        .where(claims.c.participant_id == person_id, claims.c.state == ClaimState.RETURNED)
        .order_by(claims.c.id)
    )
    for claim in await tx.all(returned.with_for_update()):
        await _send_again(tx, claim)


async def _send_again(tx: Transaction, claim: Row[Any]) -> None:
    """claim is locked."""
    payables = owing_tables.payables
    returned = (payables.c.claim_id == claim.id) & (payables.c.state == "returned")
    sums = await tx.all(
        update(payables)
        .where(returned)
        .values(state="owed", reason_code=None)
        .returning(payables.c.amount_pence, payables.c.method)
    )
    going_on = {} if claim.held else started_again(tx, claim)
    again = await records.save_claim(tx, claim, state=ClaimState.APPROVED, **going_on)
    pence = sum(row.amount_pence for row in sums)
    said = {"on_hold": again.held, "waits_for_bank": bool(await waiting.waiting_for_bank(tx, [again.id]))}
    said |= await owing.what_comes_first(tx, again.participant_id, [row.method for row in sums])
    await records.publish(
        tx,
        ClaimOwedAgain,
        again,
        amount_pence=pence,
        pay_by=again.pay_by,
        aim_by=again.target_day,
        because="put-right",
        **said,
    )
    if again.held:
        await ready.say(tx, [again.id])
    await steps.add(tx, "payment-can-go-again", about=claim.id)
