"""What a person decides about a line that came near a payment (PAY-12)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.payments.bank_details.gateways.vault import Vault
from services.payments.bank_statements import tables
from services.payments.bank_statements.domain import bank_lines, reading
from services.payments.bank_statements.domain.bank_lines import BankLine, OfOurs
from services.payments.bank_statements.domain.matching import UNRESOLVED
from services.payments.bank_statements.domain.whole_runs import What, WholeRun, what_it_may_be
from services.payments.bank_statements.use_cases import bookings, whole_runs
from services.payments.bank_statements.use_cases.our_transfers import beside, transfers_with_bookings
from services.payments.bank_statements.use_cases.statement_lines import (
    ended_by,
    settle_waiting,
)
from services.payments.bank_statements.use_cases.unnamed import line_of
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.domain import endings, releasing
from services.payments.paying.use_cases import paid_all_the_same
from services.payments.paying.use_cases.endings import Ended, end_payments
from services.payments.paying.use_cases.facts import facts_of, locked_payments, with_their_runs
from services.payments.paying.use_cases.in_its_place import paid_again
from services.payments.paying.use_cases.runs import person_of
from services.payments.rows import locked
from shared.db import Transaction, one_of
from shared.messaging import steps
from shared.paging import page_of
from shared.reasons import Missing, refuse

# Near


async def to_ask_about(
    tx: Transaction, entry_id: UUID, payment_id: UUID, vault: Vault
) -> tuple[Row[Any], Row[Any], bool] | None:
    """A line, the payment that somebody chose for it, and whether that is owed again if it came back (PAY-12), if they
    must first read what that means; None if they need not."""
    entry = await tx.one(
        select(owing_tables.bank_entries).where(
            owing_tables.bank_entries.c.id == entry_id, owing_tables.bank_entries.c.state == "near"
        )
    )
    payment = await tx.one(
        with_their_runs((owing_tables.payments.c.id == payment_id) & (owing_tables.payments.c.method == TRANSFER))
    )
    [ours] = (await transfers_with_bookings(tx, owing_tables.payments.c.id == payment_id)).ours
    reasons = bank_lines.reasons_to_ask_first(line_of(entry, vault), ours, asked=False)
    if not reasons:
        return None
    return entry, payment, await paid_all_the_same.is_owed_again(tx, payment)


async def near(tx: Transaction, most: int, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of the lines that need a person's decision, and who brought each; and where the next page begins."""
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


