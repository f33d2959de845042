"""The register of a session: writing it, printing it, and adding people who came without a place."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import ClassVar
from uuid import UUID, uuid5

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.opportunities.people.domain import reasons_not_to_take_part_before_age
from services.opportunities.people.pages import look_up_age
from services.opportunities.people.queries import MOST_NAMES
from services.opportunities.register import queries
from services.opportunities.register.domain import CHANGED_SINCE, is_far_above_plan
from services.opportunities.register.queries import Register, RegisterLine, might_walk_in, session_starts_at
from services.opportunities.register.use_cases import attendance, walking_in
from services.opportunities.register.use_cases.attendance import Entry
from services.opportunities.words.pages import cursor, reference
from services.opportunities.writing.queries import opportunity_of
from shared.db import Command, Transaction, new_id
from shared.identity import Coordinator, SignIn
from shared.reasons import Refused
from shared.service import of
from shared.web import (
    Form,
    InvalidForm,
    Refusal,
    again,
    carries_on,
    held_of,
    hold_search,
    page,
    read_form,
    redirect,
    search_of,
)

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST_TYPED = 20
"""Of one answer, while a half-filled register is kept."""

router = APIRouter(prefix="/opportunities/staff/{opportunity_id:uuid}/sessions/{session_id:uuid}")


of_session = APIRouter(prefix="/opportunities/staff/sessions/{session_id:uuid}")
"""The same by the session alone, which is all that tasks know."""


@of_session.get("")
async def opportunity_of_session(request: Request, who: Coordinator, session_id: UUID) -> Response:
    opportunity_id = await of(request).database.read(lambda tx: opportunity_of(tx, session_id))
    return redirect(f"/opportunities/staff/{opportunity_id}")


@of_session.get("/register")
async def register_of(request: Request, who: Coordinator, session_id: UUID) -> Response:
    opportunity_id = await of(request).database.read(lambda tx: opportunity_of(tx, session_id))
    return redirect(f"/opportunities/staff/{opportunity_id}/sessions/{session_id}/register")


class RegisterForm(Form):
    """The form besides its lines, whose fields are named by the ids of places. seen: the versions of the lines shown,
    in one field for all, because a form has at most shared.web.forms.MOST_FIELDS."""

    idempotency_key: UUID
    seen: str = ""


class WalkInForm(Form):
    person_id: UUID
    messages: ClassVar[dict[str, str]] = {"person_id": "Choose who came"}


@router.get("/register")
async def register(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> HTMLResponse:
    found = await _register(request, opportunity_id, session_id)
    held = held_of(request).last(_half_filled(session_id), who)
    return _register_page(
        request, who, found, InvalidForm({}, _as_shown(found) | json.loads(held)) if held else None, is_held=bool(held)
    )


@router.post("/register/walk-in")
@carries_on
async def keep_register_and_add(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> Response:
    """What was ticked and typed is held while staff look for somebody else; it is saved with the register."""
    found, sent = await _register(request, opportunity_id, session_id), await request.form()
    names = [f"{field}-{line.place_id}" for line in found.lines for field in ("present", "minutes", "planned")]
    typed = {name: str(sent[name])[:LONGEST_TYPED] for name in names if name in sent}
    if typed:
        typed["seen"] = _seen_text(_seen_of(sent.get("seen")))
        held_of(request).hold(json.dumps(typed), who, _half_filled(session_id))
    return redirect(f"/opportunities/staff/{opportunity_id}/sessions/{session_id}/walk-in")


def _half_filled(session_id: UUID) -> str:
    return f"register {session_id}"


def _as_shown(found: Register) -> dict[str, str]:
    """The minutes on each line before anybody types."""
    return {f"minutes-{line.place_id}": str(_minutes_shown(found, line)) for line in found.lines}


def _minutes_shown(found: Register, line: RegisterLine) -> int:
    return line.record.minutes_written if line.record is not None and line.record.present else found.planned_minutes


@router.get("/register/print")
async def printed_register(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> HTMLResponse:
    found = await _register(request, opportunity_id, session_id)
    return page(request, "register/register-print.html", who=who, title="Register", register=found)


async def _register_again(
    request: Request, who: SignIn, opportunity_id: UUID, session_id: UUID, problem: InvalidForm | Refused
) -> HTMLResponse:
    return _register_page(request, who, await _register(request, opportunity_id, session_id), problem)


@router.post("/register")
@again(_register_again)
async def record_attendance(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> Response:
    found = await _register(request, opportunity_id, session_id)
    form = await read_form(request, RegisterForm)
    entries = await _entries(request, found, _seen_of(form.seen))
    sure = request.state.typed.get("early") == "yes"
    done = await of(request).database.run(
        Command("record-attendance", who.actor, id=_command_id(form.idempotency_key, entries)),
        lambda tx: attendance.record_attendance(tx, opportunity_id, session_id, entries, sure_before_end=sure),
        once=True,
    )
    held_of(request).forget(_half_filled(session_id), who)
    return redirect(
        f"/opportunities/staff/{opportunity_id}/sessions/{session_id}/register",
        _saved(len(entries), done.get("kept", 0)),
    )


def _saved(people: int, kept: int) -> str:
    """kept: lines on which somebody else's words stay."""
    saved = f"The register is saved. It has {people} {'person' if people == 1 else 'people'} on it."
    if kept:
        saved += (
            f" Somebody else changed {kept} {'line' if kept == 1 else 'lines'} while your page was open. What "
            "they wrote stays."
        )
    return saved


