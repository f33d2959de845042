"""A claim of which nothing is paid (PAY-14)."""

from typing import Any

from sqlalchemy import Row, select

from services.payments.claims import tables
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
    by_nobody = because is not None or changes.get("withdrawn_because") is not None
    if claim.withdrawn_because == why.again and because is not None:
        changes["withdrawn_because"] = because
    changes = {"state": ClaimState.REFUSED, "refused_because": because, **undoing.NOBODY_APPROVED, **changes}
    refused = await records.save_claim(tx, claim, **changes)
    by_itself = {
        "because": "register",
        "bank_paid": why.because == "bank",
        "was_agreed": claim.withdrawn_because is not None,
        "first_claim_pence": await _in_the_first(tx, claim) if because == undoing.REGISTER.elsewhere else 0,
    }
    rows = await records.line_rows(tx, claim.id)
    waiting = sum(row.amount_pence for row in rows if row.state == LineState.WAITING)
    sums: dict[str, Any] = {
        "not_agreed_pence": sum(row.amount_pence for row in rows) - waiting,
        "waiting_pence": waiting,
    }
    sums |= {"lines": records.lines_said(rows), "session_date": refused.session_date}
    await records.publish(tx, ClaimRefused, refused, **sums, **(by_itself if by_nobody else {}))
    await steps.add(tx, "claim-refused", about=claim.id)
    return await records.end_hold(tx, refused)


async def _in_the_first(tx: Transaction, claim: Row[Any]) -> int:
    """What the first claim of its attendance comes to; 0 if nothing of that is paid."""
    claims = tables.claims
    goes_on = claims.c.state.not_in([ClaimState.REFUSED, ClaimState.DECLINED])
    mine = claims.c.attendance_id == claim.attendance_id, claims.c.follows.is_(None), goes_on
    first = await tx.first(select(claims.c.id).where(*mine))
    return 0 if first is None else await records.sum_of(tx, first.id)