async def choices_for(
    tx: Transaction, entries: Sequence[Row[Any]], lines: Sequence[BankLine]
) -> list[list[tuple[OfOurs, UUID]]]:
    """The payments that each of these lines can be, and whom they pay: one query."""
    near_by, waiting = await beside(tx, lines), await _waiting_by(tx, entries)
    return [
        [
            (payment, near_by.payees[payment.id])
            for payment in bank_lines.candidates(line, near_by.ours, waiting.get(entry.id))
        ]
        for entry, line in zip(entries, lines, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class MayDecide:
    """What one person may do with a line. dismiss: say that it is none of our payments. not_theirs: the payments
    about which they may say nothing. another: what needs somebody other than who brought it: "came-back", "twice"
    (paid twice), "brought" (that it is none of those that it names), or ""."""

    dismiss: bool
    not_theirs: frozenset[UUID]
    another: str
    together: str = ""
    """If two people together must say that it is none of ours: "none" (nobody has yet), "mine" (they have) or
    "another's"; "" if one person is enough."""
    runs: Sequence[tuple[WholeRun, What]] = ()
    """The runs that they may say the line paid, and what it is to each."""


async def may_decide(
    tx: Transaction, entries: Sequence[Row[Any]], lines: Sequence[BankLine], who: UUID
) -> list[MayDecide]:
    """PAY-10, PAY-12: for each line of near()."""
    near_by = await beside(tx, lines)
    ours, of_runs = near_by.ours, await whole_runs.stand_for(tx, entries, who)
    named = [{payment.id for payment in bank_lines.about(line, ours)} for line in lines]
    about = [
        each.union(*(of_runs[run_id] for run_id in entry.may_be_runs))
        for entry, each in zip(entries, named, strict=True)
    ]
    rows = await tx.all(with_their_runs(one_of(owing_tables.payments.c.id, set().union(*about)))) if lines else []
    facts = {row.id: facts_of(row) for row in rows}
    lost = {*await paid_again(tx, rows), *(row.id for row in rows if row.state == "paid")}
    found = []
    for entry, line, each, by_name in zip(entries, lines, about, named, strict=True):
        whole = near_by.whole if entry.because == "same-sum" else []
        fit = what_it_may_be(line, whole)
        again = by_name.union(*(of_runs[run.id] for run, what in fit if what == "again"))
        debits = {payment.id for payment in ours if bank_lines.may_be_its_debit(payment, line)}
        twice = lost & again - debits if line.pence < 0 else set[UUID]()
        why_not = {of: endings.reasons_not_to_say(facts[of], who) for of in each - twice}
        why_not |= {of: releasing.reasons_to_leave_a_loss_to_another(facts[of], entry.given_by, who) for of in twice}
        came_back = reading.reasons_to_leave_to_another(line, entry.given_by, who, [facts[of] for of in each])
        is_mine = (
            bool(each) and entry.given_by == who and not any(endings.reasons_not_to_say(facts[of], who) for of in each)
        )
        another = (
            "came-back" if came_back else "twice" if twice and entry.given_by == who else "brought" if is_mine else ""
        )
        brought_by = entry.given_by if bank_lines.named_in(line, ours) else None
        theirs = [facts[of] for of in each]
        together = endings.dismisses_with_another(theirs, who, brought_by)
        dismiss = together or not endings.reasons_not_to_dismiss(theirs, who, brought_by)
        not_theirs = frozenset(of for of in each if came_back or why_not[of])
        said = ("mine" if entry.dismissed_by == who else "another's") if entry.dismissed_by else "none"
        say = [each for each in fit if not not_theirs & of_runs[each[0].id]]
        found.append(MayDecide(dismiss, not_theirs, another, said if together else "", say))
    return found


async def choose(tx: Transaction, entry_id: UUID, payment_id: UUID | None, vault: Vault, *, asked: bool = True) -> str:
    """PAY-12: a person says which payment a line is, or (None) that it is not ours. As this is by hand, it needs a
    second person.

    asked: they have read what it means that money came back which nobody saw leave.
    """
    who = person_of(tx)
    entry = await locked(tx, owing_tables.bank_entries, entry_id)
    if entry.state != "near":
        refuse(bank_lines.DECIDED_BEFORE)
    if payment_id is None:
        return await _dismiss(tx, entry, vault)
    rows = await locked_payments(
        tx, (owing_tables.payments.c.id == payment_id) & (owing_tables.payments.c.method == TRANSFER)
    )
    if not rows:
        raise Missing
    payment, line = rows[0], line_of(entry, vault)
    given_by = await _given_by(tx, entry)
    beside_it, waiting = (await beside(tx, [line])).ours, (await _waiting_by(tx, [entry])).get(entry_id)
    refuse(bank_lines.reasons_not_to_choose(line, payment.id, beside_it, waiting))
    refuse(reading.reasons_to_leave_to_another(line, given_by, who, [facts_of(payment)]))
    ours = next(each for each in beside_it if each.id == payment.id)
    refuse(bank_lines.reasons_to_ask_first(line, ours, asked=asked))
    state = await _as_chosen(tx, payment, ours, line, entry, given_by)
    named = bank_lines.named_in(line, beside_it)
    if state == "debit" and not named:
        await bookings.decide_for_run(tx, entry, [ours], line.reference)
    else:
        whole = entry.because in UNRESOLVED or not named
        await bookings.decide(tx, entry, payment, whole=whole, reference=line.reference)
    await steps.add(tx, "bank-line-chosen", about=payment.claim_id, payment_id=payment.id, entry_id=entry_id)
    await settle_waiting(tx, owing_tables.payments.c.id == payment.id)
    return state


async def _as_chosen(
    tx: Transaction, payment: Row[Any], ours: OfOurs, line: BankLine, entry: Row[Any], given_by: UUID
) -> str:
    who, facts = person_of(tx), facts_of(payment)
    if line.pence > 0 and ours.losses and ours.state != "sent":
        refuse(endings.reasons_not_to_say(facts, who))
        await paid_all_the_same.note_loss_came_back(tx, payment)
        return "loss-back"
    if bank_lines.may_be_its_debit(ours, line):
        refuse(endings.reasons_not_to_say(facts, who))
        return "debit"
    if line.pence < 0 and (ours.state in bank_lines.COUNTS_AS_NOT_PAID or ours.state == "paid"):
        return await _went_out_after_all(tx, payment, entry, given_by)
    how = "paid" if line.pence < 0 else ("came-back" if payment.state == "paid" else "not-paid")
    # the statement shows it: a return that is known already is a different one
    refuse(endings.reasons_not_to_end_by_hand(replace(facts, is_known_to_be_back=False), how, who))
    ended = ended_by(payment, line, "paid" if line.pence < 0 else "back")
    return (await end_payments(tx, [ended], "statement", entry.statement_id, chosen=True))[payment.id]


async def _waiting_by(tx: Transaction, entries: Sequence[Row[Any]]) -> dict[UUID, set[UUID]]:
    """For each line that is one or several of our payments: those about which it still says something."""
    table = owing_tables.bank_bookings
    resolved = [entry.id for entry in entries if entry.because not in UNRESOLVED]
    mine = one_of(table.c.entry_id, resolved), table.c.state == "waits"
    waiting: dict[UUID, set[UUID]] = {}
    for row in await tx.all(select(table.c.entry_id, table.c.payment_id).where(*mine)):
        waiting.setdefault(row.entry_id, set()).add(row.payment_id)
    return waiting


async def _given_by(tx: Transaction, entry: Row[Any]) -> UUID:
    table = tables.bank_statements
    return await tx.scalar(select(table.c.given_by).where(table.c.id == entry.statement_id))


async def _dismiss(tx: Transaction, entry: Row[Any], vault: Vault) -> str:
    """Returns "not-ours", or "said" if somebody else has to say the same."""
    line, who = line_of(entry, vault), person_of(tx)
    ours = (await beside(tx, [line])).ours
    about = [payment.id for payment in bank_lines.about(line, ours)]
    of_runs = [each for payments in (await whole_runs.stand_for(tx, [entry], who)).values() for each in payments]
    rows = await locked_payments(tx, one_of(owing_tables.payments.c.id, [*about, *of_runs]))
    brought_by = await _given_by(tx, entry) if bank_lines.named_in(line, ours) else None
    facts = [facts_of(row) for row in rows]
    if endings.dismisses_with_another(facts, who, brought_by):
        if entry.dismissed_by in (None, who):
            table = owing_tables.bank_entries
            await tx.execute(update(table).where(table.c.id == entry.id).values(dismissed_by=who))
            await steps.add(tx, "bank-line-said-not-ours", about=entry.id)
            return "said"
    else:
        refuse(endings.reasons_not_to_dismiss(facts, who, brought_by))
    await bookings.decide(tx, entry, None, whole=True)
    await steps.add(tx, "bank-line-not-ours", about=entry.id)
    await settle_waiting(tx, one_of(owing_tables.payments.c.id, about))
    return "not-ours"


async def _went_out_after_all(tx: Transaction, payment: Row[Any], entry: Row[Any], given_by: UUID) -> str:
    """PAY-12: it was paid after all. If it was also paid again since, both are true, and we note that it was paid
    twice, in full or in part."""
    facts, who = facts_of(payment), person_of(tx)
    again = "whole" if payment.state == "paid" else (await paid_again(tx, [payment])).get(payment.id, "")
    refuse(
        releasing.reasons_to_leave_a_loss_to_another(facts, given_by, who)
        if again
        else endings.reasons_not_to_say(facts, who)
    )
    if again == "whole":
        await paid_all_the_same.note_paid_twice(tx, payment, again=True)
        return "paid-twice"
    await end_payments(tx, [Ended(payment, "paid")], "statement", entry.statement_id, chosen=True)
    return "paid-in-part-twice" if again == "part" else "paid"
