"""The account's own statement ends payments (PAY-12): what is certain at once, what came near when a person has chosen."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, any_, cast, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from services.payments import tables
from services.payments.domain import answers, bank_lines, releasing
from services.payments.domain.bank_lines import BankLine, Matching, OfOurs
from services.payments.domain.releasing import TRANSFER
from services.payments.gateways import bank_csv, bank_xml
from services.payments.gateways.bank_csv import Columns, Table
from services.payments.gateways.vault import Sealed, Vault
from services.payments.use_cases import paid_all_the_same, records, taken_out
from services.payments.use_cases.endings import Ended, end_payments, facts_of, locked_payments, with_their_runs
from services.payments.use_cases.runs import ids_in, person_of
from shared.clock import london_date, london_datetime
from shared.db import Transaction, new_id
from shared.messaging import steps
from shared.reasons import Missing, Reason, Refused, refuse

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1213)")
MOST_BYTES = bank_xml.MOST_ANSWER_BYTES


async def take_statement(tx: Transaction, data: bytes, vault: Vault, account: tuple[str, str] | None = None) -> dict[str, Any]:
    """PAY-12: camt.053, or a CSV whose columns we know. account: our sort code and number.

    Returns what it did, or {"map": its id} if somebody must first say what its columns mean, or {"check": its id} if they must first look at what
    is read with what was said of them.
    The same file again changes nothing. Of its lines we keep those that came near a payment of ours; the rest is not our business.
    """
    taker = person_of(tx)
    await tx.execute(_ONE_AT_A_TIME)
    digest = hashlib.sha256(data).hexdigest()
    table = tables.bank_statements
    before = await tx.first(select(table).where(table.c.sha256 == digest))
    if before is not None and before.state == "read":
        done = await confirm_set_aside(tx, vault, before.id)
        return {"paid": done["paid"], "returned": done["returned"], "others": before.others, "near": 0, "again": not done["paid"] and not done["returned"]}
    if before is not None:  # who brings it last stands for it, and names its columns
        await tx.execute(update(table).where(table.c.id == before.id).values(given_by=taker, given_at=tx.now))
        known = await _columns_of(tx, bank_csv.read_table(data))
        return {"check" if known else "map": str(before.id)}
    statement_id = new_id()
    row = {"id": statement_id, "sha256": digest, "given_by": taker, "given_at": tx.now}
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = await asyncio.to_thread(bank_xml.read_statement, data, account)
        await tx.execute(insert(table).values(**row, kind="camt.053", state="read"))
        return await _read(tx, statement_id, lines, vault)
    parsed = await asyncio.to_thread(bank_csv.read_table, data)
    known = await _columns_of(tx, parsed)
    if known is not None and known.confirmed_by is not None:
        columns = Columns(**known.columns)
        lines = await asyncio.to_thread(bank_csv.lines_of, parsed, columns)
        if not bank_lines.doubts_of_reading(lines, await _ours_beside(tx, lines), by_minus=columns.by_minus):
            await tx.execute(insert(table).values(**row, kind="csv", state="read", columns_by=known.chosen_by))
            return await _read(tx, statement_id, lines, vault, known.chosen_by)
    sealed = vault.seal(data, statement_id)
    await tx.execute(insert(table).values(**row, kind="csv", state="to-map", key_id=sealed.key_id, sealed_file=sealed.content))
    await steps.add(tx, "bank-statement-given", about=statement_id)
    return {"check" if known else "map": str(statement_id)}


async def to_map(tx: Transaction, statement_id: UUID, vault: Vault) -> Table:
    """A CSV whose columns nobody has named yet. Raises Missing."""
    table = tables.bank_statements
    row = await tx.one(select(table).where(table.c.id == statement_id, table.c.state == "to-map"))
    return bank_csv.read_table(vault.open(Sealed(row.key_id, row.sealed_file), row.id))


async def name_columns(tx: Transaction, statement_id: UUID, columns: Columns, vault: Vault) -> None:
    """PAY-12: what the columns mean is remembered by their headings; who said so then looks at what is read with it (read_as_shown)."""
    person = person_of(tx)
    await tx.execute(_ONE_AT_A_TIME)
    _, parsed = await _waiting(tx, statement_id, vault)
    await asyncio.to_thread(bank_csv.lines_of, parsed, columns)
    before = await _columns_of(tx, parsed)
    if before is not None and Columns(**before.columns) == columns:
        return
    values = {"columns": asdict(columns), "chosen_by": person, "chosen_at": tx.now, "confirmed_by": None}
    known = tables.statement_columns
    await tx.execute(upsert(known).values(headings=parsed.key, **values).on_conflict_do_update(index_elements=[known.c.headings], set_=values))
    await steps.add(tx, "statement-columns-named", about=statement_id)


async def _waiting(tx: Transaction, statement_id: UUID, vault: Vault) -> tuple[Row[Any], Table]:
    """A CSV that is not read yet, for who brought it. Raises Missing, or Refused for anybody else."""
    row = await records.locked(tx, tables.bank_statements, statement_id)
    if row.state != "to-map":
        raise Missing
    refuse(bank_lines.reasons_not_to_name_columns(row.given_by, person_of(tx)))
    return row, bank_csv.read_table(vault.open(Sealed(row.key_id, row.sealed_file), row.id))


@dataclass(frozen=True, slots=True)
class Shown:
    """How a statement is read with what was said of its columns. mark: of what was said. doubts: why it may be the wrong way round, in words;
    refused: why it is not read so. was_seen: a second person has said that it is right."""

    lines: Sequence[BankLine]
    mark: str
    doubts: Sequence[str]
    refused: Sequence[Reason]
    was_seen: bool


async def to_check(tx: Transaction, statement_id: UUID, vault: Vault) -> Shown | None:
    """PAY-12: what a person sees before it is read; None where nobody has named the columns, or what was said of them does not fit this file."""
    parsed = await to_map(tx, statement_id, vault)
    known = await _columns_of(tx, parsed)
    if known is None:
        return None
    columns = Columns(**known.columns)
    try:
        lines = await asyncio.to_thread(bank_csv.lines_of, parsed, columns)
    except Refused:
        return None
    ours = await _ours_beside(tx, lines)
    doubts = bank_lines.doubts_of_reading(lines, ours, by_minus=columns.by_minus)
    return Shown(lines, _mark(known), doubts, bank_lines.reasons_not_to_read(lines, ours), known.confirmed_by is not None)


async def read_as_shown(tx: Transaction, statement_id: UUID, mark: str, vault: Vault) -> dict[str, Any]:
    """PAY-12: who brought it has seen what is read with the columns as they were named, and says that it is right: it is read. Another person than
    who named them says so for the next statements too. The file itself is not kept. mark: of what they saw."""
    person = person_of(tx)
    await tx.execute(_ONE_AT_A_TIME)
    _, parsed = await _waiting(tx, statement_id, vault)
    known = await _columns_of(tx, parsed)
    refuse(bank_lines.reasons_not_to_read_as_shown(mark, _mark(known) if known else ""))
    if known is None:
        raise Missing
    lines = await asyncio.to_thread(bank_csv.lines_of, parsed, Columns(**known.columns))
    refuse(bank_lines.reasons_not_to_read(lines, await _ours_beside(tx, lines)))
    if known.confirmed_by is None and person != known.chosen_by:
        table = tables.statement_columns
        await tx.execute(update(table).where(table.c.headings == parsed.key).values(confirmed_by=person))
        await steps.add(tx, "statement-columns-confirmed", about=statement_id)
    table = tables.bank_statements
    values = {"state": "read", "key_id": None, "sealed_file": None, "columns_by": known.chosen_by}
    await tx.execute(update(table).where(table.c.id == statement_id).values(**values))
    return await _read(tx, statement_id, lines, vault, known.chosen_by)


def _mark(known: Row[Any]) -> str:
    """The same as long as the columns mean the same, and the same person said so."""
    said = json.dumps([known.columns, str(known.chosen_by)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


async def _columns_of(tx: Transaction, parsed: Table) -> Row[Any] | None:
    known = tables.statement_columns
    return await tx.first(select(known).where(known.c.headings == parsed.key))


async def forget_columns(tx: Transaction) -> None:
    """The bank's columns, or what we thought of them, have changed: they are asked for anew."""
    person_of(tx)
    await tx.execute(tables.statement_columns.delete())
    await steps.add(tx, "statement-columns-forgotten")


