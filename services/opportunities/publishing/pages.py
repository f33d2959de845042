"""Changing and cancelling what is published, with a reason for people who have a place (OPP-16, NOT-05)."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from services.opportunities.places.queries import how_full
from services.opportunities.publishing.domain import CHANGEABLE, reasons_not_to_cancel_session
from services.opportunities.publishing.use_cases import changing
from services.opportunities.telling.domain import Reach, who_is_told
from services.opportunities.telling.queries import reach_of
from services.opportunities.writing.pages.drafts import SessionForm, planned
from services.opportunities.writing.pages.items import ITEMS, LONGEST, Question
from services.opportunities.writing.pages.items import RoomForm as ItemRoomForm
from shared.clock import LONDON
from shared.db import Command
from shared.identity import Coordinator
from shared.reasons import Missing
from shared.service import of
from shared.web import Form, Paragraphs, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/opportunities/staff/{opportunity_id:uuid}")

_WHY = {
    "reason.missing": "Write why. Whoever has a place is told it",
    "reason.string_too_long": "Use 1,000 characters or fewer",
}


class ReasonForm(Form):
    reason: Paragraphs = Field(max_length=1000)
    messages: ClassVar[dict[str, str]] = _WHY


class ContactForm(ReasonForm):
    contact_role: str = Field(max_length=150)
    contact_how: str = Field(max_length=500)
    messages: ClassVar[dict[str, str]] = {**ITEMS["contact"].form.messages, **_WHY}


class PurposeForm(ReasonForm):
    title: str = Field(max_length=150)
    summary: Paragraphs = Field(max_length=1000)
    background: Paragraphs = Field(max_length=LONGEST)
    expected: Paragraphs = Field(max_length=LONGEST)
    time_needed: Paragraphs = Field(max_length=LONGEST)
    result: Paragraphs = Field(max_length=LONGEST)


class RoomForm(ReasonForm, ItemRoomForm):
    messages: ClassVar[dict[str, str]] = _WHY


NOTHING_CHANGED = "Nothing is different, so nobody is told."
Kind = Literal["contact", "purpose", "room"]
FORMS: dict[Kind, tuple[str, type[ReasonForm]]] = {
    "contact": ("Who can people ask now?", ContactForm),
    "purpose": ("What is it for now?", PurposeForm),
    "room": ("How does it work in the room now?", RoomForm),
}
_ITEM_OF = {
    "title": "title",
    "summary": "summary",
    "background": "background",
    "expected": "expected",
    "time_needed": "time",
    "result": "result",
}


def _questions(kind: Kind) -> list[Question]:
    """The task list's questions for these texts."""
    items = [ITEMS[kind]] if kind != "purpose" else [ITEMS[_ITEM_OF[name]] for name in CHANGEABLE["purpose"]]
    return [field for item in items for field in item.fields if field.name in CHANGEABLE[kind]]


@router.get("/change/{kind}")
async def ask_to_change(
    request: Request,
    who: Coordinator,
    opportunity_id: UUID,
    kind: Kind,
    problem: Refusal = None,
) -> HTMLResponse:
    reach = await _reach(request, opportunity_id)
    found = await of(request).database.read(lambda tx: how_full.public_opportunity(tx, opportunity_id))
    return page(
        request,
        "publishing/change.html",
        who=who,
        title=FORMS[kind][0],
        problem=problem,
        opportunity=found.facts,
        fields=_questions(kind),
        values=found.facts._mapping,
        told=who_is_told(reach),
        anyone=reach.anyone,
    )


@router.post("/change/{kind}")
@again(ask_to_change)
async def change(request: Request, who: Coordinator, opportunity_id: UUID, kind: Kind) -> Response:
    service = of(request)
    form = await read_form(request, FORMS[kind][1])
    texts = form.model_dump(exclude={"reason"})
    changed = await service.database.run(
        Command("change-opportunity", who.actor),
        lambda tx: changing.change_texts(tx, opportunity_id, kind, texts, form.reason, service.settings.host),
    )
    return _changed(opportunity_id, await _reach(request, opportunity_id), changed)


class MoveForm(SessionForm):
    reason: Paragraphs = Field(max_length=1000)
    messages: ClassVar[dict[str, str]] = {**SessionForm.messages, **_WHY}


