"""What the register gave and how much of it has left, over all claims of an attendance (PAY-16, PAY-17)."""

from typing import Any

from sqlalchemy import Row, and_, case, func, select

from services.payments.claims import tables as claims_tables
from services.payments.claims.domain.claims import LineKind, LineState
from services.payments.claims.use_cases import ground
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from shared.db import Transaction


async def fees_so_far(tx: Transaction, attendance: Row[Any]) -> int:
    """The sum of the participation lines for this attendance before anyone lowered or decided them. A line that is
    looked at again counts with what the look asks for: if the register gave less at that time, the rest is still
    open (PAY-14)."""
    lines, claims, before = claims_tables.lines, claims_tables.claims, claims_tables.lines.alias()
    stands = lines.c.state != LineState.REMOVED
    is_look = lines.c.looks_at.is_not(None) | claims.c.follows_because.is_not_distinct_from(
        "another-look"
    )  # the program before this one did not link them
    of_look = case((stands, lines.c.full_pence), else_=0) - lines.c.looked_pence
    pence = case((~is_look & stands, lines.c.full_pence), (before.c.state != LineState.REMOVED, of_look), else_=0)
    mine = claims.c.attendance_id == attendance.attendance_id, lines.c.kind == LineKind.PARTICIPATION
    so_far = select(func.coalesce(func.sum(pence), 0)).join(claims, claims.c.id == lines.c.claim_id)
    return await tx.scalar(so_far.join(before, before.c.id == lines.c.looks_at, isouter=True).where(*mine))


def _fees_that_left(attendance: Row[Any], which: Any) -> Any:
    """Participation lines that have such a payment, with their claims."""
    lines, claims, payables, payments = (
        claims_tables.lines,
        claims_tables.claims,
        owing_tables.payables,
        owing_tables.payments,
    )
    return (
        select(lines.c.approved_pence, claims.c.id.label("claim_id"), claims.c.follows)
        .join(claims, claims.c.id == lines.c.claim_id)
        .join(
            payables,
            and_(
                payables.c.claim_id == claims.c.id,
                payables.c.method == claims.c.recognition,
                payables.c.state != "withdrawn",
            ),
        )
        .where(
            claims.c.attendance_id == attendance.attendance_id,
            lines.c.kind == LineKind.PARTICIPATION,
            lines.c.state == LineState.APPROVED,
        )
        .where(select(payments.c.id).where(payments.c.payable_id == payables.c.id, which).exists())
    )


async def gone(tx: Transaction, attendance: Row[Any], which: Any = None, *, only_others: bool = False) -> int:
    """Pence that have left, or of the given payments only. only_others: only the claims after the first."""
    left = _fees_that_left(attendance, owing.has_left() if which is None else which).subquery()
    total = select(func.coalesce(func.sum(left.c.approved_pence), 0))
    return await tx.scalar(total.where(left.c.follows.is_not(None)) if only_others else total)


def gone_claims(attendance: Row[Any]) -> Any:
    return select(_fees_that_left(attendance, owing.has_left()).subquery().c.claim_id)


async def first_counts(tx: Transaction, claim_id: Any) -> int:
    """How much of the register the first claim takes: its approved fee or, failing that, what it asked for or was
    refused."""
    lines = claims_tables.lines
    pence = func.coalesce(lines.c.approved_pence, ground.pence_here())
    mine = lines.c.claim_id == claim_id, lines.c.kind == LineKind.PARTICIPATION, lines.c.state != LineState.REMOVED
    return await tx.scalar(select(func.coalesce(func.sum(pence), 0)).where(*mine))
