"""Entries in the journal (PAY-11). Unique constraints on the journal ensure that each is made once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, literal, select, text

from services.payments.ledger import domain as ledger
from services.payments.ledger import tables
from services.payments.ledger.domain import Amounts
from services.payments.register import tables as register_tables
from shared.db import Transaction, new_id, one_of, span_ids
from shared.messaging import steps

# Once: an alias copies each column of its table.
_UNDOES, _UNDONE = tables.journal.alias(), tables.journal.alias()


@dataclass(frozen=True, slots=True)
class Part:
    """A posting, and whose budget it affects."""

    posting: ledger.Posting
    opportunity_id: UUID
    commissioner: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything entered at once: postings, and the claim (and payment), recharge or statement that they are for."""

    what: str
    about: UUID
    """The subject of its steps."""
    parts: Sequence[Part]
    reverses: UUID | None = None
    claim_id: UUID | None = None
    payment_id: UUID | None = None
    recharge_id: UUID | None = None
    recharge_version: int | None = None
    statement_id: UUID | None = None
    nth: int = 1

    @property
    def debited(self) -> int:
        """Pence moved."""
        return sum(part.posting.pence for part in self.parts if part.posting.pence > 0)


# Claims


async def enter_approval(tx: Transaction, claim: Row[Any], approved: Amounts) -> None:
    await _enter_claim(tx, "approved", claim, ledger.approval(approved.participation, approved.expenses))


async def reverse_approval(tx: Transaction, claim: Row[Any]) -> None:
    """PAY-17: what was approved is no longer owed, and its budget is free again."""
    journal = tables.journal
    await _reverse(
        tx, claim.id, {"claim_id": claim.id}, (journal.c.claim_id == claim.id) & (journal.c.what == "approved")
    )


async def enter_sent(tx: Transaction, payments: Sequence[Row[Any]]) -> None:
    """Payments that leave us, in a few statements however many there are. payments have their claim's
    opportunity_id."""
    await _enter_payments(tx, "sent", [(payment, ledger.sent(payment.amount_pence)) for payment in payments])


async def enter_confirmed(tx: Transaction, payments: Sequence[Row[Any]]) -> None:
    await _enter_payments(
        tx,
        "confirmed",
        [
            (payment, ledger.confirmed(payment.amount_pence, payment.method))
            for payment in payments
            if payment.amount_pence
        ],
    )


async def enter_lost(tx: Transaction, payments: Sequence[Row[Any]]) -> None:
    """Vouchers or cash that are gone: their reversal put them back into stock, where they are not."""
    await _enter_payments(
        tx, "lost", [(payment, ledger.lost(payment.amount_pence, payment.method)) for payment in payments]
    )


async def reverse_payments(tx: Transaction, payments: Sequence[Row[Any]]) -> None:
    """Payments that did not arrive, or came back: the opposite of everything entered for them."""
    await _enter_all(
        tx, await _opposites(tx, _of_payments([payment.id for payment in payments], ["sent", "confirmed"], stands=True))
    )


async def enter_paid_twice(tx: Transaction, payment: Row[Any], nth: int) -> None:
    """nth: how many more times its money is out than we count."""
    await _enter_payments(tx, "lost", [(payment, ledger.paid_twice(payment.amount_pence, payment.method))], nth)


async def reverse_paid_twice(tx: Transaction, payment: Row[Any], nth: int) -> None:
    """A payment that was made once too often has come back, or what was lost is there after all."""
    await _enter_all(tx, await _opposites(tx, _of_payments([payment.id], ["lost"], stands=True, nth=nth)))


def _of_payments(ids: Sequence[UUID], whats: Sequence[str], *, stands: bool, nth: int = 1) -> ColumnElement[bool]:
    """Entries for these payments. stands: those that were made, or that undid a reversal; otherwise the reversals.
    Without those undone since (_opposites), that is the present state."""
    journal, undoes = tables.journal, _UNDOES
    mine = one_of(journal.c.payment_id, ids) & journal.c.what.in_(whats)
    mine &= journal.c.nth == nth
    chain = select(journal.c.id, literal(True).label("stands")).where(mine).cte("chain", recursive=True)
    chain = chain.union_all(select(undoes.c.id, ~chain.c.stands).join(chain, undoes.c.reverses == chain.c.id))
    return tables.journal.c.id.in_(select(chain.c.id).where(chain.c.stands.is_(stands)))


