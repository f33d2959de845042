"""The account's own statement ends payments (PAY-12): what is certain at once, what came near when a person has chosen."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, any_, cast, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from services.payments.bank_details.gateways.vault import Sealed, Vault
from services.payments.bank_statements import domain as bank_lines
from services.payments.bank_statements import tables
from services.payments.bank_statements.domain import BankLine, Matching, OfOurs
from services.payments.bank_statements.gateways import bank_csv, camt
from services.payments.bank_statements.gateways.bank_csv import Columns, Table
from services.payments.bank_statements.use_cases.statement_lines import (
    Beside,
    Sorted,
    beside,
    book,
    end_telling,
    ended_by,
    keep_near,
    line_of,
    of_ours,
    sort_out,
    transfers,
)
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import leaving
from services.payments.paying.domain import endings, releasing
from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases import paid_all_the_same
from services.payments.paying.use_cases.endings import Ended, end_payments, facts_of, locked_payments, with_their_runs
from services.payments.paying.use_cases.runs import person_of
from services.payments.rows import ids_in, locked
from shared.clock import london_datetime
from shared.db import Transaction, new_id
from shared.messaging import steps
from shared.paging import page_of
from shared.reasons import Missing, Reason, Refused, reasons_to_look_again, refuse

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1213)")
MOST_BYTES = bank_xml.MOST_ANSWER_BYTES


async def take_statement(tx: Transaction, data: bytes, vault: Vault, account: tuple[str, str] | None = None) -> dict[str, Any]:
    """PAY-12: camt.053, or a CSV. Nothing is booked yet. account: our sort code and number.

    Returns {"map": its id} if somebody must first say what its columns mean, {"check": its id} if they look now at what we read in it, or, of
    one that was read before, {"again": True, "waits": how many of its lines wait for a second person}.
    """
    taker = person_of(tx)
    await tx.execute(ONE_AT_A_TIME)
    digest = hashlib.sha256(data).hexdigest()
    table = tables.bank_statements
    before = await tx.first(select(table).where(table.c.sha256 == digest))
    if before is not None and before.state == "read":
        entries = owing_tables.bank_entries
        waits = select(func.count()).where(entries.c.statement_id == before.id, entries.c.state == "near", entries.c.because == "own")
        return {"again": True, "waits": await tx.scalar(waits)}
    kind = "camt.053" if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else "csv"
    if kind == "csv":
        known = await _columns_of(tx, await asyncio.to_thread(bank_csv.read_table, data))
    else:
        known = None
        await asyncio.to_thread(camt.read_statement, data, account)
    if before is not None:  # who brings it last stands for it, and names its columns
        await tx.execute(update(table).where(table.c.id == before.id).values(given_by=taker, given_at=tx.now))
        return {"check" if known or kind == "camt.053" else "map": str(before.id)}
    statement_id = new_id()
    sealed = vault.seal(data, statement_id)
    row = {"id": statement_id, "sha256": digest, "given_by": taker, "given_at": tx.now, "kind": kind, "state": "to-map"}
    await tx.execute(insert(table).values(**row, key_id=sealed.key_id, sealed_file=sealed.content))
    await steps.add(tx, "bank-statement-given", about=statement_id)
    return {"check" if known or kind == "camt.053" else "map": str(statement_id)}


async def to_map(tx: Transaction, statement_id: UUID, who: UUID, vault: Vault) -> Table:
    """A CSV that is not read yet, for who brought it: most of what stands in it is nobody else's business. Raises Missing, or Refused."""
    row = await not_read(tx, statement_id, who)
    if row.kind != "csv":
        raise Missing
    return bank_csv.read_table(vault.open(Sealed(row.key_id, row.sealed_file), row.id))


async def not_read(tx: Transaction, statement_id: UUID, who: UUID) -> Row[Any]:
    table = tables.bank_statements
    row = await tx.one(select(table).where(table.c.id == statement_id, table.c.state == "to-map"))
    refuse(bank_lines.reasons_not_to_name_columns(row.given_by, who))
    return row


