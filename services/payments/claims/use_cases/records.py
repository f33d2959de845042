"""Claims and lines as rows: locking them, writing them, and publishing what happened to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from services.payments.claims import tables
from services.payments.claims.domain.claims import (
    ClaimState,
    Line,
    LineKind,
    LineState,
    amounts,
    news_of_line,
    receipt_last_day,
)
from services.payments.ledger.domain import Amounts
from services.payments.policy.domain import FIGURES_OF_A_CLAIM, Rates, at_the_hosts_rate
from services.payments.policy.queries import rates_for
from services.payments.rows import locked, owner_of
from shared.db import Transaction, actor_values, new_id, participant_of, span_ids
from shared.events.lines import ClaimLine
from shared.events.payments import ClaimClockChanged, ClaimOpened, _ClaimEvent
from shared.messaging import outbox, steps
from shared.reasons import Missing

AnyClaimEvent = TypeVar("AnyClaimEvent", bound=_ClaimEvent)


async def locked_claim(tx: Transaction, claim_id: UUID) -> Row[Any]:
    return await locked(tx, tables.claims, claim_id)


async def own_claim(tx: Transaction, claim_id: UUID) -> Row[Any]:
    """The claim, locked; Missing if it is not the actor's, so that guessing ids reveals nothing."""
    claim = await locked_claim(tx, claim_id)
    if claim.participant_id != owner_of(tx):
        raise Missing
    return claim


async def line_rows(tx: Transaction, claim_id: UUID) -> Sequence[Row[Any]]:
    """The lines of a claim in the order in which they were added, without those taken out again."""
    lines = tables.lines
    return await tx.all(
        select(lines)
        .where(lines.c.claim_id == claim_id, lines.c.state != LineState.REMOVED)
        .order_by(lines.c.created_at, lines.c.id)
    )


async def miles_so_far(tx: Transaction, claim_id: UUID) -> int:
    """Tenths of miles."""
    return sum(row.tenths_of_miles or 0 for row in await line_rows(tx, claim_id))


def line_of(row: Row[Any]) -> Line:
    return Line(
        row.id,
        LineKind(row.kind),
        LineState(row.state),
        row.amount_pence,
        row.full_pence,
        row.approved_pence,
        row.cut_to_pence,
    )


def line_facts(rows: Sequence[Row[Any]]) -> list[Line]:
    return [line_of(row) for row in rows]


def lines_said(rows: Sequence[Row[Any]]) -> tuple[ClaimLine, ...]:
    """PAY-14: the lines of which their owner hears more than the sum that is agreed."""
    heard = [(row, news_of_line(LineState(row.state), row.amount_pence, row.approved_pence or 0)) for row in rows]
    return tuple(
        ClaimLine(kind=row.kind, pence=row.amount_pence, agreed_pence=row.approved_pence or 0, state=state)
        for row, state in heard
        if state
    )


async def lines_apart(tx: Transaction, claim_id: UUID) -> tuple[ClaimLine, ...]:
    """PAY-14: what was split from this claim and nobody has decided yet."""
    lines, claims = tables.lines, tables.claims
    undecided = (claims.c.state == ClaimState.SUBMITTED) & (lines.c.state == LineState.READY)
    apart = (claims.c.follows == claim_id) & (claims.c.follows_because == "rest")
    joined = lines.join(claims, claims.c.id == lines.c.claim_id)
    rows = await tx.all(select(lines).select_from(joined).where(apart, undecided).order_by(lines.c.created_at))
    return lines_said(rows)


def rates_of(claim: Row[Any]) -> Rates:
    """The figures that the claim was made under."""
    return Rates(**claim.rates)


def last_day_for_receipts(claim: Row[Any]) -> date:
    """PAY-05"""
    return receipt_last_day(claim.session_date, rates_of(claim).receipt_days)


async def save_claim(tx: Transaction, claim: Row[Any], **changes: Any) -> Row[Any]:
    """Writes changes; returns the new row. The row must be locked. Whoever changes it for its owner has helped
    (PAY-10)."""
    claims = tables.claims
    if tx.actor.id is not None and tx.actor.acting_for == claim.participant_id:
        helper = insert(tables.claim_helpers).values(claim_id=claim.id, person_id=tx.actor.id)
        await tx.execute(helper.on_conflict_do_nothing())
    return await tx.one(
        update(claims).where(claims.c.id == claim.id).values(version=claims.c.version + 1, **changes).returning(claims)
    )


