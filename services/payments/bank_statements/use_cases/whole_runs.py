"""A person says that a line that names none of our payments paid all of a run, or paid it twice (PAY-12)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, literal_column, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.payments.bank_details.gateways.vault import Vault
from services.payments.bank_statements import tables
from services.payments.bank_statements.domain import bank_lines
from services.payments.bank_statements.domain.whole_runs import NOT_THAT_RUN, What, what_it_is
from services.payments.bank_statements.use_cases import bookings
from services.payments.bank_statements.use_cases.our_transfers import beside
from services.payments.bank_statements.use_cases.statement_lines import settle_waiting
from services.payments.bank_statements.use_cases.unnamed import line_of
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.domain import endings, releasing
from services.payments.paying.use_cases import paid_all_the_same
from services.payments.paying.use_cases.endings import Ended, end_payments
from services.payments.paying.use_cases.facts import facts_of, locked_payments
from services.payments.paying.use_cases.runs import person_of
from services.payments.rows import locked
from shared.db import Transaction, one_of
from shared.messaging import steps
from shared.reasons import refuse

_OF_FINANCE = literal_column("payments.participant_id IN (SELECT person_id FROM cards WHERE finance)")


async def stand_for(tx: Transaction, entries: Sequence[Row[Any]], who: UUID) -> dict[UUID, set[UUID]]:
    """PAY-10: for each run that these lines may be, the payments that decide who may speak of it: one for all (who
    made and sent it), and those that pay this person or anybody of finance."""
    payments = owing_tables.payments
    run_ids = sorted({run_id for entry in entries for run_id in entry.may_be_runs})
    found: dict[UUID, set[UUID]] = defaultdict(set)
    if run_ids:
        of_them = one_of(payments.c.run_id, run_ids), payments.c.method == TRANSFER
        one = select(payments.c.run_id, payments.c.id).where(*of_them).ext(distinct_on(payments.c.run_id))
        pays = select(payments.c.run_id, payments.c.id).where(
            *of_them, (payments.c.participant_id == who) | _OF_FINANCE
        )
        for row in (*await tx.all(one.order_by(payments.c.run_id, payments.c.id)), *await tx.all(pays)):
            found[row.run_id].add(row.id)
    return found


async def choose(tx: Transaction, entry_id: UUID, run_id: UUID, vault: Vault, what: What = "pays") -> int:
    """PAY-12: the same as choosing each of its payments, by a second person, all or none. what: what they say that
    it is; "again" is a loss. Returns how many payments this is said of: of those that it "pays", the ones that nobody
    said were paid. Raises Refused if the line was decided before, or cannot be that by now."""
    payments = owing_tables.payments
    entry = await locked(tx, owing_tables.bank_entries, entry_id)
    if entry.state != "near":
        refuse(bank_lines.DECIDED_BEFORE)
    rows = await locked_payments(tx, (payments.c.run_id == run_id) & (payments.c.method == TRANSFER))
    line = line_of(entry, vault)
    whole = (await beside(tx, [line])).whole if entry.because == "same-sum" else []
    run = next((each for each in whole if each.id == run_id), None)
    if run is None or what_it_is(run, line) != what:
        refuse(NOT_THAT_RUN)
    meant = {payment.id for payment in run.payments}
    rows = [row for row in rows if row.id in meant]
    await _say(tx, entry, rows, what)
    await bookings.decide_for_run(tx, entry, run.payments, line.reference)
    told = [(row.claim_id, {"payment_id": row.id, "entry_id": entry_id}) for row in rows]
    await steps.add_all(tx, "bank-line-chosen", told)
    await settle_waiting(tx, payments.c.run_id == run_id)
    return len(_on_their_way(rows) if what == "pays" else rows)


def _on_their_way(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    return [row for row in rows if row.state == "sent"]


async def _say(tx: Transaction, entry: Row[Any], rows: Sequence[Row[Any]], what: What) -> None:
    who, statements = person_of(tx), tables.bank_statements
    given_by = await tx.scalar(select(statements.c.given_by).where(statements.c.id == entry.statement_id))
    for facts in {replace(facts_of(row), is_known_to_be_back=False) for row in rows}:
        if what == "again":
            refuse(releasing.reasons_to_leave_a_loss_to_another(facts, given_by, who))
        elif facts.state == "sent":
            refuse(endings.reasons_not_to_end_by_hand(facts, "paid", who))
        else:
            refuse(endings.reasons_not_to_say(facts, who))
    if what == "pays":
        ended = [Ended(row, "paid") for row in _on_their_way(rows)]
        await end_payments(tx, ended, "statement", entry.statement_id, chosen=True)
    for row in rows if what == "again" else ():
        await paid_all_the_same.note_paid_twice(tx, row, again=True)
