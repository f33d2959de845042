"""The bank paid what had been taken out of a run, or what we had counted as not paid or as come back (PAY-12,
PAY-17). What has left cannot be undone: an approval that was taken back is restored as it was, and from then on it
is a payment like any other. If the register says less, the rest is written off, as always (PAY-16)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update

from services.payments.approving.use_cases import withdrawing
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.claims.use_cases import ready, records, splitting, undoing
from services.payments.correcting.use_cases import correcting
from services.payments.ledger import domain as ledger_rules
from services.payments.ledger.use_cases import ledger
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import leaving
from services.payments.owing.domain.movements import comes_back, day_of_word
from services.payments.paying.domain import endings, releasing
from services.payments.paying.use_cases import agreed_beside, taken_out
from services.payments.paying.use_cases.facts import known_of, locked_payments, with_their_runs
from services.payments.paying.use_cases.in_its_place import NOT_PAID, made_in_its_place, paid_through_another
from services.payments.recharging.use_cases import recharges
from services.payments.register import queries as register
from shared.db import Transaction, one_of
from shared.messaging import steps
from shared.reasons import Reason, refuse

PAID_ALL_THE_SAME = "The bank paid it as it was approved before."
_APPROVED = frozenset({ClaimState.APPROVED, ClaimState.RETURNED, ClaimState.PAID})


async def reasons_not_to_stand(
    tx: Transaction, payments: Sequence[Row[Any]], *, chosen: bool = False, but: Collection[UUID] = ()
) -> dict[UUID, Reason]:
    """PAY-12: which of these, by id, cannot be recorded as paid, because they were paid again since and no approval
    is free for them. Only one at a time for each claim. chosen: somebody looked at the line and chose this payment,
    so that even if a part of it was paid again, or it was also paid through another claim of its attendance, both are
    true. but: payments in their place that are failing, and so are none. payments: of locked_payments(), or with
    their runs."""
    gone = [payment for payment in payments if payment.state in NOT_PAID]
    return await _reasons_not_to_stand(tx, gone, chosen=chosen, but=but)


async def _reasons_not_to_stand(
    tx: Transaction, gone: Sequence[Row[Any]], *, chosen: bool, but: Collection[UUID]
) -> dict[UUID, Reason]:
    reasons: dict[UUID, Reason] = {}
    seen: set[UUID] = set()
    for payment in gone:
        if payment.claim_id in seen:
            reasons[payment.id] = releasing.cannot_stand_again("paid")
        seen.add(payment.claim_id)
    if gone:
        places = await made_in_its_place(tx, gone, but)
        later: dict[UUID, str] = {of: what for of, (what, _) in places.items() if what != "part" or not chosen}
        through_another = await paid_through_another(tx, [payment for payment in gone if payment.id not in later])
        later |= {payment_id: state for payment_id, state in through_another.items() if state == "made" or not chosen}
        reasons |= {payment_id: releasing.cannot_stand_again(state) for payment_id, state in later.items()}
    return reasons


def counts_as_lost(claim_ids: Sequence[UUID]) -> Any:
    """A condition on payments of these claims: they left as well as being paid again, which is a loss, or are on
    their way and will be (is_owed_to_nobody)."""
    table = owing_tables.payments
    is_lost = table.c.paid_twice_at.is_not(None) & table.c.state.in_(NOT_PAID)
    return one_of(table.c.claim_id, claim_ids) & (is_lost | is_owed_to_nobody())


def is_owed_to_nobody() -> Any:
    """PAY-12: a condition on payments: it is on its way, and another one that went out all the same paid what it
    pays. So it is lost once it is paid, and nothing is owed if it is not."""
    payments, payables = owing_tables.payments, owing_tables.payables
    withdrawn = select(payables.c.id).where(payables.c.id == payments.c.payable_id, payables.c.state == "withdrawn")
    return (payments.c.state == "sent") & withdrawn.exists()


async def owed_to_nobody(tx: Transaction, payments: Sequence[Row[Any]]) -> set[UUID]:
    """Which of these, by id (is_owed_to_nobody)."""
    table, ids = owing_tables.payments, [payment.id for payment in payments]
    return {row.id for row in await tx.all(select(table.c.id).where(one_of(table.c.id, ids), is_owed_to_nobody()))}


async def that_are_kept(tx: Transaction, lost: Sequence[Row[Any]], failing: Collection[UUID]) -> Sequence[Row[Any]]:
    """PAY-12: which of these (counts_as_lost) are no loss once the payments of their claims that are failing did not
    arrive or came back: their owner keeps them, and nothing is owed. The same before failing ends and after."""
    cannot = await _reasons_not_to_stand(tx, lost, chosen=True, but=failing)
    return [row for row in lost if row.id not in cannot]


async def kept_instead(tx: Transaction, failing: Sequence[Row[Any]], made_good: Mapping[UUID, int]) -> set[UUID]:
    """PAY-12: which of these, by id, are not owed again if all of them fail or come back (that_are_kept). failing:
    with their runs. made_good: how often losses come back besides, by their payment."""
    if not failing:
        return set()
    found = await tx.all(with_their_runs(counts_as_lost(sorted({payment.claim_id for payment in failing}))))
    nobodys = await owed_to_nobody(tx, failing)
    ids = {payment.id for payment in failing} - nobodys
    lost = [row for row in found if row.state == "sent" or owing.times_lost(row) > made_good.get(row.id, 0)]
    kept = {row.claim_id for row in await that_are_kept(tx, [row for row in lost if row.id not in nobodys], ids)}
    return nobodys | {payment.id for payment in failing if payment.claim_id in kept}


async def is_owed_again(tx: Transaction, payment: Row[Any]) -> bool:
    """PAY-12: whether its money is owed again if it did not go, or if it came back: not where it had gone out another
    time, too. payment: with its run."""
    if comes_back(known_of(payment)) == "loss-back":
        return False
    return payment.id not in await kept_instead(tx, [payment], {})


async def note_paid_twice(tx: Transaction, payment: Row[Any], *, again: bool = False) -> None:
    """PAY-12: it left once more than we count: both are true, and finance asks for the money back. payment: locked.
    again: one more line of the account's statement shows it."""
    refuse(releasing.reasons_not_to_note_twice(noted=payment.paid_twice_at is not None and not again))
    times = owing.times_lost(payment) + 1
    table = owing_tables.payments
    noted = {"paid_twice_at": payment.paid_twice_at or tx.now, "lost_times": times}
    await tx.execute(update(table).where(table.c.id == payment.id).values(**noted))
    if owing.where_it_stands(payment) == leaving.PERHAPS_GONE:
        await taken_out.settle(tx, [payment], paid=True)
    if not _is_lost_already(payment):
        await ledger.enter_paid_twice(tx, payment, times)
    facts = {"run_id": payment.run_id, "payment_id": payment.id, "pence": payment.amount_pence}
    await steps.add(tx, "paid-twice", about=payment.claim_id, **facts)


