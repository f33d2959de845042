"""What the lines of the account's statement come to (PAY-12): sorted out once, for who looks and for who presses, then
booked as they were sorted."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, any_, case, cast, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from services.payments.bank_details.gateways.vault import Sealed, Vault
from services.payments.bank_statements.domain import bank_lines
from services.payments.bank_statements.domain.bank_lines import BankLine, Matching, OfOurs
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import bank_reasons, leaving
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.domain import endings, releasing
from services.payments.paying.use_cases import paid_all_the_same, taken_out
from services.payments.paying.use_cases.endings import Ended, end_payments, facts_of, locked_payments, with_their_runs
from services.payments.rows import ids_in
from shared.clock import london_date, london_datetime
from shared.db import Transaction, new_id

# What they can be about


@dataclass(frozen=True, slots=True)
class Beside:
    """Transfers of ours that lines can be about. payees: whom they pay, by the payment's id."""

    ours: Sequence[OfOurs]
    payees: dict[UUID, UUID]


async def beside(tx: Transaction, lines: Sequence[BankLine]) -> Beside:
    """The transfers that these lines can be about: those that they name, those of the same sum that may still move,
    whole files that they name."""
    payments, runs = owing_tables.payments, owing_tables.payment_runs
    references = sorted({reference for line in lines for reference in bank_lines.references_in(line.text)})
    messages = sorted(
        {message[: bank_lines.LENGTH_OF_FIRST_FILE] for line in lines for message in bank_lines.messages_in(line.text)}
    )
    sums = sorted({abs(line.pence) for line in lines if abs(line.pence) < 2**31})
    first = min((line.day for line in lines), default=tx.today)
    same_sum = payments.c.amount_pence == any_(cast(sums, ARRAY(payments.c.amount_pence.type)))
    recent = runs.c.sent_at >= london_datetime(first - timedelta(bank_lines.DAYS_TO_COME_BACK + 1), 0)
    which = or_(
        payments.c.end_to_end_id == any_(cast(references, ARRAY(Text))),
        func.left(runs.c.message_id, bank_lines.LENGTH_OF_FIRST_FILE) == any_(cast(messages, ARRAY(Text))),
        same_sum & (payments.c.state == "sent"),
        same_sum & owing.is_perhaps_gone(),
        same_sum & (payments.c.state == "paid") & recent,
    )
    rows = await tx.all(transfers().where(which))
    return Beside([of_ours(row) for row in rows], {row.id: row.participant_id for row in rows})


def transfers() -> Any:
    payments, runs = owing_tables.payments, owing_tables.payment_runs
    return (
        select(payments, runs.c.message_id, runs.c.sent_at, runs.c.number, runs.c.file_number)
        .join(runs, runs.c.id == payments.c.run_id)
        .where(payments.c.method == TRANSFER)
    )


def of_ours(row: Row[Any]) -> OfOurs:
    """row: of payments, with what its run is called, and when it was sent."""
    state = owing.where_it_stands(row)
    since = row.file_fetched_at if state in (leaving.PERHAPS_GONE, leaving.SAID_NOT_GONE) else row.sent_at
    files = {releasing.message_id(row.number, row.run_id, number) for number in range(1, (row.in_file or 0) + 1)}
    if state == row.state:
        files.add(row.message_id)
    by_statement = row.ended_how == "statement"
    known_until = (
        date.max
        if row.paid_twice_at is not None
        else row.came_back_on or london_date(row.ended_at)
        if by_statement and row.ended_at
        else None
    )
    sent_on = london_date(since) if since else None
    was_seen = state == "paid" and by_statement
    return OfOurs(
        row.id,
        row.end_to_end_id,
        row.message_id,
        row.amount_pence,
        state,
        sent_on,
        frozenset(files),
        was_seen,
        known_until,
    )


# Sorting out


@dataclass(frozen=True, slots=True)
class Read:
    """One line, and what it comes to: "paid", "returned", "own" (it waits for a second person), a word of WHY_NEAR (a
    person chooses), "known" (it was written down before), or "other" (it is not about our payments)."""

    line: BankLine
    what: str
    payments: Sequence[OfOurs] = field(default=())
    named: Sequence[OfOurs] = field(default=())
    """Those that it names, by themselves or with their file, whatever it comes to."""

    @property
    def is_near(self) -> bool:
        return self.what not in ("paid", "returned", "own", "known", "other")


