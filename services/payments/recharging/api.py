"""JSON: recharges and statements, both ways (NET-03)."""

from datetime import date
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.payments.recharging import queries as recharge_queries
from shared.identity import Finance
from shared.service import of

router = APIRouter(prefix="/payments/api", tags=["payments"])


class RechargeAnswer(BaseModel):
    """raised: we ask a host; received: a home organisation asks us. because: why it was refused."""

    direction: Literal["raised", "received"]
    organisation: str
    recharge_id: UUID
    reference: str
    version: int
    opportunity_id: UUID
    session_date: date
    fee_pence: int
    expenses_pence: int
    state: str
    because: str


class StatementAnswer(BaseModel):
    """ours_pence and theirs_pence: both sides' totals; theirs is null until they have answered."""

    id: UUID
    direction: Literal["issued", "received"]
    organisation: str
    statement_id: UUID
    version: int
    month: str
    state: str
    ours_pence: int
    theirs_pence: int | None
    payment_reference: str


@router.get("/recharges")
async def recharges(request: Request, response: Response, who: Finance, after: str = "") -> list[RechargeAnswer]:
    """Both directions, newest first, in pages: the Link header says where the next one is."""
    found, more = await of(request).database.read(lambda tx: recharge_queries.recharges(tx, after=after))
    if more:
        response.headers["Link"] = f'</payments/api/recharges?after={more}>; rel="next"'
    names = [name for name in RechargeAnswer.model_fields if name != "reference"]
    return [
        RechargeAnswer(reference=view.reference, **{name: getattr(view.row, name) for name in names}) for view in found
    ]


@router.get("/statements")
async def statements(request: Request, response: Response, who: Finance, after: str = "") -> list[StatementAnswer]:
    """Both directions, newest month first, in pages: the Link header says where the next one is."""
    found, more = await of(request).database.read(lambda tx: recharge_queries.statements(tx, after=after))
    if more:
        response.headers["Link"] = f'</payments/api/statements?after={more}>; rel="next"'
    names = ("id", "direction", "organisation", "statement_id", "version", "month", "state")
    return [
        StatementAnswer(
            ours_pence=view.ours,
            theirs_pence=view.theirs,
            payment_reference=view.payment_reference,
            **{name: getattr(view.row, name) for name in names},
        )
        for view in found
    ]
