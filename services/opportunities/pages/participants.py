"""A participant's own pages: taking part, my places, what I need, leaving."""

from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, field_validator

from services.opportunities import domain, queries
from services.opportunities.pages import guests
from services.opportunities.pages.common import SignedIn, participant
from services.opportunities.queries import guests as guest_queries
from services.opportunities.use_cases import needs, places
from shared.db import Command
from shared.identity import Session
from shared.reasons import Refused
from shared.service import of
from shared.web import Form, InvalidForm, page, read_form, redirect

router = APIRouter()

PLACE_STATES = {
    "taken": ("You have a place", "green"),
    "waiting": ("On the waiting list", "blue"),
    "offered": ("A place is free for you", "orange"),
    "left": ("You left", "grey"),
    "lapsed": ("The time to answer is over", "grey"),
    "cancelled": ("It was cancelled", "grey"),
}
NEED_STATES = {
    "asked": ("We have not answered yet", "blue"),
    "promised": ("We will do this", "green"),
    "met": ("This is ready", "green"),
    "not-met": ("We cannot do this", "orange"),
}


class NeedsForm(Form):
    """Everything is optional, and nothing is ticked beforehand."""

    needs: list[str] = Field(default_factory=list)
    words: str = Field(default="", max_length=2000)
    messages: ClassVar[dict[str, str]] = {"words": "Use 2,000 characters or fewer. You can also ring us"}

    @field_validator("needs")
    @classmethod
    def _known(cls, ticked: list[str]) -> list[str]:
        if set(ticked) - domain.NEEDS.keys():
            raise ValueError("Choose from the list")
        return ticked


@router.get("/opportunities/{opportunity_id:uuid}/take-part")
async def ask_to_take_part(request: Request, who: SignedIn, opportunity_id: UUID) -> Response:
    if listing := await guests.listing(request, opportunity_id):
        return await guests.ask_to_take_part(request, who, listing)
    database, whom = of(request).database, participant(request, who)
    place_id = await database.read(lambda tx: queries.active_place_id(tx, opportunity_id, whom))
    if place_id:
        return redirect(f"/opportunities/places/{place_id}")
    if not (await database.read(lambda tx: queries.public_opportunity(tx, opportunity_id))).open:
        return redirect(f"/opportunities/{opportunity_id}")
    return await _take_part_page(request, who, opportunity_id)


@router.post("/opportunities/{opportunity_id:uuid}/take-part")
async def take_part(request: Request, who: SignedIn, opportunity_id: UUID) -> Response:
    if listing := await guests.listing(request, opportunity_id):
        return await guests.take_part(request, who, listing)
    whom = participant(request, who)
    try:
        form = await read_form(request, NeedsForm)
        place_id = await of(request).database.run(
            Command("take-place", who.actor), lambda tx: places.take_place(tx, opportunity_id, whom, form.needs, form.words)
        )
    except (InvalidForm, Refused) as problem:
        return await _take_part_page(request, who, opportunity_id, problem)
    return redirect(f"/opportunities/places/{place_id}")


async def _take_part_page(request: Request, who: Session, opportunity_id: UUID, problem: InvalidForm | Refused | None = None) -> HTMLResponse:
    found = await of(request).database.read(lambda tx: queries.public_opportunity(tx, opportunity_id))
    return page(
        request,
        "take-part.html",
        who=who,
        title="Do you need anything to take part?",
        problem=problem,
        opportunity=found.facts,
        found=found,
        options=list(domain.NEEDS.items()),
    )


@router.get("/opportunities/mine")
async def my_places(request: Request, who: SignedIn) -> HTMLResponse:
    whom = participant(request, who)
    own = await of(request).database.read(lambda tx: queries.own_places(tx, whom))
    elsewhere = await of(request).database.read(lambda tx: guest_queries.own_guest_places(tx, whom))
    found = sorted([*own, *elsewhere], key=lambda place: place.facts.created_at, reverse=True)
    return page(request, "mine.html", who=who, title="My places", places=found, states=PLACE_STATES | guests.PLACE_STATES)


@router.get("/opportunities/places/{place_id:uuid}")
async def my_place(request: Request, who: SignedIn, place_id: UUID) -> HTMLResponse:
    if guest_place := await guests.own_place(request, who, place_id):
        return guests.place_page(request, who, guest_place)
    return await _place_page(request, who, place_id, "place.html", "Your place")


@router.get("/opportunities/places/{place_id:uuid}/needs")
async def my_needs(request: Request, who: SignedIn, place_id: UUID) -> HTMLResponse:
    if guest_place := await guests.own_place(request, who, place_id):
        return guests.needs_page(request, who, guest_place)
    return await _place_page(request, who, place_id, "needs.html", "Do you need anything to take part?")


@router.post("/opportunities/places/{place_id:uuid}/needs")
async def change_my_needs(request: Request, who: SignedIn, place_id: UUID) -> Response:
    if guest_place := await guests.own_place(request, who, place_id):
        return await guests.change_needs(request, who, guest_place)
    whom = participant(request, who)
    try:
        form = await read_form(request, NeedsForm)
    except InvalidForm as problem:
        return await _place_page(request, who, place_id, "needs.html", "Do you need anything to take part?", problem)
    await of(request).database.run(Command("change-needs", who.actor), lambda tx: needs.change_needs(tx, place_id, whom, form.needs, form.words))
    return redirect(f"/opportunities/places/{place_id}", "We have what you need. We will answer before you travel.")


@router.post("/opportunities/places/{place_id:uuid}/accept")
async def accept_offer(request: Request, who: SignedIn, place_id: UUID) -> Response:
    if guest_place := await guests.own_place(request, who, place_id):
        return await guests.accept_offer(request, who, guest_place)
    whom = participant(request, who)
    try:
        await of(request).database.run(Command("accept-offer", who.actor), lambda tx: places.accept_offer(tx, place_id, whom))
    except Refused as problem:
        return await _place_page(request, who, place_id, "place.html", "Your place", problem)
    return redirect(f"/opportunities/places/{place_id}", "The place is yours.")


@router.get("/opportunities/places/{place_id:uuid}/leave")
async def ask_to_leave(request: Request, who: SignedIn, place_id: UUID) -> HTMLResponse:
    if guest_place := await guests.own_place(request, who, place_id):
        return guests.leave_page(request, who, guest_place)
    return await _place_page(request, who, place_id, "leave.html", "Do you want to leave?")


@router.post("/opportunities/places/{place_id:uuid}/leave")
async def leave(request: Request, who: SignedIn, place_id: UUID) -> Response:
    if guest_place := await guests.own_place(request, who, place_id):
        return await guests.leave(request, who, guest_place)
    service, whom = of(request), participant(request, who)
    policy = service.settings.policy
    await service.database.run(Command("leave-place", who.actor), lambda tx: places.leave_place(tx, place_id, whom, policy))
    return redirect("/opportunities/mine", "You have left. That is fine, and you can come back at any time.")


async def _place_page(request: Request, who: Session, place_id: UUID, template: str, title: str, problem: InvalidForm | Refused | None = None) -> HTMLResponse:
    whom = participant(request, who)
    found = await of(request).database.read(lambda tx: queries.own_place(tx, place_id, whom))
    return page(
        request,
        template,
        who=who,
        title=title,
        problem=problem,
        place=found.facts,
        opportunity=found.opportunity,
        sessions=found.sessions,
        needs=found.needs,
        need_names=domain.NEEDS,
        options=list(domain.NEEDS.items()),
        state=PLACE_STATES[found.facts.state],
        need_states=NEED_STATES,
    )