@dataclass(frozen=True, slots=True)
class Sorted:
    """reads: every line, in the order of the statement. mark: the same as long as the same lines come to the same."""

    reads: Sequence[Read]
    rows: dict[UUID, Row[Any]]
    payees: dict[UUID, UUID]
    mark: str

    def lines(self, what: str) -> list[BankLine]:
        return [read.line for read in self.reads if read.what == what]

    def number(self, what: str) -> int:
        """Of payments that are paid or come back; a line may be several."""
        return sum(len(read.payments) for read in self.reads if read.what == what)


async def sort_out(
    tx: Transaction,
    lines: Sequence[BankLine],
    said_by: set[UUID],
    waiting: Callable[[Matching, Beside], Sequence[BankLine]],
    said: str = "",
    *,
    lock: bool,
) -> Sorted:
    """Lines wait for a second person where who says so (said_by) made or sent that payment, or is paid by it; and those
    that waiting names. said: what else the mark stands for. lock: the payments are locked, to be ended."""
    near_by = await beside(tx, lines)
    matching = await asyncio.to_thread(bank_lines.match, lines, near_by.ours)
    found = [*matching.paid, *matching.returned]
    which = ids_in(owing_tables.payments.c.id, [payment.id for _, payment in found])
    rows = (
        {row.id: row for row in (await locked_payments(tx, which) if lock else await tx.all(with_their_runs(which)))}
        if found
        else {}
    )
    own = {
        id(line)
        for lines_of, paid in ((matching.paid, True), (matching.returned, False))
        for line, payment in lines_of
        if any(endings.reasons_not_to_bring([facts_of(rows[payment.id])], who, paid=paid) for who in said_by)
    }
    own |= {id(line) for line in waiting(matching, near_by)}
    cannot = await paid_all_the_same.reasons_not_to_stand(
        tx, [rows[payment.id] for line, payment in matching.paid if id(line) not in own]
    )
    words = {id(line): why for line, why in matching.near} | {id(line): "known" for line, _ in matching.known}
    payments: dict[int, list[OfOurs]] = {id(line): list(known) for line, known in matching.known}
    names = {payment.reference: payment for payment in near_by.ours}
    payments |= {
        id(line): [names[name] for name in bank_lines.references_in(line.text) if name in names]
        for line, why in matching.near
        if why == "went-out"
    }
    for certain, what in ((matching.paid, "paid"), (matching.returned, "returned")):
        for line, payment in certain:
            payments.setdefault(id(line), []).append(payment)
            stuck = payment.id in cannot or words.get(id(line)) == "state"
            words[id(line)] = "own" if id(line) in own else "state" if stuck else what
    for (
        line,
        _,
    ) in matching.paid:  # of one that counts as not paid finance is told at once; a whole file is no one payment
        if words[id(line)] == "state" and len(payments[id(line)]) == 1:
            words[id(line)] = "went-out"
    reads = [
        Read(line, words.get(id(line), "other"), payments.get(id(line), ()), bank_lines.named_in(line, near_by.ours))
        for line in lines
    ]
    return Sorted(reads, rows, near_by.payees, _mark_of(reads, said))


def _mark_of(reads: Sequence[Read], said: str) -> str:
    shown = [
        [
            str(each.line.day),
            each.line.pence,
            each.line.text,
            each.what,
            sorted(str(payment.id) for payment in each.payments),
        ]
        for each in reads
    ]
    return hashlib.sha256(json.dumps([said, shown]).encode()).hexdigest()[:32]


async def book(tx: Transaction, found: Sorted, statement_id: UUID | None = None) -> None:
    """What is certain ends: first what was paid, for it may come back on the same statement."""
    rows = found.rows
    for what in ("paid", "returned"):
        ends = [(rows[payment.id], read.line) for read in found.reads if read.what == what for payment in read.payments]
        await end_payments(tx, [ended_by(row, line, what) for row, line in ends], "statement", statement_id)
        if what == "paid" and ends:
            rows = rows | {
                row.id: row
                for row in await locked_payments(tx, ids_in(owing_tables.payments.c.id, [row.id for row, _ in ends]))
            }


def ended_by(payment: Row[Any], line: BankLine, what: str) -> Ended:
    if what == "paid":
        return Ended(payment, "paid")
    code = bank_reasons.code_in(line.text) if line.code in bank_reasons.UNSAID else line.code
    asks_payee = code in bank_reasons.PAYEE_REASONS
    state = "returned" if payment.state == "paid" else "rejected"
    return Ended(
        payment, state, code if asks_payee else "came-back", asks_payee=asks_payee, said=line.said, day=line.day
    )


