"""Nobody loses what they were sending when their sign-in expired: it is kept, and shown to them again once they have
signed in."""

import secrets
from urllib.parse import quote, urldefrag, urlsplit
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from services.people.pages.machine_time import machine_now
from services.people.use_cases import drafts
from services.people.use_cases.drafts import Draft
from shared.db import VISITOR, Command
from shared.identity import SignedIn
from shared.service import of
from shared.web import carries_on, cookies, local_path, page, redirect
from shared.web.kept import KEPT_FIELD

KEPT = "/people/session/kept"
routes = APIRouter(prefix="/people/session")


@routes.post("/hold")
@carries_on
async def hold(request: Request, who: SignedIn, next: str = "") -> Response:
    """Keeps what was posted until the second step has been given."""
    target = await keep_draft(request, local_path(next) or "/", who.sign_in_id)
    return with_draft(request, redirect(f"/people/confirm?next={quote(target, safe='')}"))


@routes.get("/kept")
async def show_kept(request: Request, who: SignedIn) -> Response:
    secret = request.cookies.get(draft_cookie(request), "")
    draft = (
        await of(request).database.read(lambda tx: drafts.find(tx, secret, who.person_id, who.acting_for))
        if secret
        else None
    )
    if draft is None:
        return redirect("/", "You are signed in.")
    return page(request, "kept.html", who=who, title="We kept what you typed", draft=draft, mark=KEPT_FIELD)


async def keep_draft(request: Request, path: str, sign_in_id: UUID | None) -> str:
    """Keeps what is being posted. Returns where to go after signing in: to the draft, or to the page where it was
    typed.

    sign_in_id: the sign-in that expired, or was last on this device. Without one we do not know whose it is, so nothing
    is kept: the next person to sign in must neither read nor send it."""
    path, came_from = urldefrag(path).url, _came_from(request) or "/"
    if sign_in_id is None:
        return came_from
    sent = await request.form()
    fields = [(name, value) for name, value in sent.multi_items() if isinstance(value, str) and name != KEPT_FIELD]
    if not drafts.may_keep(urlsplit(path).path, fields):
        return came_from
    secret, now = secrets.token_urlsafe(32), machine_now()
    draft = Draft(path, came_from, fields, incomplete=any(isinstance(value, UploadFile) for value in sent.values()))
    if not await of(request).database.run(
        Command("keep-draft", VISITOR), lambda tx: drafts.keep(tx, secret, draft, sign_in_id, now)
    ):
        return came_from
    request.state.draft_secret = secret
    return KEPT


def with_draft(request: Request, response: Response) -> Response:
    """Adds the cookie that opens the draft, if one was just kept."""
    secret = getattr(request.state, "draft_secret", None)
    if secret:
        seconds = int(drafts.KEPT_FOR.total_seconds())
        cookies.keep(response, draft_cookie(request), secret, seconds=seconds)
    return response


def _came_from(request: Request) -> str | None:
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host") or parts.path.startswith("/people/session/"):
        return None
    return local_path(parts.path + (f"?{parts.query}" if parts.query else ""))


def draft_cookie(request: Request) -> str:
    return cookies.name_of("draft", of(request).settings.organisation)