def _command_id(key: UUID, entries: list[Entry]) -> UUID:
    """One command for each form and content: a double click is the same command, going back and changing a line is a
    new one."""
    return uuid5(key, repr(sorted(entries, key=lambda entry: entry.place_id)))


async def _entries(request: Request, found: Register, seen: Mapping[UUID, int]) -> list[Entry]:
    """The lines on which somebody said whether a person was there. Raises InvalidForm for minutes that are no number,
    and for a line with too much in it, so that the page never says "saved" while something typed is dropped."""
    sent = await request.form()
    typed: dict[str, str | list[str]] = {name: value for name, value in sent.items() if isinstance(value, str)}
    request.state.typed = typed
    errors: dict[str, str] = {}
    entries = []
    for line in found.lines:
        present, minutes = (
            typed.get(f"present-{line.place_id}", ""),
            str(typed.get(f"minutes-{line.place_id}", "")).strip(),
        )
        counts = typed.get(f"planned-{line.place_id}") == "yes"
        if present not in ("yes", "no"):
            shown = _minutes_shown(found, line) if line.place_id in seen else found.planned_minutes
            if counts or minutes not in ("", str(shown)):
                errors[f"present-{line.place_id}"] = "You changed something here. Say whether they were there"
            continue
        if present == "no" and counts:
            errors[f"present-{line.place_id}"] = (
                "If they came and left upset, say Yes. If they did not come, take the tick out"
            )
            continue
        if present == "yes" and not (minutes.isascii() and minutes.isdigit() and len(minutes) <= 5):
            errors[f"minutes-{line.place_id}"] = "Enter the minutes as a whole number, like 90"
            continue
        written = int(minutes) if present == "yes" else 0
        sure_of = _number(str(typed.get(f"sure-{line.place_id}", "")))
        entries.append(Entry(line.place_id, present == "yes", written, counts, sure_of, seen.get(line.place_id, 0)))
    if not entries and not errors:
        errors[""] = "Say for at least one person whether they were there"
    if errors:
        raise InvalidForm(errors, typed)
    return entries


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 5 else None


def _seen_of(sent: object) -> dict[UUID, int]:
    """The versions of the lines that a page showed; empty lines are left out."""
    pairs = [pair.partition("=") for pair in sent.split()] if isinstance(sent, str) else []
    return {UUID(place): version for place, _, text in pairs if _UUID.fullmatch(place) and (version := _number(text))}


def _seen_text(seen: Mapping[UUID, int]) -> str:
    return " ".join(f"{place}={version}" for place, version in seen.items() if version)


