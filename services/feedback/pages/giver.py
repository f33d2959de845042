"""What became of feedback: the public board, a giver's own feedback, and finding it by code (FB-04, FB-06, FB-07)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.feedback.domain.codes import NO_SUCH_CODE, spoken_code, tidy_code
from services.feedback.pages.common import (
    ENDING_WORDS,
    apart_from_the_visit,
    hash_of_code,
    limit_of,
    reading,
    settings_of,
)
from services.feedback.queries import given, public_board
from services.feedback.queries.given import answers_of, by_code, endings_of, speaker_of
from services.feedback.queries.views import ItemView
from services.feedback.settings import Settings
from services.feedback.use_cases import giver, releasing
from services.feedback.use_cases.giver import Own
from services.feedback.use_cases.watching import note_wrong_code
from shared.db import VISITOR, Command, Transaction
from shared.identity import SignedIn, SignIn, Visitor
from shared.reasons import Missing, Refused, refuse
from shared.service import of
from shared.text import searched_for
from shared.web import Form, InvalidForm, Line, Paragraphs, Refusal, again, page, read_form, redirect, theirs

router = APIRouter(prefix="/feedback")


class ShowForm(Form):
    messages: ClassVar[dict[str, str]] = {"may_show": "Choose whether we may show what you said."}
    may_show: Literal["yes", "no"]
    code: str = ""


class WhyForm(Form):
    why: Paragraphs = ""
    code: str = ""


class CodeForm(Form):
    code: str = ""


class CrossingForm(Form):
    words: Paragraphs = ""
    seen: str = ""
    code: str = ""


# The board


@router.get("/board")
async def board(
    request: Request, who: Visitor, theme: Line = "", opportunity: UUID | None = None, after: str = ""
) -> Response:
    service = of(request)
    wanted = {"opportunity": opportunity, "theme": searched_for(theme) or None}
    shown = await service.database.read(lambda tx: public_board.board(tx, service.clock.today(), after, **wanted))
    chosen = {"theme": theme, "opportunity": opportunity}
    filters = {name: value for name, value in chosen.items() if value}
    more = {
        "board": shown,
        "filters": filters,
        "days": settings_of(request).feedback_answer_days,
        "ending_words": ENDING_WORDS,
    }
    return page(request, "board.html", who=who, title="We said, we did", **chosen, **more)


# By name


@router.get("/mine")
async def mine(request: Request, who: SignedIn, after: str = "") -> Response:
    service = of(request)
    helper, today = _helper(who), service.clock.today()
    items, next_after = await service.database.read(
        lambda tx: given.mine(tx, _person(who), today, after, helper=helper)
    )
    return page(
        request,
        "mine.html",
        who=who,
        title=theirs("My feedback", who),
        items=items,
        next_after=next_after,
        ending_words=ENDING_WORDS,
        helping=helper is not None,
    )


@router.get("/mine/{item_id}")
async def my_item(request: Request, item_id: UUID, who: SignedIn, problem: Refusal = None) -> Response:
    item = await _own_item(request, item_id, who)
    return await _item_page(request, who, item, base=f"/feedback/mine/{item_id}", code=None, problem=problem)


async def _own_item(request: Request, item_id: UUID, who: SignIn) -> ItemView:
    service = of(request)
    helper, today = _helper(who), service.clock.today()
    return await service.database.read(lambda tx: given.own(tx, _person(who), item_id, today, helper=helper))


def _person(who: SignIn) -> UUID:
    return who.acting_for or who.person_id


def _helper(who: SignIn) -> UUID | None:
    return who.person_id if who.acting_for else None


@router.get("/mine/{item_id}/ask/{what}")
async def ask_before_mine_ends(request: Request, item_id: UUID, what: str, who: SignedIn) -> Response:
    item = await _own_item(request, item_id, who)
    base = f"/feedback/mine/{item_id}"
    return _ending_page(request, who, item, what, base=base, code=None) if _can_end(item, what) else redirect(base)


# By code: always in the body of a post, never in an address


@router.get("/look-up")
async def ask_code(request: Request, who: Visitor) -> Response:
    return page(request, "look_up.html", who=who, title="Look up an answer with your code")


def _no_such_code(request: Request, who: SignIn | None, problem: InvalidForm | Refused) -> Response:
    request.state.never_kept = True  # otherwise whoever opens the page afterwards would hold the code
    request.state.answer_is_bare = True  # so that the Back button leads to it: the code is typed again
    if isinstance(problem, InvalidForm):
        problem = InvalidForm(problem.errors)
    request.state.typed = {}
    return page(request, "look_up.html", who=who, title="Look up an answer with your code", problem=problem)


@router.post("/look-up")
@again(_no_such_code)
async def look_up(request: Request, who: Visitor) -> Response:
    code_hash, code = await _code(request, await read_form(request, CodeForm))
    return await _page_by_code(request, who, code_hash, code)


async def _code(request: Request, form: Any) -> tuple[bytes, str]:
    """The hash of the typed code, and the code. Counts the try. Refused if it cannot be a code."""
    await limit_of(request, "look-up").count(request)
    code = tidy_code(form.code)
    if code is None:
        refuse(NO_SUCH_CODE)
    return await hash_of_code(of(request), code), code


async def _wrong_code(request: Request) -> Refused:
    """Nobody has this code. It is counted, so that guessing shows, without noting who tried."""
    with apart_from_the_visit():
        await of(request).database.run(Command("count-wrong-code", VISITOR), note_wrong_code)
    return Refused([NO_SUCH_CODE])


async def _item_by_code(request: Request, code_hash: bytes) -> ItemView:
    service = of(request)
    try:
        return await service.database.read(lambda tx: by_code(tx, code_hash, service.clock.today()))
    except Missing:
        raise await _wrong_code(request) from None


async def _page_by_code(
    request: Request, who: SignIn | None, code_hash: bytes, code: str, problem: Refusal = None
) -> Response:
    item = await _item_by_code(request, code_hash)
    request.state.never_kept = True
    request.state.seen_once = True  # so that the Back button leads to the form, and nobody after them reads it
    return await _item_page(request, who, item, base="/feedback/look-up", code=spoken_code(code), problem=problem)


@router.get("/look-up/ask/{what}")
@router.get("/look-up/{what}")
async def back_to_the_code(what: str, who: Visitor) -> Response:
    """Whoever goes back to an answer by code types the code again."""
    return redirect("/feedback/look-up")


@router.post("/look-up/ask/{what}")
@again(_no_such_code)
async def ask_before_it_ends_by_code(request: Request, what: str, who: Visitor) -> Response:
    code_hash, code = await _code(request, await read_form(request, CodeForm))
    item = await _item_by_code(request, code_hash)
    if not _can_end(item, what):
        return await _page_by_code(request, who, code_hash, code)
    request.state.never_kept = request.state.seen_once = True
    return _ending_page(request, who, item, what, base="/feedback/look-up", code=spoken_code(code))


# What a giver can do with it, by name or by code


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a giver does. work: gets the owner, the form and the settings. done: what is said afterwards;
    to_keep: the same for people who have only a code."""

    form: type[Form]
    command: str
    work: Callable[[Transaction, Own, Any, Settings], Awaitable[None]]
    done: str
    to_keep: str = ""


