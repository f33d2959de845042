"""An answer to a form is a page of its own: a browser that goes back to it, or reloads it, sends nothing a second time.

If a form cannot be accepted, its answer is held here for some minutes and the browser is redirected to it (303):
with `no-store`, which all our pages have, a browser has no copy of an answer to a POST, and Back to it fails
(ERR_CACHE_MISS). It stays in this process's memory, under an address that nobody can guess, for the same sign-in
only; a visitor's, for the browser that holds the cookie it came with, and there only for Back and reload. It is gone
as soon as the form is accepted (a visitor's, as soon as any is: they stopped, or signed in) or its writer signs out,
and is never written to disk. Forms that are `never_kept` (bank details, a look-up code) are answered at once and
held nowhere, unless their page says that its answer holds none of what was typed (`request.state.answer_is_bare`).
A page that is the answer to such a form, good or bad, may be shown once (`request.state.seen_once`): it is held until
the browser has come for it, and Back to it leads to the form.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.identity import NotSignedIn, SignIn, sign_in_of
from shared.web import cookies
from shared.web.addresses import local_path
from shared.web.held import HeldInMemory

PARAMETER = "answer"
COOKIE = "__Host-chorus-answers"
HELD_SECONDS = 600.0
LARGEST = 200_000  # bytes of one page
MOST = 200  # pages; the oldest go first
_HELD = "chorus.held_answers"
MOST_OF_ONE = 20
"""Pages of one sign-in, or of one address without a sign-in: nobody crowds out the others' pages."""


@dataclass(frozen=True, slots=True)
class Held:
    """A page, with the nonce that its scripts had. before: the answer from which this form was sent. once: it goes as
    soon as it was shown."""

    status: int
    body: bytes
    nonce: str
    whose: str
    before: str | None
    once: bool = False


class HeldAnswers:
    """The latest answers of one process, each under a name that nobody can guess."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._held: HeldInMemory[Held] = HeldInMemory(HELD_SECONDS, MOST, MOST_OF_ONE, clock)

    def hold(self, held: Held, sender: str) -> str:
        name = secrets.token_urlsafe(16)
        self._held.hold(name, held, sender)
        return name

    def find(self, name: str, whose: str) -> Held | None:
        held = self._held.find(name)
        return held if held is not None and held.whose == whose else None

    def forget(self, name: str | None) -> None:
        """The form was accepted, so what was typed on the way goes, too."""
        while name is not None and (held := self._held.forget(name)) is not None:
            name = held.before

    def forget_all(self, whose: str) -> None:
        self._held.forget_all(lambda held: held.whose == whose)


def keep_for_later(request: Request, who: SignIn, page: Response) -> str | None:
    """Keeps the form as its writer left it while they are asked something else first; returns its address, or None
    if it cannot be kept."""
    held: HeldAnswers | None = request.scope.get(_HELD)
    if held is None or len(page.body) > LARGEST or getattr(request.state, "never_kept", False):
        return None
    whose = _whose(who)
    page_held = Held(200, bytes(page.body), request.scope.get("csp_nonce", ""), whose, None)
    return _address(request, held.hold(page_held, whose))


def forget_visitors_answers(request: Request, response: Response) -> Response:
    """Whoever enters by the front page may be another visitor at the same device, so this browser's earlier answers
    go. Without the cookie nobody can find what other services of ours hold."""
    if secret := request.cookies.get(COOKIE):
        if (held := request.scope.get(_HELD)) is not None:
            held.forget_all(_visitor(secret))
        cookies.drop(response, COOKIE)
    return response


class AnswersAsPages:
    """For browsers only: programs, and browsers that do not say what they fetch for, are answered at once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.answers = HeldAnswers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_HELD] = self.answers
            request = Request(scope, receive)
            # A browser can be sent to no page at an address that none of ours has ("%00", ".."): that is answered at
            # once, too.
            sent_on = (
                request.headers.get("sec-fetch-mode") == "navigate" and local_path(_address(request, None)) is not None
            )
            if scope["method"] == "POST" and sent_on:
                return await self.app(scope, receive, _Answering(self.answers, request, send))
            if scope["method"] in ("GET", "HEAD") and (name := request.query_params.get(PARAMETER)) is not None:
                response = await self._held(request, name)
                if response is not None:
                    return await response(scope, receive, send)
        await self.app(scope, receive, send)

    async def _held(self, request: Request, name: str) -> Response | None:
        """None if they have to sign in again first: the app asks them to."""
        try:
            whose = _whose(await sign_in_of(request)) or _visitor(request.cookies.get(COOKIE))
        except NotSignedIn as problem:
            if problem.expired:
                return None
            whose = _visitor(request.cookies.get(COOKIE))
        held = self.answers.find(name, whose) if whose and not self._is_from_outside(request, whose) else None
        if held is None:
            return RedirectResponse(_address(request, None), 303)
        if held.once:
            self.answers.forget(name)
        body = held.body.replace(held.nonce.encode(), request.scope["csp_nonce"].encode()) if held.nonce else held.body
        return Response(body, held.status, media_type="text/html", headers={"Cache-Control": "no-store"})

    def _is_from_outside(self, request: Request, whose: str) -> bool:
        """Opened from the history or typed: a visitor's answer is only for Back and reload."""
        return whose == _visitor(request.cookies.get(COOKIE)) and request.headers.get("sec-fetch-site") == "none"


