"""Writing an opportunity: one question a page, and its sessions."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, field_validator

from services.opportunities.words.domain import WITHOUT_MEETING
from services.opportunities.words.pages import before_ending
from services.opportunities.writing import queries, use_cases
from services.opportunities.writing.domain.drafts import reasons_not_to_change_text, reasons_to_ask_if_so_long
from services.opportunities.writing.pages.items import ITEMS, Item, Question
from shared.clock import NoSuchTime, london_datetime
from shared.db import Command
from shared.identity import Coordinator, SignIn
from shared.money import pounds
from shared.reasons import Missing, Refused, refuse
from shared.service import of
from shared.web import Form, InvalidForm, Paragraphs, Refusal, again, page, read_form, redirect
from shared.web.filters import moment

router = APIRouter(prefix="/opportunities/staff")


@router.get("/new")
async def new_opportunity(request: Request, who: Coordinator) -> HTMLResponse:
    return _new_page(request, who)


def _new_page(request: Request, who: SignIn, problem: InvalidForm | None = None) -> HTMLResponse:
    return _asking(request, who, ITEMS["title"], problem, values={}, back="/opportunities/staff")


def _asking(
    request: Request,
    who: SignIn,
    item: Item,
    problem: InvalidForm | Refused | None,
    *,
    values: Mapping[str, Any],
    back: str,
) -> HTMLResponse:
    fields = _with_areas(item, of(request).settings.areas)
    context = {"fields": fields, "values": values, "back": back}
    return page(request, "writing/item.html", who=who, title=item.question, problem=problem, **context)


@router.post("/new")
@again(_new_page)
async def start_opportunity(request: Request, who: Coordinator) -> Response:
    form = await read_form(request, ITEMS["title"].form)
    texts = form.model_dump()
    opportunity_id = await of(request).database.run(
        Command("start-draft", who.actor), lambda tx: use_cases.start_draft(tx, **texts)
    )
    return redirect(
        f"/opportunities/staff/{opportunity_id}",
        "Your draft is saved. Only our coordinators see it until you publish it.",
    )


@router.get("/{opportunity_id:uuid}/items/{slug}")
async def item_of_draft(request: Request, who: Coordinator, opportunity_id: UUID, slug: str) -> Response:
    """OPP-16: what is published is changed on its own page, so a form that would only be refused is not shown."""
    found = await of(request).database.read(lambda tx: queries.planned_opportunity(tx, opportunity_id))
    if fixed := reasons_not_to_change_text(found.facts.state):
        return redirect(f"/opportunities/staff/{opportunity_id}", fixed[0].text, done=False)
    return await _item_page(request, who, opportunity_id, slug)


async def _item_page(
    request: Request, who: SignIn, opportunity_id: UUID, slug: str, problem: Refusal = None
) -> HTMLResponse:
    found = await of(request).database.read(lambda tx: queries.planned_opportunity(tx, opportunity_id))
    back = f"/opportunities/staff/{opportunity_id}"
    return _asking(request, who, _item(slug), problem, values=_shown(found.facts), back=back)


@router.post("/{opportunity_id:uuid}/items/{slug}")
@again(_item_page)
async def write_item(request: Request, who: Coordinator, opportunity_id: UUID, slug: str) -> Response:
    texts = (await read_form(request, _item(slug).form)).model_dump()
    await of(request).database.run(
        Command("write-draft", who.actor), lambda tx: use_cases.write_texts(tx, opportunity_id, texts)
    )
    return redirect(f"/opportunities/staff/{opportunity_id}", "Saved.")


def _item(slug: str) -> Item:
    if slug not in ITEMS:
        raise Missing
    return ITEMS[slug]


def _with_areas(item: Item, areas: str) -> tuple[Question, ...]:
    """Areas come from the organisation's own list, if it has one."""
    names = [name.strip() for name in areas.split(",") if name.strip()]
    if item.slug != "where" or not names:
        return item.fields
    mode, area = item.fields
    options = (("Everywhere", "Everywhere"), *((name, name) for name in names))
    return mode, Question("radios", area.name, area.label, area.hint, options)


def _shown(row: Any) -> dict[str, Any]:
    """The row's values, as its forms take them."""
    paid = None if row.paid is None else str(row.paid).lower()
    budget = "" if row.budget_pence is None else pounds(row.budget_pence).removeprefix("£")
    return dict(row._mapping) | {"paid": paid, "budget": budget, "capacity": row.capacity or ""}


