"""Staff write down who had their say in another way than in the room (OPP-18)."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from services.opportunities.contributions import domain, queries, use_cases
from services.opportunities.people.pages import look_up_age
from services.opportunities.people.queries import MOST_NAMES, names, participants_called
from services.opportunities.words.pages import cursor, reference
from services.opportunities.writing.queries import planned_opportunity
from shared.db import Command, Transaction, new_id
from shared.identity import Coordinator
from shared.service import of
from shared.web import Form, Refusal, again, carries_on, hold_search, page, read_form, redirect, search_of

router = APIRouter(prefix="/opportunities/staff/{opportunity_id:uuid}/contributions")


class WhoForm(Form):
    person_id: UUID
    messages: ClassVar[dict[str, str]] = {"person_id": "Choose who had their say"}


class TimeForm(Form):
    minutes: int = Field(ge=0, le=99999)
    sure_of: int | None = Field(default=None, le=99999)
    messages: ClassVar[dict[str, str]] = {"minutes": "Enter the minutes as a whole number, like 30"}


class ContributionForm(TimeForm):
    idempotency_key: UUID
    way: domain.Way
    day: date
    another: bool = False
    late: bool = False
    messages: ClassVar[dict[str, str]] = {
        **TimeForm.messages,
        "way": "Choose how they had their say",
        "day": "Enter the day, like 27 3 2027",
    }


class CorrectionForm(TimeForm):
    idempotency_key: UUID
    seen: int = Field(default=0, ge=0, le=99999)


def _base(opportunity_id: UUID) -> str:
    return f"/opportunities/staff/{opportunity_id}/contributions"


@router.get("")
async def contributions(request: Request, who: Coordinator, opportunity_id: UUID) -> HTMLResponse:
    after = request.query_params.get("after")

    async def work(tx: Transaction):
        of_it = (await planned_opportunity(tx, opportunity_id)).facts
        return of_it, await queries.contributions_to(tx, opportunity_id, after)

    opportunity, (found, next_after) = await of(request).database.read(work)
    return page(
        request,
        "contributions/contributions.html",
        who=who,
        title="Who had their say another way?",
        opportunity=opportunity,
        contributions=found,
        next_after=next_after,
        ways=domain.WAY_WORDS,
    )


@router.post("/add/search")
@carries_on
async def search_for_whom(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    await of(request).database.read(lambda tx: planned_opportunity(tx, opportunity_id))
    return await hold_search(request, who, f"{_base(opportunity_id)}/add")


@router.get("/add")
async def who_had_their_say(
    request: Request, who: Coordinator, opportunity_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    """A page of the names that match; the next page begins after the last of them."""
    search, after = search_of(request, who), cursor(request, "after")

    async def work(tx: Transaction):
        of_it = (await planned_opportunity(tx, opportunity_id)).facts
        first = await queries.with_a_place(tx, opportunity_id, search.text) if after is None else []
        return of_it, first, await tx.all(participants_called(search.text, after))

    opportunity, first, known = await of(request).database.read(work)
    on_page = known[:MOST_NAMES]
    held = {each.person_id for each in first}
    return page(
        request,
        "contributions/who.html",
        who=who,
        title="Who had their say?",
        problem=problem,
        opportunity=opportunity,
        first=first,
        known=[each for each in on_page if each.person_id not in held],
        search=search,
        next_after=on_page[-1].person_id if len(known) > MOST_NAMES else None,
    )


@router.post("/add")
@again(who_had_their_say)
async def choose_who(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    form = await read_form(request, WhoForm)
    return redirect(f"{_base(opportunity_id)}/of/{form.person_id}")


@router.get("/of/{person_id:uuid}")
async def how_they_had_their_say(
    request: Request, who: Coordinator, opportunity_id: UUID, person_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    async def work(tx: Transaction):
        return (await planned_opportunity(tx, opportunity_id)).facts, (await names(tx, [person_id]))[person_id]

    opportunity, name = await of(request).database.read(work)
    return page(
        request,
        "contributions/how.html",
        who=who,
        title=f"How did {name} have their say?",
        problem=problem,
        opportunity=opportunity,
        ways=domain.WAY_WORDS,
        key=new_id(),
    )


@router.post("/of/{person_id:uuid}")
@again(how_they_had_their_say)
async def record(request: Request, who: Coordinator, opportunity_id: UUID, person_id: UUID) -> Response:
    service, form = of(request), await read_form(request, ContributionForm)
    whom = reference(person_id, service.settings.organisation)
    await look_up_age(request, who, whom.id)
    sure = {"sure_of": form.sure_of, "is_another": form.another, "is_late": form.late}
    await service.database.run(
        Command("record-contribution", who.actor, id=form.idempotency_key),
        lambda tx: use_cases.record_contribution(tx, opportunity_id, whom, form.way, form.day, form.minutes, **sure),
        once=True,
    )
    return redirect(_base(opportunity_id), "It is written down. They get a claim for it, as if they had been there.")


@router.get("/{contribution_id:uuid}")
async def correct_page(
    request: Request, who: Coordinator, opportunity_id: UUID, contribution_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    async def work(tx: Transaction):
        of_it = (await planned_opportunity(tx, opportunity_id)).facts
        return of_it, await queries.contribution(tx, opportunity_id, contribution_id)

    opportunity, found = await of(request).database.read(work)
    return page(
        request,
        "contributions/correct.html",
        who=who,
        title="Put it right",
        problem=problem,
        opportunity=opportunity,
        found=found,
        ways=domain.WAY_WORDS,
        key=new_id(),
    )


@router.post("/{contribution_id:uuid}")
@again(correct_page)
async def correct(request: Request, who: Coordinator, opportunity_id: UUID, contribution_id: UUID) -> Response:
    form = await read_form(request, CorrectionForm)
    await of(request).database.run(
        Command("correct-contribution", who.actor, id=form.idempotency_key),
        lambda tx: use_cases.correct_contribution(
            tx, opportunity_id, contribution_id, form.minutes, seen=form.seen, sure_of=form.sure_of
        ),
        once=True,
    )
    return redirect(_base(opportunity_id), "It is put right. If that changes their claim, we tell them.")
