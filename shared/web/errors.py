"""What people and programs are told when something cannot be done: a page in plain English, or RFC 9457 problem
details."""

import re
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import quote, urlsplit
from uuid import uuid4

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from opentelemetry import trace
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.db import KEPT_UNREAD, is_away, may_have_written
from shared.identity import NotAllowed, NotConfirmed, NotSignedIn, visitor
from shared.reasons import Missing, Reason, Refused
from shared.web.addresses import local_path
from shared.web.csv_import import answer_invalid_file
from shared.web.csv_rows import InvalidFile
from shared.web.pages import page, redirect, web_of
from shared.web.problems import InvalidForm, Problem, problem_of

_PAGES = {
    400: (
        "We could not read that",
        "Something in what was sent is broken. Nothing was changed. Go back and try again.",
    ),
    401: ("Please sign in", "You need to sign in to do this."),
    403: (
        "This page is not for you",
        "You are signed in, but this part is for other people. If you think you should see it, ask us.",
    ),
    404: (
        "We cannot find that page",
        "The address may be wrong, or the page may have gone. If you typed it, check it and try again.",
    ),
    405: ("That did not work", "This page cannot be used in that way. Nothing was changed. Go back and try again."),
    413: (
        "That is too big to send",
        "Send something smaller than 10 MB. A photo from a phone is usually fine. Nothing was changed.",
    ),
    415: ("We cannot use that kind of file", "Nothing was changed. Go back and try again."),
    422: ("We could not do that yet", "Nothing was changed. Here is what is in the way."),
    429: (
        "Please wait a little",
        "There were many tries in a short time. Nothing is lost. Wait a few minutes, then try again.",
    ),
    503: ("We are not ready just now", "Nothing was lost and nothing was changed. Please try again in a minute."),
}
_NO_LONGER = (
    "There is nothing here any more",
    "If you sent something here, its answer has gone: we keep that for a few minutes. Nothing was changed now. On the "
    "page that it belongs to, you can see how it stands.",
)
_NOT_YET = "Not done yet"
_BUSY = "We are very busy just now"
_NOT_DONE = "What you sent was not kept, and nothing was changed. Wait a minute, go back, and send it again."
_PERHAPS_DONE = (
    "We cannot say whether what you sent was kept. Wait a minute, and look whether it is there. If it is not, send it "
    "again."
)
_NOT_SHOWN = "Nothing is lost. Please try again in a minute."
_TRY_AGAIN_SECONDS = "60"
_UNEXPECTED = (
    "Sorry, something went wrong",
    "It was not your fault. Nothing that you saved before is lost. Look whether what you did last is there. If it is "
    "not, please try again.",
)


def answer(
    request: Request,
    status: int,
    title: str,
    text: str,
    *,
    problem: InvalidForm | Refused | None = None,
    reference: str | None = None,
    headers: dict[str, str] | None = None,
    way_on: str | None = None,
) -> Response:
    """An error in the form that the client can use: problem details for programs, a page for people."""
    if is_api(request):
        return problem_details(status, title, text, problem_of(problem), reference, headers)
    return page(
        request,
        "shared/error.html",
        status=status,
        title=title,
        text=text,
        reference=reference,
        reasons=problem_of(problem).faults,
        way_on=way_on,
        way_back=_way_back(request),
        headers=headers,
    )


def problem_details(
    status: int,
    title: str,
    detail: str,
    problem: Problem,
    reference: str | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """https://www.rfc-editor.org/rfc/rfc9457. Each error names its field and its rule, if any."""
    content: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if problem:
        named = [{"text": fault.text, "field": fault.field, "rule": fault.rule} for fault in problem.faults]
        content["errors"] = [{key: value for key, value in fault.items() if value is not None} for fault in named]
    if reference:
        content["reference"] = reference
    return JSONResponse(content, status, media_type="application/problem+json", headers=headers)


def is_api(request: Request) -> bool:
    prefix = web_of(request).prefix
    return request.url.path.startswith((f"{prefix}/api/", f"{prefix}/operator/", f"{prefix}/health/"))


def _way_back(request: Request) -> str | None:
    """The page that they came from, if it was one of ours; of a press that was kept, the page that has its button."""
    if kept_from := local_path(getattr(request.state, "kept_from", None) or ""):
        return kept_from + request.state.kept_said.anchor
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host") or (
        came_from.path == request.url.path and request.method == "GET"
    ):
        return None
    return local_path(came_from.path + (f"?{came_from.query}" if came_from.query else ""))


def _page_above(request: Request) -> str | None:
    """The nearest page of this service above an address that only takes what is sent."""
    path = request.scope["path"]
    while path := path.rpartition("/")[0]:
        asked = {**request.scope, "path": path, "method": "GET"}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
            return local_path(quote(path))
    return None


async def _on_http(request: Request, error: HTTPException) -> Response:
    """No route has identified the visitor of an unknown address; the page's header still shows them their links."""
    if not is_api(request) and not hasattr(request.state, "who"):
        try:
            await visitor(request)
        except NotSignedIn as ran_out:
            return await _on_not_signed_in(request, ran_out)
    if error.status_code == 405 and _opens_a_page(request):
        return _no_longer(request, dict(error.headers or {}))
    title, text = _PAGES.get(error.status_code, ("That did not work", "Nothing was changed. Go back and try again."))
    return answer(request, error.status_code, title, text, headers=dict(error.headers or {}))