async def helpers_of(tx: Transaction, claim_id: UUID) -> frozenset[UUID]:
    """PAY-10: everyone who touched it while they helped its owner."""
    rows = await tx.all(select(tables.claim_helpers.c.person_id).where(tables.claim_helpers.c.claim_id == claim_id))
    return frozenset(row.person_id for row in rows)


async def publish(tx: Transaction, kind: type[AnyClaimEvent], claim: Row[Any], **facts: Any) -> UUID:
    """Tells the other services what happened to a claim; claim is its row after the change."""
    return await outbox.add(tx, kind(**facts_of(claim), **facts))


def facts_of(claim: Row[Any]) -> dict[str, Any]:
    """What every event about a claim says: which claim, and its present state."""
    return {
        "version": claim.version,
        "claim_id": claim.id,
        "opportunity_id": claim.opportunity_id,
        "session_id": claim.session_id,
        "participant": participant_of(claim),
    }


async def open_claim(
    tx: Transaction,
    attendance: Row[Any],
    *,
    follows: UUID | None = None,
    because: str | None = None,
    waiting: Sequence[Row[Any]] = (),
    said: Mapping[str, Any] | None = None,
    heard_because: str | None = None,
    receipt_days: int | None = None,
    **more: Any,
) -> Row[Any]:
    """A new claim for an attendance; follows: the claim that it was split from, and why; waiting: the lines
    without a receipt that are to go on in it (PAY-05), of which its owner hears the sum; said: what else its event
    says; heard_because: why, as its owner hears it, where that is something else; receipt_days: in how many days a
    receipt can come, as its owner was told of what it was split from. At another organisation's
    session an hour is paid at the rate that it advertised (NET-03), which stays in the claim's own figures."""
    rates = at_the_hosts_rate(
        await rates_for(tx, attendance.session_date), attendance.rate_pence if attendance.host else None
    )
    if receipt_days is not None:
        rates = replace(rates, receipt_days=max(receipt_days, rates.receipt_days))
    values = {
        "id": new_id(),
        "attendance_id": attendance.attendance_id,
        "follows": follows,
        "follows_because": because,
        "opportunity_id": attendance.opportunity_id,
        "session_id": attendance.session_id,
        "session_date": attendance.session_date,
        "participant_kind": attendance.participant_kind,
        "participant_id": attendance.participant_id,
        "participant_home": attendance.participant_home,
        "recorded_by": attendance.recorded_by,
        "rates": {name: getattr(rates, name) for name in FIGURES_OF_A_CLAIM},
        "state": ClaimState.OPEN,
        "version": 1,
        "trace_id": span_ids()["trace_id"],
        **actor_values(tx.actor),
        **more,
    }
    claim = await tx.one(insert(tables.claims).values(**values).returning(tables.claims))
    if follows is not None:
        await _keep_helpers_of(tx, follows, claim.id)
    waits = {"waiting_pence": sum(line.amount_pence for line in waiting), "waiting_lines": len(waiting)}
    heard = heard_because or because
    why = {"else_because": heard} if heard == "rest" else {"because": heard or ""}
    lines = {"lines": lines_said(waiting)}
    told = {"session_date": claim.session_date, "ground": attendance.ground, **why, **waits, **lines, **(said or {})}
    if waiting or (heard == "rest" and not told.get("sent") and not told.get("agreed")):
        told["receipt_by"] = last_day_for_receipts(claim)
    await publish(tx, ClaimOpened, claim, **told)
    await steps.add(
        tx, "claim-opened", about=claim.id, attendance_id=claim.attendance_id, follows=follows, because=because
    )
    return claim


async def _keep_helpers_of(tx: Transaction, follows: UUID, claim_id: UUID) -> None:
    """PAY-10: whoever helped with the claim that it was split from has helped with it."""
    helpers = tables.claim_helpers
    helped = select(literal(claim_id), helpers.c.person_id).where(helpers.c.claim_id == follows)
    await tx.execute(insert(helpers).from_select(["claim_id", "person_id"], helped))