class _Answering:
    """Collects the answer to one POST, and sends it, or a redirect to it."""

    def __init__(self, answers: HeldAnswers, request: Request, send: Send) -> None:
        self.answers, self.request, self.send = answers, request, send
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._may_be_held(message):
            self.start = message
        elif message["type"] == "http.response.start" and message["status"] < 400:
            self.answers.forget(self.request.query_params.get(PARAMETER))
            await self.send(self._without_visitor(message))
        elif self.start is None:
            await self.send(message)
        else:
            await self._more(message)

    def _without_visitor(self, start: Message) -> Message:
        """Without the cookie, nobody can find what other services of ours hold of this visitor."""
        gone = forget_visitors_answers(self.request, Response())
        return {
            **start,
            "headers": [*start["headers"], *(pair for pair in gone.raw_headers if pair[0] == b"set-cookie")],
        }

    def _may_be_held(self, start: Message) -> bool:
        is_page = Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")
        return is_page and (start["status"] >= 400 or self._once())

    def _once(self) -> bool:
        return getattr(self.request.state, "seen_once", False)

    async def _more(self, message: Message) -> None:
        assert self.start is not None
        self.body += message.get("body", b"")
        too_large = len(self.body) > LARGEST
        if message.get("more_body", False) and not too_large:
            return
        if too_large or (
            getattr(self.request.state, "never_kept", False)
            and not getattr(self.request.state, "answer_is_bare", False)
            and not self._once()
        ):
            await self.send(self.start)
            self.start = None
            await self.send({**message, "body": self.body})
            return
        await self._send_on()

    async def _send_on(self) -> None:
        assert self.start is not None
        signed_in = _whose(await self._who())
        secret = self.request.cookies.get(COOKIE) or secrets.token_urlsafe(16)
        whose = signed_in or _visitor(secret)
        sender = signed_in or (self.request.client.host if self.request.client else "")
        nonce, before = self.request.scope.get("csp_nonce", ""), self.request.query_params.get(PARAMETER)
        held = Held(self.start["status"], self.body, nonce, whose, before, self._once())
        name = self.answers.hold(held, sender)
        response = RedirectResponse(_address(self.request, name), 303)
        for cookie in Headers(raw=self.start["headers"]).getlist("set-cookie"):
            response.headers.append("set-cookie", cookie)
        if not signed_in:
            cookies.keep(response, COOKIE, secret, seconds=int(HELD_SECONDS))
        response.headers["Cache-Control"] = "no-store"
        await response(self.request.scope, self.request.receive, self.send)

    async def _who(self) -> SignIn | None:
        try:
            return await sign_in_of(self.request)
        except NotSignedIn:
            return None


def _whose(who: SignIn | None) -> str:
    return "" if who is None else f"{who.sign_in_id} {who.person_id} {who.acting_for}"


def _visitor(secret: str | None) -> str:
    """Whose a visitor's answers are; nobody's without the cookie."""
    return f"visitor {secret}" if secret else ""


def _address(request: Request, name: str | None) -> str:
    """The form's own address, so that it is sent there again."""
    query = [(key, value) for key, value in parse_qsl(request.url.query, keep_blank_values=True) if key != PARAMETER]
    if name is not None:
        query.append((PARAMETER, name))
    # Undecoded, as it was requested: decoded, "..%2f" would lead elsewhere, and a backslash to another site.
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    path = "/" + quote(raw, safe="/%:@!$&'()*+,;=~").lstrip("/")
    return path + (f"?{urlencode(query)}" if query else "")
