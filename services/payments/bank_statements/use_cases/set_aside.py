"""Lines of statements that wait for a second person (PAY-12), who sees each of them and confirms exactly these."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text

from services.payments.bank_details.gateways.vault import Vault
from services.payments.bank_statements import tables
from services.payments.bank_statements.domain import reading
from services.payments.bank_statements.use_cases import bookings
from services.payments.bank_statements.use_cases.bank_statements import ONE_AT_A_TIME
from services.payments.bank_statements.use_cases.statement_lines import (
    Read,
    Sorted,
    book,
    sort_out,
)
from services.payments.bank_statements.use_cases.unnamed import line_of
from services.payments.owing import tables as owing_tables
from services.payments.paying.domain.endings import ByHand
from services.payments.paying.use_cases.facts import facts_of, with_their_runs
from services.payments.paying.use_cases.runs import person_of
from shared.db import Transaction, one_of
from shared.messaging import steps
from shared.reasons import reasons_to_look_again, refuse

_LOOK_AT = text(
    "UPDATE bank_entries SET because = seen.because FROM unnest(CAST(:ids AS uuid[]), CAST(:because AS text[])) AS "
    "seen (id, because)"
    " WHERE bank_entries.id = seen.id"
)


@dataclass(frozen=True, slots=True)
class SetAside:
    """What waits, as one person may act on it. theirs: the lines that they confirm, each with what it comes to now.
    stay: how many wait for somebody else. mark: changes when the lines, or what they come to, change."""

    theirs: Sequence[tuple[Row[Any], Read]]
    stay: int
    found: Sorted

    @property
    def mark(self) -> str:
        return self.found.mark


async def how_many(tx: Transaction) -> int:
    entries = owing_tables.bank_entries
    return await tx.scalar(
        select(func.count()).select_from(entries).where(entries.c.state == "near", entries.c.because == "own")
    )


async def look_at(tx: Transaction, who: UUID, vault: Vault, *, lock: bool = False) -> SetAside:
    """PAY-12: all that waits, oldest first. Somebody else decides about payments that this person made, sent or
    receives, and about returns on a statement that they brought. lock: lock the lines and payments for a decision."""
    entries, statements = owing_tables.bank_entries, tables.bank_statements
    waiting = (
        select(entries, statements.c.given_by)
        .join(statements, statements.c.id == entries.c.statement_id)
        .where(entries.c.state == "near", entries.c.because == "own")
        .order_by(entries.c.day, entries.c.id)
    )
    rows = await tx.all(waiting.with_for_update(of=entries) if lock else waiting)
    lines = [line_of(row, vault) for row in rows]
    facts = await _named_by(tx, [row.id for row in rows if row.given_by == who])
    by_line = {id(line): (row.given_by, facts[row.id]) for row, line in zip(rows, lines, strict=True)}
    found = await sort_out(
        tx,
        lines,
        {who},
        lambda matching, _: [
            line
            for line, _ in matching.returned
            if reading.reasons_to_leave_to_another(line, by_line[id(line)][0], who, by_line[id(line)][1])
        ],
        " ".join(str(row.id) for row in rows),
        lock=lock,
    )
    theirs = [(row, read) for row, read in zip(rows, found.reads, strict=True) if read.what != "own"]
    return SetAside(theirs, len(rows) - len(theirs), found)


async def _named_by(tx: Transaction, entry_ids: Sequence[UUID]) -> dict[UUID, list[ByHand]]:
    """The payments that each of these lines names."""
    table, found = owing_tables.bank_bookings, defaultdict[UUID, list[ByHand]](list)
    if entry_ids:
        named = await tx.all(select(table.c.entry_id, table.c.payment_id).where(one_of(table.c.entry_id, entry_ids)))
        ids = {row.payment_id for row in named}
        facts = {
            row.id: facts_of(row) for row in await tx.all(with_their_runs(one_of(owing_tables.payments.c.id, ids)))
        }
        for row in named:
            found[row.entry_id].append(facts[row.payment_id])
    return found


async def confirm(tx: Transaction, mark: str, vault: Vault) -> dict[str, int]:
    """PAY-12: a second person has seen these lines on the account. mark: of what they were shown. Lines about which
    this person may say nothing stay. Returns how many payments were paid and came back, how many lines stay, and how
    many somebody has to look at again."""
    who = person_of(tx)
    await tx.execute(ONE_AT_A_TIME)
    seen = await look_at(tx, who, vault, lock=True)
    refuse(reasons_to_look_again("PAY-12", mark, seen.mark))
    await book(tx, seen.found)
    again = [(row, read) for row, read in seen.theirs if read.is_near]
    await bookings.dismiss_unnamed(tx, [row.id for row, read in seen.theirs if read.what == "other"])
    await tx.execute(_LOOK_AT, {"ids": [row.id for row, _ in again], "because": [read.what for _, read in again]})
    await bookings.say_again(tx, [row.id for row, _ in again])
    counts = {"paid": seen.found.number("paid"), "returned": seen.found.number("returned")}
    if counts["paid"] or counts["returned"]:
        await steps.add(tx, "bank-lines-confirmed", paid=counts["paid"], returned=counts["returned"])
    return {
        **counts,
        "loss_back": seen.found.number("loss-back"),
        "stay_paid": seen.found.stay_paid,
        "stay": seen.stay,
        "again": len(again),
    }
