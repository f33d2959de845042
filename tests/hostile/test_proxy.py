"""What passes requests on: what no client could send on is nobody's address, not an error of ours."""

from typing import Any

import pytest

from deploy.local.proxy import Upstream


@pytest.mark.parametrize("path", [b"/operator/\xff", b"/operator/" + b"x" * 70_000])
async def test_an_address_that_cannot_be_passed_on_is_not_found(path: bytes):
    said: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is to be read")

    scope = {"type": "http", "method": "GET", "path": "/", "raw_path": path, "query_string": b"", "headers": [], "client": None}
    await Upstream("operator", "http://127.0.0.1:9")(scope, receive, send)
    assert said[0]["status"] == 404
    assert b"<h1>We cannot find that page</h1>" in said[1]["body"]
