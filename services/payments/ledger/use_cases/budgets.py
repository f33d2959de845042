"""What commissioners pay for (PAY-11), row by row of an imported file."""

from datetime import date
from typing import Literal

from sqlalchemy import insert, select, update

from services.payments.ledger import tables
from services.payments.policy import domain as rules
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import refuse

Change = Literal["added", "changed", "unchanged"]


async def set_budget(
    tx: Transaction, commissioner: str, holds_from: date, holds_until: date, amount_pence: int
) -> Change:
    """PAY-11: what a commissioner pays for in a period. A new amount for the same period replaces it; what was
    committed stays."""
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
