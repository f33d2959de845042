"""My claims, one claim, and sending it (PAY-05 to PAY-09, PAY-12, PAY-14)."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.payments.claims.domain import days
from services.payments.claims.domain.claims import DAYS_FOR_A_LATE_RECEIPT, ClaimState
from services.payments.claims.pages import limits
from services.payments.claims.pages.common import WORDS, claim_of
from services.payments.claims.queries.views import ClaimView
from services.payments.claims.use_cases import claims as use_cases
from services.payments.claims.use_cases import looking_again, readings
from services.payments.claims.use_cases.own_limits import AS_IT_IS, Act
from services.payments.forms import KeyForm, as_shown, command, new_key, owner_of
from services.payments.paging import Cursor
from shared.identity import SignedIn, SignIn
from shared.reasons import Refused
from shared.service import of
from shared.web import Form, InvalidForm, Paragraphs, Refusal, again, page, read_form, redirect, theirs

router = APIRouter(prefix="/payments/claims")


class SendForm(KeyForm):
    mark: str = ""
    confirmation: str = Field(default="", max_length=300)
    came_on: date | None = None
    anyway: bool = False


class AnywayForm(Form):
    anyway: bool = False


class TryAgainForm(KeyForm):
    anyway: bool = False


class ConfirmationForm(Form):
    confirmation: str = Field(default="", max_length=300)


class WishForm(AnywayForm):
    wish: Paragraphs = Field(default="", max_length=2000)


@router.get("")
async def mine(request: Request, who: SignedIn) -> Response:
    after = Cursor.read(request.query_params.get("after"))
    found, more = await of(request).database.run(
        command("read-claims", who), lambda tx: readings.open_claims(tx, owner_of(who), after)
    )
    return page(
        request,
        "claims/claims.html",
        who=who,
        title=theirs("My claims", who),
        claims=found,
        more=more,
        today=of(request).clock.today(),
        helping=who.acting_for is not None,
        **WORDS,
    )


@router.get("/{claim_id}")
async def claim(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    view = await claim_of(request, who, claim_id)
    passes = await limits.as_it_is(request, who, view)
    context: dict[str, Any] = {
        "claim": view,
        "key": new_key(),
        "helping": who.acting_for is not None,
        "passes_limit": passes,
        "today": of(request).clock.today(),
    }
    return page(
        request,
        "claims/claim.html",
        who=who,
        title=theirs("Your claim", who),
        problem=problem,
        **context,
        **WORDS,
    )


# Sending


@router.get("/{claim_id}/check")
async def check(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    view = await claim_of(request, who, claim_id)
    clocks = days.clocks(of(request).clock.today(), view.rates.target_working_days, view.rates.limit_days)
    context: dict[str, Any] = {
        "claim": view,
        "clocks": clocks,
        "key": new_key(),
        "helping": who.acting_for is not None,
        "warned": limits.warned(problem),
    }
    return page(request, "claims/check.html", who=who, title="Check and send", problem=problem, **context, **WORDS)


@router.post("/{claim_id}/check")
@again(check)
async def send(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    form = await read_form(request, SendForm)
    await claim_of(request, who, claim_id)
    await limits.warn(request, who, claim_id, AS_IT_IS, form.anyway, "Send it anyway", "Do not send it now")
    await of(request).database.run(
        command("submit-claim", who, form.idempotency_key, claim_id),
        as_shown(
            lambda tx: readings.claim_to_send_still_as_shown(tx, claim_id, form.mark),
            lambda tx: use_cases.submit_claim(tx, claim_id, form.confirmation, form.came_on),
        ),
        once=True,
    )
    return redirect(f"/payments/claims/{claim_id}", "We have your claim. Thank you for taking part.")


# Taking nothing, holding, continuing


@router.get("/{claim_id}/decline")
async def ask_to_decline(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    view = await claim_of(request, who, claim_id)
    return page(
        request,
        "claims/decline.html",
        who=who,
        title="Take nothing",
        problem=problem,
        claim=view,
        helping=who.acting_for is not None,
    )


@router.post("/{claim_id}/decline")
@again(ask_to_decline)
async def decline(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    form = await read_form(request, ConfirmationForm)
    await of(request).database.run(
        command("decline-claim", who), lambda tx: use_cases.decline_claim(tx, claim_id, form.confirmation)
    )
    return redirect(f"/payments/claims/{claim_id}", "You take nothing for this. You can change your mind.")


@router.post("/{claim_id}/close")
@again(claim)
async def close(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    await of(request).database.run(command("close-claim", who), lambda tx: use_cases.close_claim(tx, claim_id))
    return redirect(f"/payments/claims/{claim_id}", "The claim is closed. You can open it again.")


@router.post("/{claim_id}/reopen")
@again(claim)
async def reopen(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    await of(request).database.run(command("reopen-claim", who), lambda tx: use_cases.reopen_claim(tx, claim_id))
    return redirect(f"/payments/claims/{claim_id}", "Your claim is open again.")


@router.post("/{claim_id}/hold")
@again(claim)
async def hold(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    await of(request).database.run(command("hold-payment", who), lambda tx: use_cases.hold_payment(tx, claim_id, True))
    return redirect(f"/payments/claims/{claim_id}", "We hold this payment until you say so.")


@router.get("/{claim_id}/let-go")
async def ask_to_let_go(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    return await _goes_on_page(request, claim_id, who, "claims/let_go.html", "Let the payment go on", problem)


async def _goes_on_page(
    request: Request, claim_id: UUID, who: SignIn, template: str, title: str, problem: InvalidForm | Refused | None
) -> Response:
    view = await claim_of(request, who, claim_id)
    asks = await limits.asks(request, who, claim_id, limits.GOES_ON)
    context: dict[str, Any] = {
        "claim": view,
        "key": new_key(),
        "asks": asks,
        "warned": limits.warned(problem),
        "helping": who.acting_for is not None,
    }
    return page(request, template, who=who, title=title, problem=problem, **context)


@router.post("/{claim_id}/let-go")
@again(ask_to_let_go)
async def let_go(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    form = await read_form(request, AnywayForm)
    view = await claim_of(request, who, claim_id)
    if view.row.held:
        await limits.warn(request, who, claim_id, limits.GOES_ON, form.anyway, "Let it go on anyway", "Hold it still")
    await of(request).database.run(command("hold-payment", who), lambda tx: use_cases.hold_payment(tx, claim_id, False))
    return redirect(f"/payments/claims/{claim_id}", "The payment goes on.")


@router.get("/{claim_id}/try-again")
async def ask_to_try_again(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    return await _goes_on_page(request, claim_id, who, "claims/try_again.html", "Send the payment again", problem)


@router.post("/{claim_id}/try-again")
@again(ask_to_try_again)
async def try_again(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    """PAY-12: the details were right, or have been put right."""
    form = await read_form(request, TryAgainForm)
    view = await claim_of(request, who, claim_id)
    if view.state is ClaimState.RETURNED and not view.row.held:
        await limits.warn(
            request, who, claim_id, limits.GOES_ON, form.anyway, "Send it again anyway", "Do not send it now"
        )
    key = command("answer-return", who, form.idempotency_key, claim_id)
    await of(request).database.run(key, lambda tx: use_cases.answer_return(tx, claim_id), once=True)
    return redirect(f"/payments/claims/{claim_id}", "Thank you. We will send the payment.")


# Another look (PAY-14)


@router.get("/{claim_id}/another-look")
async def ask_another_look(request: Request, claim_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    view = await claim_of(request, who, claim_id)
    asks = await limits.asks(request, who, claim_id, _another_look_at(view))
    return page(
        request,
        "claims/another_look.html",
        who=who,
        title="Ask us to look again",
        problem=problem,
        claim=view,
        asks=asks,
        late_days=DAYS_FOR_A_LATE_RECEIPT,
        warned=limits.warned(problem),
    )


def _another_look_at(view: ClaimView) -> Act:
    """What is asked for again, and what was agreed."""
    fee, costs = view.lost
    return Act(fee_pence=fee, more_costs=costs, beside=True)


@router.post("/{claim_id}/another-look")
@again(ask_another_look)
async def another_look(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    form = await read_form(request, WishForm)
    view = await claim_of(request, who, claim_id)
    if view.can_ask_again:
        await limits.warn(request, who, claim_id, _another_look_at(view), form.anyway, "Ask anyway", "Do not ask")
    about = await of(request).database.run(
        command("ask-for-another-look", who), lambda tx: looking_again.ask_for_another_look(tx, claim_id, form.wish)
    )
    said = "Add the receipt. " if view.look_needs_receipt else ""
    return redirect(f"/payments/claims/{about}", f"{said}Somebody else will look at it again.")
