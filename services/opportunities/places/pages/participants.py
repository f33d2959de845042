"""A participant's own pages: taking part, my places, what I need, leaving."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from services.opportunities.people.pages import age_question
from services.opportunities.places.domain.taking import dates_to_come, has_ended, mark_of_dates
from services.opportunities.places.pages import guests
from services.opportunities.places.pages.common import NEED_OPTIONS, NEED_STATES, NEEDS_SAVED, PLACE_STATES, NeedsForm, SeenForm
from services.opportunities.places.pages.usual_needs import usual_needs
from services.opportunities.places.queries import guest_places
from services.opportunities.places.queries.guest_places import GuestPlace
from services.opportunities.places.queries.how_full import public_opportunity
from services.opportunities.places.queries.own import Place, active_place_id, own_place, own_places
from services.opportunities.places.use_cases import home, needs, taking
from services.opportunities.words.domain import MODES, NEEDS
from services.opportunities.words.pages import participant
from shared.db import Command, Transaction
from shared.identity import Session, SignedIn
from shared.reasons import Refused
from shared.service import of
from shared.web import InvalidForm, Paragraphs, again, page, read_form, redirect

router = APIRouter()


class OwnNeedsForm(NeedsForm):
    mark: str = ""
    words: Paragraphs = Field(default="", max_length=2000)
    messages: ClassVar[dict[str, str]] = {"words": "Use 2,000 characters or fewer. You can also ring us"}


@router.get("/opportunities/{opportunity_id:uuid}/take-part")
async def ask_to_take_part(request: Request, who: SignedIn, opportunity_id: UUID) -> Response:
    if listing := await guests.listing(request, opportunity_id):
        return await guests.ask_to_take_part(request, who, listing)
    database, whom = of(request).database, participant(request, who)
    place_id = await database.read(lambda tx: active_place_id(tx, opportunity_id, whom))
    if place_id:
        return redirect(f"/opportunities/places/{place_id}")
    if not (await database.read(lambda tx: public_opportunity(tx, opportunity_id))).open:
        return redirect(f"/opportunities/{opportunity_id}")
    if asked := await age_question(request, who, whom, f"/opportunities/{opportunity_id}/take-part"):
        return asked
    return await _take_part_page(request, who, opportunity_id, usual=await usual_needs(request, who, whom))


async def _take_part_page(
    request: Request, who: Session, opportunity_id: UUID, problem: InvalidForm | Refused | None = None, usual: Sequence[str] = ()
) -> HTMLResponse:
    found = await of(request).database.read(lambda tx: public_opportunity(tx, opportunity_id))
    return page(
        request,
        "places/take-part.html",
        who=who,
        title="Do you need anything to take part?",
        problem=problem,
        opportunity=found.facts,
        found=found,
        sessions=[each for each in found.sessions if each.ends_at > of(request).clock.now()],
        mode=MODES[found.facts.mode],
        mark=mark_of_dates(found.facts.mode, found.sessions),
        options=NEED_OPTIONS,
        usual=usual,
    )


@router.post("/opportunities/{opportunity_id:uuid}/take-part")
@again(_take_part_page)
async def take_part(request: Request, who: SignedIn, opportunity_id: UUID) -> Response:
    if listing := await guests.listing(request, opportunity_id):
        return await guests.take_part(request, who, listing)
    whom = participant(request, who)
    form = await read_form(request, OwnNeedsForm)
    written = partial(_take_part_page, request, who, opportunity_id)
    if asked := await age_question(request, who, whom, f"/opportunities/{opportunity_id}/take-part", written):
        return asked
    place_id = await of(request).database.run(
        Command("take-place", who.actor), lambda tx: taking.take_place(tx, opportunity_id, whom, form.needs, form.words, seen=form.mark)
    )
    return redirect(f"/opportunities/places/{place_id}")


@router.get("/opportunities/mine")
async def my_places(request: Request, who: SignedIn) -> HTMLResponse:
    whom = participant(request, who)
    own = await of(request).database.read(lambda tx: own_places(tx, whom))
    elsewhere = await of(request).database.read(lambda tx: guest_places.own_guest_places(tx, whom))
    found = sorted([*own, *elsewhere], key=lambda place: place.facts.created_at, reverse=True)
    now = of(request).clock.now()
    dates = dates_to_come(found, now)
    return page(request, "places/mine.html", who=who, title="My places", places=found, dates=dates, states=PLACE_STATES, now=now)


@router.get("/opportunities/places/{place_id:uuid}")
async def my_place(request: Request, who: SignedIn, place_id: UUID) -> HTMLResponse:
    found = await _own_place(request, who, place_id, shows_needs=True)
    return guests.place_page(request, who, found) if isinstance(found, GuestPlace) else _place_page(request, who, found)


@router.get("/opportunities/places/{place_id:uuid}/needs")
async def my_needs(request: Request, who: SignedIn, place_id: UUID) -> Response:
    found = await _own_place(request, who, place_id, shows_needs=True)
    if has_ended(found.shown):
        return redirect(f"/opportunities/places/{place_id}")
    return guests.needs_page(request, who, found) if isinstance(found, GuestPlace) else _needs_page(request, who, found)


@router.post("/opportunities/places/{place_id:uuid}/needs")
async def change_my_needs(request: Request, who: SignedIn, place_id: UUID) -> Response:
    found = await _own_place(request, who, place_id, shows_needs=True)
    if has_ended(found.shown):
        return redirect(f"/opportunities/places/{place_id}")
    if isinstance(found, GuestPlace):
        return await guests.change_needs(request, who, found)
    whom = participant(request, who)
    try:
        form = await read_form(request, OwnNeedsForm)
        change = await of(request).database.run(Command("change-needs", who.actor), lambda tx: needs.change_needs(tx, place_id, whom, form.needs, form.words))
    except (InvalidForm, Refused) as problem:
        return _needs_page(request, who, found, problem)
    return redirect(f"/opportunities/places/{place_id}", NEEDS_SAVED[change])


@router.post("/opportunities/places/{place_id:uuid}/accept")
async def accept_offer(request: Request, who: SignedIn, place_id: UUID) -> Response:
    found = await _own_place(request, who, place_id, shows_needs=True)
    if has_ended(found.shown):
        return redirect(f"/opportunities/places/{place_id}")
    whom = participant(request, who)
    if asked := await age_question(request, who, whom, f"/opportunities/places/{place_id}"):
        return asked
    form = await read_form(request, SeenForm)
    if isinstance(found, GuestPlace):
        command, accept, done = Command("accept-guest-place", who.actor), home.accept_offer, "We pass on your yes."
    else:
        command, accept, done = Command("accept-offer", who.actor), taking.accept_offer, "The place is yours."
    try:
        await of(request).database.run(command, lambda tx: accept(tx, place_id, whom, form.mark))
    except Refused as problem:
        now = await _own_place(request, who, place_id, shows_needs=True)
        return guests.place_page(request, who, now, problem) if isinstance(now, GuestPlace) else _place_page(request, who, now, problem)
    return redirect(f"/opportunities/places/{place_id}", done)


@router.get("/opportunities/places/{place_id:uuid}/leave")
async def ask_to_leave(request: Request, who: SignedIn, place_id: UUID) -> Response:
    found = await _own_place(request, who, place_id)
    if has_ended(found.shown):
        return redirect(f"/opportunities/places/{place_id}")
    host, now = found.host if isinstance(found, GuestPlace) else "", of(request).clock.now()
    return page(
        request,
        "places/leave.html",
        who=who,
        title="Do you want to leave?",
        place=found.facts,
        opportunity=found.opportunity,
        waits=found.shown == "waiting",
        to_come=sum(session.starts_at > now for session in found.sessions),
        on_now=any(session.starts_at <= now < session.ends_at for session in found.sessions),
        host=host,
    )


@router.post("/opportunities/places/{place_id:uuid}/leave")
async def leave(request: Request, who: SignedIn, place_id: UUID) -> Response:
    found = await _own_place(request, who, place_id)
    if has_ended(found.shown):
        return redirect(f"/opportunities/places/{place_id}")
    if isinstance(found, GuestPlace):
        return await guests.leave(request, who, found)
    service, whom = of(request), participant(request, who)
    policy = service.settings.policy
    await service.database.run(Command("leave-place", who.actor), lambda tx: taking.leave_place(tx, place_id, whom, policy))
    return redirect("/opportunities/mine", "You have left. That is fine. You can come back while it is open.")


async def _own_place(request: Request, who: Session, place_id: UUID, *, shows_needs: bool = False) -> Place | GuestPlace:
    """Here or with another organisation. Missing if it is somebody else's. shows_needs: the page may show what they need, so that a helper's
    reading is written down (PRI-03)."""
    whom, database = participant(request, who), of(request).database

    async def work(tx: Transaction) -> Place | GuestPlace:
        found = await guest_places.own_guest_place(tx, place_id, whom) or await own_place(tx, place_id, whom)
        if tx.actor.acting_for and shows_needs and found.needs:
            await needs.note_reading(tx, place_id)
        return found

    return await (database.run(Command("read-while-helping", who.actor), work) if who.acting_for and shows_needs else database.read(work))


def _place_page(request: Request, who: Session, found: Place, problem: Refused | None = None) -> HTMLResponse:
    return _page(request, who, found, "places/place.html", "Your place", problem)


def _needs_page(request: Request, who: Session, found: Place, problem: InvalidForm | Refused | None = None) -> HTMLResponse:
    return _page(request, who, found, "places/needs.html", "Do you need anything to take part?", problem)


def _page(request: Request, who: Session, found: Place, template: str, title: str, problem: InvalidForm | Refused | None) -> HTMLResponse:
    return page(
        request,
        template,
        who=who,
        title=title,
        problem=problem,
        place=found.facts,
        opportunity=found.opportunity,
        sessions=found.sessions,
        mark=found.dates,
        position=found.position,
        needs=found.needs,
        there=found.there,
        need_names={**NEEDS, "other": "What you wrote"},
        options=NEED_OPTIONS,
        shown=found.shown,
        state=PLACE_STATES[found.shown],
        need_states=NEED_STATES,
    )
