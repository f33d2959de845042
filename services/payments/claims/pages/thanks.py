"""How somebody wants to be thanked (PAY-08), after what the policy says about it (PAY-09)."""

from typing import ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.payments.claims.domain.thanks import MONEY_METHODS, fee_asked
from services.payments.claims.pages import limits
from services.payments.claims.pages.common import METHODS, WORDS, claim_of, needs_account
from services.payments.claims.pages.lines import Pence
from services.payments.claims.queries import claims as queries
from services.payments.claims.queries.views import ClaimView
from services.payments.claims.use_cases import claims as use_cases
from services.payments.claims.use_cases import own_limits
from services.payments.claims.use_cases.own_limits import Act
from services.payments.forms import command
from shared.identity import SignedIn, SignIn
from shared.reasons import Missing
from shared.service import of
from shared.web import Form, Refusal, again, page, read_form, redirect, theirs

router = APIRouter(prefix="/payments")


class ThanksForm(Form):
    messages: ClassVar[dict[str, str]] = {"recognition": "Choose how you want to be thanked"}
    recognition: str
    anyway: bool = False
    confirmation: str = Field(default="", max_length=300)


class MethodForm(Form):
    messages: ClassVar[dict[str, str]] = {"method": "Choose how we pay back what you spent"}
    method: str
    confirmation: str = Field(default="", max_length=300)


class FeeForm(Form):
    messages: ClassVar[dict[str, str]] = {"amount.missing": "Enter an amount, like 10.00. Enter 0 for no fee."}
    amount: Pence
    anyway: bool = False
    confirmation: str = Field(default="", max_length=300)


class LimitForm(Form):
    messages: ClassVar[dict[str, str]] = {"period": "Choose a week or a month"}
    period: Literal["week", "month"] = "week"
    amount: Pence | None = None
    fees_only: bool = False


def _confirms(who: SignIn, view: ClaimView) -> bool:
    """PAY-06: whether a helper changes a claim that was sent, and so says how the person confirmed it."""
    return who.acting_for is not None and not view.is_open


@router.get("/claims/{claim_id}/thanks")
async def ask_thanks(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    view = await claim_of(request, who, claim_id)
    options = [(name, METHODS[name]) for name in view.offered]
    return page(
        request,
        "claims/thanks.html",
        who=who,
        title=theirs("How do you want to be thanked?", who),
        problem=problem,
        claim=view,
        options=options,
        warned=limits.warned(problem),
        helping=who.acting_for is not None,
        confirms=_confirms(who, view),
        needs_account=needs_account(problem),
    )


@router.post("/claims/{claim_id}/thanks")
@again(ask_thanks)
async def choose_thanks(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    form = await read_form(request, ThanksForm)
    await _warn_of_own_limit(request, claim_id, who, form)
    state = await of(request).database.run(
        command("choose-recognition", who),
        lambda tx: use_cases.choose_recognition(tx, claim_id, form.recognition, form.confirmation),
    )
    if (
        form.recognition == "none"
        and state in ("open", "submitted")
        and who.acting_for is not None
        and await _takes_nothing(request, claim_id, who)
    ):
        return redirect(f"/payments/claims/{claim_id}/decline")
    if state == "declined":
        return redirect(
            f"/payments/claims/{claim_id}", "Thank you. You take nothing for this. You can change your mind."
        )
    return redirect(f"/payments/claims/{claim_id}", "We noted how you want to be thanked.")


async def _takes_nothing(request: Request, claim_id: UUID, who: SignIn) -> bool:
    view = await claim_of(request, who, claim_id)
    return not view.costs


async def _warn_of_own_limit(request: Request, claim_id: UUID, who: SignIn, form: ThanksForm) -> None:
    """PAY-09: only the person is warned, and they may continue."""
    view = await claim_of(request, who, claim_id)
    if view.fee is None or form.recognition not in MONEY_METHODS:
        return
    await limits.warn(
        request,
        who,
        claim_id,
        _fee_of(view, view.fee.row.lowered_pence, form.recognition),
        form.anyway,
        "Choose it anyway",
        "Do not choose it",
    )


def _fee_of(view: ClaimView, lowered: int | None, recognition: str | None) -> Act:
    fee = fee_asked(view.fee.row.here_pence, lowered, recognition) if view.fee is not None else None
    return Act(fee_pence=fee, chooses=view.row.recognition is None and recognition is not None)


@router.get("/claims/{claim_id}/expenses-method")
async def ask_method(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    view = await claim_of(request, who, claim_id)
    options = [
        (name, METHODS[name]) for name in view.offered if name in ("bank-transfer", "vouchers", "cash", "cheque")
    ]
    return page(
        request,
        "claims/expenses_method.html",
        who=who,
        title=theirs("How shall we pay back what you spent?", who),
        problem=problem,
        claim=view,
        options=options,
        confirms=_confirms(who, view),
        needs_account=needs_account(problem),
    )


@router.post("/claims/{claim_id}/expenses-method")
@again(ask_method)
async def choose_method(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    form = await read_form(request, MethodForm)
    await of(request).database.run(
        command("choose-expenses-method", who),
        lambda tx: use_cases.choose_expenses_method(tx, claim_id, form.method, form.confirmation),
    )
    return redirect(f"/payments/claims/{claim_id}", "We noted how to pay back what you spent.")


@router.get("/claims/{claim_id}/fee")
async def ask_fee(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    view = await claim_of(request, who, claim_id)
    if view.fee is None:
        raise Missing
    return page(
        request,
        "claims/fee.html",
        who=who,
        title="A lower fee",
        problem=problem,
        claim=view,
        confirms=_confirms(who, view),
        warned=limits.warned(problem),
    )


@router.post("/claims/{claim_id}/fee")
@again(ask_fee)
async def lower_fee(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    form = await read_form(request, FeeForm)
    view = await claim_of(request, who, claim_id)
    await limits.warn(
        request,
        who,
        claim_id,
        _fee_of(view, form.amount, view.row.recognition),
        form.anyway,
        "Take it anyway",
        "Leave it as it was",
    )
    await of(request).database.run(
        command("lower-fee", who), lambda tx: use_cases.lower_fee(tx, claim_id, form.amount, form.confirmation)
    )
    return redirect(f"/payments/claims/{claim_id}", "We noted the fee you want.")


# A person's own limit (PAY-09)


@router.get("/my-limit")
async def ask_limit(request: Request, who: SignedIn, problem: Refusal = None) -> Response:
    if who.acting_for is not None:
        raise Missing
    limit = await of(request).database.read(lambda tx: queries.own_limit(tx, who.person_id))
    return page(
        request,
        "claims/my_limit.html",
        who=who,
        title=theirs("My own limit", who),
        problem=problem,
        limit=limit,
        **WORDS,
    )


@router.post("/my-limit")
@again(ask_limit)
async def set_limit(request: Request, who: SignedIn) -> Response:
    if who.acting_for is not None:
        raise Missing
    form = await read_form(request, LimitForm)
    await of(request).database.run(
        command("set-own-limit", who),
        lambda tx: own_limits.set_own_limit(tx, who.person_id, form.period, form.amount, form.fees_only),
    )
    message = "You have no limit now." if form.amount is None else "We noted your limit. Only you can see it."
    return redirect("/payments/claims", message)
