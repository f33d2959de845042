"""NET-04: staff compare another organisation's new key by telephone and accept it on a page, with a second factor."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page

from services.gateway.announcing import announcement
from services.gateway.keys import OwnKeys, new_network_keys, parse_keys
from services.operators.domain import fingerprint_in
from shared.db import new_id
from shared.events import network
from shared.identity import Role, SignIn, cookie_name, issue_token
from shared.reasons import Refused
from tests.gateway.conftest import two_organisations
from tests.gateway.support import Organisation, Organisations
from tests.gateway.test_keys import Organisations, announce, serving_beside
from tests.operators.support import operator_app
from tests.support.apps import SIGNING_KEY, client_of
from tests.support.browser import (
    AT_BOTH_WIDTHS,
    IN_ONE_LOOP,
    axe_violations,
    browser,
    serving,
    sideways_scroll,
    visitor,
)

__all__ = ["browser", "visitor"]

PAGE = "/operator/keys/sun"


@contextlib.asynccontextmanager
async def operators(folder: Path, postgres: Any, organisation: Organisation) -> AsyncIterator[httpx.AsyncClient]:
    """An operator's browser on the pages beside a running gateway."""
    (folder / "operator").mkdir()
    async with serving_beside(organisation) as url:
        app = operator_app(
            folder / "operator", postgres.database("operator"), {"gateway": url}, organisation=organisation.name
        )
        async with app.router.lifespan_context(app), client_of(app) as browser:
            confirmed(browser, organisation)
            yield browser


def confirmed(browser: httpx.AsyncClient, organisation: Organisation, minutes_ago: float = 0, *roles: Role) -> UUID:
    given = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    session = SignIn(new_id(), new_id(), frozenset(roles or {Role.OPERATOR}), factor_at=given)
    browser.cookies.set(cookie_name(organisation.name), issue_token(SIGNING_KEY, organisation.name, session))
    return session.person_id


async def a_new_key(sun: Organisation, viewpoint: Organisation) -> OwnKeys:
    """Announced for sun, and not signed by the key that Viewpoint knows of it."""
    made = parse_keys(new_network_keys())
    await announce(
        sun,
        announcement(
            "sun", "Sun", "https://sun.example", viewpoint.gateway.ring.organisations["sun"].version + 100, made
        ),
    )
    await viewpoint.parked()
    return made


async def test_net_04_the_digits_that_were_heard_are_typed_and_the_new_key_is_accepted(
    folder: Path, postgres: Any, own_organisations: Organisations
):
    sun, viewpoint = own_organisations
    pinned = viewpoint.gateway.ring.organisations["sun"].keys
    async with operators(folder, postgres, viewpoint) as browser:
        quiet = (await browser.get("/operator/keys")).text
        assert (
            viewpoint.gateway.ring.own.current.public.fingerprint in quiet
            and pinned.fingerprint in quiet
            and "has announced a new key" not in quiet
        )
        assert "No new key of sun (calls itself “Sun”) waits" in (await browser.get(PAGE)).text
        made = await a_new_key(sun, viewpoint)
        fingerprint = made.current.public.fingerprint
        listed, shown = (await browser.get("/operator/keys")).text, (await browser.get(PAGE)).text
        assert (
            "sun (calls itself “Sun”) has announced a new key" in listed
            and "Ring somebody you know there, on a number that you had before" in shown
        )
        assert fingerprint not in listed and fingerprint not in shown  # nobody agrees to what they have not heard

        for heard, says in (
            ("12345", "not 30 digits"),
            (pinned.fingerprint, "other digits than the organisation announced"),
            ("", "Type the 30 digits"),
        ):
            wrong = await browser.post(PAGE, data={"heard": heard})
            assert (wrong.status_code, says in wrong.text) == (422, True), heard
        assert viewpoint.gateway.ring.organisations["sun"].keys == pinned

        operator = confirmed(browser, viewpoint)
        right = await browser.post(PAGE, data={"heard": fingerprint.replace(" ", "")})
        assert (right.status_code, right.headers["location"]) == (303, "/operator/keys")
        assert viewpoint.gateway.ring.organisations["sun"].keys == made.current.public
        about = network.organisation_id("sun")
        steps = (await viewpoint.operator("GET", f"/gateway/operator/steps?about={about}")).json()["steps"]
        trusted = next(step for step in steps if step["what"] == "keys-trusted")
        assert trusted["facts"] == {"organisation": "sun", "fingerprint": fingerprint} and str(operator) in str(trusted)
        assert "has no key that waits to be compared" in (await browser.post(PAGE, data={"heard": fingerprint})).text


