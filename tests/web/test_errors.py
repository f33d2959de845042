"""Errors in plain English for people, in problem details (RFC 9457) for programs."""

import re

import httpx
import pytest
from structlog.testing import capture_logs

from tests.web.conftest import KEY

ANSWERS = {
    "missing": (404, "We cannot find that page"),
    "refused": (422, "Somebody else must approve your own claim"),
    "invalid": (422, "Enter how many miles"),
    "not-allowed": (403, "This page is not for you"),
    "unexpected": (500, "Sorry, something went wrong"),
    "400": (400, "We could not read that"),
    "401": (401, "Please sign in"),
    "403": (403, "This page is not for you"),
    "404": (404, "We cannot find that page"),
    "405": (405, "There is nothing here any more"),
    "413": (413, "That is too big to send"),
    "418": (418, "That did not work"),
    "429": (429, "Please wait a little"),
}


@pytest.mark.parametrize("kind", ANSWERS)
async def test_people_get_a_page_in_plain_english(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.get(f"/test/fail/{kind}")
    status, sentence = ANSWERS[kind]
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert sentence in answer.text
    assert "Help now" in answer.text
    assert "private" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("area", ["api", "operator"])
@pytest.mark.parametrize("kind", ANSWERS)
async def test_programs_get_problem_details(client: httpx.AsyncClient, kind: str, area: str) -> None:
    answer = await client.get(f"/test/{area}/fail/{kind}")
    status, sentence = ANSWERS[kind] if kind != "405" else (405, "That did not work")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert sentence in answer.text
    assert {"type", "title", "detail"} <= body.keys()
    assert "private" not in answer.text


async def test_each_reason_names_its_rule_and_field_to_programs(client: httpx.AsyncClient) -> None:
    body = (await client.get("/test/api/fail/refused")).json()
    assert body["errors"] == [
        {"text": "Somebody else must approve your own claim", "field": "approver", "rule": "PAY-10"}
    ]


async def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/test/fail/not-signed-in?a=1&b=2")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/people/sign-in?next=%2Ftest%2Ffail%2Fnot-signed-in%3Fa%3D1%26b%3D2"
    answer = await client.post("/test/fail/not-signed-in")
    assert (answer.status_code, answer.headers["location"]) == (
        307,
        "/people/session/renew?next=%2Ftest%2Ffail%2Fnot-signed-in",
    )
    assert (await client.get("/test/api/fail/not-signed-in")).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_token_that_ran_out_is_renewed_and_the_form_goes_along(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/test/fail/expired?a=1")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/people/session/renew?next=%2Ftest%2Ffail%2Fexpired%3Fa%3D1"
    assert (await client.get("/test/api/fail/expired")).status_code == 401


async def test_an_unexpected_error_gives_a_reference_that_stands_in_the_log(client: httpx.AsyncClient) -> None:
    with capture_logs() as log:
        answer = await client.get("/test/fail/unexpected")
    reference = re.search(r"[0-9a-f]{32}", answer.text)
    assert reference
    entry = next(line for line in log if line["event"] == "unexpected-error")
    assert (entry["reference"], entry["error"]) == (reference[0], "RuntimeError")
    assert "private" not in str(log)
    assert "Traceback" not in answer.text


async def test_an_id_that_cannot_be_one_of_ours_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/test/things/1%27--")).status_code == 404
    assert (await client.get("/test/nothing")).status_code == 404
    assert (await client.delete("/test/travel")).status_code == 405


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"miles": "many"}', b"\xff\xfe", b'{"miles": null}'])
async def test_wrong_json_is_answered_field_by_field(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/test/api/things", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_wrong_query_is_named(client: httpx.AsyncClient) -> None:
    body = (await client.get("/test/api/number?count=0")).json()
    assert body["errors"][0]["field"] == "count"


async def test_a_refusal_that_no_route_caught_leads_back(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/test/plain", data={"miles": "1", "how": "none"}, headers={"referer": "https://localhost/test/travel?x=1"}
    )
    assert answer.status_code == 422
    assert 'href="/test/travel?x=1"' in answer.text
    answer = await client.post(
        "/test/plain", data={"miles": "1", "how": "none"}, headers={"referer": "https://evil.example/elsewhere"}
    )
    assert "evil.example" not in answer.text and "/elsewhere" not in answer.text


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example", "/\\evil.example", "//evil.example"])
async def test_the_way_back_from_an_error_never_leads_elsewhere(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(
        "/test/plain", data={"miles": "1", "how": "none"}, headers={"referer": f"https://localhost{path}"}
    )
    assert "evil" not in answer.text


@pytest.mark.parametrize("body", ["[" * 50_000, '{"miles":' * 3_000])
async def test_a_program_that_sends_what_is_nested_without_end_is_told(client: httpx.AsyncClient, body: str) -> None:
    answer = await client.post("/test/api/things", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422) and answer.headers["content-type"] == "application/problem+json"


async def test_an_address_that_only_takes_what_is_sent_leads_to_the_page_it_belongs_to(
    client: httpx.AsyncClient,
) -> None:
    """An answer to a form that is no longer held: Back, or a tab of yesterday."""
    browser = {"sec-fetch-mode": "navigate"}
    gone = await client.get(f"/test/things/{KEY}/end/now?answer=gone", headers=browser)
    assert gone.status_code == 303
    shown = await client.get(gone.headers["location"], headers=browser)
    assert shown.status_code == 405 and f'href="/test/things/{KEY}"' in shown.text
    assert "Nothing was changed now" in shown.text and "Go back" not in shown.text


async def test_an_address_that_only_takes_what_is_sent_leads_on_though_it_reads_like_a_page_s(
    client: httpx.AsyncClient,
) -> None:
    shown = await client.get("/test/things/mend")
    assert shown.status_code == 405 and shown.headers["allow"] == "POST" and 'href="/test/things"' in shown.text
    for nowhere in ("/test/things/none", "/test/parts/none", "/test/api/none"):
        assert (await client.get(nowhere)).status_code == 404, nowhere