ACTS = {
    "withdraw": Act(
        CodeForm, "withdraw-feedback", lambda tx, own, form, settings: giver.withdraw(tx, own), "You took it back."
    ),
    "board": Act(
        ShowForm,
        "change-board-consent",
        lambda tx, own, form, settings: giver.let_it_be_shown(tx, own, form.may_show == "yes"),
        "We changed that.",
    ),
    "not-answered": Act(
        WhyForm,
        "reopen-feedback",
        lambda tx, own, form, settings: giver.say_it_does_not_answer(
            tx, own, form.why, reviewer_role=settings.feedback_reviewer_role
        ),
        "Someone else will look at it again.",
        to_keep=" Keep your code to see the answer.",
    ),
    "crossing": Act(
        CrossingForm,
        "agree-to-crossing",
        lambda tx, own, form, settings: releasing.agree(
            tx, own, seen=form.seen, words=form.words, release_days=settings.feedback_release_days
        ),
        "Thank you. Someone here reads it next.",
    ),
    "stay": Act(
        CodeForm,
        "keep-words-here",
        lambda tx, own, form, settings: releasing.do_not_let_cross(tx, own),
        "It stays here. We answer it.",
    ),
}


def _route(what: str, act: Act) -> None:
    @router.post(f"/mine/{{item_id}}/{what}")
    @again(my_item)
    async def by_name(request: Request, item_id: UUID, who: SignedIn) -> Response:
        form, settings = await read_form(request, act.form), settings_of(request)
        command = Command(act.command, who.actor)
        await of(request).database.run(command, lambda tx: act.work(tx, item_id, form, settings))
        return redirect(f"/feedback/mine/{item_id}", act.done)

    @router.post(f"/look-up/{what}")
    @again(_no_such_code)
    async def by_its_code(request: Request, who: Visitor) -> Response:
        """Whoever holds the code acts as a guest, even if they are signed in."""
        form, settings = await read_form(request, act.form), settings_of(request)
        code_hash, code = await _code(request, form)
        command = Command(act.command, VISITOR)
        try:
            with apart_from_the_visit():
                await of(request).database.run(command, lambda tx: act.work(tx, code_hash, form, settings))
        except Missing:
            raise await _wrong_code(request) from None
        except Refused as problem:
            return await _page_by_code(request, who, code_hash, code, problem)
        return redirect("/feedback/look-up", act.done + act.to_keep)


