"""The account's own statement ends payments (PAY-12): what is certain at once, what came near when a person has chosen."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, any_, cast, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from services.payments import tables
from services.payments.domain import answers, bank_lines, releasing
from services.payments.domain.bank_lines import BankLine, Matching, OfOurs
from services.payments.domain.releasing import TRANSFER, ByHand
from services.payments.gateways import bank_csv, bank_xml
from services.payments.gateways.bank_csv import Columns, Table
from services.payments.gateways.vault import Sealed, Vault
from services.payments.use_cases import records
from services.payments.use_cases.claims import refuse
from services.payments.use_cases.endings import Ended, end_payments, locked_payments
from services.payments.use_cases.runs import ids_in, person_of
from shared.clock import london_date, london_datetime
from shared.db import Transaction, new_id
from shared.messaging import steps
from shared.reasons import Missing, Reason, Refused

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1213)")
MOST_BYTES = bank_xml.MOST_ANSWER_BYTES


async def take_statement(tx: Transaction, data: bytes, vault: Vault) -> dict[str, Any]:
    """PAY-12: camt.053, or a CSV whose columns we know. Returns what it did, or {"map": its id} if somebody must first say what its columns mean.

    The same file again changes nothing. Of its lines we keep those that came near a payment of ours; the rest is not our business.
    """
    taker = person_of(tx)
    await tx.execute(_ONE_AT_A_TIME)
    digest = hashlib.sha256(data).hexdigest()
    table = tables.bank_statements
    before = await tx.first(select(table).where(table.c.sha256 == digest))
    if before is not None and before.state == "read":
        return {"paid": before.paid, "returned": before.returned, "others": before.others, "near": 0, "again": True}
    if before is not None:
        return {"map": str(before.id)}
    statement_id = new_id()
    row = {"id": statement_id, "sha256": digest, "given_by": taker, "given_at": tx.now}
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = await asyncio.to_thread(bank_xml.read_statement, data)
        await tx.execute(insert(table).values(**row, kind="camt.053", state="read"))
        return await _read(tx, statement_id, lines, vault)
    parsed = await asyncio.to_thread(bank_csv.read_table, data)
    columns = await _columns_of(tx, parsed)
    if columns is None:
        sealed = vault.seal(data, statement_id)
        await tx.execute(insert(table).values(**row, kind="csv", state="to-map", key_id=sealed.key_id, sealed_file=sealed.content))
        await steps.add(tx, "bank-statement-given", about=statement_id)
        return {"map": str(statement_id)}
    lines = await asyncio.to_thread(bank_csv.lines_of, parsed, columns)
    await tx.execute(insert(table).values(**row, kind="csv", state="read"))
    return await _read(tx, statement_id, lines, vault)


async def to_map(tx: Transaction, statement_id: UUID, vault: Vault) -> Table:
    """A CSV whose columns nobody has named yet. Raises Missing."""
    table = tables.bank_statements
    row = await tx.one(select(table).where(table.c.id == statement_id, table.c.state == "to-map"))
    return bank_csv.read_table(vault.open(Sealed(row.key_id, row.sealed_file), row.id))


async def name_columns(tx: Transaction, statement_id: UUID, columns: Columns, vault: Vault) -> dict[str, Any]:
    """PAY-12: what the columns mean is remembered by their headings, and the statement is read. The file itself is not kept."""
    person = person_of(tx)
    await tx.execute(_ONE_AT_A_TIME)
    row = await records.locked(tx, tables.bank_statements, statement_id)
    if row.state != "to-map":
        raise Missing
    parsed = bank_csv.read_table(vault.open(Sealed(row.key_id, row.sealed_file), row.id))
    lines = await asyncio.to_thread(bank_csv.lines_of, parsed, columns)
    values = {"columns": asdict(columns), "chosen_by": person, "chosen_at": tx.now}
    known = tables.statement_columns
    await tx.execute(upsert(known).values(headings=parsed.key, **values).on_conflict_do_update(index_elements=[known.c.headings], set_=values))
    table = tables.bank_statements
    await tx.execute(update(table).where(table.c.id == statement_id).values(state="read", key_id=None, sealed_file=None))
    await steps.add(tx, "statement-columns-named", about=statement_id)
    return await _read(tx, statement_id, lines, vault)


async def _columns_of(tx: Transaction, parsed: Table) -> Columns | None:
    known = tables.statement_columns
    found = await tx.scalar(select(known.c.columns).where(known.c.headings == parsed.key))
    return Columns(**found) if found else None


async def forget_columns(tx: Transaction) -> None:
    """The bank's columns, or what we thought of them, have changed: they are asked for anew."""
    person_of(tx)
    await tx.execute(tables.statement_columns.delete())
    await steps.add(tx, "statement-columns-forgotten")


