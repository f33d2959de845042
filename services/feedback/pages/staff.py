"""What staff do: read by the clock, answer one or many, join, pass on, sort into themes (FB-02, FB-03, FB-05,
FB-06)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.feedback.domain.facts import LONGEST_NAME, Answer, Answerer
from services.feedback.pages.common import ENDING_WORDS, Staff, settings_of
from services.feedback.queries import in_hand
from services.feedback.queries.concerns_of import open_concerns
from services.feedback.queries.facts import not_theirs
from services.feedback.queries.given import Ended, endings_of, endings_of_all, response
from services.feedback.queries.in_hand import all_themes, could_speak_for, for_staff, some_for_staff
from services.feedback.queries.views import Items, ItemView
from services.feedback.use_cases import answering
from shared.db import Command, Transaction
from shared.identity import SignIn
from shared.reasons import Refused
from shared.service import of
from shared.web import Form, InvalidForm, Paragraphs, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/feedback/staff")
Work = Callable[[Transaction], Awaitable[None]]


class AnswerForm(Form):
    messages: ClassVar[dict[str, str]] = {
        "items": "Choose at least one piece of feedback to answer.",
        "ending": "Choose how you answer: we did, we did not, or thank you.",
    }
    items: list[UUID]
    ending: Answer
    text: Paragraphs = ""
    said: Paragraphs = ""
    checked: bool = False


class WordingForm(Form):
    said: Paragraphs = ""
    checked: bool = False


class JoinForm(Form):
    messages: ClassVar[dict[str, str]] = {
        "target": "Choose another piece of feedback that has an answer or waits for one."
    }
    target: UUID


class SpamForm(Form):
    reason: Paragraphs = ""


class PassOnForm(Form):
    messages: ClassVar[dict[str, str]] = {"to": "Choose who must answer this."}
    to: Answerer
    name: str = ""


class NameForm(Form):
    name: str = ""


class ThemeForm(Form):
    theme: str = Field(default="", max_length=LONGEST_NAME)


# Lists


@router.get("")
async def waiting(request: Request, who: Staff, after: str = "") -> Response:
    service = of(request)

    async def read(tx: Transaction) -> tuple[Items, Any, dict[UUID, str]]:
        found = await in_hand.waiting(tx, who.person_id, service.clock.today(), after)
        return found, await open_concerns(tx, who.person_id), await _not_theirs(request, tx, who, found[0])

    (items, next_after), concerns, others = await service.database.read(read)
    return page(
        request,
        "staff/list.html",
        who=who,
        title="Feedback",
        items=items,
        next_after=next_after,
        concerns=len(concerns),
        not_theirs=others,
    )


async def _not_theirs(request: Request, tx: Transaction, who: SignIn, items: list[ItemView]) -> dict[UUID, str]:
    reviewer = settings_of(request).feedback_reviewer_role
    ids = [item.item_id for item in items]
    return await not_theirs(tx, ids, by=who.person_id, roles=who.roles, reviewer_role=reviewer)


@router.get("/ended")
async def ended(request: Request, who: Staff, after: str = "") -> Response:
    service = of(request)
    items, next_after = await service.database.read(
        lambda tx: in_hand.ended(tx, who.person_id, service.clock.today(), after)
    )
    lists = {"items": items, "next_after": next_after, "ending_words": ENDING_WORDS}
    return page(request, "staff/ended.html", who=who, title="Feedback that has ended", **lists)


@router.get("/themes")
async def themes(request: Request, who: Staff) -> Response:
    found = await of(request).database.read(lambda tx: all_themes(tx, who.person_id))
    return page(request, "staff/themes.html", who=who, title="Themes", themes=found)


@router.get("/themes/{theme_id}")
async def theme(request: Request, theme_id: UUID, who: Staff, after: str = "") -> Response:
    service = of(request)

    async def read(tx: Transaction) -> tuple[str, Items, dict[UUID, str]]:
        name, found = await in_hand.theme(tx, who.person_id, theme_id, service.clock.today(), after)
        return name, found, await _not_theirs(request, tx, who, found[0])

    name, (items, next_after), others = await service.database.read(read)
    lists = {
        "items": items,
        "not_theirs": others,
        "after": after,
        "next_after": next_after,
        "ending_words": ENDING_WORDS,
    }
    return page(request, "staff/theme.html", who=who, title=name, **lists)


# Answering


@router.get("/answer")
async def ask_answer(request: Request, who: Staff, items: list[UUID] = Query(default=[])) -> Response:
    return await _answer_page(request, who, items)


async def _answer_page(request: Request, who: SignIn, item_ids: list[UUID], problem: Refusal = None) -> Response:
    service = of(request)

    async def read(tx: Transaction) -> tuple[list[ItemView], dict[UUID, list[Ended]]]:
        found = await some_for_staff(tx, who.person_id, item_ids, service.clock.today())
        return found, await endings_of_all(tx, [item.item_id for item in found if item.reopened_on])

    items, before = await service.database.read(read)
    if not items:
        return redirect("/feedback/staff", "Choose some feedback to answer first.")
    return page(
        request,
        "staff/answer.html",
        who=who,
        title="Answer feedback",
        items=items,
        before=before,
        ending_words=ENDING_WORDS,
        agreed=sum(item.may_show for item in items),
        problem=problem,
    )


async def _answer_again(request: Request, who: SignIn, problem: InvalidForm | Refused) -> Response:
    return await _answer_page(request, who, _typed_items(request.state.typed), problem)


@router.post("/answer")
@again(_answer_again)
async def answer(request: Request, who: Staff) -> Response:
    form = await read_form(request, AnswerForm)
    work: Work = lambda tx: answering.answer(  # noqa: E731
        tx,
        form.items,
        ending=form.ending,
        text=form.text,
        said=form.said,
        checked=form.checked,
        roles=who.roles,
        reviewer_role=settings_of(request).feedback_reviewer_role,
    )
    await of(request).database.run(Command("answer-feedback", who.actor), work)
    return redirect(
        "/feedback/staff",
        "Answered. Who gave it hears it in the way they chose. Whoever no message can reach comes on the list of "
        "people to ring.",
    )


def _typed_items(typed: dict[str, Any]) -> list[UUID]:
    typed_ids = typed.get("items", [])
    found = []
    for text in [typed_ids] if isinstance(typed_ids, str) else typed_ids:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@router.get("/responses/{response_id}")
async def ask_wording(request: Request, response_id: UUID, who: Staff, problem: Refusal = None) -> Response:
    found = await of(request).database.read(lambda tx: response(tx, who.person_id, response_id))
    return page(
        request,
        "staff/wording.html",
        who=who,
        title="The wording on the board",
        response=found,
        ending_words=ENDING_WORDS,
        problem=problem,
    )


@router.post("/responses/{response_id}")
@again(ask_wording)
async def change_wording(request: Request, response_id: UUID, who: Staff) -> Response:
    form = await read_form(request, WordingForm)
    work: Work = lambda tx: answering.reword(tx, response_id, said=form.said, checked=form.checked)  # noqa: E731
    await of(request).database.run(Command("change-board-wording", who.actor), work)
    return redirect(
        "/feedback/staff/ended", "The board shows that now." if form.said else "It is no longer on the board."
    )


# One item


@router.get("/{item_id}")
async def item(request: Request, item_id: UUID, who: Staff) -> Response:
    return await _item_page(request, item_id, who, "staff/item.html", "Feedback")


async def _item_page(
    request: Request,
    item_id: UUID,
    who: SignIn,
    template: str,
    title: str,
    problem: Refusal = None,
) -> Response:
    service = of(request)
    today = service.clock.today()

    async def read(tx: Transaction) -> tuple[ItemView, dict[str, Any]]:
        found = await for_staff(tx, who.person_id, item_id, today)
        after = request.query_params.get("after")
        others, next_after = (
            await could_speak_for(tx, who.person_id, item_id, today, after)
            if template == "staff/join.html"
            else ([], None)
        )
        return found, {
            "endings": await endings_of(tx, item_id),
            "others": others,
            "next_after": next_after,
            "themes": await all_themes(tx, who.person_id),
            "not_theirs": (await _not_theirs(request, tx, who, [found])).get(item_id, ""),
        }

    found, more = await service.database.read(read)
    return page(request, template, who=who, title=title, item=found, ending_words=ENDING_WORDS, problem=problem, **more)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that staff do to one item, with a page that asks and a button that does it. done: what is said
    afterwards."""

    template: str
    title: str
    form: type[Form]
    command: str
    work: Callable[[Transaction, UUID, Any], Awaitable[None]]
    done: str


