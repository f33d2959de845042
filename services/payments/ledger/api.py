"""JSON: what commissioners pay for, from the organisation's spreadsheets (PAY-11)."""

from typing import Any, ClassVar

from fastapi import APIRouter, Request

from services.payments.ledger.use_cases import budgets
from shared.db import Command, Transaction
from shared.identity import ConfirmedOperator
from shared.service import of
from shared.web.csv_import import CSV_BODY, CSV_RESPONSES, Change, ImportCounts, read_to_take, take_rows
from shared.web.csv_rows import Day, ImportRow, Pence

_IMPORT: dict[str, Any] = {"openapi_extra": CSV_BODY, "responses": CSV_RESPONSES, "response_model": ImportCounts}
router = APIRouter(prefix="/payments/api", tags=["payments"])


class BudgetRow(ImportRow):
    """One row of the budgets: what a commissioner pays for in a period."""

    key: ClassVar[tuple[str, ...]] = ("commissioner", "holds_from")
    commissioner: str
    amount: Pence
    holds_from: Day
    holds_until: Day


async def _take_budget(tx: Transaction, row: BudgetRow) -> Change:
    return await budgets.set_budget(tx, row.commissioner, row.holds_from, row.holds_until, row.amount)


@router.post("/import/budgets", **_IMPORT)
async def import_budgets(request: Request, who: ConfirmedOperator) -> dict[str, int]:
    """Imports what commissioners pay for (PAY-11), all or nothing; a second import changes nothing."""
    rows = await read_to_take(request, BudgetRow)
    return await of(request).database.run(
        Command("import-budgets", who.actor), lambda tx: take_rows(tx, rows, _take_budget)
    )
