"""What a participant adds to a claim: miles, fares, other costs, and their receipts (PAY-02, PAY-03, PAY-05)."""

import asyncio
import re
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BeforeValidator, Field, field_validator
from sqlalchemy import Row
from starlette.datastructures import UploadFile

from services.payments.claims.domain.claims import (
    LineKind,
    mileage_pence,
    needs_route,
    reasons_not_to_add_expense,
    reasons_not_to_add_miles,
)
from services.payments.claims.pages import limits
from services.payments.claims.pages.common import WORDS, claim_of, cleaner_of, needs_account, receipts_of
from services.payments.claims.queries.views import ClaimView, LineView
from services.payments.claims.use_cases import claims as use_cases
from services.payments.claims.use_cases import readings, receipts
from services.payments.claims.use_cases.own_limits import Act
from services.payments.forms import command, owner_of
from shared.db import Transaction
from shared.identity import SignedIn, SignIn
from shared.money import parse_pounds
from shared.reasons import Missing
from shared.service import of
from shared.web import Form, Paragraphs, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/payments")

Pence = Annotated[int, BeforeValidator(lambda typed: parse_pounds(typed) if isinstance(typed, str) else typed)]
"""Typed in pounds, kept in pence."""
_TOO_FAR = 1_000_000  # miles
_WITHOUT_RECEIPT = frozenset({"waiting", "refused"})


def _bare_miles(typed: str) -> str:
    """Reads "40 miles" as 40: the unit is printed after the field, and people copy what they see."""
    return re.sub(r"\s*(miles?|mi)\.?$", "", typed, flags=re.IGNORECASE)


class MilesForm(Form):
    messages: ClassVar[dict[str, str]] = {
        "miles": "Enter how many miles you drove, like 12 or 12.5",
        "route": "Use 500 characters or fewer",
    }
    miles: Decimal = Field(max_digits=7, decimal_places=1)
    route: Paragraphs = Field(default="", max_length=500)
    passed_10000: bool = False
    anyway: bool = False

    @field_validator("miles", mode="before")
    @classmethod
    def _without_the_unit(cls, typed: object) -> object:
        return _bare_miles(typed) if isinstance(typed, str) else typed


class ExpenseForm(Form):
    messages: ClassVar[dict[str, str]] = {
        "what": "Tell us in a few words what it was",
        "amount.missing": "Enter what you paid, like 3.20",
    }
    what: str = Field(min_length=1, max_length=200)
    amount: Pence
    anyway: bool = False


class ReceiptForm(Form):
    messages: ClassVar[dict[str, str]] = {"receipt": "Choose a photo or a PDF of the receipt."}
    receipt: UploadFile
    anyway: bool = False


# Miles


