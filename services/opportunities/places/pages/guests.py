"""Taking part with another organisation, as a guest (NET-02)."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from fastapi import Request
from pydantic import Field

from services.opportunities.listings.domain import places_being_changed
from services.opportunities.listings.queries import Listing
from services.opportunities.places.domain import guests
from services.opportunities.places.pages.common import GUEST_NEEDS_SAVED, HOSTS_NEED_STATES, NeedsForm
from services.opportunities.places.pages.ways import Opening
from services.opportunities.places.queries.guest_places import active_guest_place_id
from services.opportunities.places.queries.held import Place
from services.opportunities.places.use_cases import home
from shared.db import Command
from shared.events import ParticipantRef
from shared.identity import SignIn
from shared.service import of


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


class GuestJoining:
    form = GuestForm

    def __init__(self, listing: Listing) -> None:
        self.opening = Opening(
            host=listing.host_name,
            opportunity=listing.facts,
            sessions=listing.sessions,
            open=listing.open,
            heading=f"Shall we ask {listing.host_name} for a place?",
            button="Ask to join the waiting list" if listing.facts.waiting_list else "Ask for a place",
            uncertain=places_being_changed(listing.facts.waiting, listing.facts.not_shown),
        )

    async def place_id(self, request: Request, whom: ParticipantRef) -> UUID | None:
        return await of(request).database.read(lambda tx: active_guest_place_id(tx, self.opening.opportunity.id, whom))

    async def usual_needs(self, request: Request, who: SignIn, whom: ParticipantRef) -> Sequence[str]:
        """None: people tick for themselves whatever we pass on to another organisation (NET-02)."""
        return ()

    async def take_part(self, request: Request, who: SignIn, whom: ParticipantRef, form: GuestForm) -> UUID:
        service, listing_id = of(request), self.opening.opportunity.id
        policy = service.settings.network_policy
        return await service.database.run(
            Command("ask-for-guest-place", who.actor),
            lambda tx: home.ask_for_place(tx, listing_id, whom, form.needs, form.agreed_to, policy, seen=form.mark),
        )


class GuestPlace:
    form = GuestNeedsForm
    need_states = HOSTS_NEED_STATES

    def __init__(self, place: Place) -> None:
        self.place = place

    async def change_needs(self, request: Request, who: SignIn, whom: ParticipantRef, form: GuestNeedsForm) -> str:
        place_id = self.place.facts.id
        change = await of(request).database.run(
            Command("change-guest-needs", who.actor), lambda tx: home.change_needs(tx, place_id, whom, form.needs)
        )
        return GUEST_NEEDS_SAVED[change]

    async def accept(self, request: Request, who: SignIn, whom: ParticipantRef, mark: str) -> str:
        place_id = self.place.facts.id
        await of(request).database.run(
            Command("accept-guest-place", who.actor), lambda tx: home.accept_offer(tx, place_id, whom, mark)
        )
        return "We pass on your yes."

    async def leave(self, request: Request, who: SignIn, whom: ParticipantRef) -> None:
        place_id = self.place.facts.id
        await of(request).database.run(
            Command("leave-guest-place", who.actor), lambda tx: home.leave_place(tx, place_id, whom)
        )
