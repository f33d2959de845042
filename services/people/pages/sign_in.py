"""Signing in by a code from an email, staying signed in, signing out."""

import re
import secrets
from collections.abc import Collection
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.people import queries
from services.people.domain.addresses import reasons_against_email
from services.people.domain.factors import device_of, needs_factor
from services.people.domain.sign_in import CodePurpose
from services.people.gateways.mail import MailAway, mail_of
from services.people.gateways.ports import gateways
from services.people.pages.former_sign_in import forget_former, former_sign_in, remember_former
from services.people.pages.keeping_drafts import KEPT, draft_cookie, held_secrets, hold_secrets, keep_draft, with_draft
from services.people.pages.machine_time import machine_now
from services.people.pages.slowing import remember_browser, slow_down, slow_down_tries
from services.people.use_cases import drafts, joining, signing_in
from shared.db import VISITOR, Command, Transaction
from shared.identity import SignedIn, SignIn, Visitor, cookie_name, count_anonymous_post, declares_access
from shared.reasons import Refused, refuse
from shared.service import of
from shared.web import (
    Form,
    Refusal,
    again,
    carries_on,
    cookies,
    forget_visitors_answers,
    local_path,
    page,
    read_form,
    redirect,
)
from shared.web.pages import web_of

WELCOME = (
    "Welcome. It is good to have you with us. What you told us is under My details, at the top of each page: "
    "you can change it there."
)
routes = APIRouter(prefix="/people")
_MAILED_ONWARD = re.compile(
    r"/opportunities/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(/take-part)?|/opportunities/mine"
)
"""Where people who are about to join may be sent on to from our mail. Any other address could hold somebody else's
words, which we never mail."""
_NOT_KEPT = "What you sent did not reach us. Please sign in, and send it again."
_COOKIE_DAYS = 30
"""The cookie outlives the sign-in, so that a late post still tells us whose it was."""


@declares_access("anyone")
async def sign_in_of_old_token(request: Request) -> UUID | None:
    """The sign-in that the visitor's cookie names, even after it has expired."""
    token = request.cookies.get(cookie_name(of(request).settings.organisation))
    return gateways(request).tokens.sign_in_id_of(token) if token else None


class EmailForm(Form):
    email: str
    messages: ClassVar[dict[str, str]] = {"email": "Write an email address like name@example.org"}


class CodeForm(Form):
    code: str
    messages: ClassVar[dict[str, str]] = {"code": "Write the 6 digits from our email"}


@routes.get("/sign-in")
async def show_sign_in(request: Request, who: Visitor, next: str = "", back: str = "") -> Response:
    """next: where they go once they are signed in. back: where they chose to sign in, if they may choose otherwise."""
    if who is not None:
        return redirect(local_path(next) or "/")
    return forget_visitors_answers(request, await _sign_in_page(request, next, back))


async def _sign_in_page(request: Request, next: str = "", back: str = "", problem: Refusal = None) -> Response:
    """Says why the system signed them out, if it did, and where they come back to."""
    target = local_path(next)
    return page(
        request,
        "sign-in.html",
        title="Sign in",
        problem=problem,
        next=target,
        back=local_path(back),
        signed_out=await _why_out(request),
        kept=target == KEPT and bool(held_secrets(request)),
    )


async def _why_out(request: Request) -> str | None:
    sign_in_id = await sign_in_of_old_token(request) or former_sign_in(request)
    if sign_in_id is None:
        return None
    now = machine_now()
    return await of(request).database.read(lambda tx: signing_in.why_out(tx, sign_in_id, now))


@routes.post("/sign-in")
@again(_sign_in_page)
async def ask_for_code(request: Request, who: Visitor, next: str = "", back: str = "") -> Response:
    email = (await read_form(request, EmailForm)).email
    refuse(reasons_against_email(email))
    await slow_down(request, email)
    code, now = new_code(), machine_now()
    hash_of = gateways(request).tokens.hash_of_code
    request_id, held = await of(request).database.run(
        Command("ask-for-code", VISITOR), lambda tx: signing_in.ask_for_code(tx, email, code, hash_of, now)
    )
    target = local_path(next)
    ways = {name: way for name, way in (("next", target), ("back", local_path(back))) if way}
    onward = f"?{urlencode(ways)}" if ways else ""
    if not await mailed_code(request, held or email, code if held else None, target):
        return mail_is_away(request)
    return redirect(f"/people/sign-in/code/{request_id}{onward}")


@routes.get("/sign-in/code/{request_id}")
async def show_code(request: Request, who: Visitor, request_id: UUID, next: str = "", back: str = "") -> Response:
    return await code_page(request, request_id, next, back)


