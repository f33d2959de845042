"""The ledger, as finance sees it (PAY-11)."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.payments.ledger import queries as ledger_queries
from shared.db import Transaction
from shared.identity import Finance
from shared.service import of
from shared.web import page

router = APIRouter(prefix="/payments")


@router.get("/ledger")
async def ledger(request: Request, who: Finance, after: str = "") -> Response:
    async def read(tx: Transaction) -> dict[str, Any]:
        budgets, next_after = await ledger_queries.budgets(tx, after)
        return {"balances": await ledger_queries.balances(tx), "budgets": budgets, "next_after": next_after}

    return page(request, "ledger/ledger.html", who=who, title="The ledger", **await of(request).database.read(read))
