"""Taking part in what we run ourselves."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from services.opportunities.places.domain.taking import mark_of_dates
from services.opportunities.places.pages.common import NEED_OPTIONS, NEED_STATES, NEEDS_SAVED, PLACE_STATES, NeedsForm
from services.opportunities.places.pages.usual_needs import usual_needs
from services.opportunities.places.queries.how_full import public_opportunity
from services.opportunities.places.queries.own import Place, active_place_id
from services.opportunities.places.use_cases import needs, taking
from services.opportunities.words.domain import MODES, NEEDS
from shared.db import Command
from shared.events import ParticipantRef
from shared.identity import Session
from shared.reasons import Refused
from shared.service import of
from shared.web import InvalidForm, Paragraphs, page


class OwnNeedsForm(NeedsForm):
    mark: str = ""
    words: Paragraphs = Field(default="", max_length=2000)
    messages: ClassVar[dict[str, str]] = {"words": "Use 2,000 characters or fewer. You can also ring us"}


class OwnJoining:
    form = OwnNeedsForm

    def __init__(self, opportunity_id: UUID) -> None:
        self.opportunity_id = opportunity_id

    async def place_id(self, request: Request, whom: ParticipantRef) -> UUID | None:
        return await of(request).database.read(lambda tx: active_place_id(tx, self.opportunity_id, whom))

    async def is_open(self, request: Request) -> bool:
        return (await of(request).database.read(lambda tx: public_opportunity(tx, self.opportunity_id))).open

    async def first_page(self, request: Request, who: Session, whom: ParticipantRef) -> HTMLResponse:
        return await self._page(request, who, usual=await usual_needs(request, who, whom))

    async def page_again(
        self, request: Request, who: Session, problem: InvalidForm | Refused | None = None
    ) -> HTMLResponse:
        return await self._page(request, who, problem)

    async def take_part(self, request: Request, who: Session, whom: ParticipantRef, form: OwnNeedsForm) -> UUID:
        return await of(request).database.run(
            Command("take-place", who.actor),
            lambda tx: taking.take_place(tx, self.opportunity_id, whom, form.needs, form.words, seen=form.mark),
        )

    async def _page(
        self, request: Request, who: Session, problem: InvalidForm | Refused | None = None, usual: Sequence[str] = ()
    ) -> HTMLResponse:
        found = await of(request).database.read(lambda tx: public_opportunity(tx, self.opportunity_id))
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


class OwnHolding:
    form = OwnNeedsForm
    host = ""

    def __init__(self, found: Place) -> None:
        self.found = found

    def place_page(self, request: Request, who: Session, problem: Refused | None = None) -> HTMLResponse:
        return self._page(request, who, "places/place.html", "Your place", problem)

    def needs_page(self, request: Request, who: Session, problem: InvalidForm | Refused | None = None) -> HTMLResponse:
        return self._page(request, who, "places/needs.html", "Do you need anything to take part?", problem)

    async def change_needs(self, request: Request, who: Session, whom: ParticipantRef, form: OwnNeedsForm) -> str:
        place_id = self.found.facts.id
        change = await of(request).database.run(
            Command("change-needs", who.actor),
            lambda tx: needs.change_needs(tx, place_id, whom, form.needs, form.words),
        )
        return NEEDS_SAVED[change]

    async def accept(self, request: Request, who: Session, whom: ParticipantRef, mark: str) -> str:
        place_id = self.found.facts.id
        await of(request).database.run(
            Command("accept-offer", who.actor), lambda tx: taking.accept_offer(tx, place_id, whom, mark)
        )
        return "The place is yours."

    async def leave(self, request: Request, who: Session, whom: ParticipantRef) -> None:
        place_id, policy = self.found.facts.id, of(request).settings.policy
        await of(request).database.run(
            Command("leave-place", who.actor), lambda tx: taking.leave_place(tx, place_id, whom, policy)
        )

    def _page(
        self, request: Request, who: Session, template: str, title: str, problem: InvalidForm | Refused | None
    ) -> HTMLResponse:
        found = self.found
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