def _is_lost_already(payment: Row[Any]) -> bool:
    """Whether the ledger's loss is that somebody lost it: if it reached its owner as well as another one did, that is
    the same loss."""
    counts = ledger_rules.lost(payment.amount_pence, payment.method)
    return payment.reason_code == "lost" and payment.paid_twice_at is None and bool(counts)


async def note_found(tx: Transaction, payment: Row[Any]) -> None:
    """PAY-12: what was lost, before it was handed over or after, is with us again. payment: locked."""
    payments, payables = owing_tables.payments, owing_tables.payables
    await ledger.reverse_paid_twice(tx, payment, 1)
    await tx.execute(update(payments).where(payments.c.id == payment.id).values(reason_code="taken-back"))
    its = (payables.c.id == payment.payable_id) & (payables.c.reason_code == "lost")
    await tx.execute(update(payables).where(its).values(reason_code="taken-back"))
    await steps.add(tx, "found-again", about=payment.claim_id, run_id=payment.run_id, payment_id=payment.id)


async def note_loss_came_back(tx: Transaction, payment: Row[Any], *, by_word: bool = False) -> None:
    """PAY-12: a payment beyond what we count came back, so it is no longer lost. payment: locked. by_word: the
    bank's answer or a person says so, and no statement that was read."""
    if by_word:
        table = owing_tables.payments
        said = {"said_back": table.c.said_back + 1, "said_back_on": day_of_word(known_of(payment), tx.today)}
        await tx.execute(update(table).where(table.c.id == payment.id).values(**said))
    await note_loss_is_paid(tx, payment)


