"""JSON: one's own claims."""

from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from services.payments.claims.queries.views import ClaimView
from services.payments.claims.use_cases import readings
from services.payments.paging import Cursor
from shared.db import Command
from shared.identity import SignedIn
from shared.service import of
from shared.web.csv_import import CSV_BODY, CSV_RESPONSES, ImportCounts

router = APIRouter(prefix="/payments/api", tags=["payments"])


class LineAnswer(BaseModel):
    """Amounts are pence. waits: what is missing, in words. reason: why it was refused or reduced."""

    id: UUID
    kind: str
    state: str
    minutes: int | None
    miles: str | None
    amount_pence: int
    approved_pence: int | None
    waits: str
    reason: str | None
    receipt_id: UUID | None


class PaymentAnswer(BaseModel):
    method: str
    amount_pence: int
    state: str


class ClaimAnswer(BaseModel):
    id: UUID
    version: int
    state: str
    shown_state: str
    """Its state as its pages say it: "held", "on-its-way", "part-paid", "handed-over" and "withdrawn" besides the
    states."""
    opportunity_id: UUID
    title: str
    session_id: UUID
    session_date: date
    recognition: str | None
    expenses_method: str | None
    amount_pence: int
    waiting_pence: int
    target_day: date | None
    pay_by: date | None
    no_day_because: str
    """Why neither day is said: "held", "asked" or "not-sent"; "" if they are."""
    follows: UUID | None
    follow_ons: list[UUID]
    lines: list[LineAnswer]
    payments: list[PaymentAnswer]


def _answer(claim: ClaimView) -> ClaimAnswer:
    row = claim.row
    return ClaimAnswer(
        id=row.id,
        version=row.version,
        state=row.state,
        shown_state=claim.shown_state,
        opportunity_id=row.opportunity_id,
        title=claim.title,
        session_id=row.session_id,
        session_date=row.session_date,
        recognition=row.recognition,
        expenses_method=row.expenses_method,
        amount_pence=claim.goes_on,
        waiting_pence=claim.waiting,
        target_day=claim.clock.aim,
        pay_by=claim.clock.last,
        no_day_because=claim.clock.because,
        follows=row.follows,
        follow_ons=[follow_on.id for follow_on in claim.follow_ons],
        lines=[
            LineAnswer(
                id=line.id,
                kind=line.kind,
                state=line.state,
                minutes=line.row.minutes,
                miles=line.miles if line.kind == "mileage" else None,
                amount_pence=line.row.amount_pence,
                approved_pence=line.row.approved_pence,
                waits=line.waits,
                reason=line.row.reason,
                receipt_id=line.row.receipt_id,
            )
            for line in claim.lines
        ],
        payments=[
            PaymentAnswer(method=each.method, amount_pence=each.amount_pence, state=each.state)
            for each in claim.payables
        ],
    )


@router.get("/claims")
async def my_claims(
    request: Request, response: Response, who: SignedIn, after: Annotated[str | None, Query(max_length=60)] = None
) -> list[ClaimAnswer]:
    """The claims of the person who asks or is helped, the newest session first, in pages: the Link header says where
    the next one is."""
    owner, start = who.acting_for or who.person_id, Cursor.read(after)
    found, more = await of(request).database.run(
        Command("read-claims", who.actor), lambda tx: readings.open_claims(tx, owner, start)
    )
    if more is not None:
        response.headers["Link"] = f'</payments/api/claims?after={more}>; rel="next"'
    return [_answer(claim) for claim in found]


@router.get("/claims/{claim_id}", responses={404: {"description": "There is no such claim, or it is another's"}})
async def claim(request: Request, claim_id: UUID, who: SignedIn) -> ClaimAnswer:
    """One's own claim. Approvers and finance see any claim, once they have given their second step (PRI-03)."""

    owner = who.acting_for or who.person_id

    async def read(is_staff: bool) -> ClaimView:
        work = partial(readings.open_claim, claim_id=claim_id, owner=owner, is_staff=is_staff)
        return await of(request).database.run(Command("read-claim", who.actor), work)

    return _answer(await readings.theirs_or_as_staff(who, read))


_IMPORT: dict[str, Any] = {"openapi_extra": CSV_BODY, "responses": CSV_RESPONSES, "response_model": ImportCounts}