async def code_page(
    request: Request,
    request_id: UUID,
    next: str = "",
    back: str = "",
    problem: Refusal = None,
    purposes: tuple[CodePurpose, ...] = signing_in.TO_SIGN_IN,
    who: SignIn | None = None,
) -> Response:
    """Says where the code went, so that a typing mistake shows, and how to get another."""
    now = machine_now()
    sent_to, joins = await of(request).database.read(lambda tx: queries.code_sent(tx, request_id, purposes, now))
    return page(
        request,
        "code.html",
        title="Ask for the code in their email" if who is not None and who.acting_for else "Check your email",
        who=who,
        lies_under="/people/join/code" if joins else None,
        sent_to=sent_to,
        joins=joins,
        next=local_path(next),
        back=local_path(back),
        problem=problem,
    )


@routes.post("/sign-in/code/{request_id}")
@again(code_page)
async def sign_in(request: Request, who: Visitor, request_id: UUID, next: str = "", back: str = "") -> Response:
    hash_of, now = gateways(request).tokens.hash_of_code, machine_now()
    _, joins = await of(request).database.read(
        lambda tx: queries.code_sent(tx, request_id, signing_in.TO_SIGN_IN, now)
    )  # before a try is counted
    code = await typed_code(request, request_id)
    device = device_of(request.headers.get("user-agent", ""))
    sign_in = await of(request).database.run(
        Command("sign-in", VISITOR), lambda tx: signing_in.sign_in(tx, request_id, code, hash_of, now, device)
    )
    if isinstance(sign_in, list):
        raise Refused(sign_in)
    target = local_path(next) or "/"
    if needs_factor(sign_in.roles):
        target = f"/people/confirm?next={quote(target, safe='')}"
    response = redirect(target, WELCOME if joins else None)
    remember_browser(request, with_sign_in(request, response, sign_in), sign_in.person_id)
    await drop_what_others_began(request, response, sign_in.person_id, local_path(next) or "/")
    return response


@routes.api_route("/session/renew", methods=["GET", "HEAD", "POST"])
@carries_on
async def renew(
    request: Request, sign_in_id: Annotated[UUID | None, Depends(sign_in_of_old_token)], next: str = ""
) -> Response:
    """A fresh token for a sign-in that lasts. 307, so that what was being posted is posted again to next."""
    target = local_path(next) or "/"
    sign_in = None
    if sign_in_id is not None:
        sign_in = await _renewed(request, sign_in_id)
    if sign_in is not None:
        return with_sign_in(request, RedirectResponse(target, 307), sign_in)
    await count_anonymous_post(request)
    lost = False
    if request.method == "POST":
        target = await keep_draft(request, target, sign_in_id or former_sign_in(request))
        lost = target != KEPT
    response = redirect(f"/people/sign-in?next={quote(target, safe='')}", _NOT_KEPT if lost else None, done=False)
    return without_sign_in(request, with_draft(request, response))


@routes.get("/sign-out")
async def show_sign_out(request: Request, who: Visitor) -> Response:
    if who is None:
        return redirect("/people/sign-in")
    return page(request, "sign-out.html", title="Sign out", who=who)


@routes.post("/sign-out")
async def sign_out(request: Request, who: Visitor) -> Response:
    if who is not None:
        await of(request).database.run(
            Command("sign-out", who.actor), lambda tx: signing_in.sign_out(tx, who.sign_in_id)
        )
    response = redirect("/opportunities", "You are signed out.")
    await drop_half_written(request, response, but=held_secrets(request) if who is None else ())
    return without_sign_in(request, response)


@routes.post("/session/stop-helping")
async def stop_helping(request: Request, who: SignedIn) -> Response:
    """PEO-02: from now on the helper acts for themselves again, on the page where helping began."""
    began_at = await of(request).database.run(
        Command("stop-helping", who.actor), lambda tx: signing_in.act_for(tx, who.sign_in_id, None)
    )
    return await with_renewed(
        request,
        redirect(
            local_path(began_at) or "/people/staff/people",
            "You have stopped helping. What you do now is your own again.",
        ),
        who.sign_in_id,
    )


# Joining and changing an address need these too


def new_code() -> str:
    return f"{secrets.randbelow(1_000_000):06}"


async def typed_code(request: Request, request_id: UUID) -> str:
    """The code that was typed. InvalidForm if there is none, 429 for too many tries."""
    code = (await read_form(request, CodeForm)).code
    await slow_down_tries(request, request_id)
    return code


