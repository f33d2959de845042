"""Refuses costs and fees of people who turn out not to have been there, and asks for them again once the register
says that they were (OPP-11, PAY-17)."""

from typing import Any

from sqlalchemy import Row, and_, case, update

from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.claims.use_cases import records, undoing
from services.payments.claims.use_cases.refusing import refuse_claim
from services.payments.claims.use_cases.undoing import NOT_THERE, NOT_THERE_SAID
from shared.db import Transaction
from shared.events.payments import ClaimOpened
from shared.messaging import steps


async def refuse_who_was_not_there(tx: Transaction, claim: Row[Any]) -> None:
    """Lines that an approver or the owner had refused keep their reason."""
    lines = claims_tables.lines
    await undoing.decide_again(tx, claim, keep_cuts=True)
    kept = lines.c.claim_id == claim.id, lines.c.state != LineState.REMOVED
    await tx.execute(update(lines).where(*kept, lines.c.kind == LineKind.PARTICIPATION).values(state=LineState.REMOVED))
    await tx.execute(
        update(lines).where(*kept, lines.c.state != LineState.REFUSED).values(state=LineState.REFUSED, reason=NOT_THERE)
    )
    if claim.state != ClaimState.DECLINED:
        await refuse_claim(tx, claim, because=NOT_THERE)


async def ask_who_was_there(tx: Transaction, claim: Row[Any]) -> None:
    """Asks again for lines that only the register had refused."""
    lines = claims_tables.lines
    without_receipt = and_(lines.c.kind.in_(rules.NEEDS_RECEIPT), lines.c.receipt_id.is_(None))
    await tx.execute(
        update(lines)
        .where(
            lines.c.claim_id == claim.id,
            lines.c.state == LineState.REFUSED,
            lines.c.reason.in_(NOT_THERE_SAID),
        )
        .values(state=case((without_receipt, LineState.WAITING.value), else_=LineState.READY.value), reason=None)
    )


async def reopen(tx: Transaction, claim: Row[Any]) -> None:
    await ask_who_was_there(tx, claim)
    opened = await records.save_claim(tx, claim, state=ClaimState.OPEN, withdrawn_because=None, refused_because=None)
    await records.publish(tx, ClaimOpened, opened, session_date=opened.session_date, else_because="reopened")
    await steps.add(tx, "claim-reopened", about=claim.id)
