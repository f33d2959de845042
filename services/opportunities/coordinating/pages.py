"""Coordinators' pages: the list, one opportunity's task list, publishing, and people's needs."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from services.opportunities import domain, queries
from services.opportunities.domain import plain_english
from services.opportunities.pages.common import NEED_STATES, before_ending, cursor
from services.opportunities.pages.items import ITEMS, OPTIONAL
from services.opportunities.queries.guests import homes_of, names_of_places
from services.opportunities.queries.listings import neighbours
from services.opportunities.queries.reaching import reach_of, reach_of_participants, who_would_hear
from services.opportunities.tables import draft_of
from services.opportunities.use_cases import bookings, needs, writing
from services.opportunities.use_cases.announcing import share_of
from services.opportunities.use_cases.waiting import SOON_DAYS
from shared.clock import london_date
from shared.db import Command, Transaction
from shared.identity import Coordinator, Session
from shared.reasons import Missing, Refused
from shared.service import of
from shared.web import Form, InvalidForm, Paragraphs, again, page, read_form, redirect

router = APIRouter(prefix="/opportunities/staff")

STATES = {
    "draft": ("Draft", "grey"),
    "published": ("Published", "green"),
    "finished": ("Finished", "orange"),
    "closed": ("Closed", "blue"),
    "cancelled": ("Cancelled", "red"),
}


@router.get("")
async def all_opportunities(request: Request, who: Coordinator) -> HTMLResponse:
    service = of(request)

    async def work(tx: Transaction):
        found, past = await queries.current_opportunities(tx), await queries.ended_opportunities(tx, cursor(request, "before"))
        return found, past, await queries.unanswered_needs(tx, service.settings.policy, [each.facts.id for each in found])

    found, (ended, next_before), warnings = await service.database.read(work)
    lists = {"opportunities": found, "ended": ended, "next_before": next_before, "warnings": warnings}
    return page(request, "staff/list.html", who=who, title="Opportunities", states=STATES, kinds=domain.KINDS, **lists)


@router.get("/{opportunity_id:uuid}")
async def opportunity(request: Request, who: Coordinator, opportunity_id: UUID) -> HTMLResponse:
    return await _staff_page(request, who, opportunity_id)


@router.get("/{opportunity_id:uuid}/publish")
async def ask_to_publish(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    """OPP-02: what people will read and how many are told, before anybody is. With something missing: the draft, and what it is."""
    service = of(request)
    now, policy = service.clock.now(), service.settings.policy

    async def work(tx: Transaction):
        found, share = await queries.opportunity(tx, opportunity_id), await share_of(tx, opportunity_id)
        return found, share, await reach_of_participants(tx), len(await neighbours(tx)), await writing.mark_of_draft(tx, opportunity_id)

    found, share, reach, others, mark = await service.database.read(work)
    if found.facts.state != "draft":
        return redirect(f"/opportunities/staff/{opportunity_id}")
    if reasons := writing.reasons_not_to_publish(found.facts, found.sessions, share, now, policy):
        incomplete = await _staff_page(request, who, opportunity_id, Refused(reasons))
        incomplete.status_code = 200  # nobody has pressed anything yet
        return incomplete
    days = domain.days_of_notice(london_date(now), found.sessions[0].starts_at)
    news = await who_would_hear(service, found)
    return page(
        request,
        "staff/publish.html",
        who=who,
        title="Publish this?",
        opportunity=found.facts,
        found=found,
        told=domain.who_gets_the_news(reach, news),
        news=news,
        at_neighbours=domain.what_neighbours_do(others, shared=bool(share and share.wanted)),
        needs_notice_reason=domain.needs_notice_reason(days, policy),
        kinds=domain.KINDS,
        modes=domain.MODES,
        planned_minutes=domain.planned_minutes,
        mark=mark,
    )


async def _staff_page(request: Request, who: Session, opportunity_id: UUID, problem: Refused | None = None) -> HTMLResponse:
    service = of(request)
    policy = service.settings.policy

    async def work(tx: Transaction):
        found = await queries.opportunity(tx, opportunity_id)
        homes, share = await homes_of(tx, opportunity_id), await share_of(tx, opportunity_id)
        unanswered = (await queries.unanswered_needs(tx, policy, [opportunity_id])).get(opportunity_id, 0)
        to_cancel = await bookings.number_to_cancel(tx, opportunity_id)
        moved = [count for count in await queries.moves_nearer(tx, opportunity_id) if domain.is_notice_failure(count.days_given)]
        told = domain.who_is_told(await reach_of(tx, opportunity_id))
        return found, await queries.places_of(tx, opportunity_id), homes, share, unanswered, to_cancel, moved, told

    found, places, homes, share, unanswered, to_cancel, short_notice, told = await service.database.read(work)
    draft = draft_of(found.facts, found.sessions)
    now = service.clock.now()
    starts_at = draft.first_starts_at
    days = domain.days_of_notice(london_date(now), starts_at) if starts_at and starts_at > now else None
    words = "\n".join((draft.title, draft.summary, draft.background, draft.expected, draft.result))
    return page(
        request,
        "staff/draft.html" if found.facts.state == "draft" else "staff/opportunity.html",
        who=who,
        title=found.facts.title,
        problem=problem,
        opportunity=found.facts,
        found=found,
        places=places,
        homes=homes,
        share=share,
        funding=domain.FUNDING,
        state=STATES[found.facts.state],
        unanswered=unanswered,
        short_notice=short_notice,
        soon=[each for each in found.sessions if found.facts.state == "published" and now < each.starts_at <= now + timedelta(days=SOON_DAYS)],
        told=told,
        to_cancel=to_cancel,
        now=now,
        items=ITEMS,
        optional=OPTIONAL,
        missing=domain.missing_items(draft),
        reasons=writing.reasons_not_to_publish(found.facts, found.sessions, share, now, policy),
        days=days,
        notice_days=policy.notice_days,
        needs_notice_reason=days is not None and domain.needs_notice_reason(days, policy),
        notice_failure=days is not None and domain.is_notice_failure(days),
        reading_age=plain_english.reading_age(draft.summary),
        reading_age_goal=plain_english.READING_AGE_GOAL,
        initials=plain_english.unexplained_initials(words),
    )


class PublishForm(Form):
    mark: str = ""


@router.post("/{opportunity_id:uuid}/publish")
@again(_staff_page)
async def publish(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    service = of(request)
    settings = service.settings
    form = await read_form(request, PublishForm)

    async def as_shown(tx: Transaction) -> None:
        await writing.still_as_shown(tx, opportunity_id, form.mark, settings.policy)
        await writing.publish(tx, opportunity_id, settings.policy, settings.host)

    await service.database.run(Command("publish-opportunity", who.actor), as_shown)
    return redirect(f"/opportunities/staff/{opportunity_id}", "It is published, and everyone can read it on this website.")


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
    request: Request, who: Session, opportunity_id: UUID, need_id: UUID | None = None, problem: InvalidForm | Refused | None = None
) -> HTMLResponse:
    """All needs of an opportunity, or the one to answer. Showing them is a reading that is written down (PRI-03)."""

    async def work(tx: Transaction):
        found = await queries.opportunity(tx, opportunity_id)
        rows = await needs.read_needs(tx, opportunity_id, need_id)
        to_cancel = [] if need_id else await bookings.read_bookings(tx, opportunity_id)
        return found, rows, to_cancel, await names_of_places(tx, [row.place_id for row in [*rows, *to_cancel]])

    found, rows, to_cancel, names = await of(request).database.run(Command("read-needs", who.actor), work)
    if need_id and not rows:
        raise Missing
    return page(
        request,
        "staff/need.html" if need_id else "staff/needs.html",
        who=who,
        title="Can we do this?" if need_id else "What people need",
        problem=problem,
        opportunity=found.facts,
        rows=rows,
        marks={row.id: needs.mark_of_need(row, row.needs_words) for row in rows},
        to_cancel=to_cancel,
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
        await needs.answer_need(tx, opportunity_id, need_id, form.answer, form.reason)

    await of(request).database.run(Command("answer-need", who.actor), as_shown)
    return redirect(f"/opportunities/staff/{opportunity_id}/needs", "Your answer is saved. They can see it now.")


@router.get("/{opportunity_id:uuid}/bookings/{booking_id:uuid}/cancelled")
async def ask_before_ticking_off(request: Request, who: Coordinator, opportunity_id: UUID, booking_id: UUID) -> Response:
    here = f"/opportunities/staff/{opportunity_id}"
    if not await of(request).database.read(lambda tx: bookings.is_to_cancel(tx, opportunity_id, booking_id)):
        return redirect(f"{here}/needs")
    return before_ending(
        request,
        who,
        "Is it cancelled?",
        ends="It goes off the list of what to cancel, for all of us, and nobody is reminded of it. If it is still booked, we pay for it.",
        stays="What others have asked for. We keep a note that you took it off.",
        action=f"{here}/bookings/{booking_id}/cancelled",
        button="Yes, it is cancelled",
        back=(f"{here}/needs", "What people need"),
    )


@router.post("/{opportunity_id:uuid}/bookings/{booking_id:uuid}/cancelled")
async def booking_is_cancelled(request: Request, who: Coordinator, opportunity_id: UUID, booking_id: UUID) -> Response:
    await of(request).database.run(Command("cancel-booking", who.actor), lambda tx: bookings.tick_off(tx, opportunity_id, booking_id))
    return redirect(f"/opportunities/staff/{opportunity_id}/needs", "Taken off the list of what to cancel.")