@router.get("/claims/{claim_id}/miles")
async def ask_miles(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    view = await claim_of(request, who, claim_id)
    if not view.pays_travel:
        return _no_travel(request, who, view)
    typed = getattr(request.state, "typed", None) or {}
    asks_route = bool(typed.get("route")) or _drove_far(str(typed.get("miles", "")), view)
    return page(
        request,
        "claims/miles.html",
        who=who,
        title="Car journey",
        problem=problem,
        claim=view,
        asks_route=asks_route,
        warned=limits.warned(problem),
    )


def _no_travel(request: Request, who: SignIn, view: ClaimView) -> Response:
    """PAY-02: shown in place of a form that would be refused."""
    status = 422 if request.method == "POST" else 200
    title = "There was no journey" if view.mode == "apart" else "This was online"
    return page(request, "claims/no_travel.html", status=status, who=who, title=title, claim=view)


def _before(view: ClaimView) -> int:
    return sum(line.row.tenths_of_miles or 0 for line in view.lines)


def _drove_far(miles: str, view: ClaimView) -> bool:
    """Compares before making a whole number: for "1e999998" that would take minutes."""
    try:
        driven = Decimal(_bare_miles(miles))
        so_far = _before(view)
        return 0 <= driven < _TOO_FAR and needs_route(so_far + int(driven * 10), view.rates.route_needed_above)
    except (ArithmeticError, ValueError):
        return False


@router.post("/claims/{claim_id}/miles")
@again(ask_miles)
async def add_miles(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    form = await read_form(request, MilesForm)
    tenths = int(form.miles * 10)
    view = await claim_of(request, who, claim_id)
    if view.is_open and not reasons_not_to_add_miles(tenths, form.route, view.rates, _before(view)):
        await limits.warn(
            request, who, claim_id, Act(more_costs=mileage_pence(tenths, view.rates.mileage)), form.anyway
        )
    await of(request).database.run(
        command("add-miles", who), lambda tx: use_cases.add_miles(tx, claim_id, tenths, form.route, form.passed_10000)
    )
    return redirect(f"/payments/claims/{claim_id}", "We added your miles.")


# Fares and other costs


@router.get("/claims/{claim_id}/fare")
async def ask_fare(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    return await _expense_page(request, claim_id, who, LineKind.FARE)


@router.get("/claims/{claim_id}/other")
async def ask_other(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    return await _expense_page(request, claim_id, who, LineKind.OTHER)


async def _expense_page(
    request: Request, claim_id: UUID, who: SignIn, kind: LineKind, problem: Refusal = None
) -> Response:
    view = await claim_of(request, who, claim_id)
    if kind is LineKind.FARE and not view.pays_travel:
        return _no_travel(request, who, view)
    title = "Bus or train fare" if kind is LineKind.FARE else "Another cost"
    return page(
        request,
        "claims/expense.html",
        who=who,
        title=title,
        problem=problem,
        claim=view,
        kind=kind.value,
        warned=limits.warned(problem),
    )


@router.post("/claims/{claim_id}/fare")
@again(partial(_expense_page, kind=LineKind.FARE))
async def add_fare(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    return await _add_expense(request, claim_id, who, LineKind.FARE)


@router.post("/claims/{claim_id}/other")
@again(partial(_expense_page, kind=LineKind.OTHER))
async def add_other(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    return await _add_expense(request, claim_id, who, LineKind.OTHER)


async def _add_expense(request: Request, claim_id: UUID, who: SignIn, kind: LineKind) -> Response:
    form = await read_form(request, ExpenseForm)
    view = await claim_of(request, who, claim_id)
    if view.is_open and not reasons_not_to_add_expense(kind, form.amount, view.rates):
        await limits.warn(request, who, claim_id, Act(more_costs=form.amount), form.anyway)
    line_id = await of(request).database.run(
        command("add-expense", who), lambda tx: use_cases.add_expense(tx, claim_id, kind, form.what, form.amount)
    )
    return redirect(f"/payments/claims/{claim_id}/lines/{line_id}/receipt", "We added it. Now the receipt.")


@router.get("/claims/{claim_id}/lines/{line_id}/remove")
async def ask_to_remove(request: Request, claim_id: UUID, line_id: UUID, who: SignedIn) -> Response:
    view = await claim_of(request, who, claim_id)
    line = next((line for line in view.costs if line.id == line_id), None)
    if line is None:
        raise Missing
    return page(request, "claims/take_out.html", who=who, title="Take this out", claim=view, line=line, **WORDS)


@router.post("/claims/{claim_id}/lines/{line_id}/remove")
async def remove(request: Request, claim_id: UUID, line_id: UUID, who: SignedIn) -> Response:
    ended = await of(request).database.run(
        command("remove-line", who), lambda tx: use_cases.remove_line(tx, claim_id, line_id)
    )
    return redirect(f"/payments/claims/{claim_id}", f"We took it out. {_ENDED}" if ended else "We took it out.")


_ENDED = "Nothing is left in this claim, so it has ended. You can open it again."


# Receipts


@router.get("/claims/{claim_id}/lines/{line_id}/receipt")
async def ask_receipt(
    request: Request, claim_id: UUID, line_id: UUID, who: SignedIn, problem: Refusal = None
) -> Response:
    view = await claim_of(request, who, claim_id)
    line = _line_of(view.costs, line_id)
    asks = await limits.asks(request, who, claim_id, _brought_back(line)) if line.state in _WITHOUT_RECEIPT else ""
    lacks_account = not view.is_open and view.uses_bank and view.bank_details is None
    context = {
        "claim": view,
        "line": line,
        "asks": asks,
        "warned": limits.warned(problem),
        "needs_account": lacks_account or needs_account(problem),
    }
    return page(request, "claims/receipt.html", who=who, title="The receipt", problem=problem, **context, **WORDS)


def _brought_back(line: LineView) -> Act:
    """What a receipt adds to what is paid: nothing for a line that waits for it, which counts already."""
    return Act(more_costs=line.row.amount_pence if line.state == "refused" else 0)


def _line_of(lines: list[LineView], line_id: UUID) -> LineView:
    for line in lines:
        if line.id == line_id and line.kind in ("fare", "other"):
            return line
    raise Missing


@router.post("/claims/{claim_id}/lines/{line_id}/receipt")
@again(ask_receipt)
async def add_receipt(request: Request, claim_id: UUID, line_id: UUID, who: SignedIn) -> Response:
    await _keep_receipt(request, claim_id, line_id, who)
    return redirect(f"/payments/claims/{claim_id}", "We have your receipt.")


async def _keep_receipt(request: Request, claim_id: UUID, line_id: UUID, who: SignIn) -> None:
    """Checks and writes the file before the transaction; forgets the file if that fails."""
    database, store, cleaner = of(request).database, receipts_of(request), cleaner_of(request)

    async def allowed(tx: Transaction) -> None:
        tx.actor = who.actor
        await receipts.check_line_can_take_receipt(tx, claim_id, line_id)

    await database.read(allowed)
    form = await read_form(request, ReceiptForm)
    view = await claim_of(request, who, claim_id)
    line = _line_of(view.costs, line_id)
    if line.state in _WITHOUT_RECEIPT:
        await limits.warn(request, who, claim_id, _brought_back(line), form.anyway, ticked=True)
    clean = await cleaner.clean(form.receipt.read, who.person_id)
    name = await asyncio.to_thread(store.keep, clean.content)
    try:
        await database.run(
            command("attach-receipt", who), lambda tx: receipts.attach_receipt(tx, claim_id, line_id, clean, name)
        )
    except BaseException:
        store.forget(name)
        raise


@router.get("/claims/{claim_id}/lines/{line_id}/no-receipt")
async def ask_no_receipt(request: Request, claim_id: UUID, line_id: UUID, who: SignedIn) -> Response:
    view = await claim_of(request, who, claim_id)
    return page(
        request,
        "claims/no_receipt.html",
        who=who,
        title="There is no receipt",
        claim=view,
        line=_line_of(view.costs, line_id),
    )


@router.post("/claims/{claim_id}/lines/{line_id}/no-receipt")
@again(ask_receipt)
async def no_receipt(request: Request, claim_id: UUID, line_id: UUID, who: SignedIn) -> Response:
    ended = await of(request).database.run(
        command("say-no-receipt", who), lambda tx: receipts.say_there_is_no_receipt(tx, claim_id, line_id)
    )
    return redirect(
        f"/payments/claims/{claim_id}",
        f"Thank you for telling us. We cannot pay this part. {_ENDED if ended else 'The rest of your claim stays.'}",
    )


_HEADERS: dict[str, Any] = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@router.get("/receipts/{receipt_id}")
async def receipt(request: Request, receipt_id: UUID, who: SignedIn) -> Response:
    async def read(is_staff: bool) -> Row[Any]:
        work = partial(receipts.open_receipt, receipt_id=receipt_id, owner=owner_of(who), is_staff=is_staff)
        return await of(request).database.run(command("open-receipt", who), work)

    row = await readings.theirs_or_as_staff(who, read)
    return await shown_as_kept(request, row)


async def shown_as_kept(request: Request, row: Row[Any]) -> Response:
    """Never run, never guessed at: the browser shows a picture and saves a PDF."""
    try:
        content = await asyncio.to_thread(receipts_of(request).read, row.stored_name)
    except FileNotFoundError:
        raise Missing from None
    is_pdf = row.media_type == "application/pdf"
    disposition = 'attachment; filename="receipt.pdf"' if is_pdf else 'inline; filename="receipt.jpg"'
    return Response(content, media_type=row.media_type, headers={**_HEADERS, "Content-Disposition": disposition})
