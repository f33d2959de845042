"""What falls due by itself."""

from sqlalchemy import select

from services.payments.claims import tables
from services.payments.claims.domain import days
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases import records
from shared.db import Transaction
from shared.events.payments import ClaimOverdue
from shared.messaging import steps

_RUNNING = (ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER, ClaimState.APPROVED)


async def tell_of_overdue_claims(tx: Transaction) -> None:
    """PAY-07: tells once of each claim past its limit."""
    claims = tables.claims
    running = select(claims).where(
        claims.c.state.in_(_RUNNING),
        claims.c.overdue_since.is_(None),
        claims.c.pay_by < tx.today,
        claims.c.stopped_on.is_(None),
    )
    for claim in await tx.all(running.order_by(claims.c.id).with_for_update(skip_locked=True)):
        if days.is_overdue(claim.pay_by, tx.today, claim.stopped_on):
            overdue = await records.save_claim(tx, claim, overdue_since=tx.today)
            await records.publish(tx, ClaimOverdue, overdue, pay_by=claim.pay_by)
            await steps.add(tx, "claim-overdue", about=claim.id, pay_by=claim.pay_by)
