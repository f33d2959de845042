"""Joining: one question a page, and a code by email at the end."""

import secrets
from typing import Any, ClassVar
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.people import queries
from services.people.domain.joining import JOINING_MINUTES, LEFT_ALONE_MINUTES
from services.people.gateways.ports import gateways
from services.people.pages.machine_time import machine_now
from services.people.pages.questions import HOPES, JOINING, THINK, Question, answer_to, areas_of, options, typed
from services.people.pages.sign_in import joining_cookie, mail_is_away, mailed_code, new_code
from services.people.pages.slowing import slow_down, slow_down_joining
from services.people.use_cases import joining, signing_in
from shared.db import VISITOR, Command, Transaction
from shared.identity import Visitor
from shared.reasons import Missing
from shared.service import of
from shared.web import Form, again, cookies, forget_visitors_answers, local_path, page, read_form, redirect

routes = APIRouter(prefix="/people/join")
_STEPS = {question.slug: question for question in JOINING}
_STOP = "/people/join/stop"
AFTER_JOINING = "/opportunities"
"""Where people land who came from no other page: the opportunities, which they joined for."""
_BEGIN_AGAIN = "We hold no answers of yours here: we keep them for an hour at most. Please begin again."


class AgreeForm(Form):
    agreed: bool = False
    messages: ClassVar[dict[str, str]] = {"agreed": "Tick the box if you agree"}


@routes.get("")
async def show_start(request: Request, who: Visitor, next: str = "") -> Response:
    return forget_visitors_answers(request, page(request, "join/start.html", title="Join us", next=local_path(next)))


@routes.post("")
async def start(request: Request, who: Visitor, next: str = "") -> Response:
    """next: where they were going when they were asked to join. They return there once they have joined."""
    await slow_down_joining(request)
    secret, now, before = secrets.token_urlsafe(32), machine_now(), _joining_id(request)

    async def work(tx: Transaction) -> None:
        await joining.drop(tx, before)  # drop what somebody else may have begun here
        await joining.begin(tx, joining.id_of(secret), now, local_path(next))

    await of(request).database.run(Command("begin-joining", VISITOR), work)
    return _kept(request, redirect(f"/people/join/{JOINING[0].slug}"), secret)


@routes.post("/stop")
async def stop(request: Request, who: Visitor) -> Response:
    """Deletes the answers, so that the next user of this device finds nothing."""
    joining_id = _joining_id(request)
    await of(request).database.run(Command("stop-joining", VISITOR), lambda tx: joining.drop(tx, joining_id))
    response = redirect("/opportunities", "We have stopped, and forgotten what you told us. Nothing of it is kept.")
    cookies.drop(response, joining_cookie(request))
    return response


@routes.get("/agree")
async def show_agree(request: Request, who: Visitor) -> Response:
    if await _answers(request) is None:
        return redirect("/people/join", _BEGIN_AGAIN, done=False)
    return await _agree_page(request)


@routes.post("/agree")
@again(lambda request, problem: _agree_page(request, problem=problem))
async def agree(request: Request, who: Visitor) -> Response:
    """The last question. The code that proves the address also completes joining."""
    areas, joining_id = areas_of(request), _joining_id(request)
    agreed = (await read_form(request, AgreeForm)).agreed
    try:
        email = await of(request).database.run(
            Command("agree", VISITOR), lambda tx: joining.agree(tx, joining_id, agreed, areas)
        )
    except Missing:
        return redirect("/people/join", _BEGIN_AGAIN, done=False)
    await slow_down(request, email)
    code, now, hash_of = new_code(), machine_now(), gateways(request).tokens.hash_of_code
    request_id = await of(request).database.run(
        Command("ask-for-code", VISITOR),
        lambda tx: signing_in.keep_code(tx, "join", code, hash_of, now, joining_id=joining_id, mailed_to=email),
    )
    if not await mailed_code(request, email, code):
        return mail_is_away(request)
    answers = await _answers(request) or {}
    response = redirect(
        f"/people/sign-in/code/{request_id}?next={quote(local_path(answers.get('next')) or AFTER_JOINING, safe='')}"
    )
    return _kept(request, response, request.cookies[joining_cookie(request)])


