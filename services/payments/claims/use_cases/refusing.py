"""A claim of which nothing is paid (PAY-14)."""

from typing import Any

from sqlalchemy import Row

from services.payments.claims.domain.claims import ClaimState, LineState
from services.payments.claims.use_cases import records, undoing
from services.payments.claims.use_cases.undoing import Why
from shared.db import Transaction
from shared.events.payments import ClaimRefused
from shared.messaging import steps


async def refuse_claim(
    tx: Transaction, claim: Row[Any], *, because: str | None = None, why: Why = undoing.REGISTER, **changes: Any
) -> Row[Any]:
    """Nothing of it is paid; its lines have the reasons (PAY-14). because: what its owner reads if no approver
    refuses it, and why: where that comes from. If its approval was just taken back for the same reason, that is
    recorded as the reason, too."""
    if claim.withdrawn_because == why.again and because is not None:
        changes["withdrawn_because"] = because
    changes = {"state": ClaimState.REFUSED, "refused_because": because, **undoing.NOBODY_APPROVED, **changes}
    refused = await records.save_claim(tx, claim, **changes)
    by_itself = {
        "because": "register",
        "bank_paid": why.because == "bank",
        "was_agreed": claim.withdrawn_because is not None,
    }
    rows = await records.line_rows(tx, claim.id)
    waiting = sum(row.amount_pence for row in rows if row.state == LineState.WAITING)
    sums = {"not_agreed_pence": sum(row.amount_pence for row in rows) - waiting, "waiting_pence": waiting}
    await records.publish(tx, ClaimRefused, refused, **sums, **({} if because is None else by_itself))
    await steps.add(tx, "claim-refused", about=claim.id)
    return await records.end_hold(tx, refused)
