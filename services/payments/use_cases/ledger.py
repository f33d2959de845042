"""Entries in the journal (PAY-11). Each is made once: unique constraints on the journal see to it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select

from services.payments import tables
from services.payments.domain import ledger
from services.payments.domain.claims import Amounts
from shared.db import Transaction, new_id, span_ids
from shared.messaging import steps


async def enter_approval(tx: Transaction, claim: Row[Any], approved: Amounts) -> None:
    await _enter(tx, "approved", claim, None, ledger.approval(approved.participation, approved.expenses))


async def enter_sent(tx: Transaction, claim: Row[Any], payment: Row[Any]) -> None:
    await _enter(tx, "sent", claim, payment.id, ledger.sent(payment.amount_pence))


async def enter_confirmed(tx: Transaction, claim: Row[Any], payment: Row[Any]) -> None:
    if payment.amount_pence > 0:
        await _enter(tx, "confirmed", claim, payment.id, ledger.confirmed(payment.amount_pence, payment.method))


async def reverse_sent(tx: Transaction, claim: Row[Any], payment: Row[Any]) -> None:
    """A payment that the bank did not make: what was entered when it left is undone by its opposite."""
    journal, postings = tables.journal, tables.postings
    rows = await tx.all(
        select(postings).join(journal, journal.c.id == postings.c.journal_id).where(journal.c.payment_id == payment.id, journal.c.what == "sent")
    )
    if rows:
        before = [ledger.Posting(ledger.Account(row.account), row.pence) for row in rows]
        await _enter(tx, "reversed", claim, payment.id, ledger.reversal(before), reverses=rows[0].journal_id)


async def _enter(tx: Transaction, what: str, claim: Row[Any], payment_id: UUID | None, entries: list[ledger.Posting], reverses: UUID | None = None) -> None:
    if not entries:
        return
    opportunity = await tx.first(select(tables.opportunities).where(tables.opportunities.c.opportunity_id == claim.opportunity_id))
    journal_id = new_id()
    await tx.execute(
        insert(tables.journal).values(
            id=journal_id, what=what, day=tx.today, claim_id=claim.id, payment_id=payment_id, reverses=reverses, cause=tx.cause, **_trace()
        )
    )
    await tx.execute(
        insert(tables.postings),
        [
            {
                "id": new_id(),
                "journal_id": journal_id,
                "account": entry.account,
                "pence": entry.pence,
                "opportunity_id": claim.opportunity_id,
                "commissioner": opportunity.commissioner if opportunity else "",
            }
            for entry in entries
        ],
    )
    moved = sum(entry.pence for entry in entries if entry.pence > 0)
    await steps.add(tx, f"ledger-{what}", about=claim.id, journal_id=journal_id, payment_id=payment_id, debited_pence=moved)


def _trace() -> dict[str, str | None]:
    return {"trace_id": span_ids()["trace_id"]}
