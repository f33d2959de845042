"""Bank details into which a payment did not arrive (PAY-12, PAY-13): nothing more goes into them until their owner has
answered.

However something comes to be owed (an approval given again, a correction, a claim that follows, a payment that
dropped out of its run), it waits for the details, and its owner is asked, just as for a payment that the bank sent
back.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update

from services.payments.claims import tables
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases import ready
from services.payments.claims.use_cases.records import facts_of
from services.payments.claims.use_cases.waiting import is_decided_again
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.bank_reasons import BLAMES_ACCOUNT, FAULTS
from services.payments.owing.domain.leaving import TRANSFER
from shared.db import Transaction, one_of
from shared.events.payments import ClaimReturned
from shared.messaging import outbox, steps

_DOUBT = text(
    "UPDATE bank_details SET doubted_because = said.code FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[])) AS "
    "said (id, code)"
    " WHERE bank_details.id = said.id AND bank_details.state <> 'replaced'"
)


async def doubt(tx: Transaction, came_back: Sequence[tuple[Any, str]]) -> None:
    """came_back: rows of payments that did not arrive because of the payee's account, each with its reason code (""
    if none)."""
    if came_back:
        ids, codes = [payment.bank_detail_id for payment, _ in came_back], [code for _, code in came_back]
        await tx.execute(_DOUBT, {"ids": ids, "codes": codes})
        await ask(tx, {payment.participant_id for payment, _ in came_back})


async def ask(tx: Transaction, people: Iterable[UUID]) -> None:
    """Whatever these people are owed and would go into doubted details waits for them. They are asked, and the
    clocks stop meanwhile (PAY-07). What is decided again first is asked about then (PAY-17). The details are locked,
    so that nothing approved at the moment of the bank's word is missed."""
    details, payables, claims = owing_tables.bank_details, owing_tables.payables, tables.claims
    current = one_of(details.c.participant_id, people) & owing.are_current(details)
    found = await tx.all(
        select(details.c.participant_id, details.c.doubted_because).where(current).with_for_update(read=True)
    )
    doubted = [row for row in found if row.doubted_because is not None]
    if not doubted:
        return
    whose = one_of(payables.c.participant_id, [row.participant_id for row in doubted])
    transfers = (payables.c.state == "owed") & (payables.c.method == TRANSFER)
    due = select(claims.c.id).where(claims.c.id == payables.c.claim_id, is_decided_again("payables")).exists()
    owed = whose & owing.are_current_details_of(payables) & transfers & ~due
    waits = (
        update(payables).where(owed).values(state="returned", reason_code=func.nullif(details.c.doubted_because, ""))
    )
    rows = await tx.all(waits.returning(payables.c.claim_id, payables.c.amount_pence, payables.c.reason_code))
    if not rows:
        return
    back = {
        row.claim_id: {"amount_pence": row.amount_pence, "fault": FAULTS.get(row.reason_code or "", "")} for row in rows
    }
    asked = one_of(claims.c.id, [row.claim_id for row in rows])
    stopped = {"stopped_on": func.coalesce(claims.c.stopped_on, tx.today), "overdue_since": None}
    values = {"state": ClaimState.RETURNED, "version": claims.c.version + 1, **stopped}
    waiting = await tx.all(update(claims).where(asked).values(**values).returning(claims))
    tried = await _tried(tx, [row.claim_id for row in rows])
    await outbox.add_all(tx, [ClaimReturned(**facts_of(row), **back[row.id], tried=row.id in tried) for row in waiting])
    await steps.add_all(tx, "waits-for-details", [(row.id, {}) for row in waiting])
    await ready.say(tx, {row.id for row in waiting}, only_waiting=True)


async def _tried(tx: Transaction, claim_ids: Sequence[UUID]) -> set[UUID]:
    """Claims for which the bank was asked to pay something into an account, and it did not arrive because of that
    account."""
    payments = owing_tables.payments
    back = payments.c.state.in_(["rejected", "returned"]) & (payments.c.method == TRANSFER)
    back &= func.coalesce(payments.c.reason_code, "").in_([*BLAMES_ACCOUNT, "came-back-details", "not-paid-details"])
    mine = select(payments.c.claim_id).where(one_of(payments.c.claim_id, claim_ids), back)
    return {row.claim_id for row in await tx.all(mine)}


_LIFT = text(
    "UPDATE bank_details SET doubted_because = NULL WHERE id = ANY(CAST(:ids AS uuid[])) AND state <> 'replaced' "
    "AND doubted_because IS NOT NULL"
    " AND NOT EXISTS (SELECT FROM payments WHERE bank_detail_id = bank_details.id"
    " AND state IN ('rejected', 'returned'))"
    " RETURNING participant_id"
)


async def lift(tx: Transaction, details: Iterable[UUID | None]) -> list[UUID]:
    """A payment that counted as not paid did reach these details, and no other payment into them came back: their
    owner is not asked to check them. Returns whose they are."""
    ids = sorted({each for each in details if each is not None})
    return [row.participant_id for row in await tx.all(_LIFT, {"ids": ids})] if ids else []


async def answered(tx: Transaction, person_id: UUID) -> None:
    """Their owner has said that these details are right."""
    details = owing_tables.bank_details
    current = (details.c.participant_id == person_id) & owing.are_current(details)
    await tx.execute(
        update(details).where(current, details.c.doubted_because.is_not(None)).values(doubted_because=None)
    )
