"""The feeds by OpenActive's own validator and in the real browser."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from deploy.setup import rpde
from services.opportunities.publishing.use_cases import changing
from tests.opportunities.feeds.test_formats import HOSTILE
from tests.opportunities.finding.test_browser import Visitor, sound
from tests.opportunities.support import TEXTS, World, world_of
from tests.support.browser import AT_BOTH_WIDTHS, IN_ONE_LOOP, browser, complaints, serving, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP

WALK = Path(__file__).parents[2] / "support" / "rpde" / "walk.cjs"
MANY = """
WITH made AS (
    INSERT INTO opportunities (id, version, state, title, kind, mode, area, paid, summary, payment, created_at,
      published_at, actor_kind)
    SELECT gen_random_uuid(), 1, CASE WHEN n % 7 = 0 THEN 'closed' ELSE 'published' END, 'Opportunity ' || n,
      'workshop', 'both', 'Fenland', true,
           'Come along.', 'Ten pounds an hour.', now(), now(), 'system'
      FROM generate_series(1, 1203) n RETURNING id
)
INSERT INTO sessions (id, opportunity_id, starts_at, ends_at, venue)
SELECT gen_random_uuid(), id, now() + interval '30 days', now() + interval '30 days 2 hours', 'The hall' FROM made
"""


@pytest_asyncio.fixture(loop_scope="module")
async def here(folder: Path, service_database: Any) -> AsyncIterator[World]:
    built = world_of(folder, service_database("opportunities"))
    yield built
    await built.database.close()


async def walked(url: str) -> list[dict[str, Any]]:
    """What OpenActive's validator says of each page of a feed."""
    assert rpde.is_installed(), rpde.HOW
    modules = {"NODE_PATH": str(rpde.INSTALLED / "node_modules")}
    process = await asyncio.create_subprocess_exec(
        *rpde.node(), str(WALK), url, stdout=asyncio.subprocess.PIPE, env=os.environ | modules
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return json.loads(output)["pages"]


async def test_rpde_openactives_own_validator_finds_no_fault(here: World):
    async def fill(tx: Any) -> None:
        await tx.connection.exec_driver_sql(MANY)

    await here.do(fill)
    await here.do(changing.cancel, await here.published(), "The hall is shut.")
    async with serving(here.app) as address:
        here.service.settings.public_url = address
        for which in ("", "/network"):
            pages = await walked(f"{address}/opportunities/feeds{which}/rpde")
            faults = {(page["url"], fault["type"]) for page in pages for fault in page["errors"]}
            first, _, _, last, *_ = [page["url"] for page in pages]
            assert faults - {(first, "no_modelling_data"), (last, "missing_cache_control")} == set()
    # Two things it says to everyone: it suggests OpenActive's model of sports instead of schema.org's Event; and when
    # it walks
    # on to the last page it asks of it what it asks of the others, to be kept for an hour. Asking for that page as the
    # last, it finds no fault.


async def test_the_validator_finds_what_is_wrong(here: World):
    await here.published()
    here.service.settings.feeds_licence = None
    async with serving(here.app) as address:
        here.service.settings.public_url = address.replace(
            "localhost", "127.0.0.1"
        )  # another address than the feed is read from
        pages = await walked(f"{address}/opportunities/feeds/rpde")
        assert "failure" in {fault["severity"] for page in pages for fault in page["errors"]}


@AT_BOTH_WIDTHS
async def test_the_page_of_the_feeds_has_no_fault(width: int, here: World, visitor: Visitor):
    await here.published()
    async with serving(here.app) as address:
        here.service.settings.public_url = address
        page = await visitor(width)
        heard = complaints(page)
        await page.goto(f"{address}/opportunities")
        await page.get_by_role("link", name="Show these on your website").click()
        await page.get_by_role("heading", level=1, name="Show our opportunities on your website").wait_for()
        await sound(page)
        assert heard == []


async def test_the_browser_reads_an_opportunity_as_data_and_runs_nothing_of_it(here: World, visitor: Visitor):
    printable = HOSTILE.replace("\x01", "")
    texts = {name: printable for name, text in TEXTS.items() if isinstance(text, str) and name != "mode"}
    texts["contact_how"] += " Ring 07700 900123."
    opportunity_id = await here.published(
        **texts, title="</script><script>document.title = 'theirs'</script>", notice_reason=printable
    )
    async with serving(here.app) as address:
        page = await visitor()
        heard = complaints(page)
        await page.goto(f"{address}/opportunities/{opportunity_id}")
        text = await page.locator('script[type="application/ld+json"]').text_content()
        assert text is not None
        event = json.loads(text)
        assert event["@type"] == "Event" and event["name"] == "</script><script>document.title = 'theirs'</script>"
        assert not (await page.title()).startswith("theirs")
        assert await page.locator("script").count() == 2, "the layout's own, and the data"
        assert heard == [], "the security policy blocks no data"


def another_website() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def home() -> HTMLResponse:
        return HTMLResponse("<!DOCTYPE html><title>Another website</title>")

    return app


async def test_another_website_may_read_the_feeds_and_nothing_else(here: World, visitor: Visitor):
    await here.published()
    async with serving(here.app) as address, serving(another_website()) as other:
        page = await visitor()
        await page.goto(other.replace("localhost", "127.0.0.1"))
        read = "url => fetch(url).then(answer => answer.text(), () => null)"
        for path in ("calendar.ics", "atom.xml", "rpde", "network/rpde"):
            assert "A say in the drop-in" in (
                await page.evaluate(read, f"{address}/opportunities/feeds/{path}") or ""
            ), path
        assert await page.evaluate(read, f"{address}/opportunities") is None
        refused = await page.evaluate(read, f"{address}/opportunities/feeds/rpde?afterChangeNumber=x")
        assert json.loads(refused)["status"] == 400
