"""Giving feedback: one question a page, nothing lost on the way, nothing kept of who is anonymous (FB-01, FB-04, FB-09).

The answers so far lie under a secret in a cookie that ends with the browser, two hours at most. Nobody's id lies beside them. They are of
one sitting: nobody else who signs in, or is helped, here goes on with them, nor does a visitor who comes to a device that was left alone.
"""

import contextlib
import secrets
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.feedback import domain
from services.feedback.pages.common import apart_from_the_visit, hash_of_code, limit_of, reading, settings_of
from services.feedback.queries import begun
from services.feedback.queries.begun import draft, has_code
from services.feedback.use_cases import giving
from shared.db import Actor, Command
from shared.identity import Session, Visitor
from shared.reasons import Missing, Refused, refuse
from shared.service import Service, of
from shared.web import Form, InvalidForm, Paragraphs, again, page, read_form, redirect

router = APIRouter(prefix="/feedback/give")
GUEST = Actor("guest")
BOARD = "May we show what you said on our board?"
START_AGAIN = "We hold nothing that you wrote here: we forget it when it is left alone. Please begin again."
SENT_OR_GONE = "There is nothing here to send. If you have just sent it, we have it. If not, please begin again: we forget what is left alone."
_QUESTIONS = {"about": "", "name": "/which", "words": "/words", "named": "/who", "may_cross": "/host", "may_show": "/board", "hear_by": "/hear"}
"""What is asked, in order, and on which page."""


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


# The answers so far


def _cookie(request: Request) -> str:
    return f"__Host-feedback-{settings_of(request).organisation}"


def _secret(request: Request) -> str | None:
    return request.cookies.get(_cookie(request))


def _sitting(secret: str, who: Session | None) -> str:
    return domain.sitting_of(secret, who and who.person_id, who and who.acting_for)


async def _answers(request: Request, who: Session | None) -> dict[str, Any] | None:
    """Those of this sitting. A visitor's that were left alone are forgotten here, so that nothing that is posted later wakes them."""
    secret = _secret(request)
    found = await of(request).database.read(lambda tx: draft(tx, secret)) if secret else None
    if secret is None or found is None:
        return None
    answers, kept_until = found
    alone = giving.DRAFT_LIFE - (kept_until - datetime.now(UTC))
    sitting, reader, posting = answers.get("sitting", ""), _sitting(secret, who), request.method == "POST"
    left_alone = not sitting and not reader and alone.total_seconds() / 60 >= domain.LEFT_ALONE_MINUTES
    asleep = bool(answers.get("asleep"))
    if domain.goes_on(sitting, reader, minutes_alone=alone.total_seconds() / 60, posting=posting, asleep=asleep):
        return answers
    if left_alone:
        await of(request).database.run(Command("forget-draft", GUEST), lambda tx: giving.forget_draft(tx, secret))
    return None


async def _keep(request: Request, who: Session | None, secret: str, answers: dict[str, Any]) -> Response:
    """Keep the answers and go on to the first question that has none, or to the last page."""
    answers = {name: answer for name, answer in answers.items() if name not in ("asleep", "tries")} | {"sitting": _sitting(secret, who)}
    await of(request).database.run(Command("keep-draft", GUEST), lambda tx: giving.save_draft(tx, secret, answers))
    response = redirect(f"/feedback/give{_next(answers)}")
    response.set_cookie(_cookie(request), secret, path="/", secure=True, httponly=True, samesite="lax")
    return response


def _next(answers: dict[str, Any]) -> str:
    for question, path in _QUESTIONS.items():
        if question == "name" and not domain.has_a_name(answers["about"]):
            continue
        if question == "may_cross" and not answers.get("host"):
            continue
        if answers.get(question) is None:
            return path
    return "/check"


async def _continue(request: Request, who: Session | None, **changes: Any) -> Response:
    """Add to the answers so far."""
    secret, answers = _secret(request), await _answers(request, who)
    if secret is None or answers is None:
        return redirect("/feedback/give", START_AGAIN, done=False)
    return await _keep(request, who, secret, {**answers, **changes})


async def _ask(request: Request, who: Session | None, template: str, title: str, **more: Any) -> Response:
    """A question with what was answered so far; the first one if nothing was."""
    answers = await _answers(request, who)
    if answers is None:
        return redirect("/feedback/give") if await _asleep(request, None) else redirect("/feedback/give", START_AGAIN, done=False)
    response = page(request, f"give/{template}", who=who, title=title, answers=answers, **more, **reading(request))
    response.headers["Cache-Control"] = "no-store"
    return response


# What it is about


