"""Splitting a claim: what is not decided beside what is agreed, or has left, goes on in a claim of its own."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.payments.claims import tables
from services.payments.claims.domain.claims import ClaimState, LineState
from services.payments.claims.use_cases import records
from services.payments.claims.use_cases.claims import fresh_clock, started_again
from services.payments.register import queries as register
from shared.db import Transaction, one_of
from shared.events.payments import ClaimClockChanged, ClaimSubmitted
from shared.messaging import steps


async def move_undecided(tx: Transaction, claim: Row[Any], line_ids: Collection[UUID] | None = None) -> None:
    """Undecided lines beside what is agreed or has left move to a claim of their own. Its owner had sent it, and is not
    asked to send it again (PAY-06), except for lines that still wait for a receipt. line_ids: of these lines alone."""
    lines = tables.lines
    undecided = (lines.c.claim_id == claim.id) & lines.c.state.in_([LineState.READY, LineState.WAITING])
    if line_ids is not None:
        undecided &= one_of(lines.c.id, sorted(line_ids))
    states = [row.state for row in await tx.all(select(lines.c.state).where(undecided))]
    if not states:
        return
    is_sent = LineState.READY in states
    more = await open_rest(tx, claim, undecided, sent=is_sent)
    if is_sent:
        pence = await records.sum_of(tx, more.id)
        held = {"held": True, "stopped_on": tx.today} if claim.held else {}
        clock = clock_of_rest(tx, claim, more) | held
        sent = await records.save_claim(tx, more, state=ClaimState.SUBMITTED, **clock)
        days = {"pay_by": sent.pay_by, "aim_by": sent.target_day}
        await records.publish(tx, ClaimSubmitted, sent, amount_pence=pence, **days)
        if sent.held:  # PAY-09: its owner held all of it
            sent = await records.save_claim(tx, sent)
            await records.publish(tx, ClaimClockChanged, sent, stopped=True, **days)


async def open_rest(tx: Transaction, claim: Row[Any], moved: Any, **said: bool) -> Row[Any]:
    """A claim of its own for lines beside what is agreed or has left. moved: which lines; said: as ClaimOpened says
    it."""
    attendance = await register.attendance_of(tx, claim.attendance_id)
    chosen = {"recognition": claim.recognition, "expenses_method": claim.expenses_method}
    days = records.rates_of(claim).receipt_days
    rows = await tx.all(select(tables.lines).where(moved).order_by(tables.lines.c.created_at, tables.lines.c.id))
    heard = {**said, "lines": records.lines_said(rows)}
    more = await records.open_claim(
        tx, attendance, follows=claim.id, because="rest", said=heard, receipt_days=days, **chosen
    )
    await tx.execute(update(tables.lines).where(moved).values(claim_id=more.id))
    await steps.add(tx, "waiting-lines-moved", about=claim.id, to=more.id)
    return more


def clock_of_rest(tx: Transaction, claim: Row[Any], more: Row[Any]) -> dict[str, Any]:
    """PAY-07: it was sent with the claim that it was split from, and keeps its days; if those stood still while
    something was asked, it has the days that were left."""
    if claim.pay_by is None:
        return {"submitted_at": tx.now, **fresh_clock(tx, more)}
    days = {"target_day": claim.target_day, "pay_by": claim.pay_by} | started_again(tx, claim)
    return {"submitted_at": claim.submitted_at or tx.now, **days, "stopped_on": None, "overdue_since": None}
