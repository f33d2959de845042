"""Coordinators' pages: the list, one opportunity's task list, and publishing."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.opportunities.finding.queries import ended_opportunities
from services.opportunities.listings.queries import count_neighbours
from services.opportunities.places.domain.guests import PLACES_UNTIL_TRUSTED
from services.opportunities.places.queries import how_full
from services.opportunities.places.queries.how_full import Opportunity, current_opportunities
from services.opportunities.places.queries.people import homes_of, places_of, unanswered_needs
from services.opportunities.places.use_cases import bookings
from services.opportunities.publishing.domain import session_state
from services.opportunities.publishing.use_cases import publishing
from services.opportunities.sharing.domain import texts_with_contact_details
from services.opportunities.sharing.use_cases.announcing import share_of
from services.opportunities.telling.domain import what_neighbours_do, who_gets_the_news, who_is_told
from services.opportunities.telling.queries import reach_of, reach_of_participants, who_would_hear
from services.opportunities.words.domain import FUNDING, IN_THE_ROOM, KINDS, MODES, PUBLIC_TEXTS, Policy
from services.opportunities.words.pages import SESSION_STATES, STATES, cursor
from services.opportunities.work.use_cases import SOON_DAYS
from services.opportunities.writing.domain import plain_english
from services.opportunities.writing.domain.drafts import (
    Draft,
    days_of_notice,
    is_notice_failure,
    missing_items,
    needs_notice_reason,
    planned_minutes,
)
from services.opportunities.writing.pages.items import ITEMS, OPTIONAL
from services.opportunities.writing.queries import cancelled_sessions_of, moves_of, notice_given
from services.opportunities.writing.tables import draft_of
from shared.clock import london_date
from shared.db import Command, Transaction
from shared.identity import Coordinator, SignIn
from shared.reasons import Refused
from shared.service import of
from shared.web import Form, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/opportunities/staff")


@router.get("")
async def all_opportunities(request: Request, who: Coordinator) -> HTMLResponse:
    service = of(request)

    async def work(tx: Transaction):
        found, past = await current_opportunities(tx), await ended_opportunities(tx, cursor(request, "before"))
        return found, past, await unanswered_needs(tx, service.settings.policy, [each.facts.id for each in found])

    found, (ended, next_before), warnings = await service.database.read(work)
    lists = {"opportunities": found, "ended": ended, "next_before": next_before, "warnings": warnings}
    return page(request, "coordinating/list.html", who=who, title="Opportunities", states=STATES, kinds=KINDS, **lists)


@router.get("/{opportunity_id:uuid}")
async def opportunity(request: Request, who: Coordinator, opportunity_id: UUID) -> HTMLResponse:
    return await _staff_page(request, who, opportunity_id)


@router.get("/{opportunity_id:uuid}/publish")
async def ask_to_publish(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    """OPP-02: before publishing, shows what people will read and how many will be told. If something is missing, shows
    the draft and what is missing."""
    service = of(request)
    now, policy = service.clock.now(), service.settings.policy

    async def work(tx: Transaction):
        found, share = await how_full.opportunity(tx, opportunity_id), await share_of(tx, opportunity_id)
        return (
            found,
            share,
            await reach_of_participants(tx),
            await count_neighbours(tx),
            await publishing.mark_of_draft(tx, opportunity_id),
        )

    found, share, reach, others, mark = await service.database.read(work)
    if found.facts.state != "draft":
        return redirect(f"/opportunities/staff/{opportunity_id}")
    if reasons := publishing.reasons_not_to_publish(found.facts, found.sessions, share, now, policy):
        incomplete = await _staff_page(request, who, opportunity_id, Refused(reasons))
        incomplete.status_code = 200  # before anybody has pressed the button
        return incomplete
    days = _notice_of(draft_of(found.facts, found.sessions), now)
    news = await who_would_hear(service, found)
    return page(
        request,
        "coordinating/publish.html",
        who=who,
        title="Publish this?",
        opportunity=found.facts,
        found=found,
        told=who_gets_the_news(reach, news),
        news=news,
        at_neighbours=what_neighbours_do(others, shared=bool(share and share.wanted)),
        needs_notice_reason=days is not None and needs_notice_reason(days, policy),
        with_contact_details=texts_with_contact_details({name: found.facts._mapping[name] for name in PUBLIC_TEXTS}),
        kinds=KINDS,
        in_the_room=IN_THE_ROOM,
        modes=MODES,
        planned_minutes=planned_minutes,
        mark=mark,
    )


def _notice_of(draft: Draft, now: datetime) -> int | None:
    """OPP-03: None if there is no day yet, or it has passed."""
    day, begun = draft.plan_from, draft.first_starts_at is not None and draft.first_starts_at <= now
    return None if day is None or begun or day < london_date(now) else days_of_notice(london_date(now), day)


async def _seen_by_staff(tx: Transaction, opportunity_id: UUID, policy: Policy) -> tuple[Opportunity, dict[str, Any]]:
    """The opportunity, and what its page says beside it, by the names in the template."""
    found = await how_full.opportunity(tx, opportunity_id)
    return found, {
        "places": await places_of(tx, opportunity_id),
        "homes": await homes_of(tx, opportunity_id),
        "share": await share_of(tx, opportunity_id),
        "unanswered": (await unanswered_needs(tx, policy, [opportunity_id])).get(opportunity_id, 0),
        "to_cancel": await bookings.number_to_cancel(tx, opportunity_id),
        "short_notice": [each for each in await notice_given(tx, found.facts) if is_notice_failure(each.days)],
        "told": who_is_told(await reach_of(tx, opportunity_id)),
        "cancelled": await cancelled_sessions_of(tx, opportunity_id),
        **await _how_sessions_stand(tx, found),
    }


async def _how_sessions_stand(tx: Transaction, found: Opportunity) -> dict[str, Any]:
    """session_states: a tag for each session that was not cancelled alone."""
    moves, ended = await moves_of(tx, found.facts.id), found.facts.cancelled_at
    states = {
        each.id: SESSION_STATES[
            session_state(
                each.ends_at,
                tx.now,
                cancelled=ended is not None and ended < each.starts_at,
                moved=each.id in moves,
            )
        ]
        for each in found.sessions
    }
    return {"moves": moves, "session_states": states}


async def _staff_page(request: Request, who: SignIn, opportunity_id: UUID, problem: Refusal = None) -> HTMLResponse:
    service = of(request)
    policy = service.settings.policy

    found, seen = await service.database.read(lambda tx: _seen_by_staff(tx, opportunity_id, policy))
    draft = draft_of(found.facts, found.sessions)
    now = service.clock.now()
    days = _notice_of(draft, now)
    words = "\n".join((draft.title, draft.summary, draft.background, draft.expected, draft.result))
    return page(
        request,
        "writing/draft.html" if found.facts.state == "draft" else "coordinating/opportunity.html",
        who=who,
        title=found.facts.title,
        problem=problem,
        opportunity=found.facts,
        found=found,
        **seen,
        funding=FUNDING,
        until_trusted=PLACES_UNTIL_TRUSTED,
        state=STATES[found.facts.state],
        soon=[
            each
            for each in found.sessions
            if found.facts.state == "published" and now < each.starts_at <= now + timedelta(days=SOON_DAYS)
        ],
        now=now,
        items=ITEMS,
        optional=OPTIONAL,
        tells_of_the_room=any(found.facts._mapping[name] for name in IN_THE_ROOM),
        missing=missing_items(draft),
        reasons=publishing.reasons_not_to_publish(found.facts, found.sessions, seen["share"], now, policy),
        days=days,
        notice_days=policy.notice_days,
        needs_notice_reason=days is not None and needs_notice_reason(days, policy),
        notice_failure=days is not None and is_notice_failure(days),
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
        await publishing.still_as_shown(tx, opportunity_id, form.mark, settings.policy)
        await publishing.publish(tx, opportunity_id, settings.policy, settings.host)

    await service.database.run(Command("publish-opportunity", who.actor), as_shown)
    return redirect(
        f"/opportunities/staff/{opportunity_id}", "It is published, and everyone can read it on this website."
    )