def not_found(request: Request) -> Response:
    """There is nothing at this address; or it only takes what is sent, and reads like the address of a page:
    /letters/print like /letters/{person_id}."""
    if _opens_a_page(request) and _only_takes_what_is_sent(request):
        return _no_longer(request, {"Allow": "POST"})
    return answer(request, 404, *_PAGES[404])


def _opens_a_page(request: Request) -> bool:
    return request.method in ("GET", "HEAD") and not is_api(request)


def _only_takes_what_is_sent(request: Request) -> bool:
    here = [each for each in iter_route_contexts(request.app.routes) if each.path_regex.match(request.scope["path"])]
    sent, read = (
        {re.sub("{.*?}", "{}", each.path or "") for each in here if method in (each.methods or ())}
        for method in ("POST", "GET")
    )
    return bool(sent - read)


def _no_longer(request: Request, headers: dict[str, str]) -> Response:
    return answer(request, 405, *_NO_LONGER, headers=headers, way_on=_page_above(request))


async def _on_missing(request: Request, error: Missing) -> Response:
    return not_found(request)


async def _on_refused(request: Request, error: Refused | InvalidForm) -> Response:
    if problem_of(error).only_waits:
        pressed = request.state.kept_said.pressed
        return answer(
            request,
            422,
            _NOT_YET,
            KEPT_UNREAD.text,
            problem=Refused([Reason(KEPT_UNREAD.rule, f"{pressed}.")]) if pressed else None,
        )
    return answer(request, 422, *_PAGES[422], problem=error)


async def _on_validation(request: Request, error: RequestValidationError) -> Response:
    """An address that cannot be one of ours is not found; any other malformed input is named, field by field."""
    faults = error.errors()
    if any(fault["loc"][0] == "path" for fault in faults):
        return not_found(request)
    named = {".".join(map(str, fault["loc"][1:])): str(fault["msg"]) for fault in faults}
    return answer(request, 422, *_PAGES[422], problem=InvalidForm(named))


async def _on_not_signed_in(request: Request, error: NotSignedIn) -> Response:
    """Tells a program; sends a person to sign in and back. An expired token is renewed on the way. What was being
    sent goes along (307), also without a token or with an invalid one: nobody loses a form because they took their
    time over it."""
    if is_api(request):
        return answer(request, 401, *_PAGES[401], headers={"WWW-Authenticate": "Bearer"})
    back = _back_to(request)
    if error.expired or request.method not in ("GET", "HEAD"):
        return redirect(f"/people/session/renew?next={back}", keep_method=True)
    return redirect(f"/people/sign-in?next={back}")


async def _on_not_confirmed(request: Request, error: NotConfirmed) -> Response:
    """Tells a program; a person gives their second factor and comes back, with what they were sending."""
    if is_api(request):
        return answer(
            request,
            403,
            "Confirm that it is you",
            "This needs your second factor. Sign in on the pages and confirm there, then try again.",
        )
    back = _back_to(request)
    if request.method in ("GET", "HEAD"):
        return redirect(f"/people/confirm?next={back}")
    return redirect(f"/people/session/hold?next={back}", keep_method=True)


def _back_to(request: Request) -> str:
    """The address that was asked for, as a value in another address."""
    return quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""), safe="")


async def _on_not_allowed(request: Request, error: NotAllowed) -> Response:
    return answer(request, 403, *_PAGES[403])


class UnexpectedErrors:
    """The last resort: a page with a reference, and a log line with the same one.

    The log has where it happened and what kind of error it was, never its text, which may hold what someone typed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.log = structlog.get_logger("web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False
        may_have_written.set(False)

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if is_away(error) and not started:
                self.log.warning("database-away", error=_what_failed(error), method=scope["method"])
                return await _busy(Request(scope, receive))(scope, receive, send)
            reference = _reference()
            frames = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)[-8:]
            ]
            self.log.error(
                "unexpected-error",
                reference=reference,
                error=type(error).__name__,
                where=frames,
                method=scope["method"],
            )
            if started:
                raise
            response = answer(Request(scope, receive), 500, *_UNEXPECTED, reference=reference)
            await response(scope, receive, send)


def _busy(request: Request) -> Response:
    """Says that nothing was done only where that is certain: a commit whose answer was lost may have happened."""
    text = _PERHAPS_DONE if may_have_written.get() else _NOT_DONE
    said = _NOT_SHOWN if request.method in ("GET", "HEAD") else text
    return answer(request, 503, _BUSY, said, headers={"Retry-After": _TRY_AGAIN_SECONDS})


def _what_failed(error: Exception) -> str:
    return type(error.__cause__ or error).__name__


def _reference() -> str:
    """The trace's id if there is one, so that whoever investigates finds the spans."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else uuid4().hex


def add_handlers(app: FastAPI) -> None:
    handlers = {
        HTTPException: _on_http,
        Missing: _on_missing,
        Refused: _on_refused,
        InvalidForm: _on_refused,
        InvalidFile: answer_invalid_file,
        RequestValidationError: _on_validation,
        NotSignedIn: _on_not_signed_in,
        NotAllowed: _on_not_allowed,
        NotConfirmed: _on_not_confirmed,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, cast(Callable[[Request, Exception], Awaitable[Response]], handler))