# Reading


async def _read(tx: Transaction, statement_id: UUID, lines: Sequence[BankLine], vault: Vault) -> dict[str, Any]:
    matching = await asyncio.to_thread(bank_lines.match, lines, await _ours_beside(tx, lines))
    await _end(tx, [(line, payment, "paid") for line, payment in matching.paid])
    await _end(tx, [(line, payment, "back") for line, payment in matching.returned])
    await _keep_near(tx, statement_id, matching, vault)
    counts = {"paid": len(matching.paid), "returned": len(matching.returned), "others": matching.others}
    table = tables.bank_statements
    await tx.execute(update(table).where(table.c.id == statement_id).values(**counts))
    await steps.add(tx, "bank-statement-read", about=statement_id, paid=counts["paid"], returned=counts["returned"], near=len(matching.near))
    return {**counts, "near": len(matching.near), "again": False}


async def _ours_beside(tx: Transaction, lines: Sequence[BankLine]) -> list[OfOurs]:
    """The transfers that these lines can be about: those that they name, those of the same sum that may still move, whole files that they name."""
    payments, runs = tables.payments, tables.payment_runs
    references = sorted({reference for line in lines for reference in bank_lines.references_in(line.text)})
    messages = sorted({message for line in lines for message in bank_lines.messages_in(line.text)})
    sums = sorted({abs(line.pence) for line in lines if abs(line.pence) < 2**31})
    first = min((line.day for line in lines), default=tx.today)
    same_sum = payments.c.amount_pence == any_(cast(sums, ARRAY(payments.c.amount_pence.type)))
    recent = runs.c.sent_at >= london_datetime(first - timedelta(bank_lines.DAYS_TO_COME_BACK + 1), 0)
    which = or_(
        payments.c.end_to_end_id == any_(cast(references, ARRAY(Text))),
        runs.c.message_id == any_(cast(messages, ARRAY(Text))),
        same_sum & (payments.c.state == "sent"),
        same_sum & (payments.c.state == "paid") & recent,
    )
    return [_of_ours(row) for row in await tx.all(_transfers().where(which))]


def _transfers() -> Any:
    payments, runs = tables.payments, tables.payment_runs
    return (
        select(payments.c.id, payments.c.end_to_end_id, payments.c.amount_pence, payments.c.state, payments.c.participant_id, runs.c.message_id, runs.c.sent_at)
        .join(runs, runs.c.id == payments.c.run_id)
        .where(payments.c.method == TRANSFER, payments.c.state.not_in(["made", "cancelled"]))
    )


def _of_ours(row: Row[Any]) -> OfOurs:
    return OfOurs(row.id, row.end_to_end_id, row.message_id, row.amount_pence, row.state, london_date(row.sent_at) if row.sent_at else None)


async def _end(tx: Transaction, found: Sequence[tuple[BankLine, OfOurs, str]]) -> None:
    rows = {row.id: row for row in await locked_payments(tx, ids_in(tables.payments.c.id, [payment.id for _, payment, _ in found]))} if found else {}
    await end_payments(tx, [_ended(rows[payment.id], line, what) for line, payment, what in found], "statement")


