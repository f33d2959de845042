"""Guards between the network and our routes: headers on every answer, no cross-site posts, no endless bodies."""

import secrets
from collections.abc import Iterable

from modern_csrf.base import should_accept_request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.addresses import on_this_site
from shared.web.errors import answer, not_found

LARGEST_BODY = 12 * 1024 * 1024  # bytes: a photo of a receipt may have 10 MB, and a form around it

_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "payment",
        "usb",
        "browsing-topics",
    )
)


def content_security_policy(nonce: str) -> str:
    """Scripts run only with this answer's nonce: an uploaded file cannot be one, even from our own address."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


class HeadAsGet:
    """Answers HEAD as GET without the body, on every page (RFC 9110, 9.3.2): monitors, link checkers and mail scanners
    ask so, and the framework's routes know GET alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self.app(scope, receive, send)

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)


class SecurityHeaders:
    """Adds the headers to every answer. A route may set its own Cache-Control or Content-Security-Policy (a stricter
    one for files).

    No answer sends anybody to another site, whatever made it (even the framework's own redirect to an address
    without its last slash).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        nonce = scope["csp_nonce"] = secrets.token_urlsafe(16)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", content_security_policy(nonce))
                headers.setdefault("Cache-Control", "no-store")
                if "location" in headers:
                    headers["Location"] = on_this_site(headers["location"])
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Referrer-Policy", "same-origin")
                headers["Permissions-Policy"] = _PERMISSIONS
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, send_with_headers)


class PrintableAddresses:
    """404 for an address with a control character. A route's pattern ends with Python's $, which allows a line's end
    after it, so that a proxy's rules would guard one spelling of an address and not the other."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].isprintable():
            return await not_found(Request(scope, receive))(scope, receive, send)
        await self.app(scope, receive, send)


class SameSitePosts:
    """Refuses what another site made a browser send (CSRF), by Fetch Metadata: https://words.filippo.io/csrf/.

    Programs other than browsers send neither header and pass: they hold no cookie that could be abused.
    """

    def __init__(self, app: ASGIApp, trusted_origins: Iterable[str] = ()) -> None:
        self.app = app
        self.trusted_origins = frozenset(trusted_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        if should_accept_request(
            method=scope["method"],
            origin=headers.get("origin"),
            sec_fetch_site=headers.get("sec-fetch-site"),
            host=headers.get("host"),
            trusted_origins=self.trusted_origins,
        ):
            return await self.app(scope, receive, send)
        response = answer(
            Request(scope, receive),
            403,
            "We could not be sure that this came from you",
            "It seems to have come from another website. Nothing was changed. Open the page here and try again.",
        )
        await response(scope, receive, send)


class BodyLimit:
    """413 for a body of more than `largest` bytes, counted on the way.

    If part of the body is unread when the answer begins, it is read and dropped (up to a limit): a browser that is
    still sending would show a broken connection instead of the answer.
    """

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self.app = app
        self.largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        seen = 0
        complete = False

        async def counted() -> Message:
            nonlocal seen, complete
            message = await receive()
            seen += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            return message

        async def limited() -> Message:
            message = await counted()
            if seen > self.largest:
                raise HTTPException(413)
            return message

        async def send_when_heard(message: Message) -> None:
            if message["type"] == "http.response.start":
                while not complete and seen <= 4 * self.largest:
                    await counted()
            await send(message)

        await self.app(scope, limited, send_when_heard)
