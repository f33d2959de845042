"""What a person decides about a line that came near a payment (PAY-12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.payments.bank_details.gateways.vault import Vault
from services.payments.bank_statements import tables
from services.payments.bank_statements.domain import bank_lines, reading
from services.payments.bank_statements.domain.bank_lines import BankLine, OfOurs
from services.payments.bank_statements.use_cases.statement_lines import (
    beside,
    end_waiting,
    ended_by,
    line_of,
    of_ours,
    transfers,
)
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import leaving
from services.payments.paying.domain import endings, releasing
from services.payments.paying.use_cases import paid_all_the_same
from services.payments.paying.use_cases.endings import Ended, end_payments, facts_of, locked_payments, with_their_runs
from services.payments.paying.use_cases.runs import person_of
from services.payments.rows import ids_in, locked
from shared.db import Transaction
from shared.messaging import steps
from shared.paging import page_of
from shared.reasons import Missing, refuse

# Near


async def to_ask_about(
    tx: Transaction, entry_id: UUID, payment_id: UUID, vault: Vault
) -> tuple[Row[Any], Row[Any]] | None:
    """A line and the payment that somebody chooses for it, where they must read first what that means; None where they
    need not."""
    entry = await tx.one(
        select(owing_tables.bank_entries).where(
            owing_tables.bank_entries.c.id == entry_id, owing_tables.bank_entries.c.state == "near"
        )
    )
    payment = await tx.one(transfers().where(owing_tables.payments.c.id == payment_id))
    reasons = bank_lines.reasons_to_ask_first(line_of(entry, vault), of_ours(payment), asked=False)
    return (entry, payment) if reasons else None


async def near(tx: Transaction, most: int, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of the lines that a person decides about, and who brought each; and where the next page begins."""
    entries, statements = owing_tables.bank_entries, tables.bank_statements
    found = select(entries, statements.c.given_by).join(statements, statements.c.id == entries.c.statement_id)
    return await page_of(
        tx,
        found.where(entries.c.state == "near", entries.c.because != "own"),
        entries.c.day,
        entries.c.id,
        after=after,
        most=most,
    )


async def choices_for(tx: Transaction, lines: Sequence[BankLine]) -> list[list[tuple[OfOurs, UUID]]]:
    """The payments that each of these lines can be, and whom they pay: one query."""
    near_by = await beside(tx, lines)
    return [
        [(payment, near_by.payees[payment.id]) for payment in bank_lines.candidates(line, near_by.ours)]
        for line in lines
    ]


@dataclass(frozen=True, slots=True)
class MayDecide:
    """How one person stands to a line. dismiss: they may say that it is none of our payments. not_theirs: the payments
    of which they may say nothing. another: who brought it is not who says that it is this: "came-back", "twice" (paid
    twice) or ""."""

    dismiss: bool
    not_theirs: frozenset[UUID]
    another: str


async def may_decide(
    tx: Transaction, entries: Sequence[Row[Any]], lines: Sequence[BankLine], who: UUID
) -> list[MayDecide]:
    """PAY-10, PAY-12: of each of near()."""
    ours = (await beside(tx, lines)).ours
    about = [{payment.id for payment in bank_lines.about(line, ours)} for line in lines]
    rows = await tx.all(with_their_runs(ids_in(owing_tables.payments.c.id, list(set().union(*about))))) if lines else []
    facts = {row.id: facts_of(row) for row in rows}
    lost = await paid_all_the_same.paid_again(tx, rows)
    found = []
    for entry, line, each in zip(entries, lines, about, strict=True):
        twice = set(lost) & each if line.pence < 0 else set[UUID]()
        why_not = {of: endings.reasons_not_to_say(facts[of], who) for of in each - twice}
        why_not |= {of: releasing.reasons_to_leave_a_loss_to_another(facts[of], entry.given_by, who) for of in twice}
        came_back = reading.reasons_to_leave_to_another(line, entry.given_by, who)
        another = "came-back" if came_back else "twice" if twice and entry.given_by == who else ""
        brought_by = entry.given_by if bank_lines.named_in(line, ours) else None
        dismiss = not endings.reasons_not_to_dismiss([facts[of] for of in each], who, brought_by)
        not_theirs = frozenset(of for of in each if came_back or why_not[of])
        found.append(MayDecide(dismiss, not_theirs, another))
    return found


