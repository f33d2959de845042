"""What everyone may see: the list of opportunities, and each one's page."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.opportunities import domain, queries
from services.opportunities.pages.common import Visitor, participant
from services.opportunities.pages.feeds import json_ld
from shared.service import of
from shared.web import page

router = APIRouter()


@router.get("/opportunities")
async def opportunities(request: Request, who: Visitor) -> HTMLResponse:
    found = await of(request).database.read(queries.public_opportunities)
    return page(
        request,
        "list.html",
        who=who,
        title="What’s on",
        open_ones=[each for each in found if each.open],
        earlier=[each for each in reversed(found) if not each.open],
        kinds=domain.KINDS,
        modes=domain.MODES,
    )


@router.get("/opportunities/{opportunity_id:uuid}")
async def opportunity(request: Request, who: Visitor, opportunity_id: UUID) -> HTMLResponse:
    database = of(request).database
    found = await database.read(lambda tx: queries.public_opportunity(tx, opportunity_id))
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
        kinds=domain.KINDS,
        modes=domain.MODES,
        planned_minutes=domain.planned_minutes,
        json_ld=await json_ld(request, opportunity_id),
    )