# Reading


async def _read(tx: Transaction, statement_id: UUID, lines: Sequence[BankLine], vault: Vault, columns_by: UUID | None = None) -> dict[str, Any]:
    matching = await asyncio.to_thread(bank_lines.match, lines, await _ours_beside(tx, lines))
    set_aside, stuck = await _end(tx, matching, statement_id, columns_by)
    await _keep_near(tx, statement_id, [*matching.near, *((line, "own") for line in set_aside), *((line, "state") for line in stuck)], vault)
    set_aside += stuck
    counts = {"paid": _number(matching.paid, set_aside), "returned": _number(matching.returned, set_aside), "others": matching.others}
    table = tables.bank_statements
    await tx.execute(update(table).where(table.c.id == statement_id).values(**counts))
    near = len(matching.near) + len(set_aside)
    went_out = sum(why == "went-out" for _, why in matching.near)
    await steps.add(tx, "bank-statement-read", about=statement_id, paid=counts["paid"], returned=counts["returned"], near=near)
    return {**counts, "near": near, "went_out": went_out, "again": False}


def _number(found: Sequence[tuple[BankLine, OfOurs]], set_aside: Sequence[BankLine]) -> int:
    return sum(not any(line is left for left in set_aside) for line, _ in found)


async def _ours_beside(tx: Transaction, lines: Sequence[BankLine]) -> list[OfOurs]:
    """The transfers that these lines can be about: those that they name, those of the same sum that may still move, whole files that they name."""
    payments, runs = tables.payments, tables.payment_runs
    references = sorted({reference for line in lines for reference in bank_lines.references_in(line.text)})
    messages = sorted({message[: bank_lines.LENGTH_OF_FIRST_FILE] for line in lines for message in bank_lines.messages_in(line.text)})
    sums = sorted({abs(line.pence) for line in lines if abs(line.pence) < 2**31})
    first = min((line.day for line in lines), default=tx.today)
    same_sum = payments.c.amount_pence == any_(cast(sums, ARRAY(payments.c.amount_pence.type)))
    recent = runs.c.sent_at >= london_datetime(first - timedelta(bank_lines.DAYS_TO_COME_BACK + 1), 0)
    which = or_(
        payments.c.end_to_end_id == any_(cast(references, ARRAY(Text))),
        func.left(runs.c.message_id, bank_lines.LENGTH_OF_FIRST_FILE) == any_(cast(messages, ARRAY(Text))),
        same_sum & (payments.c.state == "sent"),
        same_sum & taken_out.is_perhaps_gone(),
        same_sum & (payments.c.state == "paid") & recent,
    )
    return [_of_ours(row) for row in await tx.all(_transfers().where(which))]