async def note_loss_is_paid(tx: Transaction, payment: Row[Any]) -> None:
    """PAY-12: a payment beyond what we count is no longer lost: it came back, or its owner keeps it. payment:
    locked. Raises Refused if nothing is lost any more, because two people said it at the same moment."""
    times, table = owing.times_lost(payment), owing_tables.payments
    if times == 0:
        refuse(endings.ENDED_BEFORE)
    noted = {"paid_twice_at": payment.paid_twice_at if times > 1 else None, "lost_times": times - 1}
    await tx.execute(update(table).where(table.c.id == payment.id).values(**noted))
    await ledger.reverse_paid_twice(tx, payment, times)
    facts = {"run_id": payment.run_id, "payment_id": payment.id, "pence": payment.amount_pence}
    await steps.add(tx, "loss-came-back", about=payment.claim_id, **facts)


async def stand_again(tx: Transaction, payments: Sequence[Row[Any]], *, chosen: bool) -> None:
    """Puts them back on their way, so that they can end as paid. payments: of locked_payments(), taken out or
    counted as not paid. chosen: as in reasons_not_to_stand()."""
    payables, table = owing_tables.payables, owing_tables.payments
    in_part = await _paid_in_part(tx, payments) if chosen else []
    of_claims = one_of(payables.c.claim_id, [payment.claim_id for payment in payments])
    found = {
        row.id: row for row in await tx.all(select(payables).where(of_claims).order_by(payables.c.id).with_for_update())
    }
    refuse(list((await reasons_not_to_stand(tx, payments, chosen=chosen)).values())[:1])
    ids = [payment.payable_id for payment in payments]
    for payment in payments:
        if found[payment.payable_id].state == "withdrawn":
            await _approve_again(tx, payment, found[payment.payable_id])
    await tx.execute(update(payables).where(one_of(payables.c.id, ids)).values(state="in-run", reason_code=None))
    mine = one_of(table.c.id, [payment.id for payment in payments])
    in_a_file = [payment for payment in payments if payment.state == "cancelled" and payment.in_file is not None]
    await taken_out.settle(tx, in_a_file, paid=True)
    for states, what in (
        (("rejected", "cancelled"), "paid-all-the-same"),
        (("returned",), "paid-after-it-came-back"),
    ):
        told = [
            (payment.claim_id, {"run_id": payment.run_id, "payment_id": payment.id})
            for payment in payments
            if payment.state in states and payment not in in_a_file
        ]
        await steps.add_all(tx, what, told)
    await tx.execute(update(table).where(mine).values(state="sent", dropped_because=None, ended_at=None))
    for payment in payments:
        if _is_lost_already(payment):
            await ledger.reverse_paid_twice(tx, payment, 1)
    await ledger.enter_sent(tx, payments)
    await _pay_for_nothing(tx, in_part)
    await ready.say(tx, {payment.claim_id for payment in payments})


