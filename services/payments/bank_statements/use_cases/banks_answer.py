"""The bank's answer to a run says that money went which we do not count as sent or paid (PAY-12): its word is kept like
a line of the account's statement, so that nothing is paid again before somebody has decided."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert

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
        await _keep(tx, went_out, answer, data, vault)
    return done


async def _keep(tx: Transaction, references: Sequence[str], answer: BankAnswer, data: bytes, vault: Vault) -> None:
    day = min(london_date(answer.written_at), tx.today) if answer.written_at else tx.today
    payments = owing_tables.payments
    rows = await tx.all(payments.select().where(one_of(payments.c.end_to_end_id, references)))
    lines = [
        BankLine(day, -row.amount_pence, f"The bank’s answer to a payment run: paid {row.end_to_end_id}")
        for row in sorted(rows, key=lambda row: row.end_to_end_id)
    ]
    ours = {payment.reference: payment for payment in (await beside(tx, lines)).ours}
    reads = [
        Read(each.line, fate, [each.payment], [each.payment], [Booked(each.payment, fate, each.line)])
        for each in match(lines, ours.values()).booked
        if each.line is not None and (fate := _fate(each)) and not _waits_already(each.payment)
    ]
    if not reads:
        return
    statement_id, table = new_id(), tables.bank_statements
    brought = {"sha256": hashlib.sha256(data).hexdigest(), "given_by": person_of(tx), "given_at": tx.now}
    await tx.execute(insert(table).values(id=statement_id, kind="pain.002", state="read", **brought))
    await keep_near(tx, statement_id, reads, vault)


def _fate(booked: Booked) -> str:
    """ "paid" is what was taken out of its run: it was paid again since, or the answer would have ended it."""
    return {"paid": "went-out"}.get(booked.fate, booked.fate if booked.fate in WAITS else "")


def _waits_already(payment: OfOurs) -> bool:
    """A statement shows it, and that line waits for somebody."""
    return any(booking.went_out and booking.state == "waits" for booking in payment.booked)