class SessionForm(Form):
    day: date
    starts: time
    ends: time
    venue: str = Field(max_length=500)
    joining: str = Field(default="", max_length=500)
    sure: bool = False
    messages: ClassVar[dict[str, str]] = {
        "day.missing": "Enter the day",
        "starts": "Enter the start like 10:30",
        "ends": "Enter the end like 12:00",
        "venue.missing": "Write where it is, or that it is online",
    }

    @field_validator("starts", "ends", mode="before")
    @classmethod
    def _clock(cls, typed: Any) -> Any:
        """Understands "10:30", "10.30", "2pm" and "2:15 pm"."""
        match = (
            re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", typed.strip().lower())
            if isinstance(typed, str)
            else None
        )
        if match is None:
            return typed
        hour, minute = int(match[1]), int(match[2] or 0)
        if match[3] and not 1 <= hour <= 12:
            return typed
        hour = hour % 12 + (12 if match[3] == "pm" else 0) if match[3] else hour
        return time(hour, minute) if hour < 24 and minute < 60 else typed


def planned(form: SessionForm, request: Request) -> use_cases.NewSession:
    """Raises InvalidForm for a time that does not exist because the clocks go forward that night; Refused for a session
    so long that we must ask."""
    moments: dict[str, datetime] = {}
    errors: dict[str, str] = {}
    for name, at in (("starts", form.starts), ("ends", form.ends)):
        try:
            moments[name] = london_datetime(form.day, at.hour, at.minute)
        except NoSuchTime as wrong:
            errors[name] = str(wrong)
    if errors:
        raise InvalidForm(errors, request.state.typed)
    refuse(reasons_to_ask_if_so_long(moments["starts"], moments["ends"], is_sure=form.sure))
    return use_cases.NewSession(moments["starts"], moments["ends"], form.venue, form.joining)


@router.get("/{opportunity_id:uuid}/sessions")
async def sessions(request: Request, who: Coordinator, opportunity_id: UUID, problem: Refusal = None) -> HTMLResponse:
    found = await of(request).database.read(lambda tx: queries.planned_opportunity(tx, opportunity_id))
    return page(
        request,
        "writing/sessions.html",
        who=who,
        title="When and where is it?",
        problem=problem,
        opportunity=found.facts,
        sessions=found.sessions,
        may_be_in_own_time=found.facts.kind in WITHOUT_MEETING,
    )


class ClosingForm(Form):
    """closes_on None: it has sessions instead."""

    closes_on: date | None = None
    how: Paragraphs = Field(default="", max_length=1000)
    messages: ClassVar[dict[str, str]] = {"how": "Use 1,000 characters or fewer"}


@router.get("/{opportunity_id:uuid}/closing-day")
async def closing_day(request: Request, who: Coordinator, opportunity_id: UUID, problem: Refusal = None) -> Response:
    found = await of(request).database.read(lambda tx: queries.planned_opportunity(tx, opportunity_id))
    if fixed := reasons_not_to_change_text(found.facts.state):
        return redirect(f"/opportunities/staff/{opportunity_id}", fixed[0].text, done=False)
    return page(
        request,
        "writing/closing-day.html",
        who=who,
        title="Until when can people do it?",
        problem=problem,
        opportunity=found.facts,
    )


@router.post("/{opportunity_id:uuid}/closing-day")
@again(closing_day)
async def write_closing_day(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    form = await read_form(request, ClosingForm)
    await of(request).database.run(
        Command("write-closing-day", who.actor),
        lambda tx: use_cases.close_on(tx, opportunity_id, form.closes_on, form.how),
    )
    return redirect(f"/opportunities/staff/{opportunity_id}", "Saved.")


@router.post("/{opportunity_id:uuid}/sessions")
@again(sessions)
async def add_session(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    form = await read_form(request, SessionForm)
    session = planned(form, request)
    await of(request).database.run(
        Command("add-session", who.actor), lambda tx: use_cases.add_session(tx, opportunity_id, session)
    )
    return redirect(f"/opportunities/staff/{opportunity_id}", "The session is added.")


@router.get("/{opportunity_id:uuid}/sessions/{session_id:uuid}/remove")
async def ask_before_removing(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> Response:
    found = await of(request).database.read(lambda tx: queries.planned_opportunity(tx, opportunity_id))
    here = f"/opportunities/staff/{opportunity_id}/sessions"
    session = next((each for each in found.sessions if each.id == session_id), None)
    if session is None or found.facts.state != "draft":
        return redirect(here)
    return before_ending(
        request,
        who,
        "Take this session out?",
        ends=f"The session of {moment(session.starts_at)}, with its place and how to join. Nobody is told: nobody has "
        "seen this draft but us.",
        stays="The draft and its other sessions. You can write this one again.",
        action=f"{here}/{session_id}/remove",
        button="Yes, take it out",
        back=(here, "When and where"),
        caption=found.facts.title,
    )


@router.post("/{opportunity_id:uuid}/sessions/{session_id:uuid}/remove")
async def remove_session(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> Response:
    await of(request).database.run(
        Command("remove-session", who.actor), lambda tx: use_cases.remove_session(tx, opportunity_id, session_id)
    )
    return redirect(f"/opportunities/staff/{opportunity_id}/sessions", "The session is taken out.")