async def _enter_payments(
    tx: Transaction, what: str, entries: Sequence[tuple[Row[Any], list[ledger.Posting]]], nth: int = 1
) -> None:
    """If an entry was made before and reversed, undoes the reversal."""
    again = await _opposites(tx, _of_payments([payment.id for payment, _ in entries], [what], stands=False, nth=nth))
    known = {entry.payment_id for entry in again}
    commissioners = await _commissioners(tx, {payment.opportunity_id for payment, _ in entries})
    await _enter_all(
        tx,
        [
            *again,
            *(
                Entry(
                    what,
                    payment.claim_id,
                    [
                        Part(posting, payment.opportunity_id, commissioners.get(payment.opportunity_id, ""))
                        for posting in postings
                    ],
                    claim_id=payment.claim_id,
                    payment_id=payment.id,
                    nth=nth,
                )
                for payment, postings in entries
                if payment.id not in known
            ),
        ],
    )


async def _commissioners(tx: Transaction, opportunity_ids: set[UUID]) -> dict[UUID, str]:
    opportunities = register_tables.opportunities
    wanted = one_of(opportunities.c.opportunity_id, opportunity_ids)
    return {
        row.opportunity_id: row.commissioner
        for row in await tx.all(select(opportunities.c.opportunity_id, opportunities.c.commissioner).where(wanted))
    }


async def _enter_claim(tx: Transaction, what: str, claim: Row[Any], entries: list[ledger.Posting]) -> None:
    parts = await _about(tx, claim.opportunity_id, entries)
    await _enter(tx, what, claim.id, {"claim_id": claim.id}, parts)


# Recharges and statements (NET-03)


async def enter_recharge(tx: Transaction, recharge: Row[Any]) -> None:
    """The newest version of a recharge: raised by us, or accepted by us."""
    if recharge.direction == "raised":
        what, entries = "recharged", ledger.recharged(recharge.fee_pence + recharge.expenses_pence)
    else:
        what, entries = "accepted", ledger.accepted(recharge.fee_pence, recharge.expenses_pence)
    parts = await _about(tx, recharge.opportunity_id, entries)
    await _enter(tx, what, recharge.id, {"recharge_id": recharge.id, "recharge_version": recharge.version}, parts)


async def reverse_recharge(tx: Transaction, recharge: Row[Any]) -> None:
    """Reverses the entry of the version in this row, if it is not reversed yet."""
    journal = tables.journal
    about = {"recharge_id": recharge.id, "recharge_version": recharge.version}
    await _reverse(tx, recharge.id, about, (journal.c.recharge_id == recharge.id) & (journal.c.what != "reversed"))


async def enter_settlement(tx: Transaction, statement: Row[Any], lines: Sequence[tuple[UUID, int]]) -> None:
    """lines: each opportunity and what was paid for it, so that what is owed comes to zero for every opportunity."""
    what, make = ("received", ledger.received) if statement.direction == "issued" else ("settled", ledger.settled)
    parts = [part for opportunity_id, pence in lines for part in await _about(tx, opportunity_id, make(pence))]
    await _enter(tx, what, statement.id, {"statement_id": statement.id}, parts)


# Rows


async def _about(tx: Transaction, opportunity_id: UUID, entries: list[ledger.Posting]) -> list[Part]:
    opportunity = await tx.first(
        select(register_tables.opportunities).where(register_tables.opportunities.c.opportunity_id == opportunity_id)
    )
    commissioner = opportunity.commissioner if opportunity else ""
    return [Part(entry, opportunity_id, commissioner) for entry in entries]


async def _reverse(tx: Transaction, about: UUID, ids: dict[str, Any], which: ColumnElement[bool]) -> None:
    """Enters the opposite of the entry meant, unless that was done before."""
    await _enter_all(tx, [replace(entry, about=about, **ids) for entry in await _opposites(tx, which)])


