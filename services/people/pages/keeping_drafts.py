"""Nobody loses what they were sending when their sign-in expired: it is kept, and shown to them again once they have
signed in."""

from collections.abc import Sequence
from urllib.parse import quote, urldefrag, urlsplit
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from services.people.pages.machine_time import machine_now
from services.people.use_cases import drafts
from services.people.use_cases.drafts import Draft
from shared.db import VISITOR, Command, Transaction
from shared.identity import SignedIn, SignIn
from shared.service import of
from shared.web import carries_on, cookies, local_path, page, redirect
from shared.web.kept import KEPT_FIELD
from shared.web.navigation import account_for, current, links_for

KEPT = "/people/session/kept"
routes = APIRouter(prefix="/people/session")


@routes.post("/hold")
@carries_on
async def hold(request: Request, who: SignedIn, next: str = "") -> Response:
    """Keeps what was posted until the second step has been given."""
    target = await keep_draft(request, local_path(next) or "/", who.sign_in_id, signed_in=True)
    return with_draft(request, redirect(f"/people/confirm?next={quote(target, safe='')}"))


@routes.get("/kept")
async def show_kept(request: Request, who: SignedIn) -> Response:
    held = held_secrets(request)

    async def find_all(tx: Transaction) -> list[Draft]:
        found = [await drafts.find(tx, secret, who.person_id, who.acting_for) for secret in held]
        return [draft for draft in found if draft is not None]

    kept = await of(request).database.read(find_all) if held else []
    if not kept:
        return redirect("/", "You are signed in.")
    shown = [
        (draft, _under(who, draft.path), drafts.said_in(draft.fields), drafts.said_of(draft.fields)) for draft in kept
    ]
    return page(request, "kept.html", who=who, title="We kept what you typed", kept=shown, mark=KEPT_FIELD)


def _under(who: SignIn, path: str) -> str | None:
    """The menu's name for where it was going."""
    links = [*links_for(who.roles), *account_for(who.roles)]
    above = current(links, path)
    return next((link.text for link in links if link.href == above), None)


async def keep_draft(request: Request, path: str, sign_in_id: UUID | None, *, signed_in: bool = False) -> str:
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
    held, now = held_secrets(request), machine_now()
    draft = Draft(path, came_from, fields, incomplete=any(isinstance(value, UploadFile) for value in sent.values()))
    holds = await of(request).database.run(
        Command("keep-draft", VISITOR),
        lambda tx: drafts.keep(tx, held, draft, sign_in_id, now, signed_in=signed_in),
    )
    if holds is None:
        return came_from
    request.state.draft_secrets = holds
    return KEPT


def with_draft(request: Request, response: Response) -> Response:
    """Adds the cookie that opens the draft, if one was just kept."""
    holds = getattr(request.state, "draft_secrets", None)
    if holds:
        hold_secrets(request, response, holds)
    return response


def held_secrets(request: Request) -> list[str]:
    """What opens the drafts of this browser."""
    return [secret for secret in request.cookies.get(draft_cookie(request), "").split(".") if secret][
        : drafts.MOST_HELD
    ]


def hold_secrets(request: Request, response: Response, holds: Sequence[str]) -> None:
    seconds = int(drafts.KEPT_FOR.total_seconds())
    cookies.keep(response, draft_cookie(request), ".".join(holds), seconds=seconds)


def _came_from(request: Request) -> str | None:
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host") or parts.path.startswith("/people/session/"):
        return None
    return local_path(parts.path + (f"?{parts.query}" if parts.query else ""))


def draft_cookie(request: Request) -> str:
    return cookies.name_of("draft", of(request).settings.organisation)