def _seen(
    found: Register,
    problem: InvalidForm | Refused | None,
    typed: Mapping[str, str | list[str]],
    overtaken: Collection[UUID],
) -> str:
    """What the reader of this page has seen: each line as it is now. If the page is shown again, of the lines only
    those that it says others wrote."""
    if problem is None or "seen" not in typed:
        return _seen_text({line.place_id: line.version for line in found.lines})
    return _seen_text(
        _seen_of(typed["seen"]) | {line.place_id: line.version for line in found.lines if line.place_id in overtaken}
    )


async def _register(request: Request, opportunity_id: UUID, session_id: UUID) -> Register:
    return await of(request).database.read(lambda tx: queries.register(tx, opportunity_id, session_id))


def _named(problem: InvalidForm | Refused | None, found: Register) -> InvalidForm | Refused | None:
    """Adds the person's name to each problem if several problems read the same."""
    if not isinstance(problem, Refused) or len(problem.reasons) < 2:
        return problem
    names = {f"minutes-{line.place_id}": f"{line.name}: " for line in found.lines}
    return Refused(
        [replace(reason, text=names.get(reason.field or "", "") + reason.text) for reason in problem.reasons]
    )


def _register_page(
    request: Request,
    who: SignIn,
    found: Register,
    problem: Refusal = None,
    *,
    is_held: bool = False,
) -> HTMLResponse:
    """is_held: shows what was typed before somebody was looked for, which is not saved yet.

    A line that somebody else wrote meanwhile says so and shows it, so it counts as seen. All others count as they were
    shown."""
    reasons = problem.reasons if isinstance(problem, Refused) else ()
    others = {each.field for each in reasons if each.text.startswith(CHANGED_SINCE)}
    overtaken = {line.place_id for line in found.lines if f"present-{line.place_id}" in others}
    typed = problem.values if isinstance(problem, InvalidForm) else getattr(request.state, "typed", {})
    return page(
        request,
        "register/register.html",
        who=who,
        title="Who was there?",
        problem=_named(problem, found),
        register=found,
        far_above_plan=is_far_above_plan,
        is_held=is_held,
        overtaken=overtaken,
        seen=_seen(found, problem, typed, overtaken),
        started=found.session.starts_at <= of(request).clock.now(),
        key=new_id(),
    )


@router.post("/walk-in/search")
@carries_on
async def search_for_walk_in(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> Response:
    await of(request).database.read(lambda tx: session_starts_at(tx, opportunity_id, session_id))
    return await hold_search(request, who, f"/opportunities/staff/{opportunity_id}/sessions/{session_id}/walk-in")


@router.get("/walk-in")
async def who_walked_in(
    request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    """A page of the names that match; the next page begins after the last of them."""
    search, after = search_of(request, who), cursor(request, "after")

    async def work(tx: Transaction):
        return await queries.register(tx, opportunity_id, session_id), await might_walk_in(
            tx, session_id, search.text, after
        )

    found, known = await of(request).database.read(work)
    on_page = known[:MOST_NAMES]
    return page(
        request,
        "register/walk-in.html",
        who=who,
        title="Who else came?",
        problem=problem,
        register=found,
        known=on_page,
        search=search,
        searched=bool(search.text or after),
        next_after=on_page[-1].person_id if len(known) > MOST_NAMES else None,
    )


@router.post("/walk-in")
@again(who_walked_in)
async def add_walk_in(request: Request, who: Coordinator, opportunity_id: UUID, session_id: UUID) -> Response:
    service = of(request)
    form = await read_form(request, WalkInForm)
    whom = reference(form.person_id, service.settings.organisation)
    unknown = reasons_not_to_take_part_before_age(await look_up_age(request, who, whom.id))
    await service.database.run(
        Command("add-walk-in", who.actor), lambda tx: walking_in.add_walk_in(tx, opportunity_id, session_id, whom)
    )
    ask = (
        " We do not know yet if they are 18 or over. Ask them today: it is on coordinators’ first page until we know."
        if unknown
        else ""
    )
    return redirect(
        f"/opportunities/staff/{opportunity_id}/sessions/{session_id}/register",
        f"They are on the register of this session now.{ask}",
    )