def _transfers() -> Any:
    payments, runs = tables.payments, tables.payment_runs
    return (
        select(payments, runs.c.message_id, runs.c.sent_at, runs.c.number, runs.c.file_number)
        .join(runs, runs.c.id == payments.c.run_id)
        .where(payments.c.method == TRANSFER)
    )


def _of_ours(row: Row[Any]) -> OfOurs:
    """row: of payments, with what its run is called, and when it was sent."""
    state = taken_out.where_it_stands(row)
    since = row.file_fetched_at if state in (releasing.PERHAPS_GONE, releasing.SAID_NOT_GONE) else row.sent_at
    files = {releasing.message_id(row.number, row.run_id, number) for number in range(1, (row.in_file or 0) + 1)}
    if state == row.state:
        files.add(row.message_id)
    return OfOurs(row.id, row.end_to_end_id, row.message_id, row.amount_pence, state, london_date(since) if since else None, frozenset(files))


async def _end(tx: Transaction, matching: Matching, statement_id: UUID | None = None, columns_by: UUID | None = None) -> tuple[list[BankLine], list[BankLine]]:
    """What is certain ends, but for what who brings it, or named the columns that it is read with, made, sent or is paid: these lines wait for a
    second person; and for what was taken out of its run and paid in another since. Returns both."""
    said_by = {person_of(tx), columns_by} - {None}
    found = [*matching.paid, *matching.returned]
    rows = {row.id: row for row in await locked_payments(tx, ids_in(tables.payments.c.id, [payment.id for _, payment in found]))} if found else {}
    own = {id(line): line for line, payment in found if any(releasing.reasons_not_to_say(facts_of(rows[payment.id]), who) for who in said_by if who)}
    cannot = await paid_all_the_same.reasons_not_to_stand(tx, [rows[payment.id] for line, payment in matching.paid if id(line) not in own])
    stuck = {id(line): line for line, payment in found if payment.id in cannot and id(line) not in own}
    for certain, what in ((matching.paid, "paid"), (matching.returned, "back")):
        ended = [(rows[payment.id], line) for line, payment in certain if id(line) not in own and id(line) not in stuck]
        await end_payments(tx, [_ended(row, line, what) for row, line in ended], "statement", statement_id)
        if what == "paid":  # what was paid may come back on the same statement
            rows |= {row.id: row for row in await locked_payments(tx, ids_in(tables.payments.c.id, [row.id for row, _ in ended]))}
    return list(own.values()), list(stuck.values())