async def name_columns(tx: Transaction, statement_id: UUID, columns: Columns, vault: Vault) -> None:
    """PAY-12: what the columns mean is remembered by their headings; who said so then looks at what is read with it (read_as_shown)."""
    person = person_of(tx)
    await tx.execute(ONE_AT_A_TIME)
    parsed = await to_map(tx, statement_id, person, vault)
    await asyncio.to_thread(bank_csv.lines_of, parsed, columns)
    before = await _columns_of(tx, parsed)
    if before is not None and Columns(**before.columns) == columns:
        return
    values = {"columns": asdict(columns), "chosen_by": person, "chosen_at": tx.now, "confirmed_by": None}
    known = tables.statement_columns
    await tx.execute(upsert(known).values(headings=parsed.key, **values).on_conflict_do_update(index_elements=[known.c.headings], set_=values))
    await steps.add(tx, "statement-columns-named", about=statement_id)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is read in a statement. found: each line, and what it comes to. doubts: why it may be the wrong way round, in words; refused: why it is
    not read so. known: what was said of its columns, None for a camt.053. seen_by_two: another person than who looks has seen that these are right."""

    found: Sorted
    doubts: Sequence[str]
    refused: list[Reason]
    known: Row[Any] | None
    seen_by_two: bool

    @property
    def mark(self) -> str:
        return self.found.mark


async def to_check(tx: Transaction, statement_id: UUID, who: UUID, vault: Vault, account: tuple[str, str] | None = None, *, lock: bool = False) -> Shown | None:
    """PAY-12: what who brought it sees before anything is booked; None where nobody has named the columns, or what was said of them does not fit
    this file. lock: the payments are locked, to be ended."""
    row = await not_read(tx, statement_id, who)
    data, known, columns, key = vault.open(Sealed(row.key_id, row.sealed_file), row.id), None, None, "camt.053"
    if row.kind == "camt.053":
        lines: Sequence[BankLine] = await asyncio.to_thread(camt.read_statement, data, account)
    else:
        parsed = await asyncio.to_thread(bank_csv.read_table, data)
        known = await _columns_of(tx, parsed)
        if known is None:
            return None
        columns, key = Columns(**known.columns), json.dumps([known.columns, str(known.chosen_by), str(known.confirmed_by)], sort_keys=True)
        try:
            lines = await asyncio.to_thread(bank_csv.lines_of, parsed, columns)
        except Refused:
            return None
    seen_by_two = known is None or known.confirmed_by not in (None, who)
    said_by = {who} | ({known.chosen_by} if known is not None else set())

    def waiting(matching: Matching, near_by: Beside) -> Sequence[BankLine]:
        doubted = bank_lines.come_in(lines, near_by.ours) if columns is not None else frozenset[UUID]()
        return bank_lines.waits_for_another(matching, another_looked=seen_by_two, doubted=doubted)

    found = await sort_out(tx, lines, said_by, waiting, key, lock=lock)
    if columns is None:
        return Shown(found, [], [], None, seen_by_two)
    ours = (await beside(tx, lines)).ours
    doubts, refused = bank_lines.doubts_of_reading(lines, ours, by_minus=columns.by_minus), bank_lines.reasons_not_to_read(lines, ours)
    return Shown(found, doubts, refused, known, seen_by_two)


async def read_as_shown(tx: Transaction, statement_id: UUID, mark: str, vault: Vault, account: tuple[str, str] | None = None) -> dict[str, Any]:
    """PAY-12: who brought it has seen what we read in it, and says that it is right: it is booked. Of a CSV another person than who named its columns
    says so for the next statements too. Of the lines we keep those that a person looks at; the file is not kept. mark: of what they saw."""
    person = person_of(tx)
    await tx.execute(ONE_AT_A_TIME)
    await locked(tx, tables.bank_statements, statement_id)
    shown = await to_check(tx, statement_id, person, vault, account, lock=True)
    refuse(reasons_to_look_again("PAY-12", mark, shown.mark if shown else ""))
    if shown is None:
        raise Missing
    refuse(shown.refused)
    known = shown.known
    if known is not None and known.confirmed_by is None and person != known.chosen_by:
        table = tables.statement_columns
        await tx.execute(update(table).where(table.c.headings == known.headings).values(confirmed_by=person))
        await steps.add(tx, "statement-columns-confirmed", about=statement_id)
    table = tables.bank_statements
    found = shown.found
    await book(tx, found, statement_id)
    await keep_near(tx, statement_id, [read for read in found.reads if read.what == "own" or read.is_near], vault)
    counts = {"paid": found.number("paid"), "returned": found.number("returned"), "others": len(found.lines("other"))}
    values = {"state": "read", "key_id": None, "sealed_file": None, "columns_by": known.chosen_by if known is not None else None, **counts}
    await tx.execute(update(table).where(table.c.id == statement_id).values(**values))
    waits, near = len(found.lines("own")), sum(read.is_near for read in found.reads)
    await steps.add(tx, "bank-statement-read", about=statement_id, paid=counts["paid"], returned=counts["returned"], near=near + waits)
    more = {"near": near + waits, "waits": waits, "went_out": len(found.lines("went-out")), "known": len(found.lines("known")), "again": False}
    return {**counts, **more}


async def _columns_of(tx: Transaction, parsed: Table) -> Row[Any] | None:
    known = tables.statement_columns
    return await tx.first(select(known).where(known.c.headings == parsed.key))


async def forget_columns(tx: Transaction) -> None:
    """The bank's columns, or what we thought of them, have changed: they are asked for anew."""
    person_of(tx)
    await tx.execute(tables.statement_columns.delete())
    await steps.add(tx, "statement-columns-forgotten")


