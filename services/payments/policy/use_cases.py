"""The organisation's own figures (PAY-11, PAY-15), row by row of an imported file. A figure with a date is never changed: it gets a later one."""

from datetime import date
from typing import Literal

from sqlalchemy import insert, select, update

from services.payments import tables
from services.payments.domain import rates as rules
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import refuse

Change = Literal["added", "changed", "unchanged"]


async def set_rate(tx: Transaction, name: str, holds_from: date, value: int) -> Change:
    """PAY-15. Raises Refused for a name that we do not know, or another value for a date that has one."""
    refuse(rules.reasons_not_to_set_rate(name, value))
    rates = tables.rates
    before = await tx.scalar(select(rates.c.value).where(rates.c.name == name, rates.c.holds_from == holds_from))
    if before == value:
        return "unchanged"
    if before is not None:
        refuse(rules.OTHER_VALUE)
    await tx.execute(insert(rates).values(name=name, holds_from=holds_from, value=value))
    await steps.add(tx, "rate-set", name=name, holds_from=holds_from, value=value)
    return "added"


async def set_rate_as_written(tx: Transaction, name: str, holds_from: date, written: str) -> Change:
    """As set_rate(), with the value as a spreadsheet writes it: pounds, a whole number, or yes or no."""
    refuse(rules.reasons_not_to_read_rate(name, written))
    return await set_rate(tx, name, holds_from, rules.rate_value(name, written))


async def set_budget(tx: Transaction, commissioner: str, holds_from: date, holds_until: date, amount_pence: int) -> Change:
    """PAY-11: what a commissioner pays for in a period. A new amount for the same period replaces it; what was committed stays."""
    refuse(rules.reasons_not_to_set_budget(holds_from, holds_until))
    budgets = tables.budgets
    same = (budgets.c.commissioner == commissioner) & (budgets.c.holds_from == holds_from)
    before = await tx.first(select(budgets).where(same).with_for_update())
    values = {"holds_until": holds_until, "amount_pence": amount_pence}
    if before is None:
        await tx.execute(insert(budgets).values(commissioner=commissioner, holds_from=holds_from, **values))
    elif (before.holds_until, before.amount_pence) == (holds_until, amount_pence):
        return "unchanged"
    else:
        await tx.execute(update(budgets).where(same).values(**values))
    await steps.add(tx, "budget-set", holds_from=holds_from, pence=amount_pence)
    return "added" if before is None else "changed"
