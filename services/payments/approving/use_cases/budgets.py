"""What is left of a budget (PAY-11). The sum used is kept with the postings, so that this costs the same however
many there are."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, text

from services.payments.claims import tables as claims_tables
from services.payments.claims.domain.claims import ClaimState, LineState
from services.payments.ledger import domain as ledger_rules
from services.payments.ledger import tables as ledger_tables
from services.payments.register import tables as register_tables
from shared.db import Transaction

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:commissioner, 11))")


async def over_budget(tx: Transaction, claim: Row[Any], amount_pence: int) -> int:
    """By how many pence this passes the opportunity's or its commissioner's budget, whichever is more.

    The budgets are locked, so that two claims approved at the same moment cannot both take what is left for one.
    """
    opportunity = await opportunity_of(tx, claim.opportunity_id)
    if opportunity is None:
        return 0
    await tx.execute(_ONE_AT_A_TIME, {"commissioner": opportunity.commissioner or str(opportunity.opportunity_id)})
    return await over_budget_now(tx, claim, opportunity, amount_pence)


async def over_budget_now(tx: Transaction, claim: Row[Any], opportunity: Row[Any], amount_pence: int) -> int:
    """The same as over_budget(), for a page that only shows it. Claims that wait for a second approver count as
    used."""
    waiting = await _spoken_for(tx, claim.id, claims_tables.claims.c.opportunity_id == opportunity.opportunity_id)
    over = ledger_rules.over_budget(
        opportunity.budget_pence, await _used_by_opportunity(tx, opportunity.opportunity_id) + waiting, amount_pence
    )
    budget = await budget_on(tx, opportunity.commissioner, claim.session_date)
    if budget is None:
        return over
    mine = register_tables.opportunities.c.commissioner == opportunity.commissioner
    inside = claims_tables.claims.c.session_date.between(budget.holds_from, budget.holds_until)
    waiting = await _spoken_for(tx, claim.id, mine & inside)
    used = await _used_by_commissioner(tx, opportunity.commissioner, budget.holds_from, budget.holds_until)
    return max(over, ledger_rules.over_budget(budget.amount_pence, used + waiting, amount_pence))


async def opportunity_of(tx: Transaction, opportunity_id: UUID) -> Row[Any] | None:
    return await tx.first(
        select(register_tables.opportunities).where(register_tables.opportunities.c.opportunity_id == opportunity_id)
    )


async def budget_on(tx: Transaction, commissioner: str, day: date) -> Row[Any] | None:
    budgets = ledger_tables.budgets
    holding = (budgets.c.commissioner == commissioner) & (budgets.c.holds_from <= day) & (budgets.c.holds_until >= day)
    return await tx.first(select(budgets).where(holding).order_by(budgets.c.holds_from.desc()).limit(1))


async def _used_by_opportunity(tx: Transaction, opportunity_id: UUID) -> int:
    """Pence committed and spent: by claims, and by recharges, which give back or use up (NET-03)."""
    balances = ledger_tables.opportunity_balances
    return await tx.scalar(select(balances.c.used_pence).where(balances.c.opportunity_id == opportunity_id)) or 0


async def _used_by_commissioner(tx: Transaction, commissioner: str, first: date, last: date) -> int:
    balances = ledger_tables.commissioner_balances
    within = balances.c.session_date.between(first, last)
    return int(
        await tx.scalar(
            select(func.coalesce(func.sum(balances.c.used_pence), 0)).where(
                balances.c.commissioner == commissioner, within
            )
        )
    )


async def _spoken_for(tx: Transaction, but_not: UUID, which: ColumnElement[bool]) -> int:
    """PAY-11: pence of claims that a first approver has approved: nobody else may spend them meanwhile."""
    claims, lines, opportunities = claims_tables.claims, claims_tables.lines, register_tables.opportunities
    return await tx.scalar(
        select(func.coalesce(func.sum(lines.c.approved_pence), 0))
        .join(claims, claims.c.id == lines.c.claim_id)
        .join(opportunities, opportunities.c.opportunity_id == claims.c.opportunity_id)
        .where(
            claims.c.state == ClaimState.SECOND_APPROVER,
            claims.c.id != but_not,
            lines.c.state == LineState.APPROVED,
            which,
        )
    )