async def choose(tx: Transaction, entry_id: UUID, payment_id: UUID | None, vault: Vault, *, asked: bool = True) -> str:
    """PAY-12: a person says which payment a line is, or (None) that it is not ours: it is by hand, so by a second
    person.

    asked: they have read what it means that money came back of which nobody has seen that it went out.
    """
    who = person_of(tx)
    entry = await locked(tx, owing_tables.bank_entries, entry_id)
    if entry.state != "near":
        refuse(bank_lines.DECIDED_BEFORE)
    if payment_id is None:
        await _dismiss(tx, entry, vault)
        return "not-ours"
    rows = await locked_payments(
        tx, (owing_tables.payments.c.id == payment_id) & (owing_tables.payments.c.method == leaving.TRANSFER)
    )
    if not rows:
        raise Missing
    payment, line = rows[0], line_of(entry, vault)
    ours = of_ours(payment)
    given_by = await _given_by(tx, entry)
    beside_it = (await beside(tx, [line])).ours
    refuse(
        bank_lines.reasons_not_to_choose(line, ours, beside_it)
        or reading.reasons_to_leave_to_another(line, given_by, who)
    )
    refuse(bank_lines.reasons_to_ask_first(line, ours, asked=asked))
    if line.pence < 0 and ours.state in bank_lines.COUNTS_AS_NOT_PAID:
        state = await _went_out_after_all(tx, payment, entry, given_by)
    else:
        how = "paid" if line.pence < 0 else ("came-back" if payment.state == "paid" else "not-paid")
        refuse(endings.reasons_not_to_end_by_hand(facts_of(payment), how, who))
        ended = ended_by(payment, line, "paid" if line.pence < 0 else "back")
        await end_payments(tx, [ended], "statement", entry.statement_id, chosen=True)
        state = ended.state
    entries = owing_tables.bank_entries
    await tx.execute(
        update(entries).where(entries.c.id == entry_id).values(state="chosen", payment_id=payment.id, decided_by=who)
    )
    await steps.add(tx, "bank-line-chosen", about=payment.claim_id, payment_id=payment.id, entry_id=entry_id)
    await end_waiting(tx, [entry_id])
    return state


async def _given_by(tx: Transaction, entry: Row[Any]) -> UUID:
    table = tables.bank_statements
    return await tx.scalar(select(table.c.given_by).where(table.c.id == entry.statement_id))


async def _dismiss(tx: Transaction, entry: Row[Any], vault: Vault) -> None:
    line, entries, who = line_of(entry, vault), owing_tables.bank_entries, person_of(tx)
    ours = (await beside(tx, [line])).ours
    about = [payment.id for payment in bank_lines.about(line, ours)]
    rows = await locked_payments(tx, ids_in(owing_tables.payments.c.id, about))
    brought_by = await _given_by(tx, entry) if bank_lines.named_in(line, ours) else None
    refuse(endings.reasons_not_to_dismiss([facts_of(row) for row in rows], who, brought_by))
    await tx.execute(update(entries).where(entries.c.id == entry.id).values(state="not-ours", decided_by=who))
    await steps.add(tx, "bank-line-not-ours", about=entry.id)
    await end_waiting(tx, [entry.id])


async def _went_out_after_all(tx: Transaction, payment: Row[Any], entry: Row[Any], given_by: UUID) -> str:
    """PAY-12: it is paid all the same; if it was paid again since, both are true, and it is written down that it was
    paid twice."""
    facts, who = facts_of(payment), person_of(tx)
    again = await paid_all_the_same.paid_again(tx, [payment])
    refuse(
        releasing.reasons_to_leave_a_loss_to_another(facts, given_by, who)
        if again
        else endings.reasons_not_to_say(facts, who)
    )
    if again.get(payment.id):
        await paid_all_the_same.note_paid_twice(tx, payment)
        return "paid-twice"
    await end_payments(tx, [Ended(payment, "paid")], "statement", entry.statement_id, chosen=True)
    return "paid"