async def not_looked_at(tx: Transaction, who: UUID) -> Sequence[Row[Any]]:
    """The files that this person brought and has not looked at yet, the newest first: the last ten."""
    table = tables.bank_statements
    mine = select(table.c.id, table.c.given_at).where(table.c.state == "to-map", table.c.given_by == who)
    return await tx.all(mine.order_by(table.c.given_at.desc(), table.c.id).limit(10))


# Near


async def to_ask_about(tx: Transaction, entry_id: UUID, payment_id: UUID, vault: Vault) -> tuple[Row[Any], Row[Any]] | None:
    """A line and the payment that somebody chooses for it, where they must read first what that means; None where they need not."""
    entry = await tx.one(select(owing_tables.bank_entries).where(owing_tables.bank_entries.c.id == entry_id, owing_tables.bank_entries.c.state == "near"))
    payment = await tx.one(transfers().where(owing_tables.payments.c.id == payment_id))
    reasons = bank_lines.reasons_to_ask_first(line_of(entry, vault), of_ours(payment), asked=False)
    return (entry, payment) if reasons else None


async def near(tx: Transaction, most: int, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of the lines that a person decides about, and who brought each; and where the next page begins."""
    entries, statements = owing_tables.bank_entries, tables.bank_statements
    found = select(entries, statements.c.given_by).join(statements, statements.c.id == entries.c.statement_id)
    return await page_of(tx, found.where(entries.c.state == "near", entries.c.because != "own"), entries.c.day, entries.c.id, after=after, most=most)


async def choices_for(tx: Transaction, lines: Sequence[BankLine]) -> list[list[tuple[OfOurs, UUID]]]:
    """The payments that each of these lines can be, and whom they pay: one query, and of what was paid long ago only what a line names."""
    payments, runs = owing_tables.payments, owing_tables.payment_runs
    sums = sorted({abs(line.pence) for line in lines if abs(line.pence) < 2**31})
    named = sorted({reference for line in lines for reference in bank_lines.references_in(line.text)})
    first = min((line.day for line in lines), default=tx.today)
    recent = runs.c.sent_at >= london_datetime(first - timedelta(bank_lines.DAYS_TO_COME_BACK + 1), 0)
    same_sum = payments.c.amount_pence == any_(cast(sums, ARRAY(payments.c.amount_pence.type)))
    may_be = (
        (payments.c.state == "sent")
        | owing.is_perhaps_gone()
        | ((payments.c.state == "paid") & recent)
        | (payments.c.end_to_end_id == any_(cast(named, ARRAY(Text))))
    )
    rows = {
        row.id: row
        for row in await tx.all(
            transfers().where(same_sum, payments.c.state.in_(["sent", "paid", *bank_lines.FAILED]) | payments.c.in_file.is_not(None), may_be)
        )
    }
    ours = [of_ours(row) for row in rows.values()]
    return [[(payment, rows[payment.id].participant_id) for payment in bank_lines.candidates(line, ours)] for line in lines]


async def _about(tx: Transaction, lines: Sequence[BankLine]) -> list[set[UUID]]:
    """Of each of these lines the payments that it names, by itself or with their file, or that it can be by its sum."""
    ours = (await beside(tx, lines)).ours
    return [{payment.id for payment in ours if bank_lines.is_about(line, payment)} for line in lines]


@dataclass(frozen=True, slots=True)
class MayDecide:
    """How one person stands to a line. dismiss: they may say that it is none of our payments. not_theirs: the payments of which they may say nothing.
    another: who brought it is not who says that it is this: "came-back", "twice" (paid twice) or ""."""

    dismiss: bool
    not_theirs: frozenset[UUID]
    another: str


async def may_decide(tx: Transaction, entries: Sequence[Row[Any]], lines: Sequence[BankLine], who: UUID) -> list[MayDecide]:
    """PAY-10, PAY-12: of each of near()."""
    about = await _about(tx, lines)
    rows = await tx.all(with_their_runs(ids_in(owing_tables.payments.c.id, list(set().union(*about))))) if lines else []
    facts = {row.id: facts_of(row) for row in rows}
    lost = await paid_all_the_same.paid_again(tx, rows)
    found = []
    for entry, line, each in zip(entries, lines, about, strict=True):
        twice = set(lost) & each if line.pence < 0 else set[UUID]()
        why_not = {of: endings.reasons_not_to_say(facts[of], who) for of in each - twice}
        why_not |= {of: releasing.reasons_to_leave_a_loss_to_another(facts[of], entry.given_by, who) for of in twice}
        came_back = bank_lines.reasons_to_leave_to_another(line, entry.given_by, who)
        another = "came-back" if came_back else "twice" if twice and entry.given_by == who else ""
        dismiss = not endings.reasons_not_to_dismiss([facts[of] for of in each], who)
        not_theirs = frozenset(of for of in each if came_back or why_not[of])
        found.append(MayDecide(dismiss, not_theirs, another))
    return found


async def choose(tx: Transaction, entry_id: UUID, payment_id: UUID | None, vault: Vault, *, asked: bool = True) -> str:
    """PAY-12: a person says which payment a line is, or (None) that it is none of ours: it is by hand, so by a second person.

    asked: they have read what it means that money came back of which nobody has seen that it went out.
    """
    who = person_of(tx)
    entry = await locked(tx, owing_tables.bank_entries, entry_id)
    if entry.state != "near":
        refuse(bank_lines.DECIDED_BEFORE)
    entries = owing_tables.bank_entries
    if payment_id is None:
        [about] = await _about(tx, [line_of(entry, vault)])
        rows = await locked_payments(tx, ids_in(owing_tables.payments.c.id, list(about)))
        refuse(endings.reasons_not_to_dismiss([facts_of(row) for row in rows], who))
        await tx.execute(update(entries).where(entries.c.id == entry_id).values(state="not-ours", decided_by=who))
        await steps.add(tx, "bank-line-not-ours", about=entry_id)
        await end_telling(tx, entry)
        return "not-ours"
    rows = await locked_payments(tx, (owing_tables.payments.c.id == payment_id) & (owing_tables.payments.c.method == leaving.TRANSFER))
    if not rows:
        raise Missing
    payment, line = rows[0], line_of(entry, vault)
    ours = of_ours(payment)
    given_by = await tx.scalar(select(tables.bank_statements.c.given_by).where(tables.bank_statements.c.id == entry.statement_id))
    refuse(bank_lines.reasons_not_to_choose(line, ours) or bank_lines.reasons_to_leave_to_another(line, given_by, who))
    refuse(bank_lines.reasons_to_ask_first(line, ours, asked=asked))
    if line.pence < 0 and ours.state in bank_lines.COUNTS_AS_NOT_PAID:
        state = await _went_out_after_all(tx, payment, entry, given_by)
    else:
        how = "paid" if line.pence < 0 else ("came-back" if payment.state == "paid" else "not-paid")
        refuse(endings.reasons_not_to_end_by_hand(facts_of(payment), how, who))
        ended = ended_by(payment, line, "paid" if line.pence < 0 else "back")
        await end_payments(tx, [ended], "statement", entry.statement_id, chosen=True)
        state = ended.state
    await tx.execute(update(entries).where(entries.c.id == entry_id).values(state="chosen", payment_id=payment.id, decided_by=who))
    await steps.add(tx, "bank-line-chosen", about=payment.claim_id, payment_id=payment.id, entry_id=entry_id)
    await end_telling(tx, entry)
    return state


async def _went_out_after_all(tx: Transaction, payment: Row[Any], entry: Row[Any], given_by: UUID) -> str:
    """PAY-12: it is paid all the same; if it was paid again since, both are true, and it is written down that it was paid twice."""
    facts, who = facts_of(payment), person_of(tx)
    again = await paid_all_the_same.paid_again(tx, [payment])
    refuse(releasing.reasons_to_leave_a_loss_to_another(facts, given_by, who) if again else endings.reasons_not_to_say(facts, who))
    if again.get(payment.id):
        await paid_all_the_same.note_paid_twice(tx, payment)
        return "paid-twice"
    await end_payments(tx, [Ended(payment, "paid")], "statement", entry.statement_id, chosen=True)
    return "paid"