@router.get("/sessions/add")
async def ask_to_add_session(
    request: Request, who: Coordinator, opportunity_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    found = await of(request).database.read(lambda tx: how_full.public_opportunity(tx, opportunity_id))
    reach = await _reach(request, opportunity_id)
    return page(
        request,
        "publishing/add-session.html",
        who=who,
        title="Add a session",
        problem=problem,
        opportunity=found.facts,
        notice_days=of(request).settings.policy.notice_days,
        told=who_is_told(reach),
        anyone=reach.anyone,
    )


@router.post("/sessions/add")
@again(ask_to_add_session)
async def add_session(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    service = of(request)
    form = await read_form(request, MoveForm)
    plan = planned(form, request)
    await service.database.run(
        Command("add-session", who.actor),
        lambda tx: changing.add_session_later(
            tx, opportunity_id, plan, form.reason, service.settings.host, service.settings.policy
        ),
    )
    told = who_is_told(await _reach(request, opportunity_id))
    return redirect(f"/opportunities/staff/{opportunity_id}", f"The session is added. {told}")


class ClosingForm(Form):
    closes_on: date
    how: Paragraphs = Field(default="", max_length=1000)
    reason: Paragraphs = Field(max_length=1000)
    messages: ClassVar[dict[str, str]] = {"closes_on.missing": "Enter the last day", **_WHY}


@router.get("/closing-day/change")
async def ask_to_change_closing(
    request: Request, who: Coordinator, opportunity_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    found = await of(request).database.read(lambda tx: how_full.public_opportunity(tx, opportunity_id))
    if found.facts.closes_on is None:
        raise Missing
    reach = await _reach(request, opportunity_id)
    return page(
        request,
        "publishing/change-closing.html",
        who=who,
        title="Until when can people do it now?",
        problem=problem,
        opportunity=found.facts,
        notice_days=of(request).settings.policy.notice_days,
        told=who_is_told(reach),
        anyone=reach.anyone,
    )


@router.post("/closing-day/change")
@again(ask_to_change_closing)
async def change_closing(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    service = of(request)
    form = await read_form(request, ClosingForm)
    changed = await service.database.run(
        Command("change-closing-day", who.actor),
        lambda tx: changing.change_closing(
            tx,
            opportunity_id,
            form.closes_on,
            form.how,
            form.reason,
            service.settings.host,
            service.settings.policy,
        ),
    )
    return _changed(opportunity_id, await _reach(request, opportunity_id), changed)


@router.get("/sessions/{session_id:uuid}/change")
async def ask_to_change_session(
    request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    found = await of(request).database.read(lambda tx: how_full.public_opportunity(tx, opportunity_id))
    session = next((each for each in found.sessions if each.id == session_id), None)
    if session is None:
        raise Missing
    reach = await _reach(request, opportunity_id)
    starts, ends = session.starts_at.astimezone(LONDON), session.ends_at.astimezone(LONDON)
    return page(
        request,
        "publishing/change-session.html",
        who=who,
        title="When and where is it now?",
        problem=problem,
        opportunity=found.facts,
        session=session,
        day=starts.date(),
        starts=f"{starts:%H:%M}",
        ends=f"{ends:%H:%M}",
        notice_days=of(request).settings.policy.notice_days,
        told=who_is_told(reach),
        anyone=reach.anyone,
    )


@router.post("/sessions/{session_id:uuid}/change")
@again(ask_to_change_session)
async def change_session(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> Response:
    service = of(request)
    form = await read_form(request, MoveForm)
    plan = planned(form, request)
    changed = await service.database.run(
        Command("change-session", who.actor),
        lambda tx: changing.change_session(
            tx, opportunity_id, session_id, plan, form.reason, service.settings.host, service.settings.policy
        ),
    )
    return _changed(opportunity_id, await _reach(request, opportunity_id), changed)


@router.get("/sessions/{session_id:uuid}/cancel")
async def ask_to_cancel_session(
    request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID, problem: Refusal = None
) -> Response:
    found = await of(request).database.read(lambda tx: how_full.public_opportunity(tx, opportunity_id))
    session = next((each for each in found.sessions if each.id == session_id), None)
    if session is None:
        raise Missing
    now = of(request).clock.now()
    reasons = reasons_not_to_cancel_session(session.starts_at, found.to_come, len(found.sessions), now)
    if reasons and problem is None:
        return redirect(f"/opportunities/staff/{opportunity_id}", reasons[0].text, done=False)
    reach = await _reach(request, opportunity_id)
    return page(
        request,
        "publishing/cancel-session.html",
        who=who,
        title="Why is this session cancelled?",
        problem=problem,
        opportunity=found.facts,
        session=session,
        others=found.to_come - (session.ends_at > now),
        told=who_is_told(reach),
        anyone=reach.anyone,
    )


@router.post("/sessions/{session_id:uuid}/cancel")
@again(ask_to_cancel_session)
async def cancel_session(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> Response:
    service = of(request)
    form = await read_form(request, ReasonForm)
    await service.database.run(
        Command("cancel-session", who.actor),
        lambda tx: changing.cancel_session(tx, opportunity_id, session_id, form.reason, service.settings.host),
    )
    told = who_is_told(await _reach(request, opportunity_id))
    return redirect(f"/opportunities/staff/{opportunity_id}", f"The session is cancelled. {told}")


async def _reach(request: Request, opportunity_id: UUID) -> Reach:
    return await of(request).database.read(lambda tx: reach_of(tx, opportunity_id))


def _changed(opportunity_id: UUID, reach: Reach, changed: bool) -> Response:
    """NOT-08: of what has not changed, nobody is told."""
    message = f"It is changed. {who_is_told(reach)}" if changed else NOTHING_CHANGED
    return redirect(f"/opportunities/staff/{opportunity_id}", message, done=changed)


@router.get("/cancel")
async def ask_to_cancel(
    request: Request, who: Coordinator, opportunity_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    reach = await _reach(request, opportunity_id)
    found = await of(request).database.read(lambda tx: how_full.public_opportunity(tx, opportunity_id))
    return page(
        request,
        "publishing/cancel.html",
        who=who,
        title="Why is it cancelled?",
        problem=problem,
        opportunity=found.facts,
        told=who_is_told(reach),
        anyone=reach.anyone,
    )


@router.post("/cancel")
@again(ask_to_cancel)
async def cancel(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    form = await read_form(request, ReasonForm)
    reach = await _reach(request, opportunity_id)
    await of(request).database.run(
        Command("cancel-opportunity", who.actor),
        lambda tx: changing.cancel(tx, opportunity_id, form.reason, of(request).settings.host),
    )
    return redirect(f"/opportunities/staff/{opportunity_id}", f"It is cancelled. {who_is_told(reach)}")
