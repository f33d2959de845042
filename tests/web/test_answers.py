"""What a form is answered with is a page of its own: Back to it works, and it is kept from everybody else."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Page

from services.payments.bank_details.pages.bank_details import DetailsForm
from shared.db import new_id
from shared.identity import SignIn
from shared.web import Form, answers
from shared.web.answers import HELD_SECONDS, LARGEST, MOST, MOST_OF_ONE, Held, HeldAnswers
from tests.support.browser import IN_ONE_LOOP, complaints, serving
from tests.web.conftest import KEY, TravelForm

Visitor = Callable[..., Awaitable[Page]]
BROWSER = {"sec-fetch-mode": "navigate"}
WRONG = {"miles": "many", "comment": "by the old bridge"}


@IN_ONE_LOOP
async def test_back_to_an_error_shows_it_again_with_what_was_typed(app: FastAPI, visitor: Visitor) -> None:
    """The usability test's "ERR_CACHE_MISS": an error, a link on it, Back."""
    async with serving(app) as address:
        page = await visitor()
        heard = complaints(page)
        await page.goto(f"{address}/test/travel")
        await page.get_by_label("How many miles did you drive?").fill("many")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_role("heading", name="There is a problem").wait_for()
        await page.goto(f"{address}/test/mine")
        await page.go_back()
        await page.get_by_role("heading", name="There is a problem").wait_for()
        assert await page.get_by_label("How many miles did you drive?").input_value() == "many"
        await page.reload()
        assert await page.get_by_label("How many miles did you drive?").input_value() == "many"
        await page.get_by_label("How many miles did you drive?").fill("12")
        await page.get_by_label("Nothing, thank you").check()
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("We added your travel").wait_for()
        await page.go_back()
        assert "There is a problem" not in await page.content()
        assert [line for line in heard if "422" not in line] == []


async def test_a_visitors_answer_is_opened_from_no_list_of_pages_that_were_seen(client: httpx.AsyncClient) -> None:
    """At a shared computer that is somebody else's hand; who goes back, or loads it again, comes from our own pages."""
    sent_on = (await client.post("/test/travel", data=WRONG, headers=BROWSER)).headers["location"]
    for site, found in (("same-origin", True), ("none", False), ("same-origin", True)):
        answer = await client.get(sent_on, headers=BROWSER | {"sec-fetch-site": site})
        assert (answer.status_code, "by the old bridge" in answer.text) == ((422, True) if found else (303, False))


@pytest.mark.parametrize(
    "path",
    ["/test/fail/missing", "/test/fail/refused", "/test/fail/not-allowed", "/test/fail/unexpected", "/test/plain"],
)
async def test_every_error_that_answers_a_post_is_a_page_of_its_own(client: httpx.AsyncClient, path: str) -> None:
    at_once = await client.post(path, data=WRONG)
    sent_on = await client.post(path, data=WRONG, headers=BROWSER)
    assert sent_on.status_code == 303 and sent_on.headers["cache-control"] == "no-store"
    assert sent_on.headers["location"].startswith(f"{path}?answer=")
    for _ in range(2):
        answer = await client.get(sent_on.headers["location"])
        assert answer.status_code == at_once.status_code and "<h1" in answer.text
        assert answer.headers["cache-control"] == "no-store"


async def test_scripts_of_an_answer_run_by_the_policy_it_is_shown_with(client: httpx.AsyncClient) -> None:
    where = (await client.post("/test/travel", data=WRONG, headers=BROWSER)).headers["location"]
    first, second = await client.get(where), await client.get(where)
    for answer in (first, second):
        nonce = answer.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
        assert f'nonce="{nonce}"' in answer.text
    assert first.headers["content-security-policy"] != second.headers["content-security-policy"]


async def test_a_program_is_answered_at_once(client: httpx.AsyncClient) -> None:
    assert (await client.post("/test/travel", data=WRONG)).status_code == 422
    refused = await client.post("/test/api/things", json={"miles": "many"}, headers=BROWSER)
    assert refused.status_code == 422 and refused.headers["content-type"] == "application/problem+json"


async def test_the_forms_own_address_stays_and_what_it_was_asked_with(client: httpx.AsyncClient) -> None:
    first = (await client.post("/test/travel?claim=7", data=WRONG, headers=BROWSER)).headers["location"]
    second = (await client.post(first, data=WRONG, headers=BROWSER)).headers["location"]
    assert first.startswith("/test/travel?claim=7&answer=") and second.startswith("/test/travel?claim=7&answer=")
    assert first != second and second.count("answer=") == 1
    gone = await client.get("/test/travel?claim=7&answer=guessed")
    assert (gone.status_code, gone.headers["location"]) == (303, "/test/travel?claim=7")


