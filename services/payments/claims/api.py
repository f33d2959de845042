"""JSON: one's own claims, how we pay, and the organisation's figures from its spreadsheets."""

from datetime import date
from functools import partial
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, field_validator

from services.payments.domain import rates as rules
from services.payments.queries import claims as queries
from services.payments.queries import recharges as recharge_queries
from services.payments.queries.claims import ClaimView
from services.payments.queries.paging import Cursor
from services.payments.use_cases import figures, readings
from shared.db import Command, Transaction
from shared.identity import ConfirmedOperator, Finance, SignedIn, anyone
from shared.service import of
from shared.web.csv_import import CSV_BODY, CSV_RESPONSES, Change, Day, ImportCounts, ImportRow, Pence, read_upload, take_rows

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
    """Where it stands as its pages say it: "held", "on-its-way", "part-paid" and "withdrawn" besides the states."""
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
    """"held", "asked" or "not-sent": why neither day is said; "" where they are."""
    follows: UUID | None
    follow_ons: list[UUID]
    lines: list[LineAnswer]
    payments: list[PaymentAnswer]


class RateAnswer(BaseModel):
    name: str
    value: int
    holds_from: date


class PolicyAnswer(BaseModel):
    """today: each figure as it holds today; money is pence, yes is 1. history: every figure that was set, oldest first."""

    today: dict[str, int]
    history: list[RateAnswer]


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
        payments=[PaymentAnswer(method=each.method, amount_pence=each.amount_pence, state=each.state) for each in claim.payables],
    )


@router.get("/claims")
async def my_claims(request: Request, response: Response, who: SignedIn, after: Annotated[str | None, Query(max_length=60)] = None) -> list[ClaimAnswer]:
    """The claims of the person who asks or is helped, the newest session first, in pages: the Link header says where the next one is."""
    owner, start = who.acting_for or who.person_id, Cursor.read(after)
    found, more = await of(request).database.run(Command("read-claims", who.actor), lambda tx: readings.open_claims(tx, owner, start))
    if more is not None:
        response.headers["Link"] = f'</payments/api/claims?after={more}>; rel="next"'
    return [_answer(claim) for claim in found]


@router.get("/claims/{claim_id}", responses={404: {"description": "There is no such claim, or it is another's"}})
async def claim(request: Request, claim_id: UUID, who: SignedIn) -> ClaimAnswer:
    """One's own claim; approvers and finance see any, once they have given their second step (PRI-03)."""

    owner = who.acting_for or who.person_id

    async def read(is_staff: bool) -> ClaimView:
        work = partial(readings.open_claim, claim_id=claim_id, owner=owner, is_staff=is_staff)
        return await of(request).database.run(Command("read-claim", who.actor), work)

    return _answer(await readings.theirs_or_as_staff(who, read))


@router.get("/policy", dependencies=[Depends(anyone)])
async def policy(request: Request) -> PolicyAnswer:
    """PAY-15: how we pay, with its history."""
    values = await of(request).database.read(queries.policy_values)
    rates = rules.rates_on(of(request).clock.today(), values)
    history = [RateAnswer(name=value.name, value=value.value, holds_from=value.holds_from) for value in values]
    return PolicyAnswer(today={name: getattr(rates, name) for name in rules.RATE_NAMES}, history=history)


# Recharges (NET-03)


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
    """ours_pence and theirs_pence: both sides' totals; theirs is null while they have not answered."""

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
    """Both ways, the newest first, in pages: the Link header says where the next one is."""
    found, more = await of(request).database.read(lambda tx: recharge_queries.recharges(tx, after=after))
    if more:
        response.headers["Link"] = f'</payments/api/recharges?after={more}>; rel="next"'
    names = [name for name in RechargeAnswer.model_fields if name != "reference"]
    return [RechargeAnswer(reference=view.reference, **{name: getattr(view.row, name) for name in names}) for view in found]


@router.get("/statements")
async def statements(request: Request, response: Response, who: Finance, after: str = "") -> list[StatementAnswer]:
    """Both ways, the newest month first, in pages: the Link header says where the next one is."""
    found, more = await of(request).database.read(lambda tx: recharge_queries.statements(tx, after=after))
    if more:
        response.headers["Link"] = f'</payments/api/statements?after={more}>; rel="next"'
    names = ("id", "direction", "organisation", "statement_id", "version", "month", "state")
    return [
        StatementAnswer(
            ours_pence=view.ours, theirs_pence=view.theirs, payment_reference=view.payment_reference, **{name: getattr(view.row, name) for name in names}
        )
        for view in found
    ]


# Imports


class RateRow(ImportRow):
    """A row of the rates: "participation, 10.00, 01/04/2026". Money in pounds, counts as whole numbers, offers as yes or no."""

    key: ClassVar[tuple[str, ...]] = ("name", "holds_from")
    name: str
    value: str
    holds_from: Day

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        slug = "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
        if slug not in rules.RATE_NAMES:
            raise ValueError(f"We do not know this rate. The rates are: {', '.join(rules.RATE_NAMES)}.")
        return slug


class BudgetRow(ImportRow):
    """A row of the budgets: what a commissioner pays for, from a day until another."""

    key: ClassVar[tuple[str, ...]] = ("commissioner", "holds_from")
    commissioner: str
    amount: Pence
    holds_from: Day
    holds_until: Day


async def _take_rate(tx: Transaction, row: RateRow) -> Change:
    return await figures.set_rate_as_written(tx, row.name, row.holds_from, row.value)


async def _take_budget(tx: Transaction, row: BudgetRow) -> Change:
    return await figures.set_budget(tx, row.commissioner, row.holds_from, row.holds_until, row.amount)


_IMPORT: dict[str, Any] = {"openapi_extra": CSV_BODY, "responses": CSV_RESPONSES, "response_model": ImportCounts}


@router.post("/import/rates", **_IMPORT)
async def import_rates(request: Request, who: ConfirmedOperator) -> dict[str, int]:
    """The organisation's own figures (PAY-15), whole or not at all; twice changes nothing."""
    rows = await read_upload(request, RateRow)
    return await of(request).database.run(Command("import-rates", who.actor), lambda tx: take_rows(tx, rows, _take_rate))


@router.post("/import/budgets", **_IMPORT)
async def import_budgets(request: Request, who: ConfirmedOperator) -> dict[str, int]:
    """What commissioners pay for (PAY-11), whole or not at all; twice changes nothing."""
    rows = await read_upload(request, BudgetRow)
    return await of(request).database.run(Command("import-budgets", who.actor), lambda tx: take_rows(tx, rows, _take_budget))
