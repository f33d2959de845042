"""What everyone may see: the list of opportunities, and each one's page."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.opportunities.answers.domain import from_text
from services.opportunities.answers.queries import shown_of
from services.opportunities.feeds.pages import json_ld
from services.opportunities.finding.queries import earlier_opportunities, whats_on
from services.opportunities.listings import queries
from services.opportunities.listings.domain import places_being_changed
from services.opportunities.places.domain.taking import dates_to_come
from services.opportunities.places.pages.common import PLACE_STATES
from services.opportunities.places.queries.guest_places import active_guest_place_id, own_guest_places
from services.opportunities.places.queries.how_full import public_opportunity
from services.opportunities.places.queries.own import active_place_id, own_places
from services.opportunities.questions.queries import waiting_of
from services.opportunities.words.domain import IN_THE_ROOM, KINDS, MODES
from services.opportunities.words.pages import cursor, participant
from services.opportunities.writing.domain.differences import WHAT_CHANGED
from services.opportunities.writing.domain.drafts import planned_minutes
from services.opportunities.writing.queries import cancelled_sessions_of, changes_of
from shared.db import Transaction
from shared.events import ParticipantRef
from shared.identity import Role, SignedIn, SignIn, Visitor
from shared.reasons import Missing
from shared.service import of
from shared.web import page, theirs

router = APIRouter()


@router.get("/opportunities")
async def opportunities(request: Request, who: Visitor) -> HTMLResponse:
    service = of(request)
    policy, before = service.settings.network_policy, cursor(request, "before")

    async def work(tx: Transaction):
        return await whats_on(tx, policy, request.query_params.get("after")), await earlier_opportunities(tx, before)

    (open_ones, next_after), (earlier, next_before) = await service.database.read(work)
    return page(
        request,
        "finding/list.html",
        who=who,
        title="What’s on",
        now=service.clock.now(),
        open_ones=open_ones,
        next_after=next_after,
        earlier=earlier,
        next_before=next_before,
        kinds=KINDS,
        modes=MODES,
    )


@router.get("/opportunities/{opportunity_id:uuid}")
async def opportunity(request: Request, who: Visitor, opportunity_id: UUID) -> HTMLResponse:
    service = of(request)
    database = service.database
    if listed := await database.read(lambda tx: queries.listing(tx, opportunity_id, service.settings.network_policy)):
        if listed.facts.held and (who is None or Role.COORDINATOR not in who.roles):
            raise Missing  # nobody here has checked the other organisation's words yet (NET-01)
        return await _listing_page(request, who, listed)

    async def work(tx: Transaction):
        found = await public_opportunity(tx, opportunity_id)
        return found, await changes_of(tx, opportunity_id), await cancelled_sessions_of(tx, opportunity_id)

    found, changes, cancelled = await database.read(work)
    return page(
        request,
        "finding/opportunity.html",
        who=who,
        title=found.facts.title,
        opportunity=found.facts,
        found=found,
        changes=changes,
        what_changed=WHAT_CHANGED if found.facts.closes_on is None else WHAT_CHANGED | {"place": WHAT_CHANGED["how"]},
        cancelled=cancelled,
        **await _of_its_page(request, who, opportunity_id, active_place_id),
    )


@router.get("/opportunities/mine")
async def my_places(request: Request, who: SignedIn) -> HTMLResponse:
    """Their places, here and elsewhere, and what they asked us about anything and have no answer to yet (OPP-22)."""
    whom = participant(request, who)

    async def work(tx: Transaction):
        held = [*await own_places(tx, whom), *await own_guest_places(tx, whom)]
        return held, await waiting_of(tx, whom.id, helped=who.acting_for is not None)

    held, asked = await of(request).database.read(work)
    newest = sorted(held, key=lambda place: place.facts.created_at, reverse=True)
    found, now = sorted(newest, key=lambda place: not place.active), of(request).clock.now()
    return page(
        request,
        "finding/mine.html",
        who=who,
        title=theirs("My places", who),
        places=found,
        dates=dates_to_come(found, now),
        asked=asked,
        states=PLACE_STATES,
        now=now,
    )


async def _listing_page(request: Request, who: SignIn | None, found: queries.Listing) -> HTMLResponse:
    """Another organisation's opportunity, at our address: our people take part through us."""
    gone = await of(request).database.read(lambda tx: queries.gone_of_each(tx, [found.facts.id]))
    return page(
        request,
        "finding/listing.html",
        who=who,
        title=found.facts.title,
        listing=found.facts,
        what_changed=WHAT_CHANGED,
        uncertain=places_being_changed(found.facts.waiting, found.facts.not_shown),
        found=found,
        gone=gone[found.facts.id],
        theirs=from_text(found.facts.answers),
        **await _of_its_page(request, who, found.facts.id, active_guest_place_id),
    )


async def _of_its_page(
    request: Request,
    who: SignIn | None,
    opportunity_id: UUID,
    active_place: Callable[[Transaction, UUID, ParticipantRef], Awaitable[UUID | None]],
) -> dict[str, Any]:
    """What an opportunity's page says besides its own facts, whoever runs it."""
    place_id, asked, database = None, [], of(request).database
    if who:
        whom = participant(request, who)
        place_id = await database.read(lambda tx: active_place(tx, opportunity_id, whom))
        helped = who.acting_for is not None
        asked = await database.read(lambda tx: waiting_of(tx, whom.id, opportunity_id, helped=helped))
    return {
        "place_id": place_id,
        "asked": asked,
        "now": of(request).clock.now(),
        "answers": await database.read(lambda tx: shown_of(tx, opportunity_id)),
        "kinds": KINDS,
        "in_the_room": IN_THE_ROOM,
        "modes": MODES,
        "planned_minutes": planned_minutes,
        "json_ld": await json_ld(request, opportunity_id),
    }
