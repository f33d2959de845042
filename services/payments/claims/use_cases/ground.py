"""The ground of claims: an attendance. All its claims share one account of what was agreed to, may be at the bank,
was paid, and came back (PAY-12, PAY-17): a correction, another look and a late receipt make new claims, but no new
money."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, all_, bindparam, case, cast, func, select, update

from services.payments.claims import tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import thanks
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.claims.use_cases import records
from services.payments.claims.use_cases.undoing import NO_CUT
from services.payments.owing import tables as owing_tables
from services.payments.register import queries as register
from services.payments.register import tables as register_tables
from shared.db import Transaction
from shared.messaging import steps

ASKED = (ClaimState.OPEN, ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER)


def claims_beside(claim_id: Any) -> Any:
    """Ids of all claims of the same attendance, including this one. claim_id: a column, or an id."""
    claims, mine = tables.claims.alias(), tables.claims.alias()
    return select(claims.c.id).join(mine, mine.c.attendance_id == claims.c.attendance_id).where(mine.c.id == claim_id)


def is_thanked_beside(claim: Any) -> Any:
    """PAY-08: whether another claim of the same attendance gives the thanks for it: some that are no money, or the
    fee, if this claim has none. claim: columns of claims, in an outer query."""
    others, payables = tables.claims.alias(), owing_tables.payables
    lines, own = tables.lines.alias(), tables.lines.alias()
    given = payables.c.method.in_(thanks.THANKS_WITHOUT_MONEY) & (payables.c.state != "withdrawn")
    thanks_given = select(payables.c.id).where(payables.c.claim_id == others.c.id, given)
    is_fee = lines.c.kind == LineKind.PARTICIPATION, lines.c.state == LineState.APPROVED, lines.c.approved_pence > 0
    fee_given = select(lines.c.id).where(lines.c.claim_id == others.c.id, *is_fee)
    goes_on = own.c.state.in_([LineState.READY, LineState.APPROVED])
    own_fee = select(own.c.id).where(own.c.claim_id == claim.id, own.c.kind == LineKind.PARTICIPATION, goes_on)
    beside = others.c.attendance_id == claim.attendance_id, others.c.id != claim.id
    gives = thanks_given.correlate(others).exists() | (
        fee_given.correlate(others).exists() & ~own_fee.correlate(claim.id.table).exists()
    )
    return select(others.c.id).where(*beside, gives).correlate(claim.id.table).exists()


async def thanked_beside(tx: Transaction, claim_id: UUID) -> bool:
    """is_thanked_beside() of this claim."""
    return await tx.scalar(_thanked_beside(), {"claim": claim_id})


@cache
def _thanked_beside() -> Any:
    claims = tables.claims
    return select(is_thanked_beside(claims.c)).where(claims.c.id == bindparam("claim"))


async def lock(tx: Transaction, claim_id: UUID) -> Row[Any]:
    """The attendance of a claim, locked before the claim, so that no two of its claims are decided, asked for or put
    right at the same moment. Raises Missing."""
    attendances, claims = register_tables.attendances, tables.claims
    mine = select(claims.c.attendance_id).where(claims.c.id == claim_id).scalar_subquery()
    return await tx.one(select(attendances).where(attendances.c.attendance_id == mine).with_for_update())


def fee_of(claim: Row[Any], attendance: Row[Any]) -> tuple[int, int] | None:
    """(minutes, pence) that the register gives."""
    if not attendance.present:
        return None
    return rules.fee_line(attendance.paid, attendance.minutes, attendance.planned_minutes, records.rates_of(claim))


async def fee_given(tx: Transaction, attendance: Row[Any]) -> tuple[int, int]:
    """(minutes, pence) that the register gives now, at the first claim's rate; (0, 0) if nothing."""
    claims = tables.claims
    first = await tx.one(
        select(claims).where(claims.c.attendance_id == attendance.attendance_id, claims.c.follows.is_(None))
    )
    return fee_of(first, attendance) or (0, 0)


async def fee_left(tx: Transaction, attendance: Row[Any], but: Collection[UUID] = (), *, asked: bool) -> int:
    """PAY-14, PAY-17: pence of the fee that the register gives now, less what was agreed in any claim except for
    these lines. asked: also less what is asked for."""
    lines, claims = tables.lines, tables.claims
    others = lines.c.id != all_(cast(list(but), ARRAY(Uuid)))
    fees = (claims.c.attendance_id == attendance.attendance_id) & (lines.c.kind == LineKind.PARTICIPATION)
    agreed = lines.c.state == LineState.APPROVED
    counts = agreed | ((lines.c.state == LineState.READY) & claims.c.state.in_(ASKED)) if asked else agreed
    pence = func.coalesce(func.sum(case((agreed, lines.c.approved_pence), else_=pence_here())), 0)
    taken = await tx.scalar(select(pence).join(claims, claims.c.id == lines.c.claim_id).where(fees, others, counts))
    return max((await fee_given(tx, attendance))[1] - taken, 0)


@cache
def pence_here() -> Any:
    """PAY-14: what a line can come to by itself, without the part that another look asks for in its own claim."""
    lines, looks = tables.lines, tables.lines.alias()
    looked = (
        select(func.coalesce(func.sum(looks.c.looked_pence), 0)).where(looks.c.looks_at == lines.c.id).correlate(lines)
    )
    return lines.c.full_pence - looked.scalar_subquery()


