"""Giving feedback: one question a page, nothing lost on the way, nothing kept about anonymous givers (FB-01, FB-04,
FB-09)."""

import secrets
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.feedback.domain.crossing import seal_of
from services.feedback.domain.facts import About
from services.feedback.domain.giving import (
    MOST_TRIES,
    NOT_HOW_IT_BEGINS,
    has_a_name,
    is_how_it_begins,
    reasons_not_to_accept_words,
    reasons_not_to_be_about,
    reasons_not_to_hear_by,
    reasons_not_to_name,
)
from services.feedback.domain.network import readable
from services.feedback.pages.common import limit_of
from services.feedback.pages.so_far import (
    START_AGAIN,
    answers_so_far,
    ask,
    asleep,
    begin_again,
    forget,
    go_on,
    id_of,
    keep,
    next_question,
    opportunity_title,
    secret_of,
    sign_in_then,
)
from services.feedback.queries import begun
from services.feedback.use_cases import giving
from shared.db import VISITOR, Command
from shared.identity import SignIn, Visitor
from shared.reasons import Refused, refuse
from shared.service import of
from shared.web import (
    Form,
    InvalidForm,
    Paragraphs,
    Refusal,
    again,
    forget_visitors_answers,
    page,
    read_form,
    redirect,
    theirs,
)

router = APIRouter(prefix="/feedback/give")
BOARD = "May we show what you said on our board?"


class AboutForm(Form):
    messages: ClassVar[dict[str, str]] = {"about": "Choose what your feedback is about."}
    about: str
    opportunity: UUID | None = None


class StartAgainForm(Form):
    opportunity: str = ""


class CarryOnForm(Form):
    first_words: str = ""


class NameForm(Form):
    name: str = ""


class WordsForm(Form):
    words: Paragraphs = ""


class NamedForm(Form):
    messages: ClassVar[dict[str, str]] = {"named": "Choose whether to give your name."}
    named: Literal["yes", "no"]


class HostForm(Form):
    messages: ClassVar[dict[str, str]] = {"may_cross": "Choose whether they may read it."}
    may_cross: Literal["yes", "no"]
    seen: str = ""


class BoardForm(Form):
    messages: ClassVar[dict[str, str]] = {"may_show": "Choose whether we may show what you said."}
    may_show: Literal["yes", "no"]


class HearForm(Form):
    hear_by: str = ""


# What it is about


async def _about_page(
    request: Request, who: SignIn | None, opportunity: UUID | None, problem: Refusal = None
) -> Response:
    service, answers = of(request), await answers_so_far(request, who)
    known = await service.database.read(lambda tx: begun.opportunity(tx, opportunity)) if opportunity else None
    return page(
        request,
        "give/about.html",
        who=who,
        title=theirs("What is your feedback about?", who),
        opportunity=opportunity if known else None,
        opportunity_title=known.title if known else None,
        host=known.host if known else "",
        about=(answers or {}).get("about", "opportunity" if known else None),
        begun=answers is not None,
        problem=problem,
        headers={"Cache-Control": "no-store"},
    )


@router.get("")
async def ask_about(request: Request, who: Visitor, opportunity: str = "", change: str = "") -> Response:
    """Where something was begun and its subject is not to be changed: asks whether to carry on with it."""
    answers = await answers_so_far(request, who)
    sleeping = await asleep(request, answers)
    if sleeping or (answers is not None and not change):
        shown = await _begun_page(request, who, sleeping or answers or {}, opportunity)
    else:
        shown = await _about_page(request, who, id_of(opportunity or (answers or {}).get("opportunity_id") or ""))
    return shown if change else forget_visitors_answers(request, shown)