# Kept for a person


async def keep_near(tx: Transaction, statement_id: UUID, near: Sequence[Read], vault: Vault) -> None:
    """The words of a line are sealed: they may name anybody. What it says of payments that it names waits with it."""
    rows, named = [], []
    for read in near:
        entry_id, line, because = new_id(), read.line, read.what
        kept = {"text": line.text[:500], "said": line.said} if line.said else line.text[:500]
        sealed = vault.seal(json.dumps(kept).encode(), entry_id)
        values = {
            "id": entry_id,
            "statement_id": statement_id,
            "day": line.day,
            "pence": line.pence,
            "state": "near",
            "because": because,
            "about_payment_id": read.payments[0].id if because == "went-out" else None,
            "bookings_kept": True,
        }
        rows.append({**values, "code": line.code[:35], "key_id": sealed.key_id, "sealed": sealed.content})
        named.append((entry_id, statement_id, line, read.named))
    if rows:
        await tx.execute(insert(owing_tables.bank_entries), rows)
        await keep_waiting(tx, named)


_WAITS = text(
    "INSERT INTO bank_bookings (id, payment_id, went_out, pence, day, nth, state, statement_id, entry_id)"
    " SELECT said.id, payment_id, went_out, pence, day, (SELECT coalesce(max(nth), 0) FROM bank_bookings AS before"
    " WHERE (before.payment_id, before.went_out, before.pence, before.day)"
    " = (said.payment_id, said.went_out, said.pence, said.day))"
    " + row_number() OVER (PARTITION BY payment_id, went_out, pence, day ORDER BY said.id),"
    " 'waits', statement_id, entry_id"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:payments AS uuid[]), CAST(:out AS boolean[]), CAST(:pence AS bigint[]),"
    " CAST(:days AS date[]), CAST(:statements AS uuid[]), CAST(:entries AS uuid[]))"
    " AS said (id, payment_id, went_out, pence, day, statement_id, entry_id)"
)


async def keep_waiting(tx: Transaction, lines: Sequence[tuple[UUID, UUID, BankLine, Sequence[OfOurs]]]) -> None:
    """PAY-12: what lines that wait for somebody say of the payments that they name. Finance is told at once of what
    went out and counts neither as sent nor as paid: nothing of its claim is paid before somebody has decided. lines:
    each with the entry that keeps it, and its statement."""
    rows = [(entry, of, line, payment) for entry, of, line, payments in lines for payment in payments]
    if not rows:
        return
    await tx.execute(
        _WAITS,
        {
            "ids": [new_id() for _ in rows],
            "payments": [payment.id for *_, payment in rows],
            "out": [line.pence < 0 for _, _, line, _ in rows],
            "pence": [abs(line.pence) for _, _, line, _ in rows],
            "days": [line.day for _, _, line, _ in rows],
            "statements": [statement_id for _, statement_id, _, _ in rows],
            "entries": [entry_id for entry_id, *_ in rows],
        },
    )
    await taken_out.say_of(tx, sorted({payment.id for *_, payment in rows}))


async def end_waiting(tx: Transaction, entry_ids: Sequence[UUID]) -> None:
    """Somebody has decided about these lines."""
    bookings, entries = owing_tables.bank_bookings, owing_tables.bank_entries
    mine = bookings.c.entry_id == entries.c.id, bookings.c.state == "waits", ids_in(entries.c.id, entry_ids)
    theirs = (entries.c.payment_id == bookings.c.payment_id) | (entries.c.because == "own")
    state = case(((entries.c.state == "chosen") & theirs, "counts"), else_="not-ours")
    known = update(bookings).where(*mine).values(state=state).returning(bookings.c.payment_id)
    await taken_out.say_of(tx, sorted({row.payment_id for row in await tx.all(known)}))


def line_of(entry: Row[Any], vault: Vault) -> BankLine:
    kept = json.loads(vault.open(Sealed(entry.key_id, entry.sealed), entry.id))
    text, said = (
        (kept, "") if isinstance(kept, str) else (kept["text"], kept["said"])
    )  # a program before this one kept the text alone
    return BankLine(entry.day, entry.pence, text, entry.code, said=said)