def _ended(payment: Row[Any], line: BankLine, what: str) -> Ended:
    if what == "paid":
        return Ended(payment, "paid")
    code = answers.code_in(line.text) if line.code in answers.UNSAID else line.code
    asks_payee = code in answers.PAYEE_REASONS
    state = "returned" if payment.state == "paid" else "rejected"
    return Ended(payment, state, code if asks_payee else "came-back", asks_payee=asks_payee, said=line.said)


# Near


async def _keep_near(tx: Transaction, statement_id: UUID, near: Sequence[tuple[BankLine, str]], vault: Vault) -> None:
    """The words of a line are sealed: they may name anybody."""
    rows, went_out = [], {}
    for line, because in near:
        entry_id = new_id()
        if because == "went-out":
            went_out[entry_id] = line
        kept = {"text": line.text[:500], "said": line.said} if line.said else line.text[:500]
        sealed = vault.seal(json.dumps(kept).encode(), entry_id)
        values = {"id": entry_id, "statement_id": statement_id, "day": line.day, "pence": line.pence, "state": "near", "because": because}
        rows.append({**values, "code": line.code[:35], "key_id": sealed.key_id, "sealed": sealed.content})
    if rows:
        await tx.execute(insert(tables.bank_entries), rows)
    await _tell_of(tx, went_out)


_WENT_OUT = text(
    "UPDATE bank_entries SET about_payment_id = payments.id FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[])) AS said (id, name)"
    " JOIN payments ON payments.end_to_end_id = said.name WHERE bank_entries.id = said.id RETURNING payments.run_id"
)


async def _tell_of(tx: Transaction, went_out: dict[UUID, BankLine]) -> None:
    """PAY-12: finance is told at once of what went out and counts as not paid: nothing of its claim is paid before somebody has decided.
    went_out: lines that name one payment each, by the entry that keeps them."""
    if went_out:
        names = [next(iter(bank_lines.references_in(line.text))) for line in went_out.values()]
        for run_id in sorted({row.run_id for row in await tx.all(_WENT_OUT, {"ids": list(went_out), "names": names})}):
            await taken_out.say(tx, run_id)


async def _end_telling(tx: Transaction, entry: Row[Any]) -> None:
    if entry.about_payment_id is not None:
        await taken_out.say(tx, await tx.scalar(select(tables.payments.c.run_id).where(tables.payments.c.id == entry.about_payment_id)))


def line_of(entry: Row[Any], vault: Vault) -> BankLine:
    kept = json.loads(vault.open(Sealed(entry.key_id, entry.sealed), entry.id))
    text, said = (kept, "") if isinstance(kept, str) else (kept["text"], kept["said"])  # a program before this one kept the text alone
    return BankLine(entry.day, entry.pence, text, entry.code, said=said)


async def to_ask_about(tx: Transaction, entry_id: UUID, payment_id: UUID, vault: Vault) -> tuple[Row[Any], Row[Any]] | None:
    """A line and the payment that somebody chooses for it, where they must read first what that means; None where they need not."""
    entry = await tx.one(select(tables.bank_entries).where(tables.bank_entries.c.id == entry_id, tables.bank_entries.c.state == "near"))
    payment = await tx.one(_transfers().where(tables.payments.c.id == payment_id))
    reasons = bank_lines.reasons_to_ask_first(line_of(entry, vault), _of_ours(payment), asked=False)
    return (entry, payment) if reasons else None


async def how_many_near(tx: Transaction) -> int:
    return await tx.scalar(select(func.count()).select_from(tables.bank_entries).where(tables.bank_entries.c.state == "near"))


async def near(tx: Transaction, most: int) -> Sequence[Row[Any]]:
    entries = tables.bank_entries
    return await tx.all(select(entries).where(entries.c.state == "near", entries.c.because != "own").order_by(entries.c.day, entries.c.id).limit(most))


