"""Answering with a page, or sending the browser on."""

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.identity import SignIn
from shared.reasons import Refused
from shared.web import cookies, navigation
from shared.web.addresses import local_path
from shared.web.answers import PARAMETER
from shared.web.helping import theirs
from shared.web.problems import InvalidForm, problem_of

BANNER_COOKIE = "__Host-banner"
"""Holds the one-time confirmation. Only this host can set a __Host- cookie; it lives a minute, and is shown once, as
text."""
_BANNER_SECONDS = 60
_LONGEST_BANNER = 300
_NOT_DONE = "!"
"""Before a message that reports no success."""


@dataclass(frozen=True, slots=True)
class Web:
    """What the pages of one service share; kept on app.state.web."""

    prefix: str
    organisation: str
    environment: Environment
    look: str
    """Whose colours the header has."""
    today: Callable[[], date] = date.today
    """In business time."""
    duty_number: str = ""
    """The number on which people reach us; "" if there is none. The page /contact has other ways."""
    council_number: str = ""
    """The number of the council's safeguarding team; "" if nobody wrote it down. The page /help-now says what to do."""


def example_date(today: date) -> str:
    """A date as people write it in three boxes: the next third of December."""
    return f"3 12 {today.year + (today > date(today.year, 12, 3))}"


def web_of(request: Request) -> Web:
    return request.app.state.web


def _on_every_page(web: Web, request: Request, who: SignIn | None, path: str) -> dict[str, Any]:
    """What the layout shows on every page: whose pages these are, who is signed in, and the menu, in which path is
    marked."""
    menu, account = (
        [link._replace(text=theirs(link.text, who)) for link in links(_roles_shown(who))]
        for links in (navigation.links_for, navigation.account_for)
    )
    all_links = [*menu, *account, *navigation.FOOT]
    return {
        "request": request,
        "who": who,
        "helped_person": getattr(request.state, "helped", None),
        "organisation": web.organisation,
        "look": web.look,
        "duty_number": web.duty_number,
        "council_number": web.council_number,
        "example_date": example_date(web.today()),
        "navigation": menu,
        "account_links": account,
        "foot_links": navigation.FOOT,
        "mark_of": lambda href: navigation.mark_of(href, all_links, path),
        "nonce": request.scope.get("csp_nonce", ""),
    }


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    who: SignIn | None = None,
    title: str | None = None,
    problem: InvalidForm | Refused | None = None,
    headers: Mapping[str, str] | None = None,
    lies_under: str | None = None,
    **context: Any,
) -> HTMLResponse:
    """Renders a template that extends "shared/layout.html". With a problem the status is 422 unless another was given.

    who is the signed-in person; by default, whom the route's own dependency found. title is the page's heading and
    the browser's; a template may set its own with {% block title %}.
    lies_under is the address by which the menu marks where this page belongs, if its own says something else.
    """
    web = web_of(request)
    who = who or getattr(request.state, "who", None)
    faults = problem_of(problem, getattr(request.state, "typed", None)).said(lambda text: theirs(text, who))
    banner = _banner(request)
    seen = _on_every_page(web, request, who, lies_under or request.url.path) | {
        "title": title,
        "problem": faults,
        "kept_at": bool(getattr(getattr(request.state, "kept_said", None), "at", "")),
        "banner": banner and theirs(banner.removeprefix(_NOT_DONE), who),
        "banner_is_success": bool(banner) and not banner.startswith(_NOT_DONE),
        "way_in": _onward(request, context.get("next"), status),
    }
    html = web.environment.get_template(template).render(context | seen)
    html = _without_dead_ends(html, [fault.field for fault in faults.faults if fault.field])
    if faults and status == 200:
        status = 422
    response = HTMLResponse(html, status, headers=dict(headers or {}))
    response.headers["Cache-Control"] = "no-store" if who or banner or status != 200 else "private, no-cache"
    if banner:
        cookies.drop(response, BANNER_COOKIE)
    return response


def _without_dead_ends(html: str, fields: Collection[str]) -> str:
    """The error summary links to each field. A field that this page does not show is mentioned without a link."""
    for field in fields:
        if f'id="{escape(field)}"' not in html:
            html = re.sub(f'<a href="#{re.escape(escape(field))}">(.*?)</a>', r"\1", html, flags=re.DOTALL)
    return html


def _onward(request: Request, next: str | None, status: int) -> str:
    """Added to the header's links to sign in and to join, so that these return to the page, or to where it was to
    lead."""
    path = request.url.path
    if path.startswith("/people/"):
        target = local_path(next) or local_path(request.query_params.get("next"))
    elif path == "/" or status >= 400 or request.method not in ("GET", "HEAD"):
        target = None
    else:
        query = urlencode(
            [(name, value) for name, value in parse_qsl(request.url.query, keep_blank_values=True) if name != PARAMETER]
        )
        target = local_path(path + (f"?{query}" if query else ""))
    return f"?next={quote(target, safe='')}" if target else ""


def _roles_shown(who: SignIn | None) -> Collection[str] | None:
    """Someone who is helping a participant sees the participant's links, not their own."""
    if who is None:
        return None
    return ("participant",) if who.acting_for else who.roles


def redirect(url: str, message: str | None = None, *, keep_method: bool = False, done: bool = True) -> Response:
    """Sends the browser on with a 303; message is shown once at the top of the next page. No personal data in it.

    done=False: the message says that nothing was done, or that there is something to look at, so it is not shown as a
    success.

    keep_method makes it a 307: the browser sends the same request, body and all, to the new address.

    Raises ValueError for an address outside this site: pass what a person sent through `local_path` first.
    """
    if local_path(url) is None:
        raise ValueError("A redirect stays on this site")
    response = RedirectResponse(url, 307 if keep_method else 303)
    if message:
        text = base64.urlsafe_b64encode((("" if done else _NOT_DONE) + message[:_LONGEST_BANNER]).encode()).decode()
        cookies.keep(response, BANNER_COOKIE, text, seconds=_BANNER_SECONDS)
    return response


def _banner(request: Request) -> str | None:
    try:
        return (
            base64.urlsafe_b64decode(request.cookies.get(BANNER_COOKIE, "")).decode()[
                : _LONGEST_BANNER + len(_NOT_DONE)
            ]
            or None
        )
    except (binascii.Error, ValueError):
        return None
