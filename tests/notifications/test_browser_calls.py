"""Whom to ring and what to say, in the real browser at two widths."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Page

from services.notifications.app import create_app
from shared.db import Database, new_id
from shared.identity import SignIn, cookie_name, issue_token
from tests.notifications.support import World, cancelled, opportunity_created, place_taken, settings
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


@pytest_asyncio.fixture(loop_scope="module")
async def world(service_database: Callable[[str], str]) -> AsyncIterator[World]:
    world = World(Database(service_database("notifications")))
    yield world
    await world.close()


@AT_BOTH_WIDTHS
async def test_not_08_the_pages_of_those_to_ring_have_no_fault(
    width: int, world: World, folder: Path, visitor: Callable[..., Awaitable[Page]]
):
    me = await world.knows("Amina", channels=["in-app"], reached_by_message=False, discreet=True)
    published = opportunity_created()
    await world.hear(published, place_taken(published, me), cancelled(published, me))
    by_post = await world.knows("Bola", channels=["letter"], reached_by_message=False)
    await world.hear(place_taken(published, by_post), cancelled(published, by_post))
    await world.write("UPDATE calls SET printed_at = now() WHERE way = 'letter' AND template = 'opportunity-cancelled'")
    await world.write("UPDATE calls SET needless = 'read' WHERE printed_at IS NOT NULL")
    moved = await world.knows("Cai", channels=["letter"], reached_by_message=False, post_changes=2)
    gone = await world.knows("Dee", channels=["letter"], reached_by_message=False, post_changes=1)
    await world.hear(another := opportunity_created(), place_taken(another, moved))
    await world.write("UPDATE calls SET printed_at = now(), printed_for = 1 WHERE person_id = :moved", moved=moved)
    await world.write("UPDATE cards SET post_failed = 1 WHERE person_id = :gone", gone=gone)
    sign_in = SignIn(new_id(), new_id(), frozenset[Any]({"coordinator"}))
    async with serving(create_app(settings(folder, world.database.url))) as address:
        page = await visitor(width)
        cookie: Any = {
            "name": cookie_name(ORGANISATION),
            "value": issue_token(SIGNING_KEY, ORGANISATION, sign_in),
            "secure": True,
        }
        await page.context.add_cookies([cookie | {"url": address.replace("http:", "https:")}])
        letters = "/notifications/staff/letters"
        calls = "/", "/notifications/staff/calls", f"/notifications/staff/calls/{me}"
        for path in (*calls, letters, f"{letters}/{by_post}", f"{letters}/posted"):
            await page.goto(address + path)
            assert (path, await axe_violations(page), await sideways_scroll(page)) == (path, [], 0)
            if kept := os.environ.get("CHORUS_PICTURES"):
                await page.screenshot(path=f"{kept}/call{len(path)}-{width}.png", full_page=True)
        await page.goto(f"{address}/notifications/staff/calls/{me}")
        await page.get_by_role("button", name="I told them all of this").click()
        left = await page.get_by_role("main").inner_text()
        assert "Dee" in left and "Amina" not in left, "whose letters wait for an address is rung"