async def _about_page(request: Request, who: Session | None, opportunity: UUID | None, problem: InvalidForm | Refused | None = None) -> Response:
    service, answers = of(request), await _answers(request, who)
    known = await service.database.read(lambda tx: begun.opportunity(tx, opportunity)) if opportunity else None
    return page(
        request,
        "give/about.html",
        who=who,
        title="What is your feedback about?",
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
    """With something begun, and not to change what it is about: whether to carry on with it."""
    answers = await _answers(request, who)
    sleeping = await _asleep(request, answers)
    if sleeping or (answers is not None and not change):
        return await _begun_page(request, who, sleeping or answers or {}, opportunity)
    return await _about_page(request, who, _id(opportunity or (answers or {}).get("opportunity_id") or ""))


async def _asleep(request: Request, answers: dict[str, Any] | None) -> dict[str, Any] | None:
    """A visitor's answers that are shown to nobody before they say how they begin."""
    secret = _secret(request)
    if answers is not None or secret is None:
        return None
    found = await of(request).database.read(lambda tx: draft(tx, secret))
    return found[0] if found and found[0].get("asleep") else None


async def _begun_page(
    request: Request, who: Session | None, answers: dict[str, Any], opportunity: str = "", problem: InvalidForm | Refused | None = None
) -> Response:
    """Whether to carry on. A visitor who came in by the front may be another than who began: it sleeps until they say how it begins."""
    secret = _secret(request)
    if not answers.get("sitting") and secret is not None and not answers.get("asleep"):
        await of(request).database.run(Command("keep-draft", GUEST), lambda tx: giving.put_to_sleep(tx, secret, {**answers, "asleep": True}))
    return page(
        request,
        "give/begun.html",
        who=who,
        title="You have started" if answers.get("sitting") else "Was it you who started?",
        theirs=bool(answers.get("sitting")),
        has_words=bool(answers.get("words")),
        carry_on=_next(answers),
        opportunity=_id(opportunity),
        problem=problem,
        headers={"Cache-Control": "no-store"},
    )


@router.post("/carry-on")
async def carry_on(request: Request, who: Visitor) -> Response:
    """FB-01: only who knows how it begins goes on with what a visitor began. After some wrong tries it is forgotten."""
    form, secret, answers = await read_form(request, CarryOnForm), _secret(request), await _answers(request, who)
    if secret is None or answers is None:
        return redirect("/feedback/give", START_AGAIN, done=False)
    if answers.get("sitting") or domain.is_how_it_begins(form.first_words, answers.get("words") or ""):
        return await _keep(request, who, secret, answers)
    answers = {**answers, "asleep": True, "tries": answers.get("tries", 0) + 1}
    if answers["tries"] >= domain.MOST_TRIES:
        return await _forget(request, redirect("/feedback/give", START_AGAIN, done=False))
    await of(request).database.run(Command("keep-draft", GUEST), lambda tx: giving.put_to_sleep(tx, secret, answers))
    return await _begun_page(request, who, answers, problem=Refused([domain.NOT_HOW_IT_BEGINS]))


@router.post("/again")
async def start_again(request: Request, who: Visitor) -> Response:
    """They asked for it: what was begun is forgotten, and what they came to speak about is asked first."""
    opportunity = _id((await read_form(request, StartAgainForm)).opportunity)
    return await _forget(request, redirect(f"/feedback/give?opportunity={opportunity}" if opportunity else "/feedback/give"))


def _id(text: str) -> UUID | None:
    with contextlib.suppress(ValueError):
        return UUID(text)
    return None


@router.post("")
async def say_about(request: Request, who: Visitor) -> Response:
    """What was begun is kept, from a page opened earlier too: only "start again" or "stop" drops it. A new start gets a new secret."""
    form: AboutForm | None = None
    try:
        form = await read_form(request, AboutForm)
        opportunity = form.opportunity
        known = opportunity and await of(request).database.read(lambda tx: begun.opportunity(tx, opportunity))
        refuse(domain.reasons_not_to_be_about(form.about, opportunity_known=bool(known)))
    except (InvalidForm, Refused) as problem:
        return await _about_page(request, who, form.opportunity if form else None, problem)
    secret, answers = _secret(request), await _answers(request, who)
    if answers and answers.get("asleep"):
        return redirect("/feedback/give")  # what was begun is shown to who knows how it begins
    if secret is None or answers is None:
        await limit_of(request, "start").count(request)
        secret, answers = secrets.token_urlsafe(32), {}
    chosen = known if form.about == "opportunity" and known else None
    if answers.get("host", "") != (chosen.host if chosen else ""):
        answers.pop("may_cross", None)
    answers |= {"about": form.about, "opportunity_id": str(opportunity) if chosen else None, "host": chosen.host if chosen else ""}
    if not domain.has_a_name(_about(answers)):
        answers.pop("name", None)
    return await _keep(request, who, secret, answers)


def _about(answers: dict[str, Any]) -> domain.About:
    return answers["about"]


@router.get("/which")
async def ask_which(request: Request, who: Visitor) -> Response:
    return await _ask(request, who, "which.html", "What is it called?")


@router.post("/which")
@again(lambda request, who, problem: _ask(request, who, "which.html", "What is it called?", problem=problem))
async def say_which(request: Request, who: Visitor) -> Response:
    form = await read_form(request, NameForm)
    answers = await _answers(request, who)
    refuse(domain.reasons_not_to_name(_about(answers), form.name) if answers else [])
    return await _continue(request, who, name=form.name)


# What they say, who they are, and what we may do with it


@router.get("/words")
async def ask_words(request: Request, who: Visitor) -> Response:
    return await _ask(request, who, "words.html", "What do you want to say?")


@router.post("/words")
@again(lambda request, who, problem: _ask(request, who, "words.html", "What do you want to say?", problem=problem))
async def say_words(request: Request, who: Visitor) -> Response:
    form = await read_form(request, WordsForm)
    refuse(domain.reasons_not_to_accept_words(form.words))
    changed = (await _answers(request, who) or {}).get("words") != form.words
    return await _continue(request, who, words=form.words, **({"may_cross": None} if changed else {}))


@router.get("/who")
async def ask_who(request: Request, who: Visitor) -> Response:
    return await _ask(request, who, "who.html", "Do you want to give your name?")


@router.post("/who")
@again(lambda request, who, problem: _ask(request, who, "who.html", "Do you want to give your name?", problem=problem))
async def say_who(request: Request, who: Visitor) -> Response:
    """An anonymous giver hears by code; somebody with a name who has not signed in does so now, and comes back."""
    named = (await read_form(request, NamedForm)).named == "yes"
    secret, answers = _secret(request), await _answers(request, who)
    if secret is None or answers is None:
        return redirect("/feedback/give", START_AGAIN, done=False)
    if not named:
        answers["hear_by"] = "code"
    elif answers.get("hear_by") == "code":
        del answers["hear_by"]
    response = await _keep(request, who, secret, {**answers, "named": named})
    if named and who is None:
        response.headers["location"] = f"/people/sign-in?next={response.headers['location']}"
    return response


@router.get("/host")
async def ask_host(request: Request, who: Visitor) -> Response:
    """NET-02: whether the organisation that held it may read it, and what of it crosses."""
    return await _host_page(request, who)


async def _host_page(request: Request, who: Session | None, problem: InvalidForm | Refused | None = None) -> Response:
    answers = await _answers(request, who)
    if answers is not None and not answers.get("host"):
        return redirect(f"/feedback/give{_next(answers)}")
    title, host = await _opportunity_title(request, answers or {}), (answers or {}).get("host")
    exactly = domain.readable((answers or {}).get("words") or "")
    shown = {"exactly": exactly, "seal": domain.seal_of(exactly), "opportunity_title": title}
    return await _ask(request, who, "host.html", f"May {host} read what you said?", problem=problem, **shown)


async def _opportunity_title(request: Request, answers: dict[str, Any]) -> str | None:
    opportunity = _id(answers.get("opportunity_id") or "")
    known = await of(request).database.read(lambda tx: begun.opportunity(tx, opportunity)) if opportunity else None
    return known.title if known else None


@router.post("/host")
@again(_host_page)
async def say_host(request: Request, who: Visitor) -> Response:
    form = await read_form(request, HostForm)
    may_cross = form.may_cross == "yes"
    answers = await _answers(request, who) or {}
    if may_cross:
        giver = (who.acting_for or who.person_id) if who and answers.get("named") else None
        words = answers.get("words", "")
        refuse(await of(request).database.read(lambda tx: giving.reasons_not_to_let_host_read(tx, words, giver, form.seen)))
    return await _continue(request, who, may_cross=may_cross, agreed_to=form.seen if may_cross else None)


@router.get("/board")
async def ask_board(request: Request, who: Visitor) -> Response:
    return await _ask(request, who, "board.html", BOARD)


@router.post("/board")
@again(lambda request, who, problem: _ask(request, who, "board.html", BOARD, problem=problem))
async def say_board(request: Request, who: Visitor) -> Response:
    form = await read_form(request, BoardForm)
    return await _continue(request, who, may_show=form.may_show == "yes")


@router.get("/hear")
async def ask_hear(request: Request, who: Visitor) -> Response:
    return await _ask(request, who, "hear.html", "How do you want to hear what we did?")


@router.post("/hear")
@again(lambda request, who, problem: _ask(request, who, "hear.html", "How do you want to hear what we did?", problem=problem))
async def say_hear(request: Request, who: Visitor) -> Response:
    form = await read_form(request, HearForm)
    refuse(domain.reasons_not_to_hear_by(form.hear_by, anonymous=not (await _answers(request, who) or {}).get("named", True)))
    return await _continue(request, who, hear_by=form.hear_by)


# Stopping, sending it


@router.post("/stop")
async def stop(request: Request, who: Visitor) -> Response:
    """Whoever uses this device next finds nothing of it."""
    return await _forget(request, redirect("/opportunities", "We have stopped, and forgotten what you wrote. Nothing of it is kept."))


async def _forget(request: Request, response: Response) -> Response:
    secret = _secret(request)
    if secret is not None:
        await of(request).database.run(Command("forget-draft", GUEST), lambda tx: giving.forget_draft(tx, secret))
    response.delete_cookie(_cookie(request), path="/", secure=True, httponly=True, samesite="lax")
    return response


@router.get("/check")
async def check(request: Request, who: Visitor) -> Response:
    return await _check_page(request, who)


async def _check_page(request: Request, who: Session | None, problem: Refused | None = None) -> Response:
    answers = await _answers(request, who)
    if answers is not None and _next(answers) != "/check":
        return redirect(f"/feedback/give{_next(answers)}")
    title = await _opportunity_title(request, answers or {})
    by = _answer_by(request)
    return await _ask(request, who, "check.html", "Check what you want to send", opportunity_title=title, answer_by=by, problem=problem)


def _answer_by(request: Request) -> date:
    """FB-03: of what is sent today."""
    return domain.due_on(of(request).clock.today(), settings_of(request).feedback_answer_days)


@router.post("/check")
async def send(request: Request, who: Visitor) -> Response:
    """Sent twice, it is one item: the second time finds the first one's answer."""
    await limit_of(request, "give").count(request)
    secret, answers = _secret(request), await _answers(request, who)
    if secret is None:
        return redirect("/feedback/give", SENT_OR_GONE, done=False)
    if answers is None and await of(request).database.read(lambda tx: draft(tx, secret)):
        return redirect("/feedback/give", START_AGAIN, done=False)  # of another sitting: never sent for them by somebody else
    if answers is not None and _next(answers) != "/check":
        return redirect(f"/feedback/give{_next(answers)}")
    anonymous = answers is None or not answers.get("named")
    if not anonymous and who is None:
        return redirect("/people/sign-in?next=/feedback/give/check")
    try:
        sent = await _send_once(request, secret, who, anonymous=anonymous, again=answers is None)
    except Missing:
        return redirect("/feedback/give", SENT_OR_GONE, done=False)
    except Refused as problem:
        return await _check_page(request, who, problem)
    if sent["has_code"]:
        return redirect("/feedback/give/done")
    response = redirect("/feedback/mine", "Thank you. We have your feedback.")
    response.delete_cookie(_cookie(request), path="/", secure=True, httponly=True, samesite="lax")
    return response


async def _send_once(request: Request, secret: str, who: Session | None, *, anonymous: bool, again: bool) -> dict[str, Any]:
    """again: nothing is left to send, so it may have been sent a moment ago. By whom is not kept: it is asked for as somebody anonymous
    first, which leads to nobody, then as who presses, and only the one who sent it finds its answer. Missing if it was never sent."""
    service = of(request)
    if not again:
        return await _send(service, secret, GUEST if anonymous or who is None else who.actor)
    for sender in [GUEST, who.actor] if who else [GUEST]:
        with contextlib.suppress(Refused):  # it was sent by somebody else than that
            return await _send(service, secret, sender)
    raise Missing


async def _send(service: Service, secret: str, actor: Actor) -> dict[str, Any]:
    settings = service.settings
    anonymous = actor.kind == "guest"
    code_hash = await hash_of_code(service, domain.look_up_code(secret)) if anonymous else None
    with apart_from_the_visit() if anonymous else contextlib.nullcontext():
        return await service.database.run(
            Command("give-feedback", actor, id=domain.command_id(secret)),
            lambda tx: giving.send_draft(
                tx,
                secret,
                answer_days=settings.feedback_answer_days,
                home=settings.organisation,
                code_hash=code_hash,
                release_days=settings.feedback_release_days,
            ),
            once=True,
        )


@router.get("/done")
async def done(request: Request, who: Visitor) -> Response:
    """Shows the code, once: with this answer the browser forgets the secret that it is made from."""
    service, secret = of(request), _secret(request)
    code = domain.look_up_code(secret) if secret else ""
    code_hash = await hash_of_code(service, code) if secret else b""
    if not secret or not await service.database.read(lambda tx: has_code(tx, code_hash)):
        return redirect("/feedback/look-up")
    context = {"code": domain.spoken_code(code), "answer_by": _answer_by(request)}
    response = page(request, "give/done.html", who=who, title="Thank you. We have your feedback.", **context)
    response.headers["Cache-Control"] = "no-store"
    response.delete_cookie(_cookie(request), path="/", secure=True, httponly=True, samesite="lax")
    return response