def _ended(payment: Row[Any], line: BankLine, what: str) -> Ended:
    if what == "paid":
        return Ended(payment, "paid")
    asks_payee = line.code in answers.PAYEE_REASONS
    state = "returned" if payment.state == "paid" else "rejected"
    return Ended(payment, state, line.code if asks_payee else "came-back", asks_payee=asks_payee)


# Near


async def _keep_near(tx: Transaction, statement_id: UUID, matching: Matching, vault: Vault) -> None:
    """The words of a line are sealed: they may name anybody."""
    rows = []
    for line, because in matching.near:
        entry_id = new_id()
        sealed = vault.seal(json.dumps(line.text[:500]).encode(), entry_id)
        values = {"id": entry_id, "statement_id": statement_id, "day": line.day, "pence": line.pence, "state": "near", "because": because}
        rows.append({**values, "code": line.code[:35], "key_id": sealed.key_id, "sealed": sealed.content})
    if rows:
        await tx.execute(insert(tables.bank_entries), rows)


def line_of(entry: Row[Any], vault: Vault) -> BankLine:
    return BankLine(entry.day, entry.pence, json.loads(vault.open(Sealed(entry.key_id, entry.sealed), entry.id)), entry.code)


async def how_many_near(tx: Transaction) -> int:
    return await tx.scalar(select(func.count()).select_from(tables.bank_entries).where(tables.bank_entries.c.state == "near"))


async def near(tx: Transaction, most: int) -> Sequence[Row[Any]]:
    entries = tables.bank_entries
    return await tx.all(select(entries).where(entries.c.state == "near").order_by(entries.c.day, entries.c.id).limit(most))


async def choices_for(tx: Transaction, line: BankLine) -> list[tuple[OfOurs, UUID]]:
    """The payments that this line can be, and whom they pay."""
    payments = tables.payments
    same_sum = (payments.c.amount_pence == abs(line.pence)) & payments.c.state.in_(["sent", "paid"])
    rows = {row.id: row for row in await tx.all(_transfers().where(same_sum))}
    found = bank_lines.candidates(line, [_of_ours(row) for row in rows.values()])
    return [(payment, rows[payment.id].participant_id) for payment in found]


async def choose(tx: Transaction, entry_id: UUID, payment_id: UUID | None, vault: Vault) -> str:
    """PAY-12: a person says which payment a line is, or (None) that it is none of ours: it is by hand, so by a second person."""
    who = person_of(tx)
    entry = await records.locked(tx, tables.bank_entries, entry_id)
    if entry.state != "near":
        raise Refused([Reason("PAY-12", "Somebody has decided about this line before. Nothing was changed.")])
    entries = tables.bank_entries
    if payment_id is None:
        await tx.execute(update(entries).where(entries.c.id == entry_id).values(state="not-ours", decided_by=who))
        await steps.add(tx, "bank-line-not-ours", about=entry_id)
        return "not-ours"
    rows = await locked_payments(tx, (tables.payments.c.id == payment_id) & (tables.payments.c.method == TRANSFER))
    if not rows:
        raise Missing
    payment, line = rows[0], line_of(entry, vault)
    ours = OfOurs(payment.id, payment.end_to_end_id, "", payment.amount_pence, payment.state, london_date(payment.sent_at))
    refuse(bank_lines.reasons_not_to_choose(line, ours))
    how = "paid" if line.pence < 0 else ("came-back" if payment.state == "paid" else "not-paid")
    facts = ByHand(payment.method, payment.state, payment.made_by, payment.sent_by, payment.participant_id)
    refuse(releasing.reasons_not_to_end_by_hand(facts, how, who))
    ended = _ended(payment, line, "paid" if line.pence < 0 else "back")
    await end_payments(tx, [ended], "statement")
    await tx.execute(update(entries).where(entries.c.id == entry_id).values(state="chosen", payment_id=payment.id, decided_by=who))
    await steps.add(tx, "bank-line-chosen", about=payment.claim_id, payment_id=payment.id, entry_id=entry_id)
    return ended.state