async def test_what_was_typed_is_gone_when_the_form_is_taken(client: httpx.AsyncClient) -> None:
    """On a shared computer the next person goes back, too."""
    first = (await client.post("/test/travel", data=WRONG, headers=BROWSER)).headers["location"]
    second = (await client.post(first, data=WRONG, headers=BROWSER)).headers["location"]
    assert "by the old bridge" in (await client.get(first)).text
    taken = await client.post(second, data={"miles": "12", "how": "none"}, headers=BROWSER)
    assert taken.headers["location"] == "/test/travel"
    for where in (first, second):
        assert "by the old bridge" not in (await client.get(where, follow_redirects=True)).text


async def test_a_visitors_answer_is_shown_to_the_browser_that_it_came_to_alone(client: httpx.AsyncClient) -> None:
    where = (await client.post("/test/travel", data=WRONG, headers=BROWSER)).headers["location"]
    cookie = client.cookies[answers.COOKIE]
    assert "by the old bridge" in (await client.get(where)).text
    for other in ({}, {answers.COOKIE: "guessed"}):
        client.cookies = httpx.Cookies(other)
        assert (await client.get(where)).headers["location"] == "/test/travel"
    client.cookies = httpx.Cookies({answers.COOKIE: cookie})
    assert "by the old bridge" in (await client.get(where)).text


async def test_nothing_of_a_visitor_is_found_after_they_stopped_or_signed_in(client: httpx.AsyncClient) -> None:
    """Whatever is taken of them, on any form: the cookie goes too, so that other services' answers are lost to whoever
    comes next."""
    where = (await client.post("/test/travel", data=WRONG, headers=BROWSER)).headers["location"]
    cookie = client.cookies[answers.COOKIE]
    taken = await client.post("/test/travel", data={"miles": "12", "how": "none"}, headers=BROWSER)
    assert taken.status_code == 303 and answers.COOKIE not in client.cookies
    client.cookies = httpx.Cookies({answers.COOKIE: cookie})
    assert (await client.get(where)).headers["location"] == "/test/travel"


async def test_an_answer_is_shown_to_the_same_sign_in_alone(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    who: list[SignIn | None] = [SignIn(KEY, KEY, frozenset())]

    async def sign_in_of(request: object) -> SignIn | None:
        return who[0]

    monkeypatch.setattr(answers, "sign_in_of", sign_in_of)
    where = (await client.post("/test/travel", data=WRONG, headers=BROWSER)).headers["location"]
    assert "by the old bridge" in (await client.get(where)).text
    for other in (
        None,
        SignIn(new_id(), KEY, frozenset()),
        SignIn(KEY, new_id(), frozenset()),
        SignIn(KEY, KEY, frozenset(), acting_for=new_id()),
    ):
        who[0] = other
        assert (await client.get(where)).headers["location"] == "/test/travel"


async def test_pay_13_bank_details_are_never_kept(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TravelForm, "never_kept", True)
    answer = await client.post("/test/travel", data=WRONG, headers=BROWSER)
    assert answer.status_code == 422 and "by the old bridge" in answer.text
    assert DetailsForm.never_kept


def test_pay_13_every_form_that_asks_for_an_account_is_never_kept() -> None:
    import services.payments.app  # noqa: F401 - all its forms

    forms = [form for form in subclasses(Form) if {"sort_code", "account_number"} & set(form.model_fields)]
    assert DetailsForm in forms
    assert [form.__name__ for form in forms if not form.never_kept] == []


def subclasses(kind: type[Form]) -> list[type[Form]]:
    found = [kind]
    for child in kind.__subclasses__():
        found += subclasses(child)
    return found


def test_what_is_held_is_bounded_in_time_and_number() -> None:
    now = [0.0]
    held = HeldAnswers(lambda: now[0])
    names = [held.hold(Held(422, b"page", "", "me", None), "me") for _ in range(MOST_OF_ONE + 5)]
    assert [held.find(name, "me") is not None for name in names] == [False] * 5 + [True] * MOST_OF_ONE
    others = [held.hold(Held(422, b"page", "", "one", None), f"client {number}") for number in range(MOST)]
    assert held.find(names[-1], "me") is None and held.find(others[0], "one") is not None
    now[0] = HELD_SECONDS
    assert held.find(others[-1], "one") is None
    assert LARGEST * MOST <= 50_000_000
