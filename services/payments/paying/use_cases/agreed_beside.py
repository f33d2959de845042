"""What was agreed together with something that, it turns out, the bank had paid before (PAY-12): it stays agreed,
and is owed through a claim of its own."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select

from services.payments.approving import tables as approving_tables
from services.payments.approving.use_cases.approval import make_payables
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import thanks
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases import doubts, ready, records, splitting
from services.payments.claims.use_cases import waiting as waiting_use_cases
from services.payments.ledger.use_cases import ledger
from services.payments.owing import queries as owing
from shared.db import Transaction, new_id, one_of
from shared.events.lines import ClaimLine
from shared.events.payments import ClaimApproved
from shared.messaging import steps


async def move(tx: Transaction, claim: Row[Any], agreed: Sequence[UUID]) -> None:
    """claim: locked, as it was before its earlier approval is restored. agreed: lines approved along with what that
    payment pays, but not paid by it."""
    if not agreed:
        return
    more = await splitting.open_rest(tx, claim, one_of(claims_tables.lines.c.id, agreed), sent=True, agreed=True)
    await _by_whom(tx, claim, more)
    rows = await records.line_rows(tx, more.id)
    amounts = records.approved_amounts(rows)
    clock = splitting.clock_of_rest(tx, claim, more)
    held = {"held": True, "stopped_on": tx.today} if claim.held else {}
    row = await records.save_claim(tx, more, state=ClaimState.APPROVED, **clock | held)
    ways = await make_payables(tx, row, amounts)
    await ledger.enter_approval(tx, row, amounts)
    lines = tuple(ClaimLine(kind=each.kind, pence=each.approved_pence, state="agreed") for each in rows)
    said = {"on_hold": row.held, "recognition": row.recognition, "stands": True, "lines": lines}
    said |= await owing.what_comes_first(tx, row.participant_id, ways)
    said |= thanks.costs_apart(row.recognition, row.expenses_method, amounts)
    waits = bool(await waiting_use_cases.waiting_for_bank(tx, [row.id]))
    await records.publish(
        tx,
        ClaimApproved,
        row,
        amount_pence=amounts.total,
        pay_by=row.pay_by,
        aim_by=row.target_day,
        session_date=row.session_date,
        waits_for_bank=waits,
        **said,
    )
    await steps.add(tx, "approval-stands-beside", about=row.id, pence=amounts.total, split_from=claim.id)
    if row.held:
        await ready.say(tx, [row.id])
    await doubts.ask(tx, [row.participant_id])


async def _by_whom(tx: Transaction, claim: Row[Any], more: Row[Any]) -> None:
    """PAY-10: whoever approved it there has approved it here, so they may not release it here either."""
    approvals = approving_tables.approvals
    mine = select(approvals).where(approvals.c.claim_id == claim.id, approvals.c.decision == "approved")
    for row in await tx.all(mine.order_by(approvals.c.decided_at, approvals.c.id)):
        values = {"approver_id": row.approver_id, "decision": row.decision, "first_approver": row.first_approver}
        await tx.execute(insert(approvals).values(id=new_id(), claim_id=more.id, decided_at=row.decided_at, **values))
