"""Coordinators' page of sharing (NET-01, NET-03)."""

from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, field_validator

from services.opportunities.answers.queries import texts_of
from services.opportunities.places.queries import how_full
from services.opportunities.sharing.domain import SHARED_TEXTS, texts_with_contact_details
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.sharing.use_cases.announcing import share_of
from services.opportunities.words.domain import FUNDING, Funding, Offer
from shared.db import Command, Transaction
from shared.identity import Coordinator
from shared.money import parse_pounds, pounds
from shared.service import of
from shared.web import Form, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/opportunities/staff")


class ShareForm(Form):
    share: bool
    funding: Funding = "none"
    expenses_cap_pence: int | None = Field(default=None, alias="expenses_cap", ge=0, le=100_000)
    messages: ClassVar[dict[str, str]] = {
        "share": "Say whether to share it",
        "funding": "Choose what we pay back",
        "expenses_cap.less_than_equal": "Enter £1,000 or less",
    }

    @field_validator("expenses_cap_pence", mode="before")
    @classmethod
    def _pence(cls, typed: Any) -> Any:
        return parse_pounds(typed) if isinstance(typed, str) else typed

    @property
    def offer(self) -> Offer:
        """A limit counts only if costs are paid back."""
        return Offer(self.funding, (self.expenses_cap_pence or 0) if self.funding == "fees-and-expenses" else 0)


@router.get("/{opportunity_id:uuid}/share")
async def ask_to_share(
    request: Request, who: Coordinator, opportunity_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    async def work(tx: Transaction):
        answers = (await texts_of(tx, [opportunity_id]))[opportunity_id]
        return await how_full.opportunity(tx, opportunity_id), await share_of(tx, opportunity_id), answers

    found, held, answers = await of(request).database.read(work)
    texts = {name: found.facts._mapping[name] for name in SHARED_TEXTS}
    venues = "\n".join(each.venue for each in found.sessions)
    return page(
        request,
        "sharing/share.html",
        who=who,
        title="Do you want to share it with the network?",
        problem=problem,
        opportunity=found.facts,
        share=held,
        cap=pounds(held.expenses_cap_pence).removeprefix("£") if held and held.expenses_cap_pence else "",
        funding=list(FUNDING.items()),
        with_contact_details=texts_with_contact_details({**texts, "venues": venues, "answers": answers}),
    )


@router.post("/{opportunity_id:uuid}/share")
@again(ask_to_share)
async def share(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    service = of(request)

    async def work(tx: Transaction) -> None:
        if form.share:
            await sharing.share(tx, opportunity_id, form.offer, service.settings.host)
        else:
            await sharing.stop_sharing(tx, opportunity_id)

    form = await read_form(request, ShareForm)
    await service.database.run(Command("share-opportunity", who.actor), work)
    message = "Saved. Other organisations can show it." if form.share else "Saved. Other organisations do not show it."
    return redirect(f"/opportunities/staff/{opportunity_id}", message)