async def choices_for(tx: Transaction, lines: Sequence[BankLine]) -> list[list[tuple[OfOurs, UUID]]]:
    """The payments that each of these lines can be, and whom they pay: one query, and of what was paid long ago only what a line names."""
    payments, runs = tables.payments, tables.payment_runs
    sums = sorted({abs(line.pence) for line in lines if abs(line.pence) < 2**31})
    named = sorted({reference for line in lines for reference in bank_lines.references_in(line.text)})
    first = min((line.day for line in lines), default=tx.today)
    recent = runs.c.sent_at >= london_datetime(first - timedelta(bank_lines.DAYS_TO_COME_BACK + 1), 0)
    same_sum = payments.c.amount_pence == any_(cast(sums, ARRAY(payments.c.amount_pence.type)))
    may_be = (
        (payments.c.state == "sent")
        | taken_out.is_perhaps_gone()
        | ((payments.c.state == "paid") & recent)
        | (payments.c.end_to_end_id == any_(cast(named, ARRAY(Text))))
    )
    rows = {
        row.id: row
        for row in await tx.all(
            _transfers().where(same_sum, payments.c.state.in_(["sent", "paid", *bank_lines.FAILED]) | payments.c.in_file.is_not(None), may_be)
        )
    }
    ours = [_of_ours(row) for row in rows.values()]
    return [[(payment, rows[payment.id].participant_id) for payment in bank_lines.candidates(line, ours)] for line in lines]


async def _about(tx: Transaction, lines: Sequence[BankLine]) -> list[set[UUID]]:
    """Of each of these lines the payments that it names, by itself or with their file, or that it can be by its sum."""
    ours = await _ours_beside(tx, lines)
    return [{payment.id for payment in ours if bank_lines.is_about(line, payment)} for line in lines]


async def reasons_not_to_decide(tx: Transaction, lines: Sequence[BankLine], who: UUID) -> tuple[list[list[Reason]], set[UUID]]:
    """PAY-10, PAY-12: of each line why this person may not say that it is none of our payments; and of which payments they may say nothing."""
    about = await _about(tx, lines)
    rows = {row.id: facts_of(row) for row in await tx.all(with_their_runs(ids_in(tables.payments.c.id, list(set().union(*about)))))} if lines else {}
    reasons = [releasing.reasons_not_to_dismiss([rows[payment_id] for payment_id in each], who) for each in about]
    return reasons, {payment_id for payment_id, facts in rows.items() if releasing.reasons_not_to_say(facts, who)}


async def choose(tx: Transaction, entry_id: UUID, payment_id: UUID | None, vault: Vault, *, asked: bool = True) -> str:
    """PAY-12: a person says which payment a line is, or (None) that it is none of ours: it is by hand, so by a second person.

    asked: they have read what it means that money came back of which nobody has seen that it went out.
    """
    who = person_of(tx)
    entry = await records.locked(tx, tables.bank_entries, entry_id)
    if entry.state != "near":
        refuse(bank_lines.DECIDED_BEFORE)
    entries = tables.bank_entries
    if payment_id is None:
        [about] = await _about(tx, [line_of(entry, vault)])
        rows = await locked_payments(tx, ids_in(tables.payments.c.id, list(about)))
        refuse(releasing.reasons_not_to_dismiss([facts_of(row) for row in rows], who))
        await tx.execute(update(entries).where(entries.c.id == entry_id).values(state="not-ours", decided_by=who))
        await steps.add(tx, "bank-line-not-ours", about=entry_id)
        await _end_telling(tx, entry)
        return "not-ours"
    rows = await locked_payments(tx, (tables.payments.c.id == payment_id) & (tables.payments.c.method == TRANSFER))
    if not rows:
        raise Missing
    payment, line = rows[0], line_of(entry, vault)
    ours = _of_ours(payment)
    refuse(bank_lines.reasons_not_to_choose(line, ours) or bank_lines.reasons_to_ask_first(line, ours, asked=asked))
    if line.pence < 0 and payment.state in bank_lines.FAILED:
        state = await _went_out_after_all(tx, payment, entry, who)
    else:
        how = "paid" if line.pence < 0 else ("came-back" if payment.state == "paid" else "not-paid")
        refuse(releasing.reasons_not_to_end_by_hand(facts_of(payment), how, who))
        ended = _ended(payment, line, "paid" if line.pence < 0 else "back")
        await end_payments(tx, [ended], "statement", entry.statement_id)
        state = ended.state
    await tx.execute(update(entries).where(entries.c.id == entry_id).values(state="chosen", payment_id=payment.id, decided_by=who))
    await steps.add(tx, "bank-line-chosen", about=payment.claim_id, payment_id=payment.id, entry_id=entry_id)
    await _end_telling(tx, entry)
    return state


