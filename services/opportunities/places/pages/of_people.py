"""Coordinators' pages of people's needs: answering them, and cancelling bookings (OPP-07)."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from services.opportunities.places.pages.common import NEED_STATES
from services.opportunities.places.queries import how_full
from services.opportunities.places.queries.people import names_of_places
from services.opportunities.places.queries.set_aside import concerns_of_theirs
from services.opportunities.places.use_cases import bookings, needs
from services.opportunities.words import domain
from services.opportunities.words.pages import before_ending
from shared.db import Command, Transaction
from shared.identity import Coordinator, SignIn
from shared.reasons import Missing
from shared.service import of
from shared.web import Form, Paragraphs, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/opportunities/staff")


class AnswerForm(Form):
    answer: Literal["promised", "met", "not-met"]
    reason: Paragraphs = Field(default="", max_length=2000)
    mark: str = ""


@router.get("/{opportunity_id:uuid}/needs")
async def needs_of_people(request: Request, who: Coordinator, opportunity_id: UUID) -> HTMLResponse:
    return await _needs_page(request, who, opportunity_id)


@router.get("/{opportunity_id:uuid}/needs/{need_id:uuid}")
async def need_of_someone(request: Request, who: Coordinator, opportunity_id: UUID, need_id: UUID) -> HTMLResponse:
    return await _needs_page(request, who, opportunity_id, need_id)


async def _needs_page(
    request: Request,
    who: SignIn,
    opportunity_id: UUID,
    need_id: UUID | None = None,
    problem: Refusal = None,
) -> HTMLResponse:
    """All needs of an opportunity, or the one to answer. Showing them is written down as a reading (PRI-03)."""

    async def work(tx: Transaction):
        found = await how_full.opportunity(tx, opportunity_id)
        rows = await needs.read_needs(tx, opportunity_id, need_id)
        to_cancel = [] if need_id else await bookings.read_bookings(tx, opportunity_id)
        places = [row.place_id for row in [*rows, *to_cancel]]
        concerns = await concerns_of_theirs(tx, places[0], who.person_id) if need_id and rows else []
        return found, rows, to_cancel, await names_of_places(tx, places), concerns

    found, rows, to_cancel, names, concerns = await of(request).database.run(Command("read-needs", who.actor), work)
    if need_id and not rows:
        raise Missing
    return page(
        request,
        "places/staff-need.html" if need_id else "places/staff-needs.html",
        who=who,
        title="Can we do this?" if need_id else "What people need",
        problem=problem,
        opportunity=found.facts,
        rows=rows,
        marks={row.id: needs.mark_of_need(row, row.needs_words) for row in rows},
        to_cancel=to_cancel,
        concerns=concerns,
        is_open=needs.OPEN_PLACE,
        names=names,
        need_names=domain.NEEDS,
        need_states=NEED_STATES,
    )


@router.post("/{opportunity_id:uuid}/needs/{need_id:uuid}")
@again(_needs_page)
async def answer_need(request: Request, who: Coordinator, opportunity_id: UUID, need_id: UUID) -> Response:
    form = await read_form(request, AnswerForm)

    async def as_shown(tx: Transaction) -> None:
        await needs.still_as_shown(tx, need_id, form.mark)
        await needs.answer_need(tx, opportunity_id, need_id, form.answer, form.reason, of(request).settings.host)

    await of(request).database.run(Command("answer-need", who.actor), as_shown)
    return redirect(
        f"/opportunities/staff/{opportunity_id}/needs",
        "Your answer is saved. We tell them. Whoever no message can reach comes on the list of people to ring.",
    )


@router.get("/{opportunity_id:uuid}/bookings/{booking_id:uuid}/cancelled")
async def ask_before_ticking_off(
    request: Request, who: Coordinator, opportunity_id: UUID, booking_id: UUID
) -> Response:
    here = f"/opportunities/staff/{opportunity_id}"
    if not await of(request).database.read(lambda tx: bookings.is_to_cancel(tx, opportunity_id, booking_id)):
        return redirect(f"{here}/needs")
    return before_ending(
        request,
        who,
        "Is it cancelled?",
        ends="It goes off the list of what to cancel, for all of us, and nobody is reminded of it. If it is still "
        "booked, we pay for it.",
        stays="What others have asked for. We keep a note that you took it off.",
        action=f"{here}/bookings/{booking_id}/cancelled",
        button="Yes, it is cancelled",
        back=(f"{here}/needs", "What people need"),
    )


@router.post("/{opportunity_id:uuid}/bookings/{booking_id:uuid}/cancelled")
async def booking_is_cancelled(request: Request, who: Coordinator, opportunity_id: UUID, booking_id: UUID) -> Response:
    await of(request).database.run(
        Command("cancel-booking", who.actor), lambda tx: bookings.tick_off(tx, opportunity_id, booking_id)
    )
    return redirect(f"/opportunities/staff/{opportunity_id}/needs", "Taken off the list of what to cancel.")
