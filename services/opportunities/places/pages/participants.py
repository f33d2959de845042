"""A participant's own pages: taking part, my places, what I need, leaving; here or with another organisation."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.opportunities.people.pages import age_question
from services.opportunities.places.domain.taking import dates_to_come, has_ended
from services.opportunities.places.pages.common import PLACE_STATES
from services.opportunities.places.pages.guests import GuestHolding, GuestJoining, listing_of
from services.opportunities.places.pages.own import OwnHolding, OwnJoining
from services.opportunities.places.pages.ways import Holding, Joining
from services.opportunities.places.queries import guest_places
from services.opportunities.places.queries.own import own_place, own_places
from services.opportunities.places.use_cases import needs
from services.opportunities.words.pages import participant
from shared.db import Command, Transaction
from shared.identity import Session, SignedIn
from shared.reasons import Refused
from shared.service import of
from shared.web import Form, InvalidForm, page, read_form, redirect

router = APIRouter()


class SeenForm(Form):
    """A press on what a page shows. mark: `mark_of_dates` of what it showed."""

    mark: str = ""


async def _joining(request: Request, opportunity_id: UUID) -> Joining:
    listing = await listing_of(request, opportunity_id)
    return GuestJoining(listing) if listing else OwnJoining(opportunity_id)


@router.get("/opportunities/{opportunity_id:uuid}/take-part")
async def ask_to_take_part(request: Request, who: SignedIn, opportunity_id: UUID) -> Response:
    joining, whom = await _joining(request, opportunity_id), participant(request, who)
    if place_id := await joining.place_id(request, whom):
        return redirect(f"/opportunities/places/{place_id}")
    if not await joining.is_open(request):
        return redirect(f"/opportunities/{opportunity_id}")
    if asked := await age_question(request, who, whom, f"/opportunities/{opportunity_id}/take-part"):
        return asked
    return await joining.first_page(request, who, whom)


@router.post("/opportunities/{opportunity_id:uuid}/take-part")
async def take_part(request: Request, who: SignedIn, opportunity_id: UUID) -> Response:
    joining, whom = await _joining(request, opportunity_id), participant(request, who)
    written = partial(joining.page_again, request, who)
    try:
        form = await read_form(request, joining.form)
        if asked := await age_question(request, who, whom, f"/opportunities/{opportunity_id}/take-part", written):
            return asked
        place_id = await joining.take_part(request, who, whom, form)
    except (InvalidForm, Refused) as problem:
        return await written(problem)
    return redirect(f"/opportunities/places/{place_id}")


@router.get("/opportunities/mine")
async def my_places(request: Request, who: SignedIn) -> HTMLResponse:
    whom = participant(request, who)
    own = await of(request).database.read(lambda tx: own_places(tx, whom))
    elsewhere = await of(request).database.read(lambda tx: guest_places.own_guest_places(tx, whom))
    found = sorted([*own, *elsewhere], key=lambda place: place.facts.created_at, reverse=True)
    now = of(request).clock.now()
    dates = dates_to_come(found, now)
    return page(
        request, "places/mine.html", who=who, title="My places", places=found, dates=dates, states=PLACE_STATES, now=now
    )


@router.get("/opportunities/places/{place_id:uuid}")
async def my_place(request: Request, who: SignedIn, place_id: UUID) -> HTMLResponse:
    return (await _held(request, who, place_id, shows_needs=True)).place_page(request, who)


@router.get("/opportunities/places/{place_id:uuid}/needs")
async def my_needs(request: Request, who: SignedIn, place_id: UUID) -> Response:
    held = await _held(request, who, place_id, shows_needs=True)
    if has_ended(held.found.shown):
        return redirect(f"/opportunities/places/{place_id}")
    return held.needs_page(request, who)


@router.post("/opportunities/places/{place_id:uuid}/needs")
async def change_my_needs(request: Request, who: SignedIn, place_id: UUID) -> Response:
    held = await _held(request, who, place_id, shows_needs=True)
    if has_ended(held.found.shown):
        return redirect(f"/opportunities/places/{place_id}")
    try:
        said = await held.change_needs(request, who, participant(request, who), await read_form(request, held.form))
    except (InvalidForm, Refused) as problem:
        return held.needs_page(request, who, problem)
    return redirect(f"/opportunities/places/{place_id}", said)


@router.post("/opportunities/places/{place_id:uuid}/accept")
async def accept_offer(request: Request, who: SignedIn, place_id: UUID) -> Response:
    held = await _held(request, who, place_id, shows_needs=True)
    if has_ended(held.found.shown):
        return redirect(f"/opportunities/places/{place_id}")
    whom = participant(request, who)
    if asked := await age_question(request, who, whom, f"/opportunities/places/{place_id}"):
        return asked
    form = await read_form(request, SeenForm)
    try:
        said = await held.accept(request, who, whom, form.mark)
    except Refused as problem:
        return (await _held(request, who, place_id, shows_needs=True)).place_page(request, who, problem)
    return redirect(f"/opportunities/places/{place_id}", said)


@router.get("/opportunities/places/{place_id:uuid}/leave")
async def ask_to_leave(request: Request, who: SignedIn, place_id: UUID) -> Response:
    held = await _held(request, who, place_id)
    found, now = held.found, of(request).clock.now()
    if has_ended(found.shown):
        return redirect(f"/opportunities/places/{place_id}")
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
        host=held.host,
    )


@router.post("/opportunities/places/{place_id:uuid}/leave")
async def leave(request: Request, who: SignedIn, place_id: UUID) -> Response:
    held = await _held(request, who, place_id)
    if has_ended(held.found.shown):
        return redirect(f"/opportunities/places/{place_id}")
    await held.leave(request, who, participant(request, who))
    return redirect("/opportunities/mine", "You have left. That is fine. You can come back while it is open.")


async def _held(request: Request, who: Session, place_id: UUID, *, shows_needs: bool = False) -> Holding:
    """Missing if it is somebody else's. shows_needs: the page may show what they need, so that a helper's reading is
    written down (PRI-03)."""
    whom, database = participant(request, who), of(request).database

    async def work(tx: Transaction) -> Holding:
        elsewhere = await guest_places.own_guest_place(tx, place_id, whom)
        held = GuestHolding(elsewhere) if elsewhere else OwnHolding(await own_place(tx, place_id, whom))
        if tx.actor.acting_for and shows_needs and held.found.needs:
            await needs.note_reading(tx, place_id)
        return held

    return await (
        database.run(Command("read-while-helping", who.actor), work)
        if who.acting_for and shows_needs
        else database.read(work)
    )
