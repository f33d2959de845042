"""What became of it: the public board, a giver's own feedback, and the look-up by code (FB-04, FB-06, FB-07)."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.feedback import domain
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
from services.feedback.use_cases import giver, releasing
from services.feedback.use_cases.watching import note_wrong_code
from shared.db import Actor, Command, Transaction
from shared.identity import SignedIn, SignIn, Visitor
from shared.reasons import Missing, Refused, refuse
from shared.service import of
from shared.text import searched_for
from shared.web import Form, InvalidForm, Line, Paragraphs, again, page, read_form, redirect

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
    helped, today = who.acting_for is not None, service.clock.today()
    items, next_after = await service.database.read(
        lambda tx: given.mine(tx, _person(who), today, after, helped=helped)
    )
    return page(
        request,
        "mine.html",
        who=who,
        title="My feedback",
        items=items,
        next_after=next_after,
        ending_words=ENDING_WORDS,
    )


@router.get("/mine/{item_id}")
async def my_item(request: Request, item_id: UUID, who: SignedIn) -> Response:
    return await _my_page(request, item_id, who)


async def _my_page(
    request: Request, item_id: UUID, who: SignIn, problem: InvalidForm | Refused | None = None
) -> Response:
    service = of(request)
    item = await service.database.read(
        lambda tx: given.own(tx, _person(who), item_id, service.clock.today(), helped=who.acting_for is not None)
    )
    return await _item_page(request, who, item, base=f"/feedback/mine/{item_id}", code=None, problem=problem)


def _person(who: SignIn) -> UUID:
    return who.acting_for or who.person_id


@router.post("/mine/{item_id}/withdraw")
async def withdraw_mine(request: Request, item_id: UUID, who: SignedIn) -> Response:
    return await _mine_then_back(
        request, item_id, who, "withdraw-feedback", lambda tx: giver.withdraw(tx, item_id), "You took it back."
    )


@router.post("/mine/{item_id}/board")
@again(_my_page)
async def show_mine(request: Request, item_id: UUID, who: SignedIn) -> Response:
    may_show = (await read_form(request, ShowForm)).may_show == "yes"
    work: Work = lambda tx: giver.let_it_be_shown(tx, item_id, may_show)  # noqa: E731
    return await _mine_then_back(request, item_id, who, "change-board-consent", work, "We changed that.")


@router.post("/mine/{item_id}/not-answered")
@again(_my_page)
async def mine_is_not_answered(request: Request, item_id: UUID, who: SignedIn) -> Response:
    reviewer = settings_of(request).feedback_reviewer_role
    why = (await read_form(request, WhyForm)).why
    work: Work = lambda tx: giver.say_it_does_not_answer(tx, item_id, why, reviewer_role=reviewer)  # noqa: E731
    return await _mine_then_back(request, item_id, who, "reopen-feedback", work, "Someone else will look at it again.")


Work = Callable[[Transaction], Awaitable[None]]


async def _mine_then_back(
    request: Request, item_id: UUID, who: SignIn, name: str, work: Work, message: str
) -> Response:
    try:
        await of(request).database.run(Command(name, who.actor), work)
    except Refused as problem:
        return await _my_page(request, item_id, who, problem)
    return redirect(f"/feedback/mine/{item_id}", message)


@router.post("/mine/{item_id}/crossing")
@again(_my_page)
async def mine_may_cross(request: Request, item_id: UUID, who: SignedIn) -> Response:
    days = settings_of(request).feedback_release_days
    form = await read_form(request, CrossingForm)
    work: Work = lambda tx: releasing.agree(tx, item_id, seen=form.seen, words=form.words, release_days=days)  # noqa: E731
    return await _mine_then_back(
        request, item_id, who, "agree-to-crossing", work, "Thank you. Someone here reads it next."
    )


@router.post("/mine/{item_id}/stay")
async def mine_stays(request: Request, item_id: UUID, who: SignedIn) -> Response:
    work: Work = lambda tx: releasing.do_not_let_cross(tx, item_id)  # noqa: E731
    return await _mine_then_back(request, item_id, who, "keep-words-here", work, "It stays here. We answer it.")


@router.get("/mine/{item_id}/ask/{what}")
async def ask_before_mine_ends(request: Request, item_id: UUID, what: str, who: SignedIn) -> Response:
    service = of(request)
    item = await service.database.read(
        lambda tx: given.own(tx, _person(who), item_id, service.clock.today(), helped=who.acting_for is not None)
    )
    base = f"/feedback/mine/{item_id}"
    return _ending_page(request, who, item, what, base=base, code=None) if _can_end(item, what) else redirect(base)


# By code: always in the body of a post, never in an address


@router.get("/look-up")
async def ask_code(request: Request, who: Visitor) -> Response:
    return page(request, "look_up.html", who=who, title="Look up an answer with your code")


def _no_such_code(request: Request, who: SignIn | None, problem: InvalidForm | Refused) -> Response:
    request.state.never_kept = True  # whoever finds the page afterwards would hold the code
    return page(request, "look_up.html", who=who, title="Look up an answer with your code", problem=problem)


@router.post("/look-up")
@again(_no_such_code)
async def look_up(request: Request, who: Visitor) -> Response:
    code_hash, code = await _code(request, await read_form(request, CodeForm))
    return await _page_by_code(request, who, code_hash, code)


async def _code(request: Request, form: Any) -> tuple[bytes, str]:
    """The hash of the typed code, and the code. Counts the try; Refused if it can be no code."""
    await limit_of(request, "look-up").count(request)
    code = domain.tidy_code(form.code)
    if code is None:
        refuse(domain.NO_SUCH_CODE)
    return await hash_of_code(of(request), code), code


async def _wrong_code(request: Request) -> Refused:
    """Nobody has it. Counted, so that guessing shows, and without whose it was."""
    with apart_from_the_visit():
        await of(request).database.run(Command("count-wrong-code", Actor("guest")), note_wrong_code)
    return Refused([domain.NO_SUCH_CODE])


async def _page_by_code(
    request: Request, who: SignIn | None, code_hash: bytes, code: str, problem: InvalidForm | Refused | None = None
) -> Response:
    service = of(request)
    try:
        item = await service.database.read(lambda tx: by_code(tx, code_hash, service.clock.today()))
    except Missing:
        raise await _wrong_code(request) from None
    request.state.never_kept = True
    return await _item_page(
        request, who, item, base="/feedback/look-up", code=domain.spoken_code(code), problem=problem
    )


@router.post("/look-up/ask/{what}")
async def ask_before_it_ends_by_code(request: Request, what: str, who: Visitor) -> Response:
    service = of(request)
    try:
        code_hash, code = await _code(request, await read_form(request, CodeForm))
        item = await service.database.read(lambda tx: by_code(tx, code_hash, service.clock.today()))
    except (InvalidForm, Refused) as problem:
        return _no_such_code(request, who, problem)
    except Missing:
        return _no_such_code(request, who, await _wrong_code(request))
    if not _can_end(item, what):
        return await _page_by_code(request, who, code_hash, code)
    return _ending_page(request, who, item, what, base="/feedback/look-up", code=domain.spoken_code(code))


@router.post("/look-up/withdraw")
async def withdraw_by_code(request: Request, who: Visitor) -> Response:
    return await _by_code(
        request, who, CodeForm, "withdraw-feedback", lambda tx, own, form: giver.withdraw(tx, own), "You took it back."
    )


@router.post("/look-up/board")
async def show_by_code(request: Request, who: Visitor) -> Response:
    return await _by_code(
        request,
        who,
        ShowForm,
        "change-board-consent",
        lambda tx, own, form: giver.let_it_be_shown(tx, own, form.may_show == "yes"),
        "We changed that.",
    )


@router.post("/look-up/not-answered")
async def not_answered_by_code(request: Request, who: Visitor) -> Response:
    reviewer = settings_of(request).feedback_reviewer_role
    return await _by_code(
        request,
        who,
        WhyForm,
        "reopen-feedback",
        lambda tx, own, form: giver.say_it_does_not_answer(tx, own, form.why, reviewer_role=reviewer),
        "Someone else will look at it again. Keep your code to see the answer.",
    )


@router.post("/look-up/crossing")
async def may_cross_by_code(request: Request, who: Visitor) -> Response:
    days = settings_of(request).feedback_release_days
    return await _by_code(
        request,
        who,
        CrossingForm,
        "agree-to-crossing",
        lambda tx, own, form: releasing.agree(tx, own, seen=form.seen, words=form.words, release_days=days),
        "Thank you. Someone here reads it next.",
    )


@router.post("/look-up/stay")
async def stays_by_code(request: Request, who: Visitor) -> Response:
    return await _by_code(
        request,
        who,
        CodeForm,
        "keep-words-here",
        lambda tx, own, form: releasing.do_not_let_cross(tx, own),
        "It stays here. We answer it.",
    )


async def _by_code(
    request: Request,
    who: SignIn | None,
    kind: type[Form],
    name: str,
    work: Callable[[Transaction, bytes, Any], Awaitable[None]],
    message: str,
) -> Response:
    """Whoever holds the code acts as a guest: also someone who is signed in."""
    try:
        form = await read_form(request, kind)
        code_hash, code = await _code(request, form)
    except (InvalidForm, Refused) as problem:
        return _no_such_code(request, who, problem)
    try:
        with apart_from_the_visit():
            await of(request).database.run(Command(name, Actor("guest")), lambda tx: work(tx, code_hash, form))
    except Missing:
        return _no_such_code(request, who, await _wrong_code(request))
    except Refused as problem:
        return await _page_by_code(request, who, code_hash, code, problem)
    return redirect("/feedback/look-up", message)


_ENDINGS = {"withdraw": "Take your feedback back?", "board": "Do not show it?", "stay": "Keep it here?"}
"""What a giver can end, each with a page before it that says what ends and what stays (PRI-02)."""


def _can_end(item: ItemView, what: str) -> bool:
    """Missing for what is none of these."""
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
        request, "giver_ending.html", who=who, title=_ENDINGS[what], item=item, what=what, base=base, code=code
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
    """A giver's own item: what they said, where it stands, what they can do. base: where its forms are sent."""
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
        title="Your feedback",
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
