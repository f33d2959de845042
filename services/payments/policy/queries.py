"""The organisation's figures, as they hold on a day (PAY-15)."""

from typing import Any

from sqlalchemy import select

from services.payments.policy import tables
from services.payments.policy.domain import Rates, RateValue, rates_on
from shared.db import Transaction


async def policy_values(tx: Transaction) -> list[RateValue]:
    """PAY-15: every figure with the day from which it applies."""
    rows = await tx.all(select(tables.rates).order_by(tables.rates.c.holds_from, tables.rates.c.name))
    return [RateValue(row.name, row.holds_from, row.value) for row in rows]


async def rates_for(tx: Transaction, day: Any) -> Rates:
    rows = await tx.all(select(tables.rates).where(tables.rates.c.holds_from <= day))
    return rates_on(day, [RateValue(row.name, row.holds_from, row.value) for row in rows])
