"""Sending feedback, or stopping: once, and anonymously if they said so (FB-01, FB-04)."""

import contextlib
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from services.feedback.domain.codes import command_id, look_up_code, spoken_code
from services.feedback.domain.giving import due_on
from services.feedback.pages.common import apart_from_the_visit, hash_of_code, limit_of, settings_of
from services.feedback.pages.so_far import (
    answers_so_far,
    ask,
    begin_again,
    cookie_of,
    forget,
    next_question,
    opportunity_title,
    secret_of,
    sign_in_then,
)
from services.feedback.queries.begun import draft, has_code
from services.feedback.use_cases import giving
from shared.db import VISITOR, Actor, Command
from shared.identity import SignIn, Visitor
from shared.reasons import Missing, Refused
from shared.service import Service, of
from shared.web import Refusal, again, cookies, page, redirect

router = APIRouter(prefix="/feedback/give")
SENT_OR_GONE = (
    "There is nothing here to send. If you have just sent it, we have it. If not, please begin again: we "
    "forget what is left alone."
)


@router.post("/stop")
async def stop(request: Request, who: Visitor) -> Response:
    """Deletes the answers, so that the next user of this device finds nothing."""
    return await forget(
        request, redirect("/opportunities", "We have stopped, and forgotten what you wrote. Nothing of it is kept.")
    )


@router.get("/check")
async def check(request: Request, who: Visitor, problem: Refusal = None) -> Response:
    answers = await answers_so_far(request, who)
    if answers is not None and next_question(answers) != "/check":
        return redirect(f"/feedback/give{next_question(answers)}")
    title = await opportunity_title(request, answers or {})
    by = _answer_by(request)
    return await ask(
        request,
        who,
        "check.html",
        "Check what you want to send",
        opportunity_title=title,
        answer_by=by,
        problem=problem,
    )


def _answer_by(request: Request) -> date:
    """FB-03: for feedback that is sent today."""
    return due_on(of(request).clock.today(), settings_of(request).feedback_answer_days)


@router.post("/check")
@again(check)
async def send(request: Request, who: Visitor) -> Response:
    """Sent twice, it is one item: the second time finds the first answer."""
    await limit_of(request, "give").count(request)
    secret, answers = secret_of(request), await answers_so_far(request, who)
    if secret is None:
        return redirect("/feedback/give", SENT_OR_GONE, done=False)
    if answers is None and await of(request).database.read(lambda tx: draft(tx, secret)):
        return await begin_again(request)  # of another sitting: nobody else may send it
    if answers is not None and next_question(answers) != "/check":
        return redirect(f"/feedback/give{next_question(answers)}")
    anonymous = answers is None or not answers.get("named")
    if not anonymous and who is None:
        return redirect(sign_in_then("/feedback/give/check"))
    try:
        sent = await _send_once(request, secret, who, anonymous=anonymous, repeated=answers is None)
    except Missing:
        return redirect("/feedback/give", SENT_OR_GONE, done=False)
    if sent["has_code"]:
        return redirect("/feedback/give/done")
    response = redirect("/feedback/mine", "Thank you. We have your feedback.")
    cookies.drop(response, cookie_of(request))
    return response


async def _send_once(
    request: Request, secret: str, who: SignIn | None, *, anonymous: bool, repeated: bool
) -> dict[str, Any]:
    """repeated: nothing is left to send, so it may have been sent a moment ago.

    We do not keep who sent it. So it is asked for as an anonymous giver's, which reveals nobody, then as this person's;
    only its sender gets the answer. Missing if it was never sent."""
    service = of(request)
    if not repeated:
        return await _send(service, secret, VISITOR if anonymous or who is None else who.actor)
    for sender in [VISITOR, who.actor] if who else [VISITOR]:
        with contextlib.suppress(Refused):  # its sender is somebody else
            return await _send(service, secret, sender)
    raise Missing


async def _send(service: Service, secret: str, actor: Actor) -> dict[str, Any]:
    settings = service.settings
    anonymous = actor.kind == "guest"
    code_hash = await hash_of_code(service, look_up_code(secret)) if anonymous else None
    with apart_from_the_visit() if anonymous else contextlib.nullcontext():
        return await service.database.run(
            Command("give-feedback", actor, id=command_id(secret)),
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
    """Shows the code once: with this answer the browser forgets the secret from which the code is derived."""
    service, secret = of(request), secret_of(request)
    code = look_up_code(secret) if secret else ""
    code_hash = await hash_of_code(service, code) if secret else b""
    if not secret or not await service.database.read(lambda tx: has_code(tx, code_hash)):
        return redirect("/feedback/look-up")
    context = {"code": spoken_code(code), "answer_by": _answer_by(request)}
    response = page(request, "give/done.html", who=who, title="Thank you. We have your feedback.", **context)
    response.headers["Cache-Control"] = "no-store"
    cookies.drop(response, cookie_of(request))
    return response
