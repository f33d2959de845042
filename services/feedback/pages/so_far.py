"""The answers so far of somebody who gives feedback (FB-01, FB-04).

They are kept under a secret in a cookie that ends with the browser, for two hours at most, and without anybody's id.
They belong to one sitting: nobody else who signs in here, or is helped here, can continue them, nor can a visitor who
comes to a device that was left alone."""

import contextlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.feedback.domain import codes
from services.feedback.domain.giving import LEFT_ALONE_MINUTES, goes_on, has_a_name
from services.feedback.pages.common import reading, settings_of
from services.feedback.queries import begun
from services.feedback.queries.begun import draft
from services.feedback.use_cases import giving
from shared.db import VISITOR, Command
from shared.identity import NotSignedIn, SignIn, token_of
from shared.service import of
from shared.web import cookies, page, redirect, theirs

START_AGAIN = (
    "There is nothing here that we can show you. We forget what is left alone, and only the person who began it can go "
    "on with it. Please begin again."
)
NOT_TAKEN = "We did not take what you just sent. First say how what was written here before begins, or start again."
_FRONT = "/feedback/give"
_QUESTIONS = {
    "about": "",
    "name": "/which",
    "words": "/words",
    "named": "/who",
    "may_cross": "/host",
    "may_show": "/board",
    "hear_by": "/hear",
}
"""The questions in order, with the page of each."""


def cookie_of(request: Request) -> str:
    return cookies.name_of("feedback", settings_of(request).organisation)


def secret_of(request: Request) -> str | None:
    return request.cookies.get(cookie_of(request))


def sitting_of(secret: str, who: SignIn | None) -> str:
    return codes.sitting_of(secret, who.person_id if who else None, who.acting_for if who else None)


async def answers_so_far(request: Request, who: SignIn | None) -> dict[str, Any] | None:
    """The answers of this sitting. A visitor's that were left alone are deleted here, so that a later post cannot wake
    them.

    NotSignedIn if their sign-in was ended on the way: what they post is kept for them. The front page stays open, so
    that anybody can begin."""
    secret = secret_of(request)
    found = await of(request).database.read(lambda tx: draft(tx, secret)) if secret else None
    if secret is None or found is None:
        return None
    answers, kept_until = found
    alone = giving.DRAFT_LIFE - (kept_until - datetime.now(UTC))
    sitting, reader, posting = answers.get("sitting", ""), sitting_of(secret, who), request.method == "POST"
    minutes_alone = alone.total_seconds() / 60
    left_alone = not sitting and not reader and not posting and minutes_alone >= LEFT_ALONE_MINUTES
    asleep = bool(answers.get("asleep"))
    if goes_on(sitting, reader, minutes_alone=minutes_alone, posting=posting, asleep=asleep):
        return answers
    if sitting and who is None and token_of(request) and (posting or request.url.path != _FRONT):
        raise NotSignedIn
    if left_alone:
        await of(request).database.run(Command("forget-draft", VISITOR), lambda tx: giving.forget_draft(tx, secret))
    return None


async def keep(request: Request, who: SignIn | None, secret: str, answers: dict[str, Any]) -> Response:
    """Keeps the answers and goes to the first unanswered question, or to the last page."""
    answers = {name: answer for name, answer in answers.items() if name not in ("asleep", "tries")} | {
        "sitting": sitting_of(secret, who)
    }
    await of(request).database.run(Command("keep-draft", VISITOR), lambda tx: giving.save_draft(tx, secret, answers))
    response = redirect(f"/feedback/give{next_question(answers)}")
    cookies.keep(response, cookie_of(request), secret)
    return response


def next_question(answers: dict[str, Any]) -> str:
    for question, path in _QUESTIONS.items():
        if question == "name" and not has_a_name(answers["about"]):
            continue
        if question == "may_cross" and not answers.get("host"):
            continue
        if answers.get(question) is None:
            return path
    return "/check"


async def go_on(request: Request, who: SignIn | None, **changes: Any) -> Response:
    """Adds to the answers so far."""
    secret, answers = secret_of(request), await answers_so_far(request, who)
    if secret is None or answers is None:
        return await begin_again(request)
    return await keep(request, who, secret, {**answers, **changes})


async def begin_again(request: Request) -> Response:
    """Nothing here is theirs to continue as they are now signed in."""
    if await asleep(request, None) is None:
        return redirect("/feedback/give", START_AGAIN, done=False)
    return redirect("/feedback/give", None if request.method == "GET" else NOT_TAKEN, done=False)


async def ask(request: Request, who: SignIn | None, template: str, title: str, **more: Any) -> Response:
    """A question, with the answers so far; the first one if there are none."""
    answers = await answers_so_far(request, who)
    if answers is None:
        return await begin_again(request)
    response = page(
        request, f"give/{template}", who=who, title=theirs(title, who), answers=answers, **more, **reading(request)
    )
    response.headers["Cache-Control"] = "no-store"
    return response


async def asleep(request: Request, answers: dict[str, Any] | None) -> dict[str, Any] | None:
    """A visitor's answers that nobody sees until they say how they begin."""
    secret = secret_of(request)
    if answers is not None or secret is None:
        return None
    found = await of(request).database.read(lambda tx: draft(tx, secret))
    return found[0] if found and found[0].get("asleep") else None


async def forget(request: Request, response: Response) -> Response:
    secret = secret_of(request)
    if secret is not None:
        await of(request).database.run(Command("forget-draft", VISITOR), lambda tx: giving.forget_draft(tx, secret))
    cookies.drop(response, cookie_of(request))
    return response


async def opportunity_title(request: Request, answers: dict[str, Any]) -> str | None:
    opportunity = id_of(answers.get("opportunity_id") or "")
    known = await of(request).database.read(lambda tx: begun.opportunity(tx, opportunity)) if opportunity else None
    return known.title if known else None


def id_of(text: str) -> UUID | None:
    with contextlib.suppress(ValueError):
        return UUID(text)
    return None


def sign_in_then(address: str) -> str:
    """FB-04: where somebody signs in to give their name; from there they can go back and stay anonymous."""
    return f"/people/sign-in?next={address}&back=/feedback/give/who"
