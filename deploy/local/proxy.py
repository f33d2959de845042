"""Passes requests on to a part of the organisation that runs in a process of its own. For local runs: production has
Caddy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

_OF_ONE_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade".split()
)  # RFC 9110, 7.6.1: never passed on
_OF_A_PROXY = frozenset(b"forwarded x-real-ip x-client-ip true-client-ip".split())
"""What a proxy says about the client, with all of X-Forwarded-*. A visitor's own would be believed, because to the
next process we are the proxy."""


async def say_unavailable(send: Send, sentence: str) -> None:
    """A plain page that says which part is not running."""
    await _say(send, 503, "Sorry, this part is not running", sentence, (b"retry-after", b"5"))


async def say_not_found(send: Send) -> None:
    await _say(
        send, 404, "We cannot find that page", "The address may be wrong. If you typed it, check it and try again."
    )


async def _say(send: Send, status: int, heading: str, sentence: str, *more_headers: tuple[bytes, bytes]) -> None:
    head = (
        "<meta charset='utf-8'><meta name='viewport' content='width=device-width, "
        f"initial-scale=1'><title>{heading}</title>"
    )
    body = (
        "<!doctype html><html "
        f"lang='en-GB'><head>{head}</head><body><main><h1>{heading}</h1><p>{sentence}</p></main></body></html>"
    )
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store"), *more_headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


class Upstream:
    """An ASGI app that is another process's HTTP server."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = httpx.URL(url)
        self.client = httpx.AsyncClient(
            base_url=url, timeout=httpx.Timeout(60, connect=2), follow_redirects=False, trust_env=False
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            url = self.url.copy_with(raw_path=_asked_for(scope))
        except (httpx.InvalidURL, UnicodeError):
            await say_not_found(send)
            return
        request = self.client.build_request(
            scope["method"],
            url,
            headers=[(name, value) for name, value in scope["headers"] if _is_passed_on(name)] + _forwarded(scope),
            content=_body(receive) if _has_body(scope) else None,
        )
        try:
            response = await self.client.send(request, stream=True)
        except httpx.TransportError:
            await say_unavailable(send, f"“{self.name.capitalize()}” does not answer. Please try again in a moment.")
            return
        try:
            headers = [(name.lower(), value) for name, value in response.headers.raw if name.lower() not in _OF_ONE_HOP]
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await response.aclose()


def _asked_for(scope: Scope) -> bytes:
    """The path and query as they were sent, still quoted."""
    return scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")


def _is_passed_on(name: bytes) -> bool:
    return (
        name not in _OF_ONE_HOP and name not in _OF_A_PROXY and not name.replace(b"_", b"-").startswith(b"x-forwarded-")
    )


def _forwarded(scope: Scope) -> list[tuple[bytes, bytes]]:
    client: Any = scope.get("client")
    headers = [(b"x-forwarded-proto", scope.get("scheme", "http").encode())]
    return [*headers, (b"x-forwarded-for", client[0].encode())] if client else headers


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        yield message.get("body", b"")
        if not message.get("more_body"):
            return