async def mailed_code(
    request: Request, to: str, code: str | None, onward: str | None = None, *, proves: Literal["", "own", "helped"] = ""
) -> bool:
    """Mails a code, or tells the address's owner that we do not know it. onward: where people who join from that mail
    were going. proves: the code signs nobody in, and only proves the address: of who asks for it, or of somebody whom
    they help and who tells them the code (PEO-02). False if the mail server is away."""
    if code is None:
        return await mailed(request, to, "unknown", "We do not know this address at", onward=_mailed_onward(onward))
    subject = "Your code for" if proves else "Your sign-in code for"
    return await mailed(request, to, "code", subject, code=code, helped=proves == "helped")


def _mailed_onward(target: str | None) -> str:
    return f"?next={quote(target, safe='')}" if target and _MAILED_ONWARD.fullmatch(target) else ""


async def mailed(request: Request, to: str, name: str, subject: str, **context: Any) -> bool:
    """Mail the template of this name; the subject ends with the organisation's name. False if the mail server is
    away."""
    mail = mail_of(web_of(request).environment, of(request).settings, to, name, subject, context)
    try:
        await gateways(request).mailer.send(mail)
    except MailAway as away:
        of(request).log.error("mail-is-away", error=str(away))
        return False
    return True


def mail_is_away(request: Request) -> Response:
    return page(request, "mail-is-away.html", status=503, title="We cannot send email just now")


def with_sign_in(request: Request, response: Response, sign_in: SignIn) -> Response:
    name, token = cookie_name(of(request).settings.organisation), gateways(request).tokens.issue(sign_in)
    cookies.keep(response, name, token, seconds=_COOKIE_DAYS * 86400)
    return response


async def drop_what_others_began(request: Request, response: Response, person_id: UUID, target: str) -> None:
    """Deletes what somebody else left half written on this device before the person signs in. Their own work stays:
    what was kept when their sign-in expired, and feedback that they left in order to sign in (target, or the draft,
    leads back to it)."""
    held = held_secrets(request)

    async def find_theirs(tx: Transaction) -> dict[str, drafts.Draft]:
        found = {secret: await drafts.theirs(tx, secret, person_id) for secret in held}
        return {secret: draft for secret, draft in found.items() if draft is not None}

    own = await of(request).database.read(find_theirs) if held else {}
    asked_in = (urlsplit(draft.path).path for draft in own.values())
    goes_on = target.startswith(f"{_GIVING}/") or any(f"{path}/".startswith(f"{_GIVING}/") for path in asked_in)
    await drop_half_written(request, response, but=own, feedback=not goes_on)
    forget_former(request, response)


_GIVING = "/feedback/give"
"""The first question of feedback; the others are under it. Whoever comes from the first without a draft may be
anybody."""


async def drop_half_written(
    request: Request, response: Response, *, but: Collection[str] = (), feedback: bool = True
) -> None:
    """Deletes half-written work so that the device's next user finds none: drafts, a joining, feedback being given.
    but: the secrets of drafts that stay.
    Feedback's own row cannot be opened without the cookie, and is deleted within two hours."""
    gone = [secret for secret in held_secrets(request) if secret not in but]
    joins = request.cookies.get(joining_cookie(request))

    async def drop(tx: Transaction) -> None:
        for secret in gone:
            await drafts.drop(tx, secret)
        if joins:
            await joining.drop(tx, joining.id_of(joins))

    if gone or joins:
        await of(request).database.run(Command("drop-half-written", VISITOR), drop)
    if but:
        hold_secrets(request, response, [*but])
    else:
        cookies.drop(response, draft_cookie(request))
    cookies.drop(response, joining_cookie(request))
    if feedback:
        cookies.drop(response, cookies.name_of("feedback", of(request).settings.organisation))


def joining_cookie(request: Request) -> str:
    return cookies.name_of("joining", of(request).settings.organisation)


def without_sign_in(request: Request, response: Response) -> Response:
    remember_former(request, response)
    cookies.drop(response, cookie_name(of(request).settings.organisation))
    return response


async def _renewed(request: Request, sign_in_id: UUID) -> SignIn | None:
    now, idle = machine_now(), of(request).settings.idle_limits
    return await of(request).database.run(
        Command("renew-sign-in", VISITOR), lambda tx: signing_in.renew(tx, sign_in_id, now, idle)
    )


async def with_renewed(request: Request, response: Response, sign_in_id: UUID) -> Response:
    sign_in = await _renewed(request, sign_in_id)
    return with_sign_in(request, response, sign_in) if sign_in else without_sign_in(request, response)