@routes.get("/{step}")
async def show_question(request: Request, who: Visitor, step: str) -> Response:
    question, answers = _question(step), await _answers(request)
    if answers is None:
        return redirect("/people/join", _BEGIN_AGAIN, done=False)
    return _question_page(request, question, answers.get(question.field), next=answers.get("next"))


@routes.post("/{step}")
@again(lambda request, step, problem: _again_page(request, step, problem))
async def answer(request: Request, who: Visitor, step: str) -> Response:
    question, areas, joining_id = _question(step), areas_of(request), _joining_id(request)
    given = await answer_to(request, question)
    try:
        await of(request).database.run(
            Command("answer-joining", VISITOR), lambda tx: joining.answer(tx, joining_id, question.field, given, areas)
        )
    except Missing:
        return redirect("/people/join", _BEGIN_AGAIN, done=False)
    return _kept(request, redirect(f"/people/join/{_next(question, given)}"), request.cookies[joining_cookie(request)])


def _next(question: Question, given: Any) -> str:
    """The questions to think about are asked only if wanted (PEO-01)."""
    if question is JOINING[-1] or (question is THINK and not given):
        return "agree"
    return JOINING[JOINING.index(question) + 1].slug


def _question(step: str) -> Question:
    if step not in _STEPS:
        raise Missing
    return _STEPS[step]


async def _again_page(request: Request, step: str, problem: Any) -> Response:
    held = await _answers(request) or {}
    return _question_page(request, _question(step), None, next=held.get("next"), problem=problem)


def _question_page(request: Request, question: Question, answer: Any, **more: Any) -> Response:
    before, onward = JOINING.index(question) - 1, more.get("next")
    start = f"/people/join?next={quote(onward, safe='')}" if onward else "/people/join"
    back = f"/people/join/{JOINING[before].slug}" if before >= 0 else start
    caption = "What you would like" if question in HOPES else "Join us"
    context = {"asked": question, "options": options(question, areas_of(request)), "answer": typed(question, answer)}
    return _unstored(
        page(
            request,
            "question.html",
            title=question.title,
            caption=caption,
            back=back,
            button="Continue",
            stop=_STOP,
            **context,
            **more,
        )
    )


async def _agree_page(request: Request, **more: Any) -> Response:
    """Its back link leads to the question that they came from."""
    answers = await _answers(request) or {}
    before = JOINING[-1] if answers.get(THINK.field) else THINK
    context = {"back": f"/people/join/{before.slug}", "next": answers.get("next"), "stop": _STOP}
    return _unstored(page(request, "join/agree.html", title="Do you agree?", **context, **more))


def _unstored(response: Response) -> Response:
    """Stops browsers from showing somebody's answers again when the next user presses Back."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _kept(request: Request, response: Response, secret: str) -> Response:
    """The cookie lasts as long as the answers that it opens: one hour from now."""
    cookies.keep(response, joining_cookie(request), secret, seconds=JOINING_MINUTES * 60)
    return response


async def _answers(request: Request) -> dict[str, Any] | None:
    """The answers, for whoever is at the page. Once they have been left alone too long nobody sees them, and a later
    post deletes them."""
    joining_id = _joining_id(request)
    left = 0 if request.method == "POST" else JOINING_MINUTES - LEFT_ALONE_MINUTES
    answers = await of(request).database.read(lambda tx: queries.joining_answers(tx, joining_id, left))
    if answers is None and request.cookies.get(joining_cookie(request)):
        await of(request).database.run(Command("forget-joining", VISITOR), lambda tx: joining.drop(tx, joining_id))
    return answers


def _joining_id(request: Request) -> bytes:
    return joining.id_of(request.cookies.get(joining_cookie(request), ""))
