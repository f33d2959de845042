"""The bank's answer to a run says that money went which we do not count as sent or paid (PAY-12): its word is kept like
a line of the account's statement, so that nothing is paid again before somebody has decided."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from services.payments.bank_details.gateways.vault import Vault
from services.payments.bank_statements import tables
from services.payments.bank_statements.domain.bank_lines import BankLine, OfOurs
from services.payments.bank_statements.domain.matching import WAITS, Booked, match
from services.payments.bank_statements.use_cases.our_transfers import beside
from services.payments.bank_statements.use_cases.statement_lines import Read, keep_near
from services.payments.owing import tables as owing_tables
from services.payments.paying.domain.answers import BankAnswer
from services.payments.paying.use_cases import answers
from services.payments.paying.use_cases.runs import person_of
from shared.clock import london_date
from shared.db import Transaction, new_id, one_of


async def take(
    tx: Transaction,
    run_id: UUID,
    answer: BankAnswer,
    data: bytes,
    vault: Vault,
    account: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """As answers.apply_answer(), and keeps what went out and is not counted so."""
    done = await answers.apply_answer(tx, run_id, answer, data, account)
    if went_out := done.get("went_out"):
        done["went_out"] = await _keep(tx, went_out, answer, data, vault)
    return done


async def _keep(tx: Transaction, references: Sequence[str], answer: BankAnswer, data: bytes, vault: Vault) -> list[str]:
    """Returns the references about which somebody has to decide; of any other a statement shows the same."""
    day = min(london_date(answer.written_at), tx.today) if answer.written_at else tx.today
    payments = owing_tables.payments
    rows = await tx.all(payments.select().where(one_of(payments.c.end_to_end_id, references)))
    lines = [
        BankLine(day, -row.amount_pence, f"The bank’s answer to a payment run: paid {row.end_to_end_id}")
        for row in sorted(rows, key=lambda row: row.end_to_end_id)
    ]
    ours = {payment.reference: payment for payment in (await beside(tx, lines)).ours}
    waits = [reference for reference, payment in ours.items() if _waits_already(payment)]
    reads = [
        Read(each.line, fate, [each.payment], [each.payment], [Booked(each.payment, fate, each.line)])
        for each in match(lines, ours.values()).booked
        if each.line is not None and each.payment.reference not in waits and (fate := _fate(each))
    ]
    if reads:
        await keep_near(tx, await _statement(tx, data), reads, vault)
    return sorted([*waits, *(read.payments[0].reference for read in reads)])


async def _statement(tx: Transaction, data: bytes) -> UUID:
    """Its row among the statements; there is one already if the same answer is brought again (the run was not sent)."""
    table, digest = tables.bank_statements, hashlib.sha256(data).hexdigest()
    if (before := await tx.first(select(table.c.id).where(table.c.sha256 == digest))) is not None:
        return before.id
    statement_id = new_id()
    brought = {"sha256": digest, "given_by": person_of(tx), "given_at": tx.now}
    await tx.execute(insert(table).values(id=statement_id, kind="pain.002", state="read", **brought))
    return statement_id


def _fate(booked: Booked) -> str:
    """ "paid" is what was taken out of its run: it was paid again since, or the answer would have ended it. "known" is
    what came back on some other day than the bank wrote this, unless a statement shows it leaving."""
    after_it_came_back = booked.fate == "known" and booked.payment.state == "returned" and booked.booking is None
    if booked.fate == "paid" or after_it_came_back:
        return "went-out"
    return booked.fate if booked.fate in WAITS else ""


def _waits_already(payment: OfOurs) -> bool:
    """A statement shows it, and that line waits for somebody."""
    return any(booking.went_out and booking.state == "waits" for booking in payment.booked)
