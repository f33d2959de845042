"""The balance of each account, and what is left of each budget (PAY-11)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from services.payments.ledger import tables
from services.payments.register import tables as register_tables
from shared.db import Transaction
from shared.paging import page_of


async def balances(tx: Transaction) -> Sequence[Row[Any]]:
    """PAY-11: the trial balance: debits positive, credits negative; together they are zero."""
    kept = tables.account_balances
    return await tx.all(
        select(kept.c.account, func.sum(kept.c.pence).label("pence")).group_by(kept.c.account).order_by(kept.c.account)
    )


async def budgets(tx: Transaction, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """PAY-11: a page of opportunities, newest first, each with its budget and what is committed and spent; and where
    the next page begins."""
    opportunities, kept = register_tables.opportunities, tables.account_balances

    def on(account: str) -> Any:
        mine = (kept.c.opportunity_id == opportunities.c.opportunity_id) & (kept.c.account == account)
        return func.coalesce(select(kept.c.pence).where(mine).scalar_subquery(), 0)

    committed, spent = on("budget-committed").label("committed"), on("budget-spent").label("spent")
    return await page_of(
        tx, select(opportunities, committed, spent), opportunities.c.opportunity_id, after=after, newest_first=True
    )