async def fee_here(tx: Transaction, fee: Row[Any]) -> int:
    """pence_here() of this line."""
    return await tx.scalar(select(pence_here()).where(tables.lines.c.id == fee.id))


async def limit_fee(tx: Transaction, claim_id: UUID, attendance: Row[Any]) -> None:
    """PAY-14, PAY-17: lowers the fee that this undecided claim asks for to what the register gives now beyond its
    other claims. The claim is locked."""
    lines = tables.lines
    mine = lines.c.claim_id == claim_id, lines.c.kind == LineKind.PARTICIPATION, lines.c.state == LineState.READY
    fee = await tx.first(select(lines).where(*mine))
    if fee is None or (left := await fee_left(tx, attendance, [fee.id], asked=True)) >= (
        here := await fee_here(tx, fee)
    ):
        return
    lowered = None if fee.lowered_pence is None else min(fee.lowered_pence, left)
    minutes = (await fee_given(tx, attendance))[0]
    full = left + fee.full_pence - here
    values = {
        "full_pence": full,
        "amount_pence": min(fee.amount_pence, left),
        "lowered_pence": lowered,
        "minutes": minutes,
        **NO_CUT,
    }
    await tx.execute(
        update(lines).where(lines.c.id == fee.id).values(**values if left else {"state": LineState.REMOVED})
    )


async def left_beside(tx: Transaction, payment: Row[Any]) -> tuple[int, int]:
    """(left, elsewhere): pence that the register and the costs of its attendance give beyond this payment, which
    counts as not paid; and pence that its other claims have on their way, paid, or in a file that the bank may have."""
    claims = tables.claims
    claim = await tx.one(select(claims).where(claims.c.id == payment.claim_id))
    attendance = await register.attendance_of(tx, claim.attendance_id)
    pays_costs = payment.method == thanks.method_of_expenses(claim.recognition, claim.expenses_method)
    mine, theirs = await _costs(tx, claim, with_own=pays_costs)
    left = (await fee_given(tx, attendance))[1] + mine + theirs - payment.amount_pence
    return max(left, theirs), await _elsewhere(tx, payment)


async def _costs(tx: Transaction, claim: Row[Any], *, with_own: bool) -> tuple[int, int]:
    """(mine, theirs): pence of costs that this claim and the others of its attendance ask for or were agreed to. A
    cost and another look at it count together, up to the whole cost."""
    claims, lines, first = tables.claims, tables.lines, tables.lines.alias()
    counts = lines.c.state.in_([LineState.READY, LineState.WAITING, LineState.APPROVED])
    pence = func.coalesce(lines.c.approved_pence, lines.c.amount_pence)
    own, cost = claims.c.id == claim.id, func.coalesce(lines.c.looks_at, lines.c.id)
    whole = select(first.c.full_pence).where(first.c.id == cost).correlate(lines).scalar_subquery()
    costs = select(
        func.coalesce(func.sum(pence).filter(own), 0).label("mine"),
        func.coalesce(func.sum(pence).filter(~own), 0).label("theirs"),
    )
    costs = (
        costs.add_columns(func.max(whole).label("whole")).join(claims, claims.c.id == lines.c.claim_id).group_by(cost)
    )
    found = await tx.all(
        costs.where(claims.c.attendance_id == claim.attendance_id, lines.c.kind != LineKind.PARTICIPATION, counts)
    )
    theirs = sum(min(row.theirs, row.whole) for row in found)
    both = sum(min(row.mine + row.theirs, row.whole) for row in found)
    return both - theirs if with_own else 0, theirs


async def _elsewhere(tx: Transaction, payment: Row[Any]) -> int:
    payments = owing_tables.payments
    others = payments.c.claim_id.in_(claims_beside(payment.claim_id)) & (payments.c.claim_id != payment.claim_id)
    out = payments.c.state.in_(["sent", "paid"]) | ((payments.c.state == "made") & payments.c.in_file.is_not(None))
    return await tx.scalar(select(func.coalesce(func.sum(payments.c.amount_pence), 0)).where(others, out))


async def add_fee(
    tx: Transaction, claim: Row[Any], attendance: Row[Any], lowered_pence: int | None = None, *, already: int = 0
) -> None:
    """PAY-01: adds the participation line, or none if no time is paid. already: pence of it that left in another
    claim."""
    fee = fee_of(claim, attendance)
    if fee is None or fee[1] <= already:
        return
    minutes, full_pence = fee[0], fee[1] - already
    lowered = None if lowered_pence is None else min(lowered_pence, full_pence)
    await records.add_line(
        tx,
        claim.id,
        LineKind.PARTICIPATION,
        LineState.READY,
        minutes=minutes,
        rate_pence=records.rates_of(claim).participation,
        full_pence=full_pence,
        amount_pence=thanks.fee_asked(full_pence, lowered, claim.recognition),
        lowered_pence=lowered,
    )
    await steps.add(tx, "fee-filled-in", about=claim.id, minutes=minutes, pence=full_pence)
