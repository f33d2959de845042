"""Taking an approval back before it is paid (PAY-17): the ledger's entry is reversed, nothing of the claim can leave
any more, and it is decided again."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, exists, insert, select, update

from services.payments.approving import domain as deciding
from services.payments.approving import tables
from services.payments.approving.domain import ToWithdraw
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import claims
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.claims.domain.thanks import method_of_expenses
from services.payments.claims.domain.thanks import payables as ways_of
from services.payments.claims.use_cases import ground, ready, records, undoing, waiting
from services.payments.claims.use_cases.claims import started_again
from services.payments.claims.use_cases.records import approved_amounts
from services.payments.ledger.use_cases import ledger
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from shared.db import Transaction, new_id
from shared.events.payments import ClaimWithdrawn
from shared.messaging import steps
from shared.reasons import refuse

Because = Literal["register", "bank", "mistake"]


async def withdraw_approval(tx: Transaction, claim_id: UUID, reason: str) -> dict[str, Any]:
    """PAY-17: an approver or finance takes an approval back. Returns the claim's state and the pence that are not
    paid now."""
    if tx.actor.id is None:
        raise ValueError("only a person takes an approval back")
    attendance = await ground.lock(tx, claim_id)
    payables = await live_payables(tx, claim_id)
    claim = await records.locked_claim(tx, claim_id)
    to_withdraw = ToWithdraw(
        state=ClaimState(claim.state),
        claimant=claim.participant_id,
        helpers=await records.helpers_of(tx, claim.id),
        left=any(payable.has_left for payable in payables),
        in_a_file=any(payable.in_a_file for payable in payables),
    )
    refuse(deciding.reasons_not_to_withdraw(to_withdraw, tx.actor.id, reason))
    was_pence = await records.sum_of(tx, claim.id)
    withdrawn = await withdraw_all(tx, claim, "mistake", reason.strip())
    await ground.limit_fee(tx, claim.id, attendance)
    await records.note_change(
        tx, claim.id, "taken-back", tx.actor.id, was_pence, await records.sum_of(tx, claim.id), reason=reason.strip()
    )
    return {"state": withdrawn.state, "pence": sum(payable.amount_pence for payable in payables)}


async def live_payables(tx: Transaction, claim_id: UUID) -> Sequence[Row[Any]]:
    """The payables of a claim, locked, except those withdrawn before. has_left: it was paid or may have left, and
    finance has not taken it out of its run. in_a_file: nobody has said that its run was sent, but the bank may have
    the file."""
    payables, payments = owing_tables.payables, owing_tables.payments
    await tx.execute(
        select(payables.c.id).where(payables.c.claim_id == claim_id).order_by(payables.c.id).with_for_update()
    )
    mine = payments.c.payable_id == payables.c.id
    has_left = exists().where(mine, owing.has_left()).label("has_left")
    in_a_file = exists().where(mine, payments.c.state == "made", owing.may_have_left()).label("in_a_file")
    return await tx.all(
        select(payables, has_left, in_a_file)
        .where(payables.c.claim_id == claim_id, payables.c.state != "withdrawn")
        .order_by(payables.c.id)
    )


async def withdraw_all(
    tx: Transaction, claim: Row[Any], because: Because, reason: str, *, tells: bool = True
) -> Row[Any]:
    """The claim is locked, and nothing of it has left. It waits for a decision again, with its old clock; refusals
    stay in place if they are being looked at again in a separate claim. tells: False if the caller may end it at once:
    then tell_if_it_goes_on() comes after that."""
    payables = await live_payables(tx, claim.id)
    await ledger.reverse_approval(tx, claim)
    await take_away(tx, claim, payables)
    undone = await undoing.decide_again(tx, claim, keep_cuts=because != "mistake")
    going_on = {} if claim.held else started_again(tx, claim)
    changes = {"state": ClaimState.SUBMITTED, "withdrawn_because": reason, "correction_due": False, **undone}
    row = await records.save_claim(tx, claim, **changes, **going_on)
    pence = sum(payable.amount_pence for payable in payables)
    await _keep(tx, row, because, reason, pence)
    if tells:
        await _tell(tx, row, because, pence)
    return row


async def tell_if_it_goes_on(tx: Transaction, claim_id: UUID, because: Because) -> None:
    """PAY-17: nobody looks again at a claim that was ended by what took its approval back, and its owner hears only
    of the end."""
    claim, table = await records.locked_claim(tx, claim_id), tables.withdrawals
    if claim.state == ClaimState.SUBMITTED:
        last = select(table.c.pence).where(table.c.claim_id == claim_id).order_by(table.c.id.desc()).limit(1)
        await _tell(tx, claim, because, await tx.scalar(last))


async def withdraw_part(
    tx: Transaction,
    claim: Row[Any],
    payable: Row[Any],
    *,
    fee: bool,
    lines_become: dict[str, Any],
    reason: str,
    because: Because = "register",
) -> Row[Any]:
    """The rest of the claim has left: withdraws only its fee or only its costs. Reverses the entry and enters what
    remains."""
    lines = claims_tables.lines
    meant = lines.c.kind == LineKind.PARTICIPATION if fee else lines.c.kind != LineKind.PARTICIPATION
    await ledger.reverse_approval(tx, claim)
    await take_away(tx, claim, [payable])
    await tx.execute(
        update(lines)
        .where(lines.c.claim_id == claim.id, lines.c.state == LineState.APPROVED, meant)
        .values(approved_pence=None, **lines_become)
    )
    await ledger.enter_approval(tx, claim, approved_amounts(await records.line_rows(tx, claim.id)))
    rest = [each.state for each in await live_payables(tx, claim.id)]
    state = claims.claim_state_after_payment(rest)
    going_on = {} if claim.held or state is not ClaimState.APPROVED else started_again(tx, claim)
    row = await records.save_claim(tx, claim, state=state, correction_due=False, withdrawn_because=reason, **going_on)
    await _keep(tx, row, because, reason, payable.amount_pence)
    await _tell(tx, row, because, payable.amount_pence)
    await ready.say(tx, [row.id], only_waiting=True)
    return row


def payable_of_fee(claim: Row[Any], payables: Sequence[Row[Any]]) -> Row[Any] | None:
    return next((payable for payable in payables if payable.method == claim.recognition), None)


def payable_of_costs(claim: Row[Any], payables: Sequence[Row[Any]]) -> Row[Any] | None:
    method = method_of_expenses(claim.recognition, claim.expenses_method)
    return next((payable for payable in payables if payable.method == method), None)


async def take_away(tx: Transaction, claim: Row[Any], payables: Sequence[Row[Any]]) -> None:
    """Call it before the lines change: it keeps what each payable was for, in case the bank pays it anyway. A
    payment in a run that was made and not sent drops out when the run leaves, because its payable is no longer in
    the run."""
    table, rows = owing_tables.payables, await records.line_rows(tx, claim.id)
    approved = [row for row in rows if row.state == LineState.APPROVED]
    of_costs = method_of_expenses(claim.recognition, claim.expenses_method)
    for payable in payables:
        mine = [
            row
            for row in approved
            if payable.method == (claim.recognition if row.kind == LineKind.PARTICIPATION else of_costs)
        ]
        was_for = {str(row.id): row.approved_pence for row in mine}
        await tx.execute(update(table).where(table.c.id == payable.id).values(state="withdrawn", was_for=was_for))


async def _keep(tx: Transaction, claim: Row[Any], because: Because, reason: str, pence: int) -> None:
    values = {
        "claim_id": claim.id,
        "because": _what(because),
        "reason": reason,
        "pence": pence,
        "withdrawn_by": tx.actor.id if because == "mistake" else None,
        "withdrawn_at": tx.now,
    }
    await tx.execute(insert(tables.withdrawals).values(id=new_id(), **values))
    await steps.add(tx, "approval-withdrawn", about=claim.id, pence=pence, because=because)


def _what(because: Because) -> Literal["register", "mistake"]:
    return "mistake" if because == "mistake" else "register"


async def _tell(tx: Transaction, claim: Row[Any], because: Because, pence: int) -> None:
    sums = claims.amounts(records.line_facts(await records.line_rows(tx, claim.id)))
    asked = ways_of(claim.recognition, claim.expenses_method, sums)
    await records.publish(
        tx,
        ClaimWithdrawn,
        claim,
        amount_pence=pence,
        pay_by=claim.pay_by,
        aim_by=claim.target_day,
        because=_what(because),
        bank_paid=because == "bank",
        in_part=claim.state != ClaimState.SUBMITTED,
        rest_to_come=claim.state != ClaimState.PAID,
        asks_owner=claim.state == ClaimState.RETURNED,
        on_hold=claim.held,
        recognition=claim.recognition,
        waits_for_bank=bool(await waiting.waiting_for_bank(tx, [claim.id])),
        **await owing.what_comes_first(tx, claim.participant_id, [each.method for each in asked]),
    )
