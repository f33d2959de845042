"""The bank's answer to a run, and what people say by hand about how payments ended (PAY-12)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text

from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import leaving
from services.payments.owing.domain.bank_reasons import BankReason
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying import tables
from services.payments.paying.domain import answers, applying, endings, releasing
from services.payments.paying.domain.answer_words import NOT_SENT_YET, code_for_its_owner
from services.payments.paying.domain.answers import BankAnswer, Outcome, Reading, SentPayment
from services.payments.paying.domain.endings import How
from services.payments.paying.use_cases import paid_all_the_same, taken_out
from services.payments.paying.use_cases.endings import Ended, end_payments
from services.payments.paying.use_cases.facts import facts_of, known_of, locked_payments
from services.payments.paying.use_cases.in_its_place import paid_again_by_its_claim
from services.payments.paying.use_cases.runs import person_of
from services.payments.rows import locked
from shared.db import Transaction, new_id
from shared.messaging import steps
from shared.reasons import Missing, refuse


async def apply_answer(
    tx: Transaction, run_id: UUID, answer: BankAnswer, data: bytes, account: tuple[str, str] | None = None
) -> dict[str, Any]:
    """PAY-12: the bank's answer ends payments. Bringing the same file again changes nothing, and says what it did the
    first time.

    account: our sort code and number, from which they were paid. The caller keeps what went out and is not counted so
    (went_out, by reference).
    """
    taker, digest = person_of(tx), hashlib.sha256(data).hexdigest()
    run = await locked(tx, owing_tables.payment_runs, run_id)
    if (before := await _taken_before(tx, run_id, digest)) is not None:
        return {
            "paid": before.paid,
            "rejected": before.rejected,
            "returned": before.returned,
            "again": True,
            "warnings": [],
        }
    file = await _answered_file(tx, run, answer)
    refuse(applying.reasons_not_to_apply(answer, [file.message_id], file.sent, await _newest(tx, run_id), account))
    refuse(
        endings.reasons_not_to_bring([facts_of(row) for row in file.rows], taker)
    )  # not even a file that ends nothing
    reading = await _as_it_can_be(tx, answers.read(answer, file.sent, file.taken_out), file.rows)
    if not_sent := endings.reasons_to_say_first_that_it_was_sent(run.state, [row.state for row in file.rows]):
        if not reading.went_out:
            refuse(not_sent)
        # not written down as taken, as it ends payments once the run was sent
        return {**reading.counts, "again": False, "warnings": [NOT_SENT_YET], "went_out": [*reading.went_out]}
    answer_id = await _keep_answer(tx, run_id, digest, answer, reading)
    await _keep_words(tx, run_id, answer_id, answer, reading, file.rows)
    came_to = await end_payments(tx, _ended_by(reading, file.rows), "answer")
    stay = [row.end_to_end_id for row in file.rows if came_to.get(row.id) in ("loss-back", "other-pays")]
    await steps.add(tx, "bank-answer-taken", about=run_id, **reading.counts)
    done = {**reading.counts, "again": False, "warnings": [*reading.warnings], "stay_paid": stay}
    return {**done, "went_out": [*reading.went_out]}


async def _as_it_can_be(tx: Transaction, reading: Reading, rows: Sequence[Row[Any]]) -> Reading:
    """PAY-12: what was taken out of its run and paid again since is not paid by this answer."""
    paid = {outcome.end_to_end_id for outcome in reading.outcomes if outcome.state == "paid"}
    cannot = await paid_all_the_same.reasons_not_to_stand(tx, [row for row in rows if row.end_to_end_id in paid])
    return reading.without({row.end_to_end_id for row in rows if row.id in cannot})


async def _taken_before(tx: Transaction, run_id: UUID, digest: str) -> Row[Any] | None:
    table = tables.bank_answers
    return await tx.first(select(table).where(table.c.run_id == run_id, table.c.sha256 == digest))


async def _newest(tx: Transaction, run_id: UUID) -> datetime | None:
    """When the newest answer to this run was written, of those that give a time."""
    table = tables.bank_answers
    written_at = await tx.scalar(
        select(func.max(table.c.written_at)).where(table.c.run_id == run_id, table.c.written_at != "")
    )
    return datetime.fromisoformat(written_at) if written_at else None


@dataclass(frozen=True, slots=True)
class _File:
    """The file of a run that the bank answers, and its payments, locked. taken_out: payments no longer in the run,
    if the file was made again since; None for the newest file."""

    message_id: str
    rows: Sequence[Row[Any]]
    sent: Sequence[SentPayment]
    taken_out: frozenset[str] | None


async def _answered_file(tx: Transaction, run: Row[Any], answer: BankAnswer) -> _File:
    """The newest file, if the answer names none that we know."""
    number = next(
        (number for number in range(1, run.file_number + 1) if _file_id(run, number) == answer.original_message_id),
        run.file_number,
    )
    rows = await locked_payments(tx, _of_file(run, number))
    sent = [
        SentPayment(
            row.end_to_end_id,
            row.amount_pence,
            owing.where_it_stands(row),
            row.ended_at,
            known_of(row),
        )
        for row in rows
    ]
    gone = frozenset(row.end_to_end_id for row in rows if row.state == "cancelled")
    return _File(_file_id(run, number), rows, sent, gone if number < run.file_number else None)


def _file_id(run: Row[Any], number: int) -> str:
    return run.message_id if number == run.file_number else releasing.message_id(run.number, run.id, number)


def _of_file(run: Row[Any], file_number: int) -> Any:
    """The transfers in one file of this run: earlier files still hold what was taken out since, also if one of them
    paid it."""
    payments = owing_tables.payments
    holds = payments.c.in_file >= file_number
    if file_number == run.file_number:
        holds |= (payments.c.state != "cancelled") & payments.c.taken_out_by.is_(None)
    return (payments.c.run_id == run.id) & (payments.c.method == TRANSFER) & holds


async def _keep_answer(tx: Transaction, run_id: UUID, digest: str, answer: BankAnswer, reading: Reading) -> UUID:
    answer_id = new_id()
    written_at = answer.written_at.isoformat() if answer.written_at else ""
    values = {
        "id": answer_id,
        "run_id": run_id,
        "sha256": digest,
        "message_id": answer.message_id,
        "taken_by": person_of(tx),
        "taken_at": tx.now,
    }
    await tx.execute(
        insert(tables.bank_answers).values(**values, **reading.counts, pending=reading.pending, written_at=written_at)
    )
    return answer_id


def _ended_by(reading: Reading, rows: Sequence[Row[Any]]) -> list[Ended]:
    by_id = {row.end_to_end_id: row for row in rows}
    words = {said.end_to_end_id: answers.words_of_all(said) for said in reading.said}
    return [_of_answer(by_id[each.end_to_end_id], each, words[each.end_to_end_id]) for each in reading.outcomes]


def _of_answer(payment: Row[Any], outcome: Outcome, words: str) -> Ended:
    if outcome.state == "paid":
        return Ended(payment, outcome.state, outcome.reason_code)
    return Ended(payment, outcome.state, code_for_its_owner(outcome), asks_payee=outcome.asks_payee, said=words)


async def _keep_words(
    tx: Transaction, run_id: UUID, answer_id: UUID, answer: BankAnswer, reading: Reading, rows: Sequence[Row[Any]]
) -> None:
    """Keeps what finance may need when it talks to the bank: every status other than a plain "paid", and every
    reason, at each level."""
    ids = {row.end_to_end_id: row.id for row in rows}
    said: list[tuple[str, UUID | None, str, BankReason]] = []
    said += [
        ("file", None, answer.status, reason)
        for reason in answer.reasons or [BankReason()]
        if answer.status or answer.reasons
    ]
    for batch in answer.batches:
        said += [
            ("batch", None, batch.status, reason)
            for reason in batch.reasons or [BankReason()]
            if batch.status or batch.reasons
        ]
        for line in batch.lines:
            if line.reasons or answers.ending(line.status) != "paid":
                said += [
                    ("payment", ids[line.end_to_end_id], line.status, reason)
                    for reason in line.reasons or [BankReason()]
                ]
    words = [
        {
            "id": new_id(),
            "answer_id": answer_id,
            "run_id": run_id,
            "payment_id": payment_id,
            "level": level,
            "status": status,
            "code": reason.code,
            "proprietary": reason.proprietary,
            "information": reason.information,
        }
        for level, payment_id, status, reason in said
    ]
    if words:
        await tx.execute(insert(tables.bank_words), words)


# By hand

_SAY = text(
    "INSERT INTO words_by_hand (payment_id, in_file, said_by, how, said_at)"
    " SELECT id, in_file, :by, :how, :now FROM unnest(CAST(:ids AS uuid[]), CAST(:files AS integer[])) AS of (id, "
    "in_file)"
    " ON CONFLICT (payment_id, said_by) DO UPDATE SET in_file = excluded.in_file, how = excluded.how,"
    " said_at = excluded.said_at"
)


async def end_by_hand(tx: Transaction, run_id: UUID, payment_id: UUID, how: str) -> str:
    """PAY-12: a second person says how a payment ended: a transfer, if the bank answers nothing, or something that
    is handed over, including that it was lost or taken back and goes again. Returns the payment's state; "said" if
    somebody else has to say the same."""
    who = person_of(tx)
    await locked(tx, owing_tables.payment_runs, run_id)
    [payment] = await locked_payments(tx, owing_tables.payments.c.id == payment_id) or [None]
    if payment is None or payment.run_id != run_id or owing.where_it_stands(payment) == "cancelled":
        raise Missing
    facts = facts_of(payment)
    if facts.state == leaving.SAID_NOT_GONE or facts.is_not_with_them:
        facts = replace(facts, paid_again=(await paid_again_by_its_claim(tx, [payment])).get(payment.id, ""))
    refuse(endings.reasons_not_to_end_by_hand(facts, how, who))
    await _keep_word(tx, [payment], how)
    if endings.is_first_of_two(facts, how, who):
        return "said-otherwise" if endings.others_differ(facts, how, who) else "said"
    if facts.is_not_with_them and how == "taken-back":
        await paid_all_the_same.note_found(tx, payment)
        return "found"
    if facts.paid_again == "whole":
        await paid_all_the_same.note_paid_twice(tx, payment)
        return "paid-twice"
    ended = _ended(payment, how)
    came_to = (await end_payments(tx, [ended], "by-hand", chosen=facts.paid_again == "part"))[payment.id]
    await steps.add(tx, "ended-by-hand", about=payment.claim_id, payment_id=payment.id, run_id=run_id, said=how)
    return "paid-in-part-twice" if facts.paid_again == "part" else came_to


async def _keep_word(tx: Transaction, payments: Sequence[Row[Any]], how: str) -> None:
    """PAY-12: keeps what somebody says by hand about these, whether it counts alone or waits for somebody else."""
    said = {
        "ids": [each.id for each in payments],
        "files": [each.in_file or 0 for each in payments],
        "by": person_of(tx),
        "how": how,
        "now": tx.now,
    }
    await tx.execute(_SAY, said)
    await steps.add_all(
        tx,
        "said-by-hand",
        [(each.claim_id, {"payment_id": each.id, "run_id": each.run_id, "said": how}) for each in payments],
    )


async def confirm_rest_by_hand(tx: Transaction, run_id: UUID, *, transfers: bool) -> int:
    """PAY-12: a second person says that everything on its way arrived: all transfers, or all that is handed over.
    Returns how many."""
    return await _say_of_rest(tx, run_id, "paid" if transfers else "handed-over")


async def say_never_sent(tx: Transaction, run_id: UUID) -> int:
    """PAY-12: a second person says that the bank never got the file of a run that was marked as sent. All its
    transfers count as not paid, and can go into another run, with another file. Returns how many."""
    table = owing_tables.payments
    await locked(tx, owing_tables.payment_runs, run_id)
    states = await tx.all(select(table.c.state).where(table.c.run_id == run_id, table.c.method == TRANSFER).distinct())
    answered = await _is_answered(tx, run_id)
    refuse(endings.reasons_not_to_say_never_sent((row.state for row in states), answered=answered))
    return await _say_of_rest(tx, run_id, "not-paid")


async def _is_answered(tx: Transaction, run_id: UUID) -> bool:
    """Whether the bank answered to this run once it was marked as sent, or its statement has a line about it."""
    table, runs, payments = tables.bank_answers, owing_tables.payment_runs, owing_tables.payments
    bookings = owing_tables.bank_bookings
    answers_to_it = select(table.c.id).join(runs, runs.c.id == table.c.run_id)
    lines = select(bookings.c.id).join(payments, payments.c.id == bookings.c.payment_id)
    says = answers_to_it.where(table.c.run_id == run_id, table.c.taken_at >= runs.c.sent_at).exists()
    return await tx.scalar(select(says | lines.where(payments.c.run_id == run_id).exists()))


async def _say_of_rest(tx: Transaction, run_id: UUID, how: How) -> int:
    who = person_of(tx)
    await locked(tx, owing_tables.payment_runs, run_id)
    payments = owing_tables.payments
    way = payments.c.method == TRANSFER if how in endings.OF_TRANSFERS else payments.c.method != TRANSFER
    rows = await locked_payments(tx, (payments.c.run_id == run_id) & (payments.c.state == "sent") & way)
    if not rows:
        refuse(endings.NOTHING_ON_ITS_WAY)
    for row in rows:
        refuse(endings.reasons_not_to_end_by_hand(facts_of(row), how, who))
    await _keep_word(tx, rows, how)
    ends = [row for row in rows if not endings.is_first_of_two(facts_of(row), how, who)]
    await end_payments(tx, [_ended(row, how) for row in ends], "by-hand")
    await steps.add_all(
        tx, "ended-by-hand", [(row.claim_id, {"payment_id": row.id, "run_id": run_id, "said": how}) for row in ends]
    )
    return len(ends)


async def confirm_not_gone(tx: Transaction, run_id: UUID) -> dict[str, int]:
    """PAY-12, PAY-17: somebody looked at the account: the bank does not have an earlier file of this run, and paid
    nothing that was taken out of it. Each payment is judged by itself, so that one about which they may say nothing
    (PAY-10) does not hold up the others. Returns for how many their word counts (settled), waits for somebody else
    (waiting), or is not theirs to give (left). Raises Refused if all are left."""
    who = person_of(tx)
    await locked(tx, owing_tables.payment_runs, run_id)
    rows = await locked_payments(
        tx, (owing_tables.payments.c.run_id == run_id) & (owing.is_perhaps_gone() | taken_out.in_an_earlier_file())
    )
    if not rows:
        refuse(endings.ALL_KNOWN)
    facts = {row.id: facts_of(row) for row in rows}
    reasons = {row.id: endings.reasons_to_leave_it_to_another(facts[row.id], "not-paid", who) for row in rows}
    theirs = [row for row in rows if not reasons[row.id]]
    if not theirs:
        refuse(reasons[rows[0].id])
    await _keep_word(tx, theirs, "not-paid")
    settled = [row for row in theirs if not endings.is_first_of_two(facts[row.id], "not-paid", who)]
    if staying := [row for row in settled if row.state == "made"]:
        alone = [row for row in staying if not endings.says_it_with_another(facts[row.id], "not-paid", who)]
        await taken_out.settle_earlier_file(tx, run_id, staying, alone=bool(alone))
    gone = [row for row in settled if row.state != "made"]
    await end_payments(tx, [Ended(row, "rejected", "not-paid") for row in gone], "by-hand")
    await steps.add_all(
        tx,
        "ended-by-hand",
        [(row.claim_id, {"payment_id": row.id, "run_id": run_id, "said": "not-paid"}) for row in gone],
    )
    return {"settled": len(settled), "waiting": len(theirs) - len(settled), "left": len(rows) - len(theirs)}


def _ended(payment: Row[Any], how: str) -> Ended:
    state = endings.ends_as(how, payment.state)
    return Ended(payment, state, "" if state == "paid" else how, asks_payee=how in endings.ASKS_THE_PAYEE)
