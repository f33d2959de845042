"""Our account's statement ends payments (PAY-12): certain lines at once, lines that came near once a person has
chosen."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.payments.bank_details.gateways.vault import Sealed, Vault
from services.payments.bank_statements import tables
from services.payments.bank_statements.domain import reading
from services.payments.bank_statements.domain.bank_lines import BankLine, names_any
from services.payments.bank_statements.domain.matching import Matching
from services.payments.bank_statements.gateways import bank_csv, camt
from services.payments.bank_statements.gateways.bank_csv import Columns, Table
from services.payments.bank_statements.use_cases import unnamed
from services.payments.bank_statements.use_cases.our_transfers import Beside, beside
from services.payments.bank_statements.use_cases.statement_lines import (
    Sorted,
    book,
    keep_debits,
    keep_near,
    sort_out,
)
from services.payments.owing import tables as owing_tables
from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases.runs import person_of
from services.payments.rows import locked
from shared.db import Transaction, new_id
from shared.messaging import steps
from shared.reasons import Missing, Reason, Refused, reasons_to_look_again, refuse

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1213)")
MOST_BYTES = bank_xml.MOST_ANSWER_BYTES


async def take_statement(
    tx: Transaction, data: bytes, vault: Vault, account: tuple[str, str] | None = None, name: str = ""
) -> dict[str, Any]:
    """PAY-12: takes a camt.053 or a CSV; books nothing yet. account: our sort code and number. name: the file's.

    Returns {"map": id} if somebody must first name its columns, {"check": id} if they now look at what we read in
    it, or, for one that was read before, {"again": True, "waits": how many of its lines wait for a second person}.
    """
    taker = person_of(tx)
    await tx.execute(ONE_AT_A_TIME)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
    table = tables.bank_statements
    before = await tx.first(select(table).where(table.c.sha256 == digest))
    if before is not None and before.state == "read":
        entries = owing_tables.bank_entries
        waits = select(func.count()).where(
            entries.c.statement_id == before.id, entries.c.state == "near", entries.c.because == "own"
        )
        return {"again": True, "waits": await tx.scalar(waits)}
    kind = "camt.053" if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else "csv"
    known, lines = None, list[BankLine]()
    if kind == "csv":
        parsed = await asyncio.to_thread(bank_csv.read_table, data)
        if (known := await _columns_of(tx, parsed)) is not None:
            with contextlib.suppress(Refused):  # what was said of its columns does not fit: they are asked again
                lines = [*await _lines_of_table(tx, parsed, Columns(**known.columns))]
    else:
        lines = [*await _lines_of_xml(tx, data, account)]
    brought = {"given_by": taker, "given_at": tx.now, "holds": asdict(reading.what_it_holds(name, lines))}
    if before is not None:  # who brings it last answers for it, and names its columns
        await tx.execute(update(table).where(table.c.id == before.id).values(**brought))
        return {"check" if known or kind == "camt.053" else "map": str(before.id)}
    statement_id = new_id()
    sealed = await asyncio.to_thread(vault.seal, data, statement_id)
    row = {"id": statement_id, "sha256": digest, "kind": kind, "state": "to-map", **brought}
    await tx.execute(insert(table).values(**row, key_id=sealed.key_id, sealed_file=sealed.content))
    await steps.add(tx, "bank-statement-given", about=statement_id)
    return {"check" if known or kind == "camt.053" else "map": str(statement_id)}


async def _lines_of_xml(tx: Transaction, data: bytes, account: tuple[str, str] | None) -> Sequence[BankLine]:
    lines = await asyncio.to_thread(camt.read_statement, data, account)
    refuse(reading.reasons_not_to_take_days(lines, tx.today))
    return lines


async def _lines_of_table(tx: Transaction, parsed: Table, columns: Columns) -> Sequence[BankLine]:
    lines = await asyncio.to_thread(bank_csv.lines_of, parsed, columns)
    refuse(reading.reasons_not_to_take_days(lines, tx.today))
    return lines


async def to_map(tx: Transaction, statement_id: UUID, who: UUID, vault: Vault) -> Table:
    """A CSV that is not read yet, shown only to who brought it: most of it is nobody else's business. Raises
    Missing, or Refused."""
    row = await not_read(tx, statement_id, who)
    if row.kind != "csv":
        raise Missing
    data = await asyncio.to_thread(vault.open, Sealed(row.key_id, row.sealed_file), row.id)
    return await asyncio.to_thread(bank_csv.read_table, data)


async def not_read(tx: Transaction, statement_id: UUID, who: UUID) -> Row[Any]:
    table = tables.bank_statements
    row = await tx.one(select(table).where(table.c.id == statement_id, table.c.state == "to-map"))
    refuse(reading.reasons_not_to_name_columns(row.given_by, who))
    return row


async def name_columns(tx: Transaction, statement_id: UUID, columns: Columns, vault: Vault) -> None:
    """PAY-12: remembers what the columns mean by their headings. Who named them then looks at what they give
    (read_as_shown)."""
    person = person_of(tx)
    await tx.execute(ONE_AT_A_TIME)
    parsed = await to_map(tx, statement_id, person, vault)
    await _lines_of_table(tx, parsed, columns)
    before = await _columns_of(tx, parsed)
    if before is not None and Columns(**before.columns) == columns:
        return
    values = {"columns": asdict(columns), "chosen_by": person, "chosen_at": tx.now, "confirmed_by": None}
    known = tables.statement_columns
    await tx.execute(
        upsert(known)
        .values(headings=parsed.key, **values)
        .on_conflict_do_update(index_elements=[known.c.headings], set_=values)
    )
    await steps.add(tx, "statement-columns-named", about=statement_id)


@dataclass(frozen=True, slots=True)
class Shown:
    """What was read in a statement. found: each line, and what it comes to. doubts: signs, in words, that it is the
    wrong way round; refused: why it is not read so. known: what its columns mean, None for a camt.053. seen_by_two:
    somebody other than the viewer has confirmed the columns."""

    found: Sorted
    doubts: Sequence[str]
    refused: list[Reason]
    known: Row[Any] | None
    seen_by_two: bool
    named_by_another: bool = False
    """Somebody other than the viewer said what the columns mean."""

    @property
    def mark(self) -> str:
        return self.found.mark


async def to_check(
    tx: Transaction,
    statement_id: UUID,
    who: UUID,
    vault: Vault,
    account: tuple[str, str] | None = None,
    *,
    lock: bool = False,
) -> Shown | None:
    """PAY-12: what the person who brought it sees before anything is booked; None if nobody has named the columns,
    or what was said of them does not fit this file. lock: also lock the payments that it will end."""
    row = await not_read(tx, statement_id, who)
    data = await asyncio.to_thread(vault.open, Sealed(row.key_id, row.sealed_file), row.id)
    known, columns, key = None, None, "camt.053"
    if row.kind == "camt.053":
        lines: Sequence[BankLine] = await _lines_of_xml(tx, data, account)
    else:
        parsed = await asyncio.to_thread(bank_csv.read_table, data)
        known = await _columns_of(tx, parsed)
        if known is None:
            return None
        columns, key = (
            Columns(**known.columns),
            json.dumps([known.columns, str(known.chosen_by), str(known.confirmed_by)], sort_keys=True),
        )
        try:
            lines = await _lines_of_table(tx, parsed, columns)
        except Refused:
            return None
    seen_by_two = known is None or known.confirmed_by not in (None, who)
    said_by = {who} | ({known.chosen_by} if known is not None else set())

    def waiting(matching: Matching, near_by: Beside) -> Sequence[BankLine]:
        doubted = reading.come_in(lines, near_by.ours) if columns is not None else frozenset[UUID]()
        return reading.waits_for_another(matching, another_looked=seen_by_two, doubted=doubted)

    seen = await unnamed.seen_before(tx, lines, vault)
    others = await unnamed.others_of(tx, [line for line in lines if not names_any(line)], vault)
    found = await sort_out(tx, lines, said_by, waiting, key, lock=lock, seen=seen, others=others)
    if columns is None:
        return Shown(found, [], [], None, seen_by_two)
    ours = (await beside(tx, lines)).ours
    doubts = await asyncio.to_thread(reading.doubts_of_reading, lines, ours, by_minus=columns.by_minus)
    refused = await asyncio.to_thread(reading.reasons_not_to_read, lines, ours)
    return Shown(found, doubts, refused, known, seen_by_two, known is not None and known.chosen_by != who)


async def read_as_shown(
    tx: Transaction, statement_id: UUID, mark: str, vault: Vault, account: tuple[str, str] | None = None
) -> dict[str, Any]:
    """PAY-12: the person who brought it has seen what we read and says that it is right, so it is booked. If
    somebody else named the CSV's columns, this confirms them for later statements too. Keeps only the lines that
    somebody still has to look at, not the file. mark: of what they saw."""
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
    await keep_debits(tx, statement_id, found.reads, vault)
    counts = {"paid": found.number("paid"), "returned": found.number("returned"), "others": len(found.lines("other"))}
    values = {
        "state": "read",
        "key_id": None,
        "sealed_file": None,
        "holds": None,
        "columns_by": known.chosen_by if known is not None else None,
        **counts,
    }
    await tx.execute(update(table).where(table.c.id == statement_id).values(**values))
    waits, near = len(found.lines("own")), sum(read.is_near for read in found.reads)
    await steps.add(
        tx,
        "bank-statement-read",
        about=statement_id,
        paid=counts["paid"],
        returned=counts["returned"],
        near=near + waits,
    )
    more = {
        "near": near + waits,
        "waits": waits,
        "went_out": len(found.lines("went-out")),
        "known": len(found.lines("known")),
        "loss_back": len(found.lines("loss-back")),
        "stay_paid": found.stay_paid,
        "seen": len(found.lines("seen")),
        "again": False,
    }
    return {**counts, **more}


async def _columns_of(tx: Transaction, parsed: Table) -> Row[Any] | None:
    known = tables.statement_columns
    return await tx.first(select(known).where(known.c.headings == parsed.key))


async def forget_columns(tx: Transaction) -> None:
    """Asks for the columns again, because the bank changed them or we had them wrong."""
    person_of(tx)
    await tx.execute(tables.statement_columns.delete())
    await steps.add(tx, "statement-columns-forgotten")


async def not_looked_at(tx: Transaction, who: UUID) -> list[tuple[Row[Any], reading.Holds]]:
    """The last ten files that this person brought and has not looked at yet, newest first, and what each holds."""
    table = tables.bank_statements
    mine = select(table.c.id, table.c.given_at, table.c.holds).where(table.c.state == "to-map", table.c.given_by == who)
    rows = await tx.all(mine.order_by(table.c.given_at.desc(), table.c.id).limit(10))
    return [(row, reading.Holds(**(row.holds or {}))) for row in rows]
