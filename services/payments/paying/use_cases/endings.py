"""How payments end (PAY-12): paid, not paid, or paid and come back. Whoever says so (the bank's answer, a statement,
a person by hand), it is written here, in a few statements however many there are. The payments are locked first, and
the claims after them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, update

from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import claims as claims_rules
from services.payments.claims.domain import days
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases import doubts, ready, records
from services.payments.claims.use_cases.claims import send_again, started_again
from services.payments.ledger.use_cases import ledger
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.movements import comes_back, day_of_word
from services.payments.paying.domain import endings
from services.payments.paying.domain.endings import reasons_not_to_bring
from services.payments.paying.use_cases import paid_all_the_same, taken_out
from services.payments.paying.use_cases.facts import facts_of, known_of, locked_payments
from services.payments.paying.use_cases.in_its_place import NOT_PAID
from services.payments.paying.use_cases.news import Ended, as_heard, still_news, still_to_come, to_say
from services.payments.paying.use_cases.runs import person_of
from services.payments.recharging.use_cases import recharges
from services.payments.register import tables as register_tables
from shared.db import Transaction, one_of
from shared.events import Event
from shared.messaging import outbox, steps
from shared.reasons import refuse

_END = text(
    "UPDATE payments SET state = ended.state, reason_code = nullif(ended.code, ''), bank_said = nullif(ended.said, "
    "''), ended_at = :now,"
    " ended_by = :by, ended_how = :how, came_back_on = ended.day, said_back = said_back + (ended.state = 'returned' AND"
    " :by_word)::integer, said_back_on = CASE WHEN ended.state = 'returned' AND :by_word THEN ended.said_on ELSE"
    " said_back_on END"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:codes AS text[]), CAST(:said AS text[]), "
    "CAST(:days AS date[]), CAST(:said_on AS date[])) AS ended (id, state, code, said, day, said_on)"
    " WHERE payments.id = ended.id AND payments.state = CASE ended.state WHEN 'returned' THEN 'paid' ELSE 'sent' END"
)
_OWE = text(
    "UPDATE payables SET state = ended.state, reason_code = nullif(ended.code, '')"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:codes AS text[])) AS ended (id, state, code) "
    "WHERE payables.id = ended.id"
)


async def end_payments(
    tx: Transaction, ended: Sequence[Ended], how: str, statement_id: UUID | None = None, *, chosen: bool = False
) -> dict[UUID, str]:
    """how: "answer", "statement" (see statement_id) or "by-hand". chosen: a person said which payment a line of a
    statement is. By hand, and of what was chosen, the caller has checked who says it.

    Raises Refused if one of them has ended already, because two people said it at the same moment. Returns what each
    came to, by id: its state; "loss-back" if it had left more than once, so that the loss is made good and it stays
    paid; "other-pays" if its owner keeps what had counted as lost."""
    if not ended:
        return {}
    if how != "by-hand" and not chosen:
        for paid in (True, False):
            refuse(
                reasons_not_to_bring(
                    [facts_of(each.payment) for each in ended if (each.state == "paid") is paid],
                    person_of(tx),
                    paid=paid,
                )
            )
    came_to = {each.payment.id: _comes_to(each) for each in ended}
    for each in ended:
        if came_to[each.payment.id] == "loss-back":
            await paid_all_the_same.note_loss_came_back(tx, each.payment, by_word=how != "statement")
    nobodys = await paid_all_the_same.owed_to_nobody(tx, [each.payment for each in ended])
    for each in ended:
        if each.payment.id in nobodys:
            came_to[each.payment.id] = await _end_for_nothing(tx, each, how, statement_id)
    ends = [each for each in ended if came_to[each.payment.id] != "loss-back" and each.payment.id not in nobodys]
    if not ends:
        return came_to
    said = await _end_whole(tx, ends, how, statement_id, chosen=chosen)
    failed = [each.payment for each in ends if each.state != "paid"]
    lost = await _lost_and_not_paid_again(tx, failed)
    instead: list[Event] = []
    for payment in lost:
        if payment.state == "sent":
            await paid_all_the_same.stand_again(tx, [payment], chosen=True)
            await paid_all_the_same.put_right(tx, [payment])
            continue
        await paid_all_the_same.note_loss_is_paid(tx, payment)
        its_how = "instead" if how == "by-hand" else how  # their word was about the other one
        instead += await _end_whole(tx, [Ended(payment, "paid")], its_how, statement_id, chosen=True)
    if how != "statement":  # a line that waits may say otherwise; of its own lines a statement says so itself
        await taken_out.say_of(tx, [payment.id for payment in failed])
    stay = {payment.claim_id for payment in lost}
    heard = {(each.payment.claim_id, each.payment.amount_pence) for each in ends if each.state == "returned"}
    await outbox.add_all(tx, [*still_news(said, stay), *as_heard(instead, heard)])
    return came_to | {payment.id: "other-pays" for payment in failed if payment.claim_id in stay}


async def _end_for_nothing(tx: Transaction, each: Ended, how: str, statement_id: UUID | None) -> str:
    """PAY-12: of a payment that is owed to nobody: if it was paid, it is lost; if not, its owner has the money from
    the other one."""
    await _write_end(tx, [replace(each, state="rejected")], how, statement_id)
    if each.state == "paid":
        await paid_all_the_same.note_paid_twice(tx, each.payment)
    await _tell_steps(tx, [each] if each.state != "paid" else [], how)
    await _end_runs(tx, {each.payment.run_id})
    return "paid-twice" if each.state == "paid" else "other-pays"


def _comes_to(ended: Ended) -> str:
    if ended.state != "returned":
        return ended.state
    return "loss-back" if comes_back(known_of(ended.payment)) == "loss-back" else ended.state


async def _lost_and_not_paid_again(tx: Transaction, failed: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """PAY-12: payments counted as lost, of which their owner keeps the money now that these failed or came back."""
    claim_ids = sorted({payment.claim_id for payment in failed})
    rows = await locked_payments(tx, paid_all_the_same.counts_as_lost(claim_ids)) if claim_ids else []
    return await paid_all_the_same.that_are_kept(tx, rows, {payment.id for payment in failed})


async def _end_whole(
    tx: Transaction, ended: Sequence[Ended], how: str, statement_id: UUID | None, *, chosen: bool
) -> list[Event]:
    """Returns the events to publish."""
    said: list[Event] = []
    gone = [each.payment for each in ended if each.payment.state in NOT_PAID and each.state == "paid"]
    if gone:
        await paid_all_the_same.stand_again(tx, gone, chosen=chosen)
    if not_gone := [each.payment for each in ended if each.payment.state == "cancelled" and each.state != "paid"]:
        await taken_out.settle(tx, not_gone, paid=False)
        for each in ended:
            if (
                each.payment.state == "cancelled" and each.day is not None
            ):  # the account shows it coming back, so it had left
                await tx.execute(
                    update(owing_tables.payments)
                    .where(owing_tables.payments.c.id == each.payment.id)
                    .values(came_back_on=each.day)
                )
        await doubts.doubt(
            tx, [(each.payment, each.code) for each in ended if each.payment.state == "cancelled" and each.asks_payee]
        )
        ended = [each for each in ended if each.payment.state != "cancelled" or each.state == "paid"]
    if ended:
        said = await _end(tx, ended, how, statement_id)
    if gone:
        await paid_all_the_same.put_right(tx, gone)
        for person_id in await doubts.lift(tx, [payment.bank_detail_id for payment in gone]):
            await send_again(tx, person_id)
    return said


async def _write_end(tx: Transaction, ended: Sequence[Ended], how: str, statement_id: UUID | None) -> None:
    changed = await tx.execute(
        _END,
        {
            "ids": [each.payment.id for each in ended],
            "states": [each.state for each in ended],
            "codes": [each.code for each in ended],
            "said": [each.said for each in ended],
            "days": [each.day for each in ended],
            "now": tx.now,
            "by": tx.actor.id,
            "how": how,
            "by_word": how != "statement",
            "said_on": [day_of_word(known_of(each.payment), tx.today) for each in ended],
        },
    )
    if changed.rowcount != len(ended):
        refuse(endings.ENDED_BEFORE)
    if statement_id is not None:
        table = owing_tables.payments
        mine = one_of(table.c.id, [each.payment.id for each in ended])
        await tx.execute(update(table).where(mine).values(statement_id=statement_id))


async def _end(tx: Transaction, ended: Sequence[Ended], how: str, statement_id: UUID | None) -> list[Event]:
    await _write_end(tx, ended, how, statement_id)
    await tx.execute(
        _OWE,
        {
            "ids": [each.payment.payable_id for each in ended],
            "states": [_payable_state(each) for each in ended],
            "codes": [each.code if each.state != "paid" else "" for each in ended],
        },
    )
    back = [each.payment for each in ended if each.state != "paid"]
    await ledger.enter_confirmed(tx, [each.payment for each in ended if each.state == "paid"])
    await ledger.reverse_payments(tx, back)
    await ledger.enter_lost(tx, [each.payment for each in ended if each.code == "lost"])
    claims, going_on = await _change_claims(tx, ended)
    said = await to_say(tx, ended, claims, await still_to_come(tx, ended))
    await records.say_that_clocks_go_on(tx, going_on)
    for claim in claims.values():
        if claim.state == ClaimState.PAID:
            await records.end_hold(tx, claim)
    await ready.say(tx, [claim.id for claim in claims.values() if not claim.held], only_waiting=True)
    await ready.say(tx, [claim.id for claim in claims.values() if claim.held and claim.state == ClaimState.APPROVED])
    await _tell_steps(tx, ended, how)
    await doubts.doubt(tx, [(each.payment, each.code) for each in ended if each.asks_payee])
    await _raise_recharges(tx, {claim.attendance_id for claim in claims.values()})
    await _end_runs(tx, {each.payment.run_id for each in ended})
    return said


def _payable_state(each: Ended) -> str:
    if each.state == "paid":
        return "paid"
    return "returned" if each.asks_payee and not each.is_decided_again else "owed"


# Claims


_CHANGE = text(
    "UPDATE claims SET version = version + said.events, state = said.state, stopped_on = said.stopped_on, target_day "
    "= said.target_day,"
    " pay_by = said.pay_by, overdue_since = CASE WHEN said.anew OR said.stopped_on IS NOT NULL THEN NULL ELSE "
    "overdue_since END"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:events AS integer[]), CAST(:states AS text[]), CAST(:stopped AS "
    "date[]), CAST(:targets AS date[]),"
    " CAST(:limits AS date[]), CAST(:anew AS boolean[])) AS said (id, events, state, stopped_on, target_day, pay_by, "
    "anew)"
    " WHERE claims.id = said.id RETURNING claims.*"
)


async def _change_claims(tx: Transaction, ended: Sequence[Ended]) -> tuple[dict[UUID, Row[Any]], list[UUID]]:
    """Each claim as it is after its payments ended, by id, and those whose clocks run again. A return starts both
    clocks again (PAY-07)."""
    claims, payables = claims_tables.claims, owing_tables.payables
    ids = list({each.payment.claim_id for each in ended})
    before = await tx.all(select(claims).where(one_of(claims.c.id, ids)).order_by(claims.c.id).with_for_update())
    states: dict[UUID, list[str]] = {}
    for row in await tx.all(select(payables.c.claim_id, payables.c.state).where(one_of(payables.c.claim_id, ids))):
        states.setdefault(row.claim_id, []).append(row.state)
    came_back = {each.payment.claim_id for each in ended if each.state == "returned"}
    events = Counter(each.payment.claim_id for each in ended)
    changes = [_change_of(tx, claim, states[claim.id], claim.id in came_back) for claim in before]
    changed = await tx.all(
        _CHANGE,
        {
            "ids": [claim.id for claim in before],
            "events": [events[claim.id] for claim in before],
            "states": [change["state"] for change in changes],
            "stopped": [change["stopped_on"] for change in changes],
            "targets": [change["target_day"] for change in changes],
            "limits": [change["pay_by"] for change in changes],
            "anew": [claim.id in came_back for claim in before],
        },
    )
    stood = {claim.id for claim in before if claim.stopped_on is not None and claim.id not in came_back}
    going_on = [row.id for row in changed if row.id in stood and row.stopped_on is None]
    return {row.id: row for row in changed}, going_on


def _change_of(tx: Transaction, claim: Row[Any], payables: Iterable[str], came_back: bool) -> dict[str, Any]:
    state = claims_rules.claim_state_after_payment(payables)
    change = {
        "state": str(state),
        "stopped_on": claim.stopped_on,
        "target_day": claim.target_day,
        "pay_by": claim.pay_by,
    }
    if came_back:
        rates = records.rates_of(claim)
        clocks = days.clocks(tx.today, rates.target_working_days, rates.limit_days)
        change |= {"stopped_on": None, "target_day": clocks.target, "pay_by": clocks.limit}
    elif state is ClaimState.APPROVED and not claim.held:  # nothing is asked of its owner any more
        change |= started_again(tx, claim)
    if (state is ClaimState.RETURNED or claim.held) and change["stopped_on"] is None:
        change["stopped_on"] = tx.today
    return change


async def _tell_steps(tx: Transaction, ended: Sequence[Ended], how: str) -> None:
    for state, what in (("paid", "claim-paid"), ("rejected", "payment-rejected"), ("returned", "payment-came-back")):
        told = []
        for each in ended:
            if each.state == state:
                payment = each.payment
                facts = {
                    "run_id": payment.run_id,
                    "payment_id": payment.id,
                    "pence": payment.amount_pence,
                    "method": payment.method,
                    "how": how,
                }
                told.append((payment.claim_id, facts | ({"code": each.code} if each.code else {})))
        await steps.add_all(tx, what, told)


async def _raise_recharges(tx: Transaction, attendance_ids: set[UUID]) -> None:
    """NET-03: only for sessions at other organisations."""
    attendances = register_tables.attendances
    guests = select(attendances.c.attendance_id).where(
        one_of(attendances.c.attendance_id, attendance_ids), attendances.c.host != ""
    )
    for row in await tx.all(guests.order_by(attendances.c.attendance_id)):
        await recharges.raise_recharge(tx, row.attendance_id)


async def _end_runs(tx: Transaction, run_ids: set[UUID]) -> None:
    """PAY-12: a run is confirmed when none of its payments is on its way."""
    runs, payments = owing_tables.payment_runs, owing_tables.payments
    on_its_way = select(payments.c.id).where(payments.c.run_id == runs.c.id, payments.c.state == "sent").exists()
    over = (
        update(runs)
        .where(one_of(runs.c.id, run_ids), runs.c.state == "sent", ~on_its_way)
        .values(state="confirmed")
        .returning(runs.c.id)
    )
    for row in await tx.all(over):
        await steps.add(tx, "payment-run-confirmed", about=row.id)
