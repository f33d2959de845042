"""Bank details and people to confirm by ringing them, or in person (PAY-10, PAY-13): for finance and approvers. The
number is read by pressing."""

from functools import partial
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.bank_details import queries
from services.payments.bank_details.domain.banking import masked
from services.payments.bank_details.domain.confirming import NO_NUMBER_NOW, NumberToRing
from services.payments.bank_details.pages.common import number_of
from services.payments.bank_details.use_cases import bank_details, readings
from services.payments.forms import ConfirmedMoneyStaff, KeyForm, T, Work, as_shown, command, new_key
from shared.db import Command, Transaction
from shared.identity import Role, SignIn
from shared.reasons import Missing, Refused, refuse
from shared.service import of
from shared.web import Form, InvalidForm, Refusal, again, page, read_form, redirect

HERE = "/payments/confirm-details"
router = APIRouter(prefix=HERE)


class ToldForm(KeyForm):
    mark: str = ""


class ConfirmForm(ToldForm):
    messages: ClassVar[dict[str, str]] = {"how": "Say how you confirmed it"}
    how: Literal["in-person", "rang-known-number"]


class PersonForm(Form):
    person: UUID


@router.get("")
async def to_confirm(request: Request, who: ConfirmedMoneyStaff) -> Response:
    return await _page(request, who)


async def _page(
    request: Request,
    who: SignIn,
    problem: Refusal = None,
    shown: dict[UUID, NumberToRing] | None = None,
    at: UUID | None = None,
) -> Response:
    """at: whose form was sent."""

    async def read(tx: Transaction) -> dict[str, Any]:
        return {
            "details": await readings.open_details_to_confirm(tx),
            "people": await queries.people_to_confirm(tx, who.person_id),
        }

    context = await of(request).database.run(command("read-details-to-confirm", who), read)
    back = "/payments/runs" if Role.FINANCE in who.roles else "/payments/approve"
    return page(
        request,
        "bank_details/confirm_details.html",
        who=who,
        title="To confirm",
        problem=problem,
        key=new_key(),
        back=back,
        masked=masked,
        shown=shown or {},
        at=at,
        **context,
    )


async def _page_at(request: Request, details_id: UUID, who: SignIn, problem: InvalidForm | Refused) -> Response:
    return await _page(request, who, problem, at=details_id)


@router.post("/{details_id}")
@again(_page_at)
async def confirm(request: Request, details_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    form = await read_form(request, ConfirmForm)
    work = partial(bank_details.confirm_details, details_id=details_id, how=form.how)
    pays_too = await _do_of_details(request, who, "confirm-bank-details", form, details_id, work)
    goes_on = "The details are confirmed. Payments can go on."
    return redirect(
        HERE,
        goes_on
        if pays_too or Role.FINANCE not in who.roles
        else f"{goes_on} Somebody else of finance puts them into a payment run.",
    )


@router.get("/{details_id}/wrong")
async def ask_whether_wrong(
    request: Request, details_id: UUID, who: ConfirmedMoneyStaff, problem: Refusal = None
) -> Response:
    found = await of(request).database.run(
        command("read-details-to-confirm", who), lambda tx: readings.open_one_to_confirm(tx, details_id)
    )
    if found is None and problem is None:
        raise Missing
    if found is None or found.reasons:
        return await _page(request, who, problem, at=details_id)
    return page(
        request,
        "bank_details/set_aside.html",
        who=who,
        title="Set these bank details aside?",
        problem=problem,
        key=new_key(),
        waiting=found,
        account=masked(found.row.ends_with),
    )


@router.post("/{details_id}/wrong")
@again(ask_whether_wrong)
async def set_aside(request: Request, details_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    form = await read_form(request, ToldForm)
    work = partial(bank_details.set_details_aside, details_id=details_id)
    await _do_of_details(request, who, "set-bank-details-aside", form, details_id, work)
    return redirect(HERE, "Nothing is paid into those details. We asked the person for the right ones.")


@router.post("/{details_id}/unanswered")
@again(_page_at)
async def note_unanswered(request: Request, details_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    form = await read_form(request, ToldForm)
    work = partial(bank_details.note_unanswered, details_id=details_id)
    await _do_of_details(request, who, "note-unanswered-call", form, details_id, work)
    return redirect(HERE, "Noted. It stays on this list. Try again at another time of the day.")


async def _do_of_details(
    request: Request, who: SignIn, name: str, form: ToldForm, details_id: UUID, work: Work[T]
) -> T:
    return await of(request).database.run(
        command(name, who, form.idempotency_key, details_id),
        as_shown(partial(bank_details.details_still_as_shown, details_id=details_id, mark=form.mark), work),
        once=True,
    )


@router.post("/people/{person_id}")
@again(lambda request, person_id, who, problem: _page(request, who, problem, at=person_id))
async def confirm_person(request: Request, person_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    form = await read_form(request, ConfirmForm)
    await of(request).database.run(
        command("confirm-person", who, form.idempotency_key, person_id),
        as_shown(
            partial(bank_details.person_still_as_shown, person_id=person_id, mark=form.mark),
            partial(bank_details.confirm_person, person_id=person_id, how=form.how),
        ),
        once=True,
    )
    return redirect(HERE, "The person is confirmed. Thank you for ringing.")


@router.post("/{details_id}/number")
@again(_page)
async def show_number(request: Request, details_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    try:
        form = await read_form(request, PersonForm)
    except InvalidForm:
        raise Missing from None
    return await _show(request, who, form.person, details_id)


@router.post("/people/{person_id}/number")
@again(_page)
async def show_number_of_person(request: Request, person_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    return await _show(request, who, person_id, None)


async def _show(request: Request, who: SignIn, person_id: UUID, details_id: UUID | None) -> Response:
    """PRI-03: records the reading before the number is fetched. It is fetched from people each time, and kept
    nowhere."""
    service = of(request)
    before = await service.database.run(
        Command("read-number-to-ring", who.actor), lambda tx: bank_details.note_number_read(tx, person_id, details_id)
    )
    try:
        found = await service.requests("people.cards.payments", {"person_ids": [str(person_id)]})
    except (ConnectionError, TimeoutError):
        refuse(NO_NUMBER_NOW)
    card = found["cards"].get(str(person_id), {})
    if not card:
        raise Missing
    number = number_of(request, card, before)
    about = details_id or person_id
    await service.database.run(
        Command("show-number-to-ring", who.actor),
        lambda tx: bank_details.note_number_shown(tx, about, is_held=bool(number.number)),
    )
    return await _page(request, who, shown={about: number})
