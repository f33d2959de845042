"""Entries in the journal (PAY-11). Each is made once: unique constraints on the journal see to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, select

from services.payments import tables
from services.payments.domain import ledger
from services.payments.domain.claims import Amounts
from shared.db import Transaction, new_id, span_ids
from shared.messaging import steps


@dataclass(frozen=True, slots=True)
class Part:
    """A posting, and whose budget it is about."""

    posting: ledger.Posting
    opportunity_id: UUID
    commissioner: str


# Claims


async def enter_approval(tx: Transaction, claim: Row[Any], approved: Amounts) -> None:
    await _enter_claim(tx, "approved", claim, None, ledger.approval(approved.participation, approved.expenses))


async def reverse_approval(tx: Transaction, claim: Row[Any]) -> None:
    """PAY-17: what was approved is not owed any more, and its budget is free again."""
    journal = tables.journal
    await _reverse(tx, claim.id, {"claim_id": claim.id}, (journal.c.claim_id == claim.id) & (journal.c.what == "approved"))


async def enter_sent(tx: Transaction, claim: Row[Any], payment: Row[Any]) -> None:
    await _enter_claim(tx, "sent", claim, payment.id, ledger.sent(payment.amount_pence))


async def enter_confirmed(tx: Transaction, claim: Row[Any], payment: Row[Any]) -> None:
    if payment.amount_pence > 0:
        await _enter_claim(tx, "confirmed", claim, payment.id, ledger.confirmed(payment.amount_pence, payment.method))


async def reverse_sent(tx: Transaction, claim: Row[Any], payment: Row[Any]) -> None:
    """A payment that the bank did not make: what was entered when it left is undone by its opposite."""
    journal = tables.journal
    about = {"claim_id": claim.id, "payment_id": payment.id}
    await _reverse(tx, claim.id, about, (journal.c.payment_id == payment.id) & (journal.c.what == "sent"))


async def _enter_claim(tx: Transaction, what: str, claim: Row[Any], payment_id: UUID | None, entries: list[ledger.Posting]) -> None:
    parts = await _about(tx, claim.opportunity_id, entries)
    await _enter(tx, what, claim.id, {"claim_id": claim.id, "payment_id": payment_id}, parts)


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
    """What was entered for the version that this row holds, if it is not reversed yet."""
    journal = tables.journal
    about = {"recharge_id": recharge.id, "recharge_version": recharge.version}
    await _reverse(tx, recharge.id, about, (journal.c.recharge_id == recharge.id) & (journal.c.what != "reversed"))


async def enter_settlement(tx: Transaction, statement: Row[Any], lines: Sequence[tuple[UUID, int]]) -> None:
    """lines: the opportunity of each and what was paid of it, so that what is owed for every opportunity comes to nothing."""
    what, make = ("received", ledger.received) if statement.direction == "issued" else ("settled", ledger.settled)
    parts = [part for opportunity_id, pence in lines for part in await _about(tx, opportunity_id, make(pence))]
    await _enter(tx, what, statement.id, {"statement_id": statement.id}, parts)


# Rows


async def _about(tx: Transaction, opportunity_id: UUID, entries: list[ledger.Posting]) -> list[Part]:
    opportunity = await tx.first(select(tables.opportunities).where(tables.opportunities.c.opportunity_id == opportunity_id))
    commissioner = opportunity.commissioner if opportunity else ""
    return [Part(entry, opportunity_id, commissioner) for entry in entries]


async def _reverse(tx: Transaction, about: UUID, ids: dict[str, Any], which: ColumnElement[bool]) -> None:
    """Enter the opposite of the entry that is meant, unless it was done before."""
    journal, postings = tables.journal, tables.postings
    undone = journal.alias()
    rows = await tx.all(
        select(postings)
        .join(journal, journal.c.id == postings.c.journal_id)
        .where(which, ~select(undone.c.id).where(undone.c.reverses == journal.c.id).exists())
    )
    for journal_id in {row.journal_id for row in rows}:
        mine = [row for row in rows if row.journal_id == journal_id]
        opposite = ledger.reversal([ledger.Posting(ledger.Account(row.account), row.pence) for row in mine])
        parts = [Part(posting, row.opportunity_id, row.commissioner) for posting, row in zip(opposite, mine, strict=True)]
        await _enter(tx, "reversed", about, ids, parts, reverses=journal_id)


async def _enter(tx: Transaction, what: str, about: UUID, ids: dict[str, Any], parts: Sequence[Part], reverses: UUID | None = None) -> None:
    """about: the claim, recharge or statement that the steps tell of. ids: those of the entry."""
    if not parts:
        return
    journal_id = new_id()
    await tx.execute(
        insert(tables.journal).values(id=journal_id, what=what, day=tx.today, reverses=reverses, cause=tx.cause, trace_id=span_ids()["trace_id"], **ids)
    )
    await tx.execute(
        insert(tables.postings),
        [
            {
                "id": new_id(),
                "journal_id": journal_id,
                "account": part.posting.account,
                "pence": part.posting.pence,
                "opportunity_id": part.opportunity_id,
                "commissioner": part.commissioner,
            }
            for part in parts
        ],
    )
    moved = sum(part.posting.pence for part in parts if part.posting.pence > 0)
    await steps.add(tx, f"ledger-{what}", about=about, journal_id=journal_id, payment_id=ids.get("payment_id"), debited_pence=moved)
