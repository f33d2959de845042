"""What passes requests on: what no client could send on is nobody's address, not an error of ours."""

from typing import Any

import httpx
import pytest

from deploy.local.proxy import Upstream


@pytest.mark.parametrize("path", [b"/operator/\xff", b"/operator/" + b"x" * 70_000])
async def test_an_address_that_cannot_be_passed_on_is_not_found(path: bytes):
    said: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is to be read")

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": path,
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    await Upstream("operator", "http://127.0.0.1:9")(scope, receive, send)
    assert said[0]["status"] == 404
    assert b"<h1>We cannot find that page</h1>" in said[1]["body"]


async def test_sec_a_visitor_cannot_say_from_where_they_ask():
    """Limits are counted per connection: what comes before it in a header is the visitor's own word."""
    passed_on: list[tuple[str, str]] = []

    def hear(request: httpx.Request) -> httpx.Response:
        passed_on.extend(request.headers.multi_items())
        return httpx.Response(200, stream=httpx.ByteStream(b""))

    async def send(message: Any) -> None:
        pass

    said = {
        b"x-forwarded-for": b"203.0.113.9",
        b"x-forwarded-proto": b"https",
        b"x-forwarded-host": b"evil.example",
        b"x_forwarded_for": b"203.0.113.9",
        b"forwarded": b"for=203.0.113.9",
        b"x-real-ip": b"203.0.113.9",
        b"accept": b"text/html",
    }
    scope = {
        "type": "http", "method": "GET", "scheme": "http", "path": "/", "raw_path": b"/", "query_string": b"",
        "headers": list(said.items()), "client": ("198.51.100.7", 4000),
    }  # fmt: skip
    upstream = Upstream("people", "http://127.0.0.1:9")
    upstream.client = httpx.AsyncClient(transport=httpx.MockTransport(hear))
    await upstream(scope, lambda: pytest.fail("nothing is to be read"), send)
    assert [value for name, value in passed_on if name == "x-forwarded-for"] == ["198.51.100.7"]
    assert [value for name, value in passed_on if name == "x-forwarded-proto"] == ["http"]
    assert "203.0.113.9" not in str(passed_on) and "evil.example" not in str(passed_on)
    assert ("accept", "text/html") in passed_on
