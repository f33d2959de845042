"""The pages of opportunities in the real browser: used by hand, without a fault that axe-core finds, at two widths."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page

from services.opportunities.places.use_cases.taking import take_place
from services.opportunities.register.use_cases.walking_in import add_walk_in
from shared.db import new_id
from shared.identity import SignIn, cookie_name, issue_token
from tests.opportunities.support import World, someone, world_of
from tests.support.apps import SIGNING_KEY
from tests.support.browser import (  # noqa: F401
    AT_BOTH_WIDTHS,
    IN_ONE_LOOP,
    axe_violations,
    browser,
    serving,
    sideways_scroll,
    visitor,
)
from tests.support.servers import ORGANISATION

pytestmark = IN_ONE_LOOP

Visitor = Callable[..., Awaitable[Page]]


async def sign_in(page: Page, address: str, *roles: Any) -> UUID:
    person_id = new_id()
    token = issue_token(
        SIGNING_KEY, ORGANISATION, SignIn(person_id, new_id(), frozenset(roles), factor_at=datetime.now(UTC))
    )
    await page.context.add_cookies(
        [{"name": cookie_name(ORGANISATION), "value": token, "url": address.replace("http:", "https:"), "secure": True}]
    )
    return person_id


async def sound(page: Page) -> None:
    """No fault that axe-core finds, and no sideways scrolling."""
    assert (page.url, await axe_violations(page)) == (page.url, [])
    assert (page.url, await sideways_scroll(page)) == (page.url, 0)


async def pages_of_staff(here: World) -> list[str]:
    """Addresses with something on them: a draft, and what is published, begun, and full."""
    draft = await here.draft(in_days=10, summary="")
    opportunity_id = await here.published(capacity=1)
    for name in ("Ash Wren", "Jo Fen"):
        await here.do(take_place, opportunity_id, await here.person(name), ["easy-read", "other"], "By Friday")
    (session_id,) = await here.session_ids(opportunity_id)
    need_id = (await here.dicts("SELECT id FROM needs LIMIT 1"))[0]["id"]
    here.move(days=35, minutes=5)
    await here.do(add_walk_in, opportunity_id, session_id, await here.person("Robin Marsh"))
    base, session = f"/{opportunity_id}", f"/{opportunity_id}/sessions/{session_id}"
    of_draft = [f"/{draft}{part}" for part in ("", "/items/title", "/items/where", "/items/funding", "/sessions")]
    parts = [
        "",
        "/new",
        *of_draft,
        base,
        f"{base}/needs",
        f"{base}/needs/{need_id}",
        f"{base}/close",
        f"{base}/outcome",
    ]
    parts += [f"{session}/register", f"{session}/register/print", f"{session}/walk-in"]
    return [f"/opportunities/staff{part}" for part in parts]


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_coordinators_pages_have_no_fault(width: int, folder: Any, service_database: Any, visitor: Visitor):
    here = world_of(folder, service_database("opportunities"), areas="Fenland, Peterborough")
    async with serving(here.app) as address:
        paths = await pages_of_staff(here)
        page = await visitor(width)
        await sign_in(page, address, "coordinator")
        for path in paths:
            answer = await page.goto(address + path)
            assert answer and answer.status == 200, path
            await sound(page)
        await page.goto(address + paths[2])
        await page.get_by_role("button", name="Publish").click()
        await page.get_by_role("link", name="Write the short version.").click()
        assert page.url.endswith("#summary")
        await sound(page)


@AT_BOTH_WIDTHS
async def test_a_participant_takes_part_and_leaves_without_a_fault_on_the_way(
    width: int,
    folder: Any,
    service_database: Any,
    visitor: Visitor,
):
    here = world_of(folder, service_database("opportunities"))
    async with serving(here.app) as address:
        opportunity_id = await here.published(in_days=9, notice_reason="The bids came late.", capacity=2)
        await here.do(take_place, opportunity_id, someone(), [], "")
        page = await visitor(width)
        await here.with_cards(await sign_in(page, address, "participant"))
        await page.goto(f"{address}/opportunities")
        await sound(page)
        await page.get_by_role("link", name="A say in the drop-in").last.click()
        await sound(page)
        await page.get_by_role("button", name="Take part").click()
        await sound(page)
        await page.get_by_label("Papers in easy read").check()
        await page.get_by_role("button", name="Take a place").click()
        await page.get_by_text("You have a place. We are glad").wait_for()
        await sound(page)
        await page.get_by_role("link", name="Change what you need").click()
        await sound(page)
        await page.goto(f"{address}/opportunities/mine")
        await sound(page)
        await page.get_by_role("link", name="A say in the drop-in").last.click()
        await page.get_by_role("link", name="Leave").click()
        await sound(page)
        await page.get_by_role("button", name="Yes, leave").click()
        await page.get_by_text("You have left.").wait_for()
        await sound(page)
