"""What everyone may see: the list of opportunities, and each one's page."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.opportunities import domain, queries
from services.opportunities.pages.common import cursor, participant
from services.opportunities.pages.feeds import json_ld
from services.opportunities.queries import listings
from services.opportunities.queries.guests import active_guest_place_id
from services.opportunities.queries.whats_on import whats_on
from shared.db import Transaction
from shared.identity import Role, Session, Visitor
from shared.reasons import Missing
from shared.service import of
from shared.web import page

router = APIRouter()

WHAT_CHANGED = {"time": "when it is", "place": "where it is", "contact": "who people can ask", "purpose": "what it is about"}


@router.get("/opportunities")
async def opportunities(request: Request, who: Visitor) -> HTMLResponse:
    service = of(request)
    policy, before = service.settings.network_policy, cursor(request, "before")

    async def work(tx: Transaction):
        return await whats_on(tx, policy, request.query_params.get("after")), await queries.earlier_opportunities(tx, before)

    (open_ones, next_after), (earlier, next_before) = await service.database.read(work)
    return page(
        request,
        "list.html",
        who=who,
        title="What’s on",
        open_ones=open_ones,
        next_after=next_after,
        earlier=earlier,
        next_before=next_before,
        kinds=domain.KINDS,
        modes=domain.MODES,
    )


@router.get("/opportunities/{opportunity_id:uuid}")
async def opportunity(request: Request, who: Visitor, opportunity_id: UUID) -> HTMLResponse:
    service = of(request)
    database = service.database
    if listed := await database.read(lambda tx: listings.listing(tx, opportunity_id, service.settings.network_policy)):
        if listed.facts.held and (who is None or Role.COORDINATOR not in who.roles):
            raise Missing  # nobody here has looked at another's words yet (NET-01)
        return await _listing_page(request, who, listed)

    async def work(tx: Transaction):
        return await queries.public_opportunity(tx, opportunity_id), await queries.changes_of(tx, opportunity_id)

    found, changes = await database.read(work)
    place_id = None
    if who:
        whom = participant(request, who)
        place_id = await database.read(lambda tx: queries.active_place_id(tx, opportunity_id, whom))
    return page(
        request,
        "opportunity.html",
        who=who,
        title=found.facts.title,
        opportunity=found.facts,
        found=found,
        place_id=place_id,
        changes=changes,
        what_changed=WHAT_CHANGED,
        kinds=domain.KINDS,
        modes=domain.MODES,
        planned_minutes=domain.planned_minutes,
        json_ld=await json_ld(request, opportunity_id),
    )


async def _listing_page(request: Request, who: Session | None, found: listings.Listing) -> HTMLResponse:
    """Another organisation's opportunity, at our address: our people take part through us."""
    place_id = None
    if who:
        whom = participant(request, who)
        place_id = await of(request).database.read(lambda tx: active_guest_place_id(tx, found.facts.id, whom))
    return page(
        request,
        "listing.html",
        who=who,
        title=found.facts.title,
        listing=found.facts,
        found=found,
        place_id=place_id,
        kinds=domain.KINDS,
        modes=domain.MODES,
        planned_minutes=domain.planned_minutes,
        what_changed=WHAT_CHANGED,
        json_ld=await json_ld(request, found.facts.id),
    )
