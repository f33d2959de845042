"""A list of people given on a page: its problems by row, questions about near matches (PEO-04), and taking it in."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import Row
from starlette.datastructures import UploadFile

from services.people.domain import matching
from services.people.domain.choices import CHANNELS, FORMATS, KINDS, NEEDS, TIMES
from services.people.domain.people import display_name
from services.people.domain.roles import ROLES
from services.people.pages.machine_time import machine_now
from services.people.use_cases import given_lists, importing, staff
from services.people.use_cases.given_lists import Answer
from shared.db import Command, Transaction
from shared.identity import ConfirmedOperator, Operator
from shared.reasons import refuse
from shared.service import of
from shared.web import Form, Refusal, again, page, read_form, redirect
from shared.web.csv_reading import MAX_BYTES

routes = APIRouter(prefix="/people/staff/lists")
HERE = "/people/staff/lists"
STATES = {
    "waiting": ("Being read", "blue"),
    "asking": ("Waits for you", "orange"),
    "wrong": ("Something to put right", "red"),
    "done": ("Taken in", "green"),
}
WHAT: dict[str, tuple[str, Mapping[str, str]]] = {
    "name": ("Name", {}),
    "known_as": ("Known as", {}),
    "email": ("Email", {}),
    "phone": ("Phone", {}),
    "postal_address": ("Postal address", {}),
    "area": ("Area", {}),
    "over_18": ("18 or over", {}),
    "channels": ("How they hear", CHANNELS),
    "format": ("How we write to them", FORMATS),
    "discreet": ("Discreet messages", {}),
    "ruled_out_kinds": ("Not these kinds", KINDS),
    "ruled_out_areas": ("Not these areas", {}),
    "ruled_out_times": ("Not these times", TIMES),
    "access_needs": ("What they usually need", NEEDS),
    "roles": ("Roles", ROLES),
}
"""What pages call each answer of a list, and the words for its options."""
LOOK_AGAIN = {"Refresh": "3"}
"""Seconds until a browser asks again how far a list is. There is also a link."""


class TakeInForm(Form):
    mark: str = ""


class ListForm(Form):
    file: UploadFile
    messages: ClassVar[dict[str, str]] = {"file": "Choose the file with the list"}


@routes.get("")
async def show_lists(request: Request, who: Operator, after: str = "", problem: Refusal = None) -> Response:
    lists, next_after = await of(request).database.read(lambda tx: given_lists.given(tx, after))
    shown = {"lists": lists, "next_after": next_after, "states": STATES, "kept_for": given_lists.KEPT_FOR}
    return page(request, "staff/lists.html", who=who, title="Take in a list of people", problem=problem, **shown)


@routes.post("")
@again(show_lists)
async def give_list(request: Request, who: ConfirmedOperator) -> Response:
    now = machine_now()
    file = (await read_form(request, ListForm)).file
    data = await file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        refuse(matching.TOO_BIG_A_LIST)
    list_id = await of(request).database.run(
        Command("give-list", who.actor), lambda tx: given_lists.keep(tx, data, now, file.filename or "")
    )
    return redirect(f"{HERE}/{list_id}")


@routes.get("/{list_id}")
async def show_list(request: Request, who: Operator, list_id: UUID, problem: Refusal = None) -> Response:
    """How far it is, and what to do next."""

    async def read(tx: Transaction) -> dict[str, Any]:
        asked, answered = await given_lists.how_many_asked(tx, list_id)
        more = {
            "go_on": await given_lists.before_the_first_open(tx, list_id),
            "mark": await given_lists.mark_of_list(tx, list_id),
        }
        return {"list": await given_lists.one(tx, list_id), "asked": asked, "answered": answered, **more}

    shown = await of(request).database.read(read)
    waits = shown["list"].state == "waiting"
    progress = request.app.state.taking_in.progress.get(list_id)
    headers = LOOK_AGAIN if waits else {}
    return page(
        request,
        "staff/list.html",
        who=who,
        title="A list of people",
        problem=problem,
        progress=progress,
        headers=headers,
        **shown,
    )


@routes.get("/{list_id}/changes")
async def show_changes(request: Request, who: Operator, list_id: UUID, after: str = "") -> Response:
    """The answers before and after, for each person whom the list changes. Showing them is written down (PRI-03), so
    this writes."""

    async def work(tx: Transaction) -> tuple[Row[Any], Any, Any]:
        return await given_lists.one(tx, list_id), *await given_lists.changes(tx, list_id, after)

    given, found, next_after = await of(request).database.run(Command("read-changes-of-list", who.actor), work)
    if not found:
        return redirect(f"{HERE}/{list_id}")
    people = [
        (each, display_name(each.name, each.known_as), [line for change in each.changes for line in _lines(*change)])
        for each in found
    ]
    return page(
        request,
        "staff/list-changes.html",
        who=who,
        title="What changes",
        list=given,
        people=people,
        next_after=next_after,
    )


def _lines(question: str, was: Any, becomes: Any) -> list[tuple[str, str, str]]:
    """(question, before, after), in words."""
    if question == importing.ROLES_ASKED:
        asked = (
            (was, "two administrators are asked to give this"),
            (becomes, "two administrators are asked to take this away"),
        )
        return [
            (ROLES[role], "has it" if roles is becomes else "does not have it", words)
            for roles, words in asked
            for role in roles
        ]
    what, words = WHAT[question]
    return [(what, _in_words(was, words), _in_words(becomes, words))]


def _in_words(answer: Any, words: Mapping[str, str]) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if not answer:
        return "nothing"
    return (
        ", ".join(words.get(each, each) for each in answer)
        if isinstance(answer, list)
        else words.get(answer, answer).replace("\n", ", ")
    )


@routes.get("/{list_id}/questions")
async def show_questions(request: Request, who: Operator, list_id: UUID, after: str = "") -> Response:
    """A page of questions. They show people we hold, which is written down (PRI-03), so this writes."""

    async def work(tx: Transaction) -> tuple[str, Any, Any, Any]:
        state = (await given_lists.one(tx, list_id)).state
        asked, next_after = await given_lists.questions(tx, list_id, after)
        near = await staff.read_near_ones(tx, list({person_id for each in asked for person_id in each.near}))
        return state, asked, next_after, {each["id"]: each for each in near}

    state, asked, next_after, near = await of(request).database.run(Command("read-near-matches", who.actor), work)
    if state != "asking" or not asked:
        return redirect(f"{HERE}/{list_id}")
    shown = {"asked": asked, "near": near, "after": after, "next_after": next_after, "list_id": list_id}
    return page(request, "staff/list-questions.html", who=who, title="Is it the same person?", **shown)


@routes.post("/{list_id}/questions")
@again(show_list)
async def answer_questions(request: Request, who: ConfirmedOperator, list_id: UUID, after: str = "") -> Response:
    """Keeps the answers, even to part of the page; the next page is the first with a question left.

    An answer that is not (or no longer) offered is not kept, and the page says so."""
    sent = await request.form(max_files=0, max_fields=10 * given_lists.A_PAGE)

    async def work(tx: Transaction) -> str | None:
        asked, _ = await given_lists.questions(tx, list_id, after)
        said = {name: str(value) for name, value in sent.items() if name.startswith("answer-") and value}
        answers = {
            name: _answer(each, said[name]) for each in asked if (name := f"answer-{each.row}-{each.like_row}") in said
        }
        if None in answers.values() or said.keys() - answers.keys():
            refuse(matching.ANSWER_GONE)
        await given_lists.answer(tx, list_id, [each for each in answers.values() if each])
        left, done = await given_lists.how_many_asked(tx, list_id)
        return (
            f"{HERE}/{list_id}"
            if left == done
            else f"{HERE}/{list_id}/questions?after={await given_lists.before_the_first_open(tx, list_id) or ''}"
        )

    onward = await of(request).database.run(Command("answer-near-matches", who.actor), work)
    return redirect(onward or HERE, "We have kept your answers.")


def _answer(asked: Row[Any], chosen: str) -> Answer | None:
    """None if nothing was chosen, or something that was not offered."""
    if chosen == "new" or (chosen == "same" and asked.like_row):
        return Answer(asked.row, asked.like_row, same=chosen == "same")
    person_id = next((each for each in asked.near if str(each) == chosen), None)
    return Answer(asked.row, asked.like_row, same=True, person_id=person_id) if person_id else None


@routes.post("/{list_id}/take-in")
@again(show_list)
async def take_in(request: Request, who: ConfirmedOperator, list_id: UUID) -> Response:
    mark = (await read_form(request, TakeInForm)).mark
    await of(request).database.run(
        Command("take-in-list", who.actor), lambda tx: given_lists.take_in(tx, list_id, mark)
    )
    return redirect(f"{HERE}/{list_id}")


@routes.post("/{list_id}/ask-again")
async def ask_again(request: Request, who: ConfirmedOperator, list_id: UUID) -> Response:
    await of(request).database.run(
        Command("ask-about-list-again", who.actor), lambda tx: given_lists.ask_again(tx, list_id)
    )
    return redirect(f"{HERE}/{list_id}")


@routes.get("/{list_id}/drop")
async def ask_to_drop(request: Request, who: Operator, list_id: UUID) -> Response:
    """Asks first, because the answers are deleted too."""
    found, (_, answered) = await of(request).database.read(lambda tx: _with_answers(tx, list_id))
    return page(request, "staff/list-drop.html", who=who, title="Delete this list?", list=found, answered=answered)


async def _with_answers(tx: Transaction, list_id: UUID) -> tuple[Row[Any], tuple[int, int]]:
    return await given_lists.one(tx, list_id), await given_lists.how_many_asked(tx, list_id)


@routes.post("/{list_id}/drop")
async def drop(request: Request, who: ConfirmedOperator, list_id: UUID) -> Response:
    await of(request).database.run(Command("drop-list", who.actor), lambda tx: given_lists.drop(tx, list_id))
    return redirect(HERE, "We do not keep that list any more.")
