"""JSON: how we pay, and the organisation's own figures from its spreadsheets (PAY-15)."""

from datetime import date
from typing import Any, ClassVar

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ValidationInfo, field_validator

from services.payments.policy import domain as rules
from services.payments.policy import queries as policy_queries
from services.payments.policy import use_cases as figures
from shared.db import Command, Transaction
from shared.identity import ConfirmedOperator, anyone
from shared.service import of
from shared.web.csv_import import CSV_BODY, CSV_RESPONSES, Change, ImportCounts, read_to_take, take_rows
from shared.web.csv_rows import Day, ImportRow

_IMPORT: dict[str, Any] = {"openapi_extra": CSV_BODY, "responses": CSV_RESPONSES, "response_model": ImportCounts}
router = APIRouter(prefix="/payments/api", tags=["payments"])


class RateAnswer(BaseModel):
    name: str
    value: int
    holds_from: date


class PolicyAnswer(BaseModel):
    """today: each figure as it is today; money is pence, yes is 1. history: every figure ever set, oldest first."""

    today: dict[str, int]
    history: list[RateAnswer]


@router.get("/policy", dependencies=[Depends(anyone)])
async def policy(request: Request) -> PolicyAnswer:
    """PAY-15: how we pay, with its history."""
    values = await of(request).database.read(policy_queries.policy_values)
    rates = rules.rates_on(of(request).clock.today(), values)
    history = [RateAnswer(name=value.name, value=value.value, holds_from=value.holds_from) for value in values]
    return PolicyAnswer(today={name: getattr(rates, name) for name in rules.RATE_NAMES}, history=history)


class RateRow(ImportRow):
    """A row of the rates: "participation, 10.00, 01/04/2026". Money in pounds, counts as whole numbers, offers as yes
    or no."""

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

    @field_validator("value")
    @classmethod
    def _is_one(cls, value: str, info: ValidationInfo) -> str:
        """Here already, so that it is told together with all else that is wrong with the file."""
        if (name := info.data.get("name")) and (reasons := rules.reasons_not_to_take_rate(name, value)):
            raise ValueError(" ".join(reason.text for reason in reasons))
        return value


async def _take_rate(tx: Transaction, row: RateRow) -> Change:
    return await figures.set_rate_as_written(tx, row.name, row.holds_from, row.value)


@router.post("/import/rates", **_IMPORT)
async def import_rates(request: Request, who: ConfirmedOperator) -> dict[str, int]:
    """Imports the organisation's own figures (PAY-15), all or nothing; a second import changes nothing."""
    rows = await read_to_take(request, RateRow)
    return await of(request).database.run(
        Command("import-rates", who.actor), lambda tx: take_rows(tx, rows, _take_rate)
    )