CHANGES = {
    "join": Change(
        "staff/join.html",
        "Join this to another",
        JoinForm,
        "join-feedback",
        lambda tx, item_id, form: answering.join(tx, item_id, form.target),
        "Joined. Its giver hears the answer to the other.",
    ),
    "spam": Change(
        "staff/spam.html",
        "Is this spam?",
        SpamForm,
        "call-feedback-spam",
        lambda tx, item_id, form: answering.call_spam(tx, item_id, form.reason),
        "Ended as spam.",
    ),
    "pass-on": Change(
        "staff/pass_on.html",
        "Who must answer this?",
        PassOnForm,
        "pass-feedback-on",
        lambda tx, item_id, form: answering.pass_on(tx, item_id, form.to, form.name),
        "It shows whom it waits for.",
    ),
    "theme": Change(
        "staff/theme_form.html",
        "What is it about, in a few words?",
        ThemeForm,
        "put-feedback-in-theme",
        lambda tx, item_id, form: answering.put_in_theme(tx, item_id, form.theme),
        "Theme saved.",
    ),
    "name": Change(
        "staff/name_form.html",
        "What is it called?",
        NameForm,
        "correct-feedback-name",
        lambda tx, item_id, form: answering.correct_name(tx, item_id, form.name),
        "Name saved.",
    ),
}


def _route(what: str, change: Change) -> None:
    @router.get(f"/{{item_id}}/{what}")
    async def ask(request: Request, item_id: UUID, who: Staff) -> Response:
        return await _item_page(request, item_id, who, change.template, change.title)

    @router.post(f"/{{item_id}}/{what}")
    @again(partial(_item_page, template=change.template, title=change.title))
    async def do(request: Request, item_id: UUID, who: Staff) -> Response:
        form = await read_form(request, change.form)
        await of(request).database.run(Command(change.command, who.actor), lambda tx: change.work(tx, item_id, form))
        return redirect(f"/feedback/staff/{item_id}", change.done)


for what, change in CHANGES.items():
    _route(what, change)
