"""Bank details and people to confirm by ringing them, or in person (PAY-10, PAY-13): for finance and approvers. The
number is read by pressing."""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.bank_details import queries
from services.payments.bank_details.domain.banking import masked
from services.payments.bank_details.domain.confirming import NO_NUMBER_NOW, NumberToRing, number_to_ring
from services.payments.bank_details.use_cases import bank_details, readings
from services.payments.forms import ConfirmedMoneyStaff, KeyForm, command, new_key
from shared.db import Command, Transaction
from shared.identity import Role, SignIn
from shared.reasons import Missing, Refused
from shared.service import of
from shared.web import Form, InvalidForm, again, page, read_form, redirect

router = APIRouter(prefix="/payments/confirm-details")


class ConfirmForm(KeyForm):
    messages: ClassVar[dict[str, str]] = {"how": "Say how you confirmed it"}
    how: Literal["in-person", "rang-known-number"]
    mark: str = ""


class PersonForm(Form):
    person: UUID


@router.get("")
async def to_confirm(request: Request, who: ConfirmedMoneyStaff) -> Response:
    return await _page(request, who)


async def _page(
    request: Request,
    who: SignIn,
    problem: InvalidForm | Refused | None = None,
    shown: dict[UUID, NumberToRing] | None = None,
    at: UUID | None = None,
) -> Response:
    """at: whose form it was that was sent."""

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


@router.post("/{details_id}")
@again(lambda request, details_id, who, problem: _page(request, who, problem, at=details_id))
async def confirm(request: Request, details_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    form = await read_form(request, ConfirmForm)

    async def as_shown(tx: Transaction) -> bool:
        await bank_details.details_still_as_shown(tx, details_id, form.mark)
        return await bank_details.confirm_details(tx, details_id, form.how)

    pays_too = await of(request).database.run(
        command("confirm-bank-details", who, form.idempotency_key, details_id), as_shown, once=True
    )
    goes_on = "The details are confirmed. Payments can go on."
    return redirect(
        "/payments/confirm-details",
        goes_on if pays_too or Role.FINANCE not in who.roles else f"{goes_on} Somebody else of finance sends them.",
    )


class ToldForm(KeyForm):
    mark: str = ""


@router.post("/{details_id}/wrong")
@again(lambda request, details_id, who, problem: _page(request, who, problem, at=details_id))
async def set_aside(request: Request, details_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    form = await read_form(request, ToldForm)

    async def as_shown(tx: Transaction) -> None:
        await bank_details.details_still_as_shown(tx, details_id, form.mark)
        await bank_details.set_details_aside(tx, details_id)

    await of(request).database.run(
        command("set-bank-details-aside", who, form.idempotency_key, details_id), as_shown, once=True
    )
    return redirect(
        "/payments/confirm-details", "Nothing is paid into those details. We asked the person for the right ones."
    )


@router.post("/{details_id}/unanswered")
@again(lambda request, details_id, who, problem: _page(request, who, problem, at=details_id))
async def note_unanswered(request: Request, details_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    form = await read_form(request, ToldForm)

    async def as_shown(tx: Transaction) -> None:
        await bank_details.details_still_as_shown(tx, details_id, form.mark)
        await bank_details.note_unanswered(tx, details_id)

    await of(request).database.run(
        command("note-unanswered-call", who, form.idempotency_key, details_id), as_shown, once=True
    )
    return redirect("/payments/confirm-details", "Noted. It stays on this list. Try again at another time of the day.")


@router.post("/people/{person_id}")
@again(lambda request, person_id, who, problem: _page(request, who, problem, at=person_id))
async def confirm_person(request: Request, person_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    form = await read_form(request, ConfirmForm)

    async def as_shown(tx: Transaction) -> None:
        await bank_details.person_still_as_shown(tx, person_id, form.mark)
        await bank_details.confirm_person(tx, person_id, form.how)

    await of(request).database.run(command("confirm-person", who, form.idempotency_key, person_id), as_shown, once=True)
    return redirect("/payments/confirm-details", "The person is confirmed. Thank you for ringing.")


@router.post("/{details_id}/number")
async def show_number(request: Request, details_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    try:
        form = await read_form(request, PersonForm)
    except InvalidForm:
        raise Missing from None
    return await _show(request, who, form.person, details_id)


@router.post("/people/{person_id}/number")
async def show_number_of_person(request: Request, person_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    return await _show(request, who, person_id, None)


async def _show(request: Request, who: SignIn, person_id: UUID, details_id: UUID | None) -> Response:
    """PRI-03: the reading is written down before the number is fetched. It is fetched from people each time, and kept
    nowhere."""
    service = of(request)
    try:
        before = await service.database.run(
            Command("read-number-to-ring", who.actor),
            lambda tx: bank_details.note_number_read(tx, person_id, details_id),
        )
        card = (await service.requests("people.cards.payments", {"person_ids": [str(person_id)]}))["cards"].get(
            str(person_id), {}
        )
        if not card:
            raise Missing
    except Refused as problem:
        return await _page(request, who, problem)
    except (ConnectionError, TimeoutError):
        return await _page(request, who, Refused([NO_NUMBER_NOW]))
    changes = [(datetime.fromisoformat(change["at"]), change["before"]) for change in card.get("phone_changes", [])]
    number = number_to_ring(card.get("phone", ""), changes, before, request.app.state.gateways.known_number_days)
    about = details_id or person_id
    await service.database.run(
        Command("show-number-to-ring", who.actor),
        lambda tx: bank_details.note_number_shown(tx, about, is_held=bool(number.number)),
    )
    return await _page(request, who, shown={about: number})