async def _begun_page(
    request: Request,
    who: SignIn | None,
    answers: dict[str, Any],
    opportunity: str = "",
    problem: Refusal = None,
) -> Response:
    """Asks whether to carry on. A visitor who came in by the front page may not be the one who began, so it sleeps
    until they say how it begins."""
    secret = secret_of(request)
    if not answers.get("sitting") and secret is not None and not answers.get("asleep"):
        await of(request).database.run(
            Command("keep-draft", VISITOR), lambda tx: giving.put_to_sleep(tx, secret, {**answers, "asleep": True})
        )
    return page(
        request,
        "give/begun.html",
        who=who,
        title=theirs("You have started", who) if answers.get("sitting") else "Was it you who started?",
        theirs=bool(answers.get("sitting")),
        has_words=bool(answers.get("words")),
        carry_on=next_question(answers),
        opportunity=id_of(opportunity),
        problem=problem,
        headers={"Cache-Control": "no-store"},
    )


@router.post("/carry-on")
async def carry_on(request: Request, who: Visitor) -> Response:
    """FB-01: only somebody who knows how it begins may continue what a visitor began. After several wrong tries it is
    forgotten."""
    form, secret, answers = (
        await read_form(request, CarryOnForm),
        secret_of(request),
        await answers_so_far(request, who),
    )
    answers = answers or await asleep(request, None)
    if secret is None or answers is None:
        return redirect("/feedback/give", START_AGAIN, done=False)
    if answers.get("sitting") or is_how_it_begins(form.first_words, answers.get("words") or ""):
        return await keep(request, who, secret, answers)
    answers = {**answers, "asleep": True, "tries": answers.get("tries", 0) + 1}
    if answers["tries"] >= MOST_TRIES:
        return await forget(request, redirect("/feedback/give", START_AGAIN, done=False))
    await of(request).database.run(Command("keep-draft", VISITOR), lambda tx: giving.put_to_sleep(tx, secret, answers))
    return await _begun_page(request, who, answers, problem=Refused([NOT_HOW_IT_BEGINS]))


@router.post("/again")
async def start_again(request: Request, who: Visitor) -> Response:
    """At their request: what was begun is forgotten, and what they came to speak about is asked first."""
    opportunity = id_of((await read_form(request, StartAgainForm)).opportunity)
    return await forget(
        request, redirect(f"/feedback/give?opportunity={opportunity}" if opportunity else "/feedback/give")
    )


async def _about_again(request: Request, who: SignIn | None, problem: InvalidForm | Refused) -> Response:
    return await _about_page(request, who, id_of(request.state.typed.get("opportunity", "")), problem)


@router.post("")
@again(_about_again)
async def say_about(request: Request, who: Visitor) -> Response:
    """Keeps what was begun, even from a page opened earlier: only "start again" or "stop" drops it. A new start gets a
    new secret."""
    form = await read_form(request, AboutForm)
    opportunity = form.opportunity
    known = opportunity and await of(request).database.read(lambda tx: begun.opportunity(tx, opportunity))
    refuse(reasons_not_to_be_about(form.about, opportunity_known=bool(known)))
    secret, answers = secret_of(request), await answers_so_far(request, who)
    if await asleep(request, answers):
        return redirect("/feedback/give")  # what was begun is shown to people who know how it begins
    if secret is None or answers is None:
        await limit_of(request, "start").count(request)
        secret, answers = secrets.token_urlsafe(32), {}
    chosen = known if form.about == "opportunity" and known else None
    if answers.get("host", "") != (chosen.host if chosen else ""):
        answers.pop("may_cross", None)
    answers |= {
        "about": form.about,
        "opportunity_id": str(opportunity) if chosen else None,
        "host": chosen.host if chosen else "",
    }
    if not has_a_name(_about(answers)):
        answers.pop("name", None)
    return await keep(request, who, secret, answers)


def _about(answers: dict[str, Any]) -> About:
    return answers["about"]


@router.get("/which")
async def ask_which(request: Request, who: Visitor) -> Response:
    return await ask(request, who, "which.html", "What is it called?")


@router.post("/which")
@again(lambda request, who, problem: ask(request, who, "which.html", "What is it called?", problem=problem))
async def say_which(request: Request, who: Visitor) -> Response:
    form = await read_form(request, NameForm)
    answers = await answers_so_far(request, who)
    refuse(reasons_not_to_name(_about(answers), form.name) if answers else [])
    return await go_on(request, who, name=form.name)


