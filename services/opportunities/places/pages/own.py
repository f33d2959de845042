"""Taking part in our own opportunities."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from fastapi import Request
from pydantic import Field

from services.opportunities.places.pages.common import NEED_STATES, NEEDS_SAVED, NeedsForm
from services.opportunities.places.pages.usual_needs import usual_needs
from services.opportunities.places.pages.ways import Opening
from services.opportunities.places.queries.held import Place
from services.opportunities.places.queries.how_full import Opportunity
from services.opportunities.places.queries.own import active_place_id
from services.opportunities.places.use_cases import needs, taking
from shared.db import Command
from shared.events import ParticipantRef
from shared.identity import SignIn
from shared.service import of
from shared.web import Paragraphs


class OwnNeedsForm(NeedsForm):
    mark: str = ""
    words: Paragraphs = Field(default="", max_length=2000)
    messages: ClassVar[dict[str, str]] = {"words": "Use 2,000 characters or fewer. You can also ring us"}


class OwnJoining:
    form = OwnNeedsForm

    def __init__(self, found: Opportunity) -> None:
        self.opening = Opening(
            host="",
            opportunity=found.facts,
            sessions=found.sessions,
            open=found.open,
            heading="Do you need anything to take part?",
            button="Join the waiting list" if found.free == 0 else "Take a place",
            closes_on=found.facts.closes_on,
        )

    async def place_id(self, request: Request, whom: ParticipantRef) -> UUID | None:
        return await of(request).database.read(lambda tx: active_place_id(tx, self.opening.opportunity.id, whom))

    async def usual_needs(self, request: Request, who: SignIn, whom: ParticipantRef) -> Sequence[str]:
        return await usual_needs(request, who, whom)

    async def take_part(self, request: Request, who: SignIn, whom: ParticipantRef, form: OwnNeedsForm) -> UUID:
        opportunity_id = self.opening.opportunity.id
        return await of(request).database.run(
            Command("take-place", who.actor),
            lambda tx: taking.take_place(tx, opportunity_id, whom, form.needs, form.words, seen=form.mark),
        )


class OwnPlace:
    form = OwnNeedsForm
    need_states = NEED_STATES

    def __init__(self, place: Place) -> None:
        self.place = place

    async def change_needs(self, request: Request, who: SignIn, whom: ParticipantRef, form: OwnNeedsForm) -> str:
        place_id = self.place.facts.id
        change = await of(request).database.run(
            Command("change-needs", who.actor),
            lambda tx: needs.change_needs(tx, place_id, whom, form.needs, form.words),
        )
        return NEEDS_SAVED[change]

    async def accept(self, request: Request, who: SignIn, whom: ParticipantRef, mark: str) -> str:
        place_id = self.place.facts.id
        await of(request).database.run(
            Command("accept-offer", who.actor), lambda tx: taking.accept_offer(tx, place_id, whom, mark)
        )
        return "The place is yours."

    async def leave(self, request: Request, who: SignIn, whom: ParticipantRef) -> None:
        place_id, policy = self.place.facts.id, of(request).settings.policy
        await of(request).database.run(
            Command("leave-place", who.actor), lambda tx: taking.leave_place(tx, place_id, whom, policy)
        )
