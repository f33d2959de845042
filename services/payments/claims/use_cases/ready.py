"""What is ready to be paid (PAY-12): one condition, for finance's first page and for its page of payment runs."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from services.payments.claims import tables
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases.records import facts_of
from services.payments.owing import tables as owing_tables
from shared.db import Transaction, one_of
from shared.events.payments import ClaimToPay
from shared.messaging import outbox


def is_ready() -> Any:
    """Condition on a payable joined with its claim: we owe it, no live run has it, and its owner does not hold it
    (PAY-09)."""
    return is_owed() & ~tables.claims.c.held


def is_owed() -> Any:
    """Condition on a payable joined with its claim: we owe it, and no live run has it."""
    return (owing_tables.payables.c.state == "owed") & tables.claims.c.state.in_(
        [ClaimState.APPROVED, ClaimState.RETURNED]
    )


async def how_many_held(tx: Transaction) -> int:
    """PAY-09: claims that were agreed and that their owners hold."""
    payables, claims = owing_tables.payables, tables.claims
    held = (
        select(func.count(claims.c.id.distinct()))
        .join(payables, payables.c.claim_id == claims.c.id)
        .where(is_owed(), claims.c.held)
    )
    return await tx.scalar(held)


async def how_many_claims(tx: Transaction, viewer: UUID) -> int:
    """As on this person's first page: nobody is asked to pay what is theirs (PAY-10)."""
    payables, claims = owing_tables.payables, tables.claims
    ready = (
        select(func.count(claims.c.id.distinct())).join(payables, payables.c.claim_id == claims.c.id).where(is_ready())
    )
    return await tx.scalar(ready.where(claims.c.participant_id != viewer))


async def say(tx: Transaction, claim_ids: Iterable[UUID], *, only_waiting: bool = False) -> None:
    """Says whether something in these claims now waits to go into a run. only_waiting: only for claims in which
    something does."""
    payables, claims = owing_tables.payables, tables.claims
    waiting = select(payables.c.id).where(payables.c.claim_id == claims.c.id, is_ready()).correlate(claims).exists()
    meant = one_of(claims.c.id, sorted(set(claim_ids)))
    newer = update(claims).where(meant & waiting if only_waiting else meant).values(version=claims.c.version + 1)
    rows = await tx.all(newer.returning(claims, waiting.label("waiting")))
    await outbox.add_all(tx, [ClaimToPay(**facts_of(row), waiting=row.waiting) for row in rows])