async def _opposites(tx: Transaction, which: ColumnElement[bool]) -> list[Entry]:
    """The opposites of the entries meant, without those undone before."""
    journal, postings = tables.journal, tables.postings
    rows = await tx.all(
        select(postings, journal.c.claim_id, journal.c.payment_id)
        .join(journal, journal.c.id == postings.c.journal_id)
        .where(which, ~select(_UNDONE.c.id).where(_UNDONE.c.reverses == journal.c.id).exists())
        .order_by(journal.c.id.desc(), postings.c.id)
    )
    entries = []
    for journal_id, mine in groupby(rows, key=lambda row: row.journal_id):
        found = list(mine)
        opposite = ledger.reversal([ledger.Posting(ledger.Account(row.account), row.pence) for row in found])
        parts = [
            Part(posting, row.opportunity_id, row.commissioner) for posting, row in zip(opposite, found, strict=True)
        ]
        entries.append(
            Entry(
                "reversed",
                found[0].claim_id,
                parts,
                reverses=journal_id,
                claim_id=found[0].claim_id,
                payment_id=found[0].payment_id,
            )
        )
    return entries


async def _enter(tx: Transaction, what: str, about: UUID, ids: dict[str, Any], parts: Sequence[Part]) -> None:
    """about: the claim, recharge or statement that the steps are about. ids: the entry's references."""
    await _enter_all(tx, [Entry(what, about, parts, **ids)])


_ENTRIES = text(
    "INSERT INTO journal (id, what, day, claim_id, payment_id, recharge_id, recharge_version, statement_id, reverses, "
    "nth, cause, trace_id)"
    " SELECT id, what, :day, claim_id, payment_id, recharge_id, recharge_version, statement_id, reverses, nth, :cause, "
    ":trace_id"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:whats AS text[]), CAST(:claims AS uuid[]), CAST(:payments AS uuid[]), "
    "CAST(:recharges AS uuid[]),"
    " CAST(:versions AS integer[]), CAST(:statements AS uuid[]), CAST(:reversed AS uuid[]), CAST(:nths AS integer[]))"
    " AS entry (id, what, claim_id, payment_id, recharge_id, recharge_version, statement_id, reverses, nth)"
)
_POSTINGS = text(
    "INSERT INTO postings (id, journal_id, account, pence, opportunity_id, commissioner)"
    " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:entries AS uuid[]), CAST(:accounts AS text[]), CAST(:pence AS "
    "bigint[]),"
    " CAST(:opportunities AS uuid[]), CAST(:commissioners AS text[]))"
)


async def _enter_all(tx: Transaction, entries: Sequence[Entry]) -> None:
    """All of them in one statement for the journal and one for the postings; leaves out those that move nothing."""
    made = [(new_id(), entry) for entry in entries if entry.parts]
    if not made:
        return
    await tx.execute(
        _ENTRIES,
        {
            "day": tx.today,
            "cause": tx.cause,
            "trace_id": span_ids()["trace_id"],
            "ids": [journal_id for journal_id, _ in made],
            "whats": [entry.what for _, entry in made],
            "claims": [entry.claim_id for _, entry in made],
            "payments": [entry.payment_id for _, entry in made],
            "recharges": [entry.recharge_id for _, entry in made],
            "versions": [entry.recharge_version for _, entry in made],
            "statements": [entry.statement_id for _, entry in made],
            "reversed": [entry.reverses for _, entry in made],
            "nths": [entry.nth for _, entry in made],
        },
    )
    parts = [(journal_id, part) for journal_id, entry in made for part in entry.parts]
    await tx.execute(
        _POSTINGS,
        {
            "ids": [new_id() for _ in parts],
            "entries": [journal_id for journal_id, _ in parts],
            "accounts": [str(part.posting.account) for _, part in parts],
            "pence": [part.posting.pence for _, part in parts],
            "opportunities": [part.opportunity_id for _, part in parts],
            "commissioners": [part.commissioner for _, part in parts],
        },
    )
    for what, same in groupby(made, key=lambda each: each[1].what):
        told = [
            (entry.about, {"journal_id": id_, "payment_id": entry.payment_id, "debited_pence": entry.debited})
            for id_, entry in same
        ]
        await steps.add_all(tx, f"ledger-{what}", told)
