"""Taking part with another organisation, as a guest (NET-02)."""

from typing import Any, ClassVar
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from services.opportunities.listings import queries
from services.opportunities.listings.queries import Listing
from services.opportunities.places.domain import guests
from services.opportunities.places.domain.taking import mark_of_dates
from services.opportunities.places.pages.common import GUEST_NEEDS_SAVED, NEED_STATES, PLACE_STATES, NeedsForm
from services.opportunities.places.queries import guest_places
from services.opportunities.places.queries.guest_places import GuestPlace
from services.opportunities.places.use_cases import home
from services.opportunities.words.domain import MODES
from shared.db import Command
from shared.events import ParticipantRef
from shared.identity import Session
from shared.reasons import Refused
from shared.service import of
from shared.web import InvalidForm, page

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


async def listing_of(request: Request, opportunity_id: UUID) -> Listing | None:
    """None for an opportunity of our own."""
    service = of(request)
    return await service.database.read(lambda tx: queries.listing(tx, opportunity_id, service.settings.network_policy))


class GuestJoining:
    form = GuestForm

    def __init__(self, listing: Listing) -> None:
        self.listing = listing

    async def place_id(self, request: Request, whom: ParticipantRef) -> UUID | None:
        return await of(request).database.read(
            lambda tx: guest_places.active_guest_place_id(tx, self.listing.facts.id, whom)
        )

    async def is_open(self, request: Request) -> bool:
        return self.listing.open

    async def first_page(self, request: Request, who: Session, whom: ParticipantRef) -> HTMLResponse:
        return self._page(request, who, self.listing)

    async def page_again(
        self, request: Request, who: Session, problem: InvalidForm | Refused | None = None
    ) -> HTMLResponse:
        return self._page(request, who, await listing_of(request, self.listing.facts.id) or self.listing, problem)

    async def take_part(self, request: Request, who: Session, whom: ParticipantRef, form: GuestForm) -> UUID:
        service, listing_id = of(request), self.listing.facts.id
        policy = service.settings.network_policy
        return await service.database.run(
            Command("ask-for-guest-place", who.actor),
            lambda tx: home.ask_for_place(tx, listing_id, whom, form.needs, form.agreed_to, policy, seen=form.mark),
        )

    def _page(
        self, request: Request, who: Session, listing: Listing, problem: InvalidForm | Refused | None = None
    ) -> HTMLResponse:
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


class GuestHolding:
    form = GuestNeedsForm

    def __init__(self, found: GuestPlace) -> None:
        self.found = found
        self.host = found.host

    def place_page(self, request: Request, who: Session, problem: Refused | None = None) -> HTMLResponse:
        return self._page(request, who, "places/guest-place.html", "Your place", problem)

    def needs_page(self, request: Request, who: Session, problem: InvalidForm | Refused | None = None) -> HTMLResponse:
        return self._page(request, who, "places/guest-needs.html", "Do you need anything to take part?", problem)

    async def change_needs(self, request: Request, who: Session, whom: ParticipantRef, form: GuestNeedsForm) -> str:
        place_id = self.found.facts.id
        change = await of(request).database.run(
            Command("change-guest-needs", who.actor), lambda tx: home.change_needs(tx, place_id, whom, form.needs)
        )
        return GUEST_NEEDS_SAVED[change]

    async def accept(self, request: Request, who: Session, whom: ParticipantRef, mark: str) -> str:
        place_id = self.found.facts.id
        await of(request).database.run(
            Command("accept-guest-place", who.actor), lambda tx: home.accept_offer(tx, place_id, whom, mark)
        )
        return "We pass on your yes."

    async def leave(self, request: Request, who: Session, whom: ParticipantRef) -> None:
        place_id = self.found.facts.id
        await of(request).database.run(
            Command("leave-guest-place", who.actor), lambda tx: home.leave_place(tx, place_id, whom)
        )

    def _page(self, request: Request, who: Session, template: str, title: str, problem: Any = None) -> HTMLResponse:
        found = self.found
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
