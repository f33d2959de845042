"""Taking part with another organisation, as a guest (NET-02). The addresses are those of our own opportunities and places, whose routes
come here when a thing is another organisation's."""

from typing import Any, ClassVar
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from services.opportunities.listings import queries
from services.opportunities.listings.queries import Listing
from services.opportunities.people.pages import age_question
from services.opportunities.places.domain import guests
from services.opportunities.places.domain.taking import mark_of_dates
from services.opportunities.places.pages.common import GUEST_NEEDS_SAVED, NEED_STATES, PLACE_STATES, NeedsForm
from services.opportunities.places.queries import guest_places
from services.opportunities.places.queries.guest_places import GuestPlace
from services.opportunities.places.use_cases import home
from services.opportunities.words.domain import MODES
from services.opportunities.words.pages import participant
from shared.db import Command
from shared.identity import Session
from shared.reasons import Refused
from shared.service import of
from shared.web import InvalidForm, page, read_form, redirect

HOSTS_NEED_STATES = NEED_STATES | {
    "asked": ("Not answered yet", "blue"),
    "promised": ("They will do this", "green"),
    "not-met": ("They cannot do this", "orange"),
}


class GuestNeedsForm(NeedsForm):
    """There is no box for words: those stay here."""

    options = guests.GUEST_NEEDS


class GuestForm(GuestNeedsForm):
    """agreement: the version of the text that was shown."""

    agreed: bool = False
    agreement: str = Field(default="", max_length=20)
    mark: str = ""
    messages: ClassVar[dict[str, str]] = {"agreed": "Tick the box if you agree. Without it we send nothing"}

    @property
    def agreed_to(self) -> str:
        return self.agreement if self.agreed else ""


async def listing(request: Request, opportunity_id: UUID) -> Listing | None:
    """None for an opportunity of our own."""
    service = of(request)
    return await service.database.read(lambda tx: queries.listing(tx, opportunity_id, service.settings.network_policy))


async def _as_it_is_now(request: Request, shown: Listing) -> Listing:
    return await listing(request, shown.facts.id) or shown


async def ask_to_take_part(request: Request, who: Session, listing: Listing) -> Response:
    whom = participant(request, who)
    place_id = await of(request).database.read(lambda tx: guest_places.active_guest_place_id(tx, listing.facts.id, whom))
    if place_id:
        return redirect(f"/opportunities/places/{place_id}")
    if not listing.open:
        return redirect(f"/opportunities/{listing.facts.id}")
    return await age_question(request, who, whom, f"/opportunities/{listing.facts.id}/take-part") or _take_part_page(request, who, listing)


async def take_part(request: Request, who: Session, listing: Listing) -> Response:
    service, whom = of(request), participant(request, who)

    async def written(typed: InvalidForm) -> HTMLResponse:
        return _take_part_page(request, who, listing, typed)

    try:
        form = await read_form(request, GuestForm)
        if asked := await age_question(request, who, whom, f"/opportunities/{listing.facts.id}/take-part", written):
            return asked
        place_id = await service.database.run(
            Command("ask-for-guest-place", who.actor),
            lambda tx: home.ask_for_place(tx, listing.facts.id, whom, form.needs, form.agreed_to, service.settings.network_policy, seen=form.mark),
        )
    except (InvalidForm, Refused) as problem:
        return _take_part_page(request, who, await _as_it_is_now(request, listing), problem)
    return redirect(f"/opportunities/places/{place_id}")


def _take_part_page(request: Request, who: Session, listing: Listing, problem: InvalidForm | Refused | None = None) -> HTMLResponse:
    return page(
        request,
        "places/guest-take-part.html",
        who=who,
        title=f"Shall we ask {listing.host_name} for a place?",
        problem=problem,
        opportunity=listing.facts,
        host=listing.host_name,
        sessions=[each for each in listing.sessions if each.ends_at > of(request).clock.now()],
        mode=MODES[listing.facts.mode],
        mark=mark_of_dates(listing.facts.mode, listing.sessions),
        options=list(guests.GUEST_NEEDS.items()),
        text=guests,
    )


def place_page(request: Request, who: Session, found: GuestPlace, problem: Refused | None = None) -> HTMLResponse:
    return _page(request, who, found, "places/guest-place.html", "Your place", problem)


def needs_page(request: Request, who: Session, found: GuestPlace, problem: InvalidForm | None = None) -> HTMLResponse:
    return _page(request, who, found, "places/guest-needs.html", "Do you need anything to take part?", problem)


async def change_needs(request: Request, who: Session, found: GuestPlace) -> Response:
    place_id, whom = found.facts.id, participant(request, who)
    try:
        form = await read_form(request, GuestNeedsForm)
    except InvalidForm as problem:
        return needs_page(request, who, found, problem)
    change = await of(request).database.run(Command("change-guest-needs", who.actor), lambda tx: home.change_needs(tx, place_id, whom, form.needs))
    return redirect(f"/opportunities/places/{place_id}", GUEST_NEEDS_SAVED[change])


async def leave(request: Request, who: Session, found: GuestPlace) -> Response:
    place_id, whom = found.facts.id, participant(request, who)
    await of(request).database.run(Command("leave-guest-place", who.actor), lambda tx: home.leave_place(tx, place_id, whom))
    return redirect("/opportunities/mine", "You have left. That is fine. You can come back while it is open.")


def _page(request: Request, who: Session, found: GuestPlace, template: str, title: str, problem: Any = None) -> HTMLResponse:
    return page(
        request,
        template,
        who=who,
        title=title,
        problem=problem,
        host=found.host,
        place=found.facts,
        opportunity=found.opportunity,
        sessions=found.sessions,
        mark=found.dates,
        needs=found.needs,
        there=found.there,
        joining_waits=any(name.startswith(guests.JOINING) for name in (found.facts.waiting or {}).get("words", ())),
        look_by=guest_places.look_by_of(found.facts.waiting) if found.facts.waiting else None,
        need_names=guests.GUEST_NEEDS,
        options=list(guests.GUEST_NEEDS.items()),
        shown=found.shown,
        state=PLACE_STATES[found.shown],
        active=found.shown in guests.ACTIVE,
        need_states=HOSTS_NEED_STATES,
    )
