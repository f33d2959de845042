"""A participant's own pages: taking part, my places, what I need, leaving; here or with another organisation."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.opportunities.listings.queries import listing
from services.opportunities.people.pages import age_question
from services.opportunities.places.domain import guests
from services.opportunities.places.domain.needs import begins_soon, moments_ahead
from services.opportunities.places.domain.taking import SPEAKS_FOR, has_ended, mark_of_dates
from services.opportunities.places.pages.common import NEED_NAMES, PLACE_STATES, need_options
from services.opportunities.places.pages.guests import GuestJoining, GuestPlace
from services.opportunities.places.pages.own import OwnJoining, OwnPlace
from services.opportunities.places.pages.ways import Held, Joining, Opening
from services.opportunities.places.queries import guest_places
from services.opportunities.places.queries.how_full import public_opportunity
from services.opportunities.places.queries.own import own_place
from services.opportunities.places.use_cases import needs, taking
from services.opportunities.words.domain import MODES
from services.opportunities.words.pages import participant
from services.opportunities.writing.domain.differences import WHAT_CHANGED
from shared.clock import end_of_day
from shared.db import Command, Transaction
from shared.identity import SignedIn, SignIn, Visitor
from shared.reasons import Refused
from shared.service import of
from shared.web import Form, InvalidForm, Refusal, again, page, read_form, redirect, theirs

router = APIRouter()


class SeenForm(Form):
    """The form of a button on a page with dates. mark: `mark_of_dates` of the dates shown."""

    mark: str = ""


async def _joining(request: Request, opportunity_id: UUID) -> Joining:
    service = of(request)

    async def work(tx: Transaction) -> Joining:
        if listed := await listing(tx, opportunity_id, service.settings.network_policy):
            return GuestJoining(listed)
        return OwnJoining(await public_opportunity(tx, opportunity_id))

    return await service.database.read(work)


@router.get("/opportunities/{opportunity_id:uuid}/take-part")
async def ask_to_take_part(request: Request, who: Visitor, opportunity_id: UUID) -> Response:
    joining = await _joining(request, opportunity_id)
    if who is None:
        return _sign_in_first(joining.opening, opportunity_id)
    whom = participant(request, who)
    if place_id := await joining.place_id(request, whom):
        return redirect(f"/opportunities/places/{place_id}")
    if not joining.opening.open:
        return redirect(f"/opportunities/{opportunity_id}")
    if asked := await age_question(request, who, whom, f"/opportunities/{opportunity_id}/take-part"):
        return asked
    return await _take_part_page(request, who, opportunity_id, usual=await joining.usual_needs(request, who, whom))


def _sign_in_first(opening: Opening, opportunity_id: UUID) -> Response:
    """Visitors read that signing in or joining leads on to the place that they want."""
    here = f"/opportunities/{opportunity_id}"
    if not opening.open:
        return redirect(here)
    said = f"To take part in “{opening.opportunity.title}”, sign in or join us first. Then you come back to it."
    return redirect(f"/people/sign-in?next={here}/take-part", said, done=False)


async def _take_part_page(
    request: Request,
    who: SignIn,
    opportunity_id: UUID,
    problem: Refusal = None,
    usual: Sequence[str] = (),
) -> HTMLResponse:
    opening = (await _joining(request, opportunity_id)).opening
    mode = opening.opportunity.mode
    return page(
        request,
        "places/take-part.html",
        who=who,
        title=theirs(opening.heading, who),
        problem=problem,
        opening=opening,
        sessions=[each for each in opening.sessions if each.ends_at > of(request).clock.now()],
        mode=MODES[mode],
        mark=mark_of_dates(mode, opening.sessions, opening.closes_on),
        options=need_options(mode),
        usual=usual,
        soon=begins_soon(moments_ahead(opening.sessions, opening.closes_on), of(request).clock.now()),
        text=guests,
    )


@router.post("/opportunities/{opportunity_id:uuid}/take-part")
@again(_take_part_page)
async def take_part(request: Request, who: SignedIn, opportunity_id: UUID) -> Response:
    joining, whom = await _joining(request, opportunity_id), participant(request, who)
    form = await read_form(request, joining.form)
    written = partial(_take_part_page, request, who, opportunity_id)
    if asked := await age_question(request, who, whom, f"/opportunities/{opportunity_id}/take-part", written):
        return asked
    return redirect(f"/opportunities/places/{await joining.take_part(request, who, whom, form)}")


@router.get("/opportunities/places/{place_id:uuid}")
async def my_place(request: Request, who: SignedIn, place_id: UUID, problem: Refusal = None) -> HTMLResponse:
    return _shown(
        request,
        who,
        await _held(request, who, place_id),
        "places/place.html",
        theirs("Your place", who),
        problem,
    )


@router.get("/opportunities/places/{place_id:uuid}/needs")
async def my_needs(request: Request, who: SignedIn, place_id: UUID, problem: Refusal = None) -> Response:
    held = await _held(request, who, place_id)
    if has_ended(held.place.shown) or _is_kept_from(who, held):
        return redirect(f"/opportunities/places/{place_id}")
    return _shown(request, who, held, "places/needs.html", theirs("Do you need anything to take part?", who), problem)


def _shown(
    request: Request, who: SignIn, held: Held, template: str, title: str, problem: InvalidForm | Refused | None
) -> HTMLResponse:
    state = PLACE_STATES[held.place.shown]
    words: dict[str, Any] = {
        "soon": begins_soon(moments_ahead(held.place.sessions, held.place.closes_on), of(request).clock.now()),
        "what_changed": WHAT_CHANGED,
        "need_names": NEED_NAMES,
        "need_states": held.need_states,
        "options": need_options(held.place.opportunity.mode, [need.need for need in held.place.needs]),
    }
    words |= {"place": held.place, "kept_from_helper": _is_kept_from(who, held)}
    return page(request, template, who=who, title=title, problem=problem, state=state, **words)


def _is_kept_from(who: SignIn, held: Held) -> bool:
    """FB-09: a helper does not see what is set aside."""
    return who.acting_for is not None and held.place.words_are_set_aside


@router.post("/opportunities/places/{place_id:uuid}/needs")
@again(my_needs)
async def change_my_needs(request: Request, who: SignedIn, place_id: UUID) -> Response:
    held = await _held(request, who, place_id, shows_needs=False)
    if has_ended(held.place.shown) or _is_kept_from(who, held):
        return redirect(f"/opportunities/places/{place_id}")
    form = await read_form(request, held.form)
    said = await held.change_needs(request, who, participant(request, who), form)
    return redirect(f"/opportunities/places/{place_id}", said)


class SpeakingForm(Form):
    """OPP-24: speaks_for "" if they would rather not say."""

    speaks_for: Literal["", "self", "group", "both"] = ""


@router.get("/opportunities/places/{place_id:uuid}/speaking-for")
async def whom_i_speak_for(request: Request, who: SignedIn, place_id: UUID, problem: Refusal = None) -> Response:
    held = await _held(request, who, place_id, shows_needs=False)
    if held.place.host or not held.place.active:
        return redirect(f"/opportunities/places/{place_id}")
    title = theirs("Whom do you speak for?", who)
    return page(
        request, "places/speaking-for.html", who=who, title=title, problem=problem, place=held.place, options=SPEAKS_FOR
    )


@router.post("/opportunities/places/{place_id:uuid}/speaking-for")
@again(whom_i_speak_for)
async def say_whom_i_speak_for(request: Request, who: SignedIn, place_id: UUID) -> Response:
    speaks_for, whom = (await read_form(request, SpeakingForm)).speaks_for, participant(request, who)
    await of(request).database.run(
        Command("say-whom-for", who.actor), lambda tx: taking.say_whom_for(tx, place_id, whom, speaks_for)
    )
    return redirect(f"/opportunities/places/{place_id}", "It is saved.")


@router.post("/opportunities/places/{place_id:uuid}/accept")
@again(my_place)
async def accept_offer(request: Request, who: SignedIn, place_id: UUID) -> Response:
    held = await _held(request, who, place_id, shows_needs=False)
    if has_ended(held.place.shown):
        return redirect(f"/opportunities/places/{place_id}")
    whom = participant(request, who)
    if asked := await age_question(request, who, whom, f"/opportunities/places/{place_id}"):
        return asked
    said = await held.accept(request, who, whom, (await read_form(request, SeenForm)).mark)
    return redirect(f"/opportunities/places/{place_id}", said)


@router.get("/opportunities/places/{place_id:uuid}/leave")
async def ask_to_leave(request: Request, who: SignedIn, place_id: UUID) -> Response:
    place, now = (await _held(request, who, place_id, shows_needs=False)).place, of(request).clock.now()
    if has_ended(place.shown):
        return redirect(f"/opportunities/places/{place_id}")
    return page(
        request,
        "places/leave.html",
        who=who,
        title=theirs("Do you want to leave?", who),
        place=place,
        to_come=sum(session.starts_at > now for session in place.sessions),
        still_open=place.closes_on is not None and end_of_day(place.closes_on) > now,
        on_now=any(session.starts_at <= now < session.ends_at for session in place.sessions),
    )


@router.post("/opportunities/places/{place_id:uuid}/leave")
async def leave(request: Request, who: SignedIn, place_id: UUID) -> Response:
    held = await _held(request, who, place_id, shows_needs=False)
    if has_ended(held.place.shown):
        return redirect(f"/opportunities/places/{place_id}")
    await held.leave(request, who, participant(request, who))
    return redirect("/opportunities/mine", "You have left. That is fine. You can come back while it is open.")


async def _held(request: Request, who: SignIn, place_id: UUID, *, shows_needs: bool = True) -> Held:
    """Missing if it is somebody else's. shows_needs: the page may show their needs, so a helper's reading is written
    down (PRI-03)."""
    whom, database = participant(request, who), of(request).database

    async def work(tx: Transaction) -> Held:
        elsewhere = await guest_places.own_guest_place(tx, place_id, whom)
        held = GuestPlace(elsewhere) if elsewhere else OwnPlace(await own_place(tx, place_id, whom))
        if tx.actor.acting_for and shows_needs and held.place.needs:
            await needs.note_reading(tx, place_id)
        return held

    return await (
        database.run(Command("read-while-helping", who.actor), work)
        if who.acting_for and shows_needs
        else database.read(work)
    )
