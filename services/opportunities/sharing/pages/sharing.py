"""Coordinators' pages of sharing, and of a guest whom they take off (NET-01, NET-02, NET-03)."""

from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, field_validator

from services.opportunities.answers.queries import texts_of
from services.opportunities.places.queries import how_full
from services.opportunities.places.queries.people import must_be_a_guest, names_of_places
from services.opportunities.sharing.domain import SHARED_TEXTS, texts_with_contact_details
from services.opportunities.sharing.use_cases import host, sharing
from services.opportunities.sharing.use_cases.announcing import share_of
from services.opportunities.words.domain import FUNDING, Funding, Offer
from shared.db import Command, Transaction
from shared.identity import Coordinator
from shared.money import parse_pounds, pounds
from shared.service import of
from shared.web import Form, Paragraphs, Refusal, again, page, read_form, redirect

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


class TakeOffForm(Form):
    reason: Paragraphs = Field(default="", max_length=500)


@router.get("/{opportunity_id:uuid}/guests/{place_id:uuid}/take-off")
async def ask_to_take_off(
    request: Request, who: Coordinator, opportunity_id: UUID, place_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    async def work(tx: Transaction):
        await must_be_a_guest(tx, opportunity_id, place_id)
        return await how_full.opportunity(tx, opportunity_id), await names_of_places(tx, [place_id])

    found, names = await of(request).database.read(work)
    shown = {"opportunity": found.facts, "guest": names[place_id]}
    return page(request, "sharing/take-off.html", who=who, title="Take this guest off?", problem=problem, **shown)


@router.post("/{opportunity_id:uuid}/guests/{place_id:uuid}/take-off")
@again(ask_to_take_off)
async def take_off(request: Request, who: Coordinator, opportunity_id: UUID, place_id: UUID) -> Response:
    """OPP-05, NET-02: their place goes to the next on the waiting list, and they read why at home."""
    settings, form = of(request).settings, await read_form(request, TakeOffForm)
    await of(request).database.run(
        Command("take-guest-off", who.actor),
        lambda tx: host.take_off(tx, opportunity_id, place_id, form.reason, settings.policy, settings.host),
    )
    return redirect(f"/opportunities/staff/{opportunity_id}#people", "They are off. We tell their organisation why.")
