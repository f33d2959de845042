"""Headers, cross-site posts and endless bodies."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from shared.web.security import LARGEST_BODY

GOOD = {"miles": "12", "how": "none"}


async def test_every_answer_carries_the_headers(client: httpx.AsyncClient) -> None:
    for path in ("/test/travel", "/test/nothing", "/test/fail/unexpected", "/test/api/fail/404"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        policy = headers["content-security-policy"]
        assert (
            "default-src 'none'" in policy
            and "unsafe" not in policy
            and "base-uri 'none'" in policy
            and "form-action 'self'" in policy
        )
        assert "strict-transport-security" in headers


@pytest.mark.parametrize("end", ["%0a", "%0d%0a", "%00", "%e2%80%8b"])
async def test_an_address_has_one_spelling_and_nothing_unseen_after_it(client: httpx.AsyncClient, end: str) -> None:
    assert (await client.get("/test/travel")).status_code == 200
    answer = await client.get(f"/test/travel{end}")
    assert answer.status_code == 404 and "We cannot find that page" in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_scripts_run_by_a_nonce_that_is_new_each_time(client: httpx.AsyncClient) -> None:
    nonces = set()
    for _ in range(3):
        answer = await client.get("/test/travel")
        nonce = re.search(r"script-src 'nonce-([\w-]{20,})'", answer.headers["content-security-policy"])
        assert nonce
        assert re.findall(r"<script[^>]*>", answer.text) == [f'<script type="module" nonce="{nonce[1]}">']
        assert not re.search(r"\son\w+=|style=|javascript:", answer.text)
        nonces.add(nonce[1])
    assert len(nonces) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "", "origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "https://localhost"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "https://löcalhost", "sec-fetch-site": "cross-site"},
    ],
)
async def test_a_post_that_another_site_made_is_refused(
    app: FastAPI, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = await client.post("/test/travel", data=GOOD, headers=raw)
    assert answer.status_code == 403
    assert "It seems to have come from another website" in answer.text
    assert "form" not in app.state.seen


async def test_old_browsers_are_judged_by_their_origin(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://localhost") as bare:
        assert (await bare.post("/test/travel", data=GOOD, headers={"origin": "null"})).status_code == 403
        assert (
            await bare.post("/test/travel", data=GOOD, headers={"origin": "https://evil.example"})
        ).status_code == 403
        assert (await bare.post("/test/travel", data=GOOD, headers={"origin": "https://localhost"})).status_code == 303
        assert (await bare.post("/test/travel", data=GOOD)).status_code == 303


async def test_a_link_from_elsewhere_may_be_followed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/test/travel", headers={"sec-fetch-site": "cross-site"})).status_code == 200


async def test_a_body_beyond_the_limit_is_refused_in_words(app: FastAPI, client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/test/travel", data=GOOD, files={"receipt": ("big.png", b"x" * LARGEST_BODY, "image/png")}
    )
    assert answer.status_code == 413
    assert "That is too big to send" in answer.text
    answer = await client.post(
        "/test/api/things", content=b"x" * (LARGEST_BODY + 1), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "form" not in app.state.seen


async def test_a_body_that_does_not_say_its_length_is_counted(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_BODY // 65536 + 2):
            yield b"x" * 65536

    answer = await client.post("/test/api/things", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_ten_megabytes_come_through(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/test/travel", data=GOOD, files={"receipt": ("photo.jpg", b"x" * 10_000_000, "image/jpeg")}
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/test/travel", "/test/nothing", "/test/fail/unexpected", "/test/api/fail/404"])
async def test_head_is_answered_as_get_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == got.status_code != 405 and head.content == b"" != got.content
    assert head.headers.keys() == got.headers.keys()
    assert head.headers["content-type"] == got.headers["content-type"]