async def _went_out_after_all(tx: Transaction, payment: Row[Any], entry: Row[Any], who: UUID) -> str:
    """PAY-12: it is paid all the same; if it was paid again since, both are true, and it is written down that it was paid twice."""
    refuse(releasing.reasons_not_to_say(facts_of(payment), who))
    later = (await paid_all_the_same.made_in_its_place(tx, [payment])).get(payment.id)
    if later in ("sent", "paid"):
        await paid_all_the_same.note_paid_twice(tx, payment)
        return "paid-twice"
    await end_payments(tx, [Ended(payment, "paid")], "statement", entry.statement_id)
    return "paid"


# Set aside

_DECIDE = text(
    "UPDATE bank_entries SET state = CASE WHEN decided.payment_id IS NULL THEN 'not-ours' ELSE 'chosen' END, payment_id = decided.payment_id, decided_by = :by"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:payments AS uuid[])) AS decided (id, payment_id) WHERE bank_entries.id = decided.id"
)
_LOOK_AT = text(
    "UPDATE bank_entries SET because = seen.because FROM unnest(CAST(:ids AS uuid[]), CAST(:because AS text[])) AS seen (id, because)"
    " WHERE bank_entries.id = seen.id"
)


async def how_many_set_aside(tx: Transaction) -> int:
    entries = tables.bank_entries
    return await tx.scalar(select(func.count()).select_from(entries).where(entries.c.state == "near", entries.c.because == "own"))


async def confirm_set_aside(tx: Transaction, vault: Vault, statement_id: UUID | None = None) -> dict[str, int]:
    """PAY-12: a second person says that lines are true which name payments that who brought them had made, sent or was paid. statement_id: of
    one statement; None for all. Lines about payments that this person may say nothing of stay. Returns how many were paid, came back and stay."""
    who = person_of(tx)
    await tx.execute(_ONE_AT_A_TIME)
    entries = tables.bank_entries
    which = (entries.c.state == "near") & (entries.c.because == "own")
    if statement_id is not None:
        which &= entries.c.statement_id == statement_id
    rows = await tx.all(select(entries).where(which).order_by(entries.c.day, entries.c.id).with_for_update())
    lines = [line_of(row, vault) for row in rows]
    ours = await _ours_beside(tx, lines) if lines else []
    matching = await asyncio.to_thread(bank_lines.match, lines, ours)
    own, stuck = await _end(tx, matching)
    stay = {id(line) for line in own}
    about = {id(line): payment.id for line, payment in [*matching.paid, *matching.returned]}
    near = {id(line): because for line, because in matching.near} | {id(line): "state" for line in stuck}
    by_reference = {payment.reference: payment.id for payment in ours}
    decided, again = [], []
    for row, line in zip(rows, lines, strict=True):
        if id(line) in near:
            again.append((row.id, near[id(line)]))
        elif id(line) not in stay:
            named = [by_reference[reference] for reference in sorted(bank_lines.references_in(line.text)) if reference in by_reference]
            decided.append((row.id, about.get(id(line)) or (named[0] if named else None)))
    await tx.execute(_DECIDE, {"ids": [row_id for row_id, _ in decided], "payments": [payment_id for _, payment_id in decided], "by": who})
    await tx.execute(_LOOK_AT, {"ids": [row_id for row_id, _ in again], "because": [because for _, because in again]})
    await _tell_of(tx, {row.id: line for row, line in zip(rows, lines, strict=True) if near.get(id(line)) == "went-out"})
    left = stay | {id(line) for line in stuck}
    counts = {"paid": sum(id(line) not in left for line, _ in matching.paid), "returned": sum(id(line) not in left for line, _ in matching.returned)}
    if counts["paid"] or counts["returned"]:
        await steps.add(tx, "bank-lines-confirmed", paid=counts["paid"], returned=counts["returned"])
    return {**counts, "stay": len(stay)}
