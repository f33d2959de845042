"""Sharing with the network, as JSON for coordinators (NET-01, NET-03)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.opportunities.sharing.use_cases import sharing
from services.opportunities.sharing.use_cases.announcing import share_of
from services.opportunities.words import domain
from shared.db import Command, Transaction
from shared.identity import Coordinator
from shared.service import of

router = APIRouter(prefix="/opportunities/api", tags=["opportunities"])

_REFUSED: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is none."},
    422: {"description": "A rule says no; nothing was changed."},
}


class Sharing(BaseModel):
    """What others may show, and what we pay back to a guest's own organisation (NET-01, NET-03)."""

    shared: bool
    funding: domain.Funding = "none"
    expenses_cap_pence: int = Field(
        default=0, ge=0, le=100_000, description="the most of one guest's expenses for one session"
    )


class SharingAnswer(Sharing):
    listed: bool = Field(description="the network knows of it: it is shared and published")


@router.put("/opportunities/{opportunity_id}/sharing", responses=_REFUSED)
async def share_opportunity(request: Request, who: Coordinator, opportunity_id: UUID, wanted: Sharing) -> SharingAnswer:
    """Shares it with the network, changes what we pay back, or stops sharing. The same again changes nothing."""
    service = of(request)

    async def work(tx: Transaction) -> SharingAnswer:
        if wanted.shared:
            await sharing.share(
                tx, opportunity_id, domain.Offer(wanted.funding, wanted.expenses_cap_pence), service.settings.host
            )
        else:
            await sharing.stop_sharing(tx, opportunity_id)
        held = await share_of(tx, opportunity_id)
        if held is None:
            return SharingAnswer(shared=False, listed=False)
        return SharingAnswer(
            shared=held.wanted, listed=held.listed, funding=held.funding, expenses_cap_pence=held.expenses_cap_pence
        )

    return await service.database.run(Command("share-opportunity", who.actor), work)
