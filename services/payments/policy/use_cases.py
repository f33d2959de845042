"""The organisation's own figures (PAY-15), row by row of an imported file. A dated figure never changes: a later one
follows it."""

from datetime import date
from typing import Literal

from sqlalchemy import insert, select

from services.payments.policy import domain as rules
from services.payments.policy import tables
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import refuse

Change = Literal["added", "changed", "unchanged"]


async def set_rate(tx: Transaction, name: str, holds_from: date, value: int) -> Change:
    """PAY-15. Raises Refused for a name that we do not know, or a second value for the same date."""
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
    """The same as set_rate(), with the value as a spreadsheet writes it: pounds, a whole number, or yes or no."""
    refuse(rules.reasons_not_to_read_rate(name, written))
    return await set_rate(tx, name, holds_from, rules.rate_value(name, written))