async def test_net_04_accepting_a_key_needs_an_operator_with_a_recent_second_step(
    folder: Path, postgres: Any, own_organisations: Organisations
):
    sun, viewpoint = own_organisations
    pinned = viewpoint.gateway.ring.organisations["sun"].keys
    async with operators(folder, postgres, viewpoint) as browser:
        made = await a_new_key(sun, viewpoint)
        confirmed(browser, viewpoint, 16)
        late = await browser.post(PAGE, data={"heard": made.current.public.fingerprint})
        assert (late.status_code, late.headers["location"].startswith("/people/session/hold")) == (307, True)
        confirmed(browser, viewpoint, 0, Role.COORDINATOR, Role.ADMINISTRATOR)
        assert (await browser.post(PAGE, data={"heard": made.current.public.fingerprint})).status_code == 403
        assert viewpoint.gateway.ring.organisations["sun"].keys == pinned
        confirmed(browser, viewpoint)
        assert (await browser.get("/operator/keys/nobody")).status_code == 404
        assert (await browser.get("/operator/keys/..%2Fkeys")).status_code in (404, 422)


@pytest_asyncio.fixture(loop_scope="module")
async def organisations_beside_a_browser(postgres: Any) -> AsyncIterator[Organisations]:
    async with two_organisations(postgres) as organisations:
        yield organisations


@IN_ONE_LOOP
@AT_BOTH_WIDTHS
async def test_the_pages_of_keys_are_accessible(
    width: int,
    folder: Path,
    postgres: Any,
    organisations_beside_a_browser: Organisations,
    visitor: Callable[..., Awaitable[Page]],
):
    sun, viewpoint = organisations_beside_a_browser
    await a_new_key(sun, viewpoint)
    (folder / "operator").mkdir()
    async with serving_beside(viewpoint) as gateway:
        app = operator_app(
            folder / "operator", postgres.database("operator"), {"gateway": gateway}, organisation=viewpoint.name
        )
        async with serving(app) as url:
            page = await visitor(width)
            session = SignIn(new_id(), new_id(), frozenset({Role.OPERATOR}), factor_at=datetime.now(UTC))
            token = issue_token(SIGNING_KEY, viewpoint.name, session)
            await page.context.add_cookies(
                [
                    {
                        "name": cookie_name(viewpoint.name),
                        "value": token,
                        "url": "https://localhost/",
                        "secure": True,
                        "httpOnly": True,
                    }
                ]
            )
            for path in ("/operator/keys", PAGE):
                await page.goto(url.replace("127.0.0.1", "localhost") + path)
                assert await axe_violations(page) == [], path
                assert await sideways_scroll(page) <= 0, path


@pytest.mark.parametrize(
    "typed",
    ["12345 67890 12345 67890 12345 67890", "123456789012345678901234567890", "12345-67890-12345-67890-12345-67890"],
)
def test_digits_are_read_however_they_were_typed(typed: str):
    assert fingerprint_in(typed) == "12345 67890 12345 67890 12345 67890"


@pytest.mark.parametrize("typed", ["", "12345", "1" * 31, "x" * 30, "１" * 30])
def test_what_is_not_thirty_digits_is_refused(typed: str):
    with pytest.raises(Refused):
        fingerprint_in(typed)
