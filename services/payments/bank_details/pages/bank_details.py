"""My bank details: given, changed, never shown whole (PAY-13)."""

from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.payments.bank_details.domain import banking
from services.payments.bank_details.domain.bank_text import LONGEST_NAME, SHOWN, fits_bank_text
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.pages.common import modulus_of, number_held, vault_of
from services.payments.bank_details.use_cases import bank_details, readings, wanted_details
from services.payments.claims.pages import limits
from services.payments.forms import KeyForm, command, new_key, owner_of
from services.payments.people.queries import names
from shared.events import ParticipantRef
from shared.identity import SignedIn, SignIn
from shared.reasons import Missing, Refused, refuse
from shared.service import of
from shared.web import InvalidForm, Refusal, page, read_form, redirect, theirs

router = APIRouter(prefix="/payments/bank-details")


class DetailsForm(KeyForm):
    never_kept: ClassVar[bool] = True
    messages: ClassVar[dict[str, str]] = {
        "account_name": "Enter the name on the account",
        "sort_code": "Enter a sort code with 6 digits, like 12-34-56",
        "account_number": "Enter an account number with 6 to 8 digits",
    }
    account_name: str = Field(max_length=500)
    sort_code: str = Field(max_length=20)
    account_number: str = Field(max_length=20)
    claim: UUID | None = None
    anyway: bool = False


@router.get("")
async def mine(request: Request, who: SignedIn) -> Response:
    details = await of(request).database.run(
        command("read-bank-details", who), lambda tx: readings.open_details(tx, owner_of(who))
    )
    shown = banking.masked(details.ends_with) if details else None
    number = ""
    wanted = await of(request).database.read(lambda tx: wanted_details.is_wanted(tx, owner_of(who)))
    if details is not None and details.state == "unconfirmed":
        number = await number_held(request, owner_of(who), details.given_at)
    return page(
        request,
        "bank_details/bank_details.html",
        who=who,
        title=theirs("My bank details", who),
        details=details,
        shown=shown,
        helping=who.acting_for is not None,
        number=number,
        wanted=wanted,
    )


@router.get("/change")
async def ask(
    request: Request, who: SignedIn, claim: UUID | None = Query(default=None), problem: Refusal = None
) -> Response:
    if problem is not None and (typed := getattr(request.state, "typed", None)):
        _forget_digits(typed)  # not sent back, where somebody could read it over their shoulder
        request.state.answer_is_bare = True  # so that the Back button leads to it
    if isinstance(problem, InvalidForm):
        problem = InvalidForm(problem.errors, _forget_digits(dict(problem.values)))
    asks = await limits.asks_of_what_came_back(request, who)
    context: dict[str, Any] = {
        "claim": claim,
        "key": new_key(),
        "helping": who.acting_for is not None,
        "asks": asks,
        "warned": limits.warned(problem),
    }
    context["name"] = await _name_of(request, who)
    return page(
        request,
        "bank_details/bank_details_change.html",
        who=who,
        title=theirs("Your bank account", who),
        problem=problem,
        **context,
    )


async def _name_of(request: Request, who: SignIn) -> str:
    """The name of the person they help; "" for themselves."""
    helped = who.acting_for
    if helped is None:
        return ""
    return (await of(request).database.read(lambda tx: names(tx, [helped])))[helped]


def _forget_digits(typed: dict[str, Any]) -> dict[str, Any]:
    """PAY-13: forgets the number, and any number typed in the name field."""
    typed["sort_code"] = typed["account_number"] = ""
    if any(character.isdigit() for character in str(typed.get("account_name", ""))):
        typed["account_name"] = ""
    return typed


@router.post("/change")
async def change(request: Request, who: SignedIn, claim: UUID | None = Query(default=None)) -> Response:
    vault, modulus = vault_of(request), modulus_of(request)
    try:
        form = await read_form(request, DetailsForm)
        claim = form.claim or claim
        sort_code, account_number = banking.digits_of(form.sort_code), banking.digits_of(form.account_number)
        refuse(banking.reasons_not_to_take_details(form.account_name, sort_code, account_number, modulus))
        await limits.warn_of_what_came_back(request, who, form.anyway)
        details = AccountDetails(form.account_name.strip(), sort_code, account_number.zfill(8))
        person = ParticipantRef(kind="person", id=owner_of(who), home=of(request).settings.organisation)
        state = await of(request).database.run(
            command("give-bank-details", who, form.idempotency_key, owner_of(who)),
            lambda tx: bank_details.give_details(tx, person, details, vault),
            once=True,
        )
    except (InvalidForm, Refused) as problem:
        return await ask(request, who, claim, problem)
    if who.acting_for is None and fits_bank_text(details.name, LONGEST_NAME) != details.name:
        return redirect("/payments/bank-details/name" + (f"?claim={claim}" if claim else ""))
    message = (
        "We have your bank details."
        if state == "confirmed"
        else "We have the new details. Before we pay, we check them in person or by ringing."
    )
    return redirect(f"/payments/claims/{claim}" if claim else "/payments/bank-details", message)


@router.get("/name")
async def name_at_the_bank(request: Request, who: SignedIn, claim: UUID | None = Query(default=None)) -> Response:
    """PAY-12: how our bank writes the name, for its owner alone, right after they gave it."""
    if who.acting_for is not None:
        raise Missing
    vault = vault_of(request)
    name = await of(request).database.run(
        command("read-own-name", who), lambda tx: bank_details.own_name(tx, who.person_id, vault)
    )
    written, short = fits_bank_text(name, LONGEST_NAME), fits_bank_text(name, SHOWN)
    return page(
        request,
        "bank_details/bank_name.html",
        who=who,
        title=theirs("Your name at the bank", who),
        name=name,
        written=written,
        short=short,
        claim=claim,
    )
