"""Lines that name no payment of ours (PAY-12): whether an earlier statement showed them, and whom their words cannot
mean."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, or_, select, text

from services.payments.bank_details.gateways.vault import Sealed, Vault
from services.payments.bank_statements.domain import bank_lines
from services.payments.bank_statements.domain.bank_lines import BankLine
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import DAYS_AFTER, DAYS_BEFORE, TRANSFER
from shared.clock import london_datetime
from shared.db import Transaction, one_of


def line_of(entry: Row[Any], vault: Vault) -> BankLine:
    """entry: a row of bank_entries."""
    kept = json.loads(vault.open(Sealed(entry.key_id, entry.sealed), entry.id))
    kept = {"text": kept} if isinstance(kept, str) else kept  # a program before this one kept only the text
    more: dict[str, Any] = {name: kept.get(name, "") for name in ("said", "reference", "currency")}
    return BankLine(entry.day, entry.pence, kept["text"], entry.code, **more)


@dataclass(frozen=True, slots=True)
class Before:
    """What lines kept from earlier statements make of one that names nothing. "seen": it is one of them. "same-sum":
    it is one more of the sum of one that paid something of ours on about that day, so that this may have gone twice."""

    what: Literal["seen", "same-sum"]


async def seen_before(tx: Transaction, lines: Sequence[BankLine], vault: Vault) -> dict[int, Before]:
    """PAY-12: for lines (by id()) that name nothing. Each kept line stands for one line at most, so that a second
    booking with the same words is asked about."""
    entries = owing_tables.bank_entries
    if not lines:
        return {}
    sums = {line.pence for line in lines if abs(line.pence) < 2**31}
    days = [line.day for line in lines]
    apart = timedelta(bank_lines.DAYS_APART)
    near = entries.c.day.between(min(days) - apart, max(days) + apart)
    of_such = text("bank_entries.because IN ('same-sum', 'came-back')")
    mine = one_of(entries.c.pence, sorted(sums))
    rows = await tx.all(select(entries).where(of_such, mine, near).order_by(entries.c.id))
    return await asyncio.to_thread(_seen, lines, rows, vault)


def _seen(lines: Sequence[BankLine], rows: Sequence[Row[Any]], vault: Vault) -> dict[int, Before]:
    kept: dict[int, list[BankLine]] = {}
    paid: list[BankLine] = []
    for row in rows:
        kept.setdefault(row.pence, []).append(before := line_of(row, vault))
        if row.state == "chosen" and row.pence < 0:
            paid.append(before)
    found: dict[int, Before] = {}
    for line in lines:
        others = kept.get(line.pence, [])
        same = next((other for other in others if bank_lines.is_same_booking(line, other)), None)
        if same is not None:
            others.remove(same)
            found[id(line)] = Before("seen")
        elif any(bank_lines.may_be_again(line, before) for before in paid):
            found[id(line)] = Before("same-sum")
    return found


async def others_of(tx: Transaction, lines: Sequence[BankLine], vault: Vault) -> dict[int, set[UUID]]:
    """PAY-12: for each line (by id()), payees of its sum whom its words cannot mean. The names come from the
    accounts, as the bank has them, and are shown to nobody."""
    out = [line for line in lines if line.pence < 0]
    if not out:
        return {}
    payments, details, runs = owing_tables.payments, owing_tables.bank_details, owing_tables.payment_runs
    days = [line.day for line in out]
    since = london_datetime(min(days) - timedelta(DAYS_AFTER + 1), 0)
    until = london_datetime(max(days) + timedelta(DAYS_BEFORE + 1), 0)
    sums = sorted({-line.pence for line in out if abs(line.pence) < 2**31})
    left = or_(*(moment.between(since, until) for moment in (payments.c.file_fetched_at, runs.c.sent_at)))
    mine = one_of(payments.c.amount_pence, sums)
    held = (
        select(payments.c.amount_pence, payments.c.participant_id, details.c.id, details.c.key_id, details.c.sealed)
        .join(details, details.c.id == payments.c.bank_detail_id)
        .join(runs, runs.c.id == payments.c.run_id)
        .where(payments.c.method == TRANSFER, mine, left)
        .distinct()
    )
    return await asyncio.to_thread(_others, out, await tx.all(held), vault)


def _others(lines: Sequence[BankLine], rows: Sequence[Row[Any]], vault: Vault) -> dict[int, set[UUID]]:
    names: dict[UUID, str] = {}
    for row in rows:
        with contextlib.suppress(KeyError):  # its key is gone, so any words may mean them
            names[row.id] = vault.open_details(Sealed(row.key_id, row.sealed), row.id).name
    by_sum: dict[int, list[Row[Any]]] = {}
    for row in rows:
        by_sum.setdefault(row.amount_pence, []).append(row)
    found: dict[int, set[UUID]] = {}
    for line in lines:
        theirs = by_sum.get(-line.pence, [])
        meant = {row.participant_id for row in theirs if bank_lines.may_mean(line.text, names.get(row.id, ""))}
        found[id(line)] = {row.participant_id for row in theirs} - meant
    return found