for what, act in ACTS.items():
    _route(what, act)


_ENDINGS = {"withdraw": "Take your feedback back?", "board": "Do not show it?", "stay": "Keep it here?"}
"""How a giver can end it. Each has a page first that says what ends and what stays (PRI-02)."""


def _can_end(item: ItemView, what: str) -> bool:
    """Missing if what is none of _ENDINGS."""
    if what not in _ENDINGS:
        raise Missing
    gone = item.ending in ("withdrawn", "safeguarding")
    return {
        "withdraw": bool(item.may_withdraw),
        "board": bool(item.may_show) and not gone,
        "stay": item.crossing is not None,
    }[what]


def _ending_page(
    request: Request, who: SignIn | None, item: ItemView, what: str, *, base: str, code: str | None
) -> Response:
    response = page(
        request,
        "giver_ending.html",
        who=who,
        title=theirs(_ENDINGS[what], who),
        item=item,
        what=what,
        base=base,
        code=code,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


async def _item_page(
    request: Request,
    who: SignIn | None,
    item: ItemView,
    *,
    base: str,
    code: str | None,
    problem: InvalidForm | Refused | None,
) -> Response:
    """A giver's own item: what they said, its state, what they can do. base: where its forms are sent."""
    service = of(request)

    async def read(tx: Transaction) -> tuple[Any, Any, Any]:
        speaker = await speaker_of(tx, item, service.clock.today())
        own_endings = await endings_of(tx, item.item_id)
        return speaker, own_endings, await answers_of(tx, speaker.item_id) if speaker else []

    speaker, own_endings, others_answers = await service.database.read(read)
    response = page(
        request,
        "giver_item.html",
        who=who,
        title=theirs("Your feedback", who),
        item=item,
        endings=own_endings,
        speaker=speaker,
        others_answers=others_answers,
        base=base,
        code=code,
        reviewer=settings_of(request).feedback_reviewer_role,
        ending_words=ENDING_WORDS,
        problem=problem,
        **reading(request),
    )
    response.headers["Cache-Control"] = "no-store"
    return response