async def _paid_in_part(tx: Transaction, payments: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """PAY-08, PAY-12: what was sent again for only a part of what these pay, locked."""
    places = await made_in_its_place(tx, [payment for payment in payments if payment.state in NOT_PAID])
    ids = sorted({each for what, sent in places.values() if what == "part" for each in sent})
    return await locked_payments(tx, one_of(owing_tables.payments.c.id, ids)) if ids else []


async def _pay_for_nothing(tx: Transaction, payments: Sequence[Row[Any]]) -> None:
    """PAY-12: another payment has paid what these pay: the ones that were paid are lost, and so will be those on
    their way, once they are paid."""
    table = owing_tables.payments
    await ledger.reverse_payments(tx, payments)
    for payment in payments:
        if payment.state == "paid":
            counts = {"state": "rejected", "ended_at": tx.now, "ended_by": None, "ended_how": None}
            await tx.execute(update(table).where(table.c.id == payment.id).values(**counts))
            await note_paid_twice(tx, payment, again=True)
            await steps.add(tx, "lost-after-it-was-paid", about=payment.claim_id, payment_id=payment.id)


async def put_right(tx: Transaction, payments: Sequence[Row[Any]]) -> None:
    """PAY-16, PAY-17: once they are paid: checks the register again if it gives a different fee from the approved
    one."""
    wanted = {payment.claim_id for payment in payments}
    claims = claims_tables.claims
    for (attendance_id,) in await tx.all(
        select(claims.c.attendance_id).where(one_of(claims.c.id, wanted)).distinct().order_by(claims.c.attendance_id)
    ):
        attendance = await register.attendance_of(tx, attendance_id)
        first = await tx.one(
            select(claims).where(claims.c.attendance_id == attendance_id, claims.c.follows.is_(None)).with_for_update()
        )
        await correcting.look_again(tx, first, attendance)
        await recharges.raise_recharge(tx, attendance_id)


async def _approve_again(tx: Transaction, payment: Row[Any], payable: Row[Any]) -> None:
    """Approves the lines that it paid as before; undecided lines beside them move to a claim of their own."""
    claim = await records.locked_claim(tx, payment.claim_id)
    was_for = {UUID(line_id): pence for line_id, pence in (payable.was_for or {}).items()}
    if sum(was_for.values()) != payment.amount_pence:  # withdrawn before we kept what it was for
        refuse(releasing.UNKNOWN_WHAT_FOR)
    lines = claims_tables.lines
    mine = await tx.all(select(lines).where(one_of(lines.c.id, was_for)))
    is_fee = any(row.kind == LineKind.PARTICIPATION for row in mine)
    is_costs = any(row.kind != LineKind.PARTICIPATION for row in mine)
    agreed = await _free(tx, claim, payable, was_for, is_fee=is_fee, is_costs=is_costs)
    await _restore(tx, claim, mine, was_for, is_fee=is_fee)
    chosen = ({"recognition": payable.method} if is_fee else {}) | (
        {"expenses_method": payable.method} if is_costs else {}
    )
    over = {"withdrawn_because": None, "refused_because": None, "correction_due": False, **undoing.NOBODY_APPROVED}
    changes = {"state": ClaimState.APPROVED, **over, **chosen}
    row = await records.save_claim(tx, claim, **changes)
    await agreed_beside.move(tx, claim, agreed)
    await ledger.enter_approval(tx, row, records.approved_amounts(await records.line_rows(tx, claim.id)))
    await splitting.move_undecided(tx, row)
    await steps.add(tx, "approval-stands-again", about=claim.id, payment_id=payment.id, pence=payment.amount_pence)


async def _free(
    tx: Transaction, claim: Row[Any], payable: Row[Any], was_for: Mapping[UUID, int], *, is_fee: bool, is_costs: bool
) -> list[UUID]:
    """Takes back what was approved in its place since; anything else that was approved and has left stays. Returns
    lines that were approved along with it since but that the payment did not pay for."""
    kept: list[UUID] = []
    agreed: list[UUID] = []
    if claim.state in _APPROVED:
        live = [each for each in await withdrawing.live_payables(tx, claim.id) if each.id != payable.id]
        await ledger.reverse_approval(tx, claim)
        of_fee, of_costs = withdrawing.payable_of_fee(claim, live), withdrawing.payable_of_costs(claim, live)
        in_its_place = {
            each.id for each in (of_fee if is_fee else None, of_costs if is_costs else None) if each is not None
        }
        await withdrawing.take_away(tx, claim, [each for each in live if each.id in in_its_place])
        for row in await records.line_rows(tx, claim.id):
            of_line = of_fee if row.kind == LineKind.PARTICIPATION else of_costs
            if of_line is not None and of_line.id not in in_its_place:
                kept.append(row.id)
            elif (
                row.state == LineState.APPROVED
                and row.id not in was_for
                and not (is_fee and row.kind == LineKind.PARTICIPATION)
            ):
                agreed.append(row.id)
    await undoing.decide_again(tx, claim, keep_cuts=True, but=[*kept, *agreed])
    return agreed


async def _restore(
    tx: Transaction, claim: Row[Any], mine: Sequence[Row[Any]], was_for: dict[UUID, int], *, is_fee: bool
) -> None:
    lines = claims_tables.lines
    if is_fee:  # the fee of a register put right since is the same fee
        fee = (
            (lines.c.claim_id == claim.id)
            & (lines.c.kind == LineKind.PARTICIPATION)
            & (lines.c.state != LineState.REMOVED)
        )
        await tx.execute(update(lines).where(fee).values(state=LineState.REMOVED, approved_pence=None))
    for row in mine:
        pence = was_for[row.id]
        values: dict[str, Any] = {
            "state": LineState.APPROVED,
            "approved_pence": pence,
            "amount_pence": max(row.amount_pence, pence),
            **undoing.NO_CUT,
        }
        values["full_pence"] = max(row.full_pence, pence)
        values["reason"] = PAID_ALL_THE_SAME if pence < values["amount_pence"] else None
        await tx.execute(update(lines).where(lines.c.id == row.id).values(claim_id=claim.id, **values))
        looked = func.least(
            lines.c.looked_pence, values["full_pence"] - pence
        )  # what was paid of it is not looked at again
        await tx.execute(update(lines).where(lines.c.looks_at == row.id).values(looked_pence=looked))