# What they say, who they are, and what we may do with it


@router.get("/words")
async def ask_words(request: Request, who: Visitor) -> Response:
    return await ask(request, who, "words.html", "What do you want to say?")


@router.post("/words")
@again(lambda request, who, problem: ask(request, who, "words.html", "What do you want to say?", problem=problem))
async def say_words(request: Request, who: Visitor) -> Response:
    form = await read_form(request, WordsForm)
    refuse(reasons_not_to_accept_words(form.words))
    changed = (await answers_so_far(request, who) or {}).get("words") != form.words
    return await go_on(request, who, words=form.words, **({"may_cross": None} if changed else {}))


@router.get("/who")
async def ask_who(request: Request, who: Visitor) -> Response:
    return await ask(request, who, "who.html", "Do you want to give your name?")


@router.post("/who")
@again(lambda request, who, problem: ask(request, who, "who.html", "Do you want to give your name?", problem=problem))
async def say_who(request: Request, who: Visitor) -> Response:
    """An anonymous giver hears by code. Somebody with a name who has not signed in does so now, and comes back."""
    named = (await read_form(request, NamedForm)).named == "yes"
    secret, answers = secret_of(request), await answers_so_far(request, who)
    if secret is None or answers is None:
        return await begin_again(request)
    if not named:
        answers["hear_by"] = "code"
    elif answers.get("hear_by") == "code":
        del answers["hear_by"]
    response = await keep(request, who, secret, {**answers, "named": named})
    if named and who is None:
        response.headers["location"] = sign_in_then(response.headers["location"])
    return response


@router.get("/host")
async def ask_host(request: Request, who: Visitor, problem: Refusal = None) -> Response:
    """NET-02: asks whether the organisation that held it may read it, and shows the words that would cross."""
    answers = await answers_so_far(request, who)
    if answers is not None and not answers.get("host"):
        return redirect(f"/feedback/give{next_question(answers)}")
    title, host = await opportunity_title(request, answers or {}), (answers or {}).get("host")
    exactly = readable((answers or {}).get("words") or "")
    shown = {"exactly": exactly, "seal": seal_of(exactly), "opportunity_title": title}
    return await ask(request, who, "host.html", f"May {host} read what you said?", problem=problem, **shown)


@router.post("/host")
@again(ask_host)
async def say_host(request: Request, who: Visitor) -> Response:
    form = await read_form(request, HostForm)
    may_cross = form.may_cross == "yes"
    answers = await answers_so_far(request, who) or {}
    if may_cross:
        giver = (who.acting_for or who.person_id) if who and answers.get("named") else None
        words = answers.get("words", "")
        refuse(
            await of(request).database.read(lambda tx: giving.reasons_not_to_let_host_read(tx, words, giver, form.seen))
        )
    return await go_on(request, who, may_cross=may_cross, agreed_to=form.seen if may_cross else None)


@router.get("/board")
async def ask_board(request: Request, who: Visitor) -> Response:
    return await ask(request, who, "board.html", BOARD)


@router.post("/board")
@again(lambda request, who, problem: ask(request, who, "board.html", BOARD, problem=problem))
async def say_board(request: Request, who: Visitor) -> Response:
    form = await read_form(request, BoardForm)
    return await go_on(request, who, may_show=form.may_show == "yes")


@router.get("/hear")
async def ask_hear(request: Request, who: Visitor) -> Response:
    return await ask(request, who, "hear.html", "How do you want to hear what we did?")


@router.post("/hear")
@again(
    lambda request, who, problem: ask(
        request, who, "hear.html", "How do you want to hear what we did?", problem=problem
    )
)
async def say_hear(request: Request, who: Visitor) -> Response:
    form = await read_form(request, HearForm)
    refuse(
        reasons_not_to_hear_by(
            form.hear_by, anonymous=not (await answers_so_far(request, who) or {}).get("named", True)
        )
    )
    return await go_on(request, who, hear_by=form.hear_by)
