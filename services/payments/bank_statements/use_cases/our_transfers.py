"""Transfers of ours that lines of the account's statement can be about, with what the bank has booked (PAY-12)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Row, Text, cast, false, func, or_, select

from services.payments.bank_statements import tables
from services.payments.bank_statements.domain import bank_lines
from services.payments.bank_statements.domain.bank_lines import BankLine, Booking, OfOurs
from services.payments.bank_statements.domain.matching import UNRESOLVED
from services.payments.bank_statements.domain.whole_runs import WholeRun
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import leaving
from services.payments.owing.domain.leaving import DAYS_AFTER, TRANSFER
from services.payments.paying.domain import releasing
from shared.clock import london_date, london_datetime
from shared.db import Transaction, one_of


@dataclass(frozen=True, slots=True)
class Beside:
    """Transfers of ours that lines can be about. payees: whom each payment pays, by its id. whole: runs that have
    the sum of a line."""

    ours: Sequence[OfOurs]
    payees: dict[UUID, UUID]
    whole: Sequence[WholeRun] = ()


async def beside(tx: Transaction, lines: Sequence[BankLine]) -> Beside:
    """The transfers that these lines can be about: those that they name, those of the same sum that may still move,
    and all of a file that they name."""
    payments, runs = owing_tables.payments, owing_tables.payment_runs
    references, messages, sums = await asyncio.to_thread(_named, lines)
    first = min((line.day for line in lines), default=tx.today)
    same_sum = one_of(payments.c.amount_pence, sums)
    recent = runs.c.sent_at >= london_datetime(first - timedelta(bank_lines.DAYS_TO_COME_BACK + 1), 0)
    ended = func.greatest(payments.c.ended_at, payments.c.settled_at, runs.c.sent_at)
    lately = ended >= london_datetime(first - timedelta(DAYS_AFTER + 1), 0)
    which = or_(
        one_of(payments.c.end_to_end_id, references),
        one_of(func.left(runs.c.message_id, bank_lines.LENGTH_OF_FIRST_FILE, type_=Text), messages),
        same_sum & (payments.c.state == "sent"),
        same_sum & owing.is_perhaps_gone(),
        same_sum & (payments.c.state == "paid") & recent,
        same_sum & payments.c.state.in_(["rejected", "cancelled"]) & lately,
    )
    found = await transfers_with_bookings(tx, which)
    whole, payees = await _whole_runs(tx, lines, first)
    return replace(found, whole=whole, payees=payees | found.payees)


def _named(lines: Sequence[BankLine]) -> tuple[list[str], list[str], list[int]]:
    """The payments, files and sums in pence that lines name. There may be tens of thousands, so it runs off the
    event loop."""
    references = sorted({reference for line in lines for reference in bank_lines.references_in(line.text)})
    messages = sorted({file for line in lines for file in bank_lines.first_files_in(line.text)})
    return references, messages, sorted({abs(line.pence) for line in lines if abs(line.pence) < 2**31})


async def transfers_with_bookings(tx: Transaction, which: Any) -> Beside:
    """Transfers of ours with all that the bank has booked of them. which: a condition on payments and runs."""
    rows = await _rows_of(tx, which)
    booked = await _booked(tx, [row.id for row in rows])
    return Beside([of_ours(row, booked.get(row.id, ())) for row in rows], {row.id: row.participant_id for row in rows})


async def _rows_of(tx: Transaction, which: Any) -> Sequence[Row[Any]]:
    payments, runs = owing_tables.payments, owing_tables.payment_runs
    return await tx.all(
        select(payments, runs.c.message_id, runs.c.sent_at, runs.c.number, runs.c.file_number)
        .join(runs, runs.c.id == payments.c.run_id)
        .where(payments.c.method == TRANSFER, which)
    )


async def _whole_runs(
    tx: Transaction, lines: Sequence[BankLine], first: date
) -> tuple[list[WholeRun], dict[UUID, UUID]]:
    """Runs whose transfers that went, or may have, come to the sum of one of these lines, each with these transfers,
    and whom they pay: those on their way, and those sent at most a month before the first line. Runs of one such
    payment are left out: it has the sum by itself."""
    payments, runs, bookings = owing_tables.payments, owing_tables.payment_runs, owing_tables.bank_bookings
    sums = sorted({-line.pence for line in lines if line.pence < 0})
    if not sums:
        return [], {}
    gone = payments.c.state.not_in(["rejected", "cancelled"]) | owing.is_perhaps_gone()
    in_it = (payments.c.method == TRANSFER) & gone
    lately = runs.c.sent_at >= london_datetime(first - timedelta(DAYS_AFTER + 1), 0)
    total = cast(func.sum(payments.c.amount_pence), BigInteger)
    other_lines = func.bool_or(
        select(bookings.c.id).where(bookings.c.payment_id == payments.c.id, bookings.c.state == "waits").exists()
    )
    found = (
        select(runs.c.id, runs.c.number, other_lines.label("other_lines"))
        .join(payments, payments.c.run_id == runs.c.id)
        .where((runs.c.state == "sent") | ((runs.c.state == "confirmed") & lately), in_it)
        .group_by(runs.c.id, runs.c.number)
        .having(one_of(total, sums), func.count() > 1)
    )
    rows = await tx.all(found.order_by(runs.c.number))
    if not rows:
        return [], {}
    theirs = await _rows_of(tx, one_of(payments.c.run_id, [row.id for row in rows]) & in_it)
    booked = await _booked(tx, [row.id for row in theirs])
    of_run: dict[UUID, list[OfOurs]] = {}
    for row in theirs:
        of_run.setdefault(row.run_id, []).append(of_ours(row, booked.get(row.id, ())))
    whole = [WholeRun(row.id, row.number, of_run[row.id], row.other_lines) for row in rows]
    return whole, {row.id: row.participant_id for row in theirs}


async def _booked(tx: Transaction, payment_ids: Sequence[UUID]) -> dict[UUID, list[Booking]]:
    bookings, entries, statements = owing_tables.bank_bookings, owing_tables.bank_entries, tables.bank_statements
    payments = owing_tables.payments
    unresolved = (bookings.c.state != "counts") & entries.c.because.in_(UNRESOLVED)
    found = (
        select(bookings, statements.c.kind)
        .join(payments, payments.c.id == bookings.c.payment_id)
        .join(entries, entries.c.id == bookings.c.entry_id, isouter=True)
        .join(statements, statements.c.id == bookings.c.statement_id, isouter=True)
        .where(one_of(bookings.c.payment_id, payment_ids), bookings.c.pence == payments.c.amount_pence)
        .where(~func.coalesce(unresolved, false()))
        .order_by(bookings.c.payment_id, bookings.c.nth)
    )
    booked: dict[UUID, list[Booking]] = {}
    for row in await tx.all(found) if payment_ids else []:
        booking = Booking(
            row.id,
            row.went_out,
            row.day,
            row.state,
            row.entry_id,
            row.kind == "camt.053",
            row.file,
            row.reference,
            row.kind == "pain.002",
        )
        booked.setdefault(row.payment_id, []).append(booking)
    return booked


def of_ours(row: Row[Any], booked: Sequence[Booking] = ()) -> OfOurs:
    """row: of payments, with the name of its run's file and when it was sent."""
    state = owing.where_it_stands(row)
    since = row.file_fetched_at if state in (leaving.PERHAPS_GONE, leaving.SAID_NOT_GONE) else row.sent_at
    files = {releasing.message_id(row.number, row.run_id, number) for number in range(1, (row.in_file or 0) + 1)}
    if state == row.state:
        files.add(row.message_id)
    by_statement = row.ended_how == "statement"
    came_back = row.came_back_on or (london_date(row.ended_at) if by_statement and row.ended_at else None)
    if came_back is None and state == "returned":
        came_back = row.said_back_on
    if came_back is not None:
        came_back = max([came_back, *(each.day for each in booked if each.state == "counts" and not each.went_out)])
    was_shown = any(each.went_out and each.state == "counts" for each in booked)
    return OfOurs(
        row.id,
        row.end_to_end_id,
        row.message_id,
        row.amount_pence,
        state,
        london_date(since) if since else None,
        frozenset(files),
        state == "paid" and (by_statement or was_shown),
        came_back if state in bank_lines.COUNTS_AS_NOT_PAID else None,
        owing.times_lost(row),
        booked,
        london_date(ended) if (ended := row.settled_at or row.ended_at) else None,
    )