async def add_line(tx: Transaction, claim_id: UUID, kind: LineKind, state: LineState, **values: Any) -> UUID:
    line_id = new_id()
    await tx.execute(
        insert(tables.lines).values(
            id=line_id, claim_id=claim_id, kind=kind, state=state, **actor_values(tx.actor), **values
        )
    )
    return line_id


def pence_of_lines() -> Any:
    """The sum of lines, each as Line.pence gives it."""
    lines = tables.lines
    return func.coalesce(
        func.sum(func.coalesce(lines.c.approved_pence, func.least(lines.c.cut_to_pence, lines.c.amount_pence))), 0
    )


async def sum_of(tx: Transaction, claim_id: UUID) -> int:
    """Pence that are ready or agreed: what the claim comes to now."""
    lines = tables.lines
    return await tx.scalar(
        select(pence_of_lines()).where(
            lines.c.claim_id == claim_id, lines.c.state.in_([LineState.READY, LineState.APPROVED])
        )
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """What the claims of an attendance come to: pence that are ready or agreed."""

    own: Mapping[UUID, int]
    """By claim."""
    in_all: int
    """Without claims after the first of which their owner chose to take nothing."""


async def sums_of(tx: Transaction, attendance_id: UUID) -> Sums:
    lines, claims = tables.lines, tables.claims
    counts = lines.c.state.in_([LineState.READY, LineState.APPROVED])
    takes_nothing = (claims.c.follows.is_not(None) & (claims.c.state == ClaimState.DECLINED)).label("takes_nothing")
    rows = await tx.all(
        select(claims.c.id, takes_nothing, pence_of_lines().label("pence"))
        .join(lines, (lines.c.claim_id == claims.c.id) & counts, isouter=True)
        .where(claims.c.attendance_id == attendance_id)
        .group_by(claims.c.id)
    )
    return Sums({row.id: row.pence for row in rows}, sum(row.pence for row in rows if not row.takes_nothing))


async def note_change(
    tx: Transaction, claim_id: UUID, what: str, by: UUID | None, was_pence: int, now_pence: int, **more: Any
) -> None:
    """PAY-14, PAY-17: keeps who changed a claim's sum, with the sums before and after, for whoever decides it next."""
    values = {
        "claim_id": claim_id,
        "what": what,
        "changed_by": by,
        "was_pence": was_pence,
        "now_pence": now_pence,
        **more,
    }
    await tx.execute(insert(tables.claim_changes).values(id=new_id(), changed_at=tx.now, **values))


async def was_changed(tx: Transaction, claim_id: UUID) -> bool:
    """Whether whoever decides it next first reads what happened to it."""
    changes = tables.claim_changes
    return await tx.first(select(changes.c.id).where(changes.c.claim_id == claim_id).limit(1)) is not None


async def say_that_clocks_go_on(tx: Transaction, claim_ids: Sequence[UUID]) -> None:
    """PAY-07: for claims whose owners are no longer asked for anything, though they did not answer."""
    for claim_id in claim_ids:
        row = await save_claim(tx, await locked_claim(tx, claim_id))
        await publish(tx, ClaimClockChanged, row, stopped=False, pay_by=row.pay_by, aim_by=row.target_day)


async def end_hold(tx: Transaction, claim: Row[Any]) -> Row[Any]:
    """PAY-09: nothing is left to hold: it is paid, refused or declined. The hold does not extend to anything that
    comes later."""
    if not claim.held:
        return claim
    row = await save_claim(tx, claim, held=False, stopped_on=None)
    await publish(tx, ClaimClockChanged, row, stopped=False, pay_by=row.pay_by, aim_by=row.target_day)
    await steps.add(tx, "hold-ended", about=claim.id)
    return row


def approved_amounts(rows: Sequence[Row[Any]]) -> Amounts:
    """PAY-11, PAY-14: what was approved of a claim with these lines: the amount that is entered, paid, measured
    against budgets and shown."""
    return amounts(line_facts(rows), (LineState.APPROVED,))
