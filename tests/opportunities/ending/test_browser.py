"""The pages before something is ended, in the real browser at two widths."""

import os
from typing import Any

import pytest

from tests.opportunities.finding.test_browser import Visitor, sign_in, sound
from tests.opportunities.support import trust_neighbours, world_of
from tests.support.browser import AT_BOTH_WIDTHS, IN_ONE_LOOP, browser, serving, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_the_pages_before_an_ending_have_no_fault_and_lead_back(
    width: int, folder: Any, service_database: Any, visitor: Visitor
):
    here = world_of(folder, service_database("opportunities"))
    draft, published = await here.draft(number=2), await here.published()
    await here.do(trust_neighbours, "sun")
    [first, _] = await here.session_ids(draft)
    staff = "/opportunities/staff"
    pages = {
        f"{staff}/{draft}/sessions/{first}/remove": ("Yes, take it out", "is taken out"),
        f"{staff}/network/organisations/sun/stop-trusting": (
            "Yes, look first from now on",
            "We look at what they share",
        ),
    }
    async with serving(here.app) as address:
        page = await visitor(width)
        await sign_in(page, address, "coordinator")
        for number, path in enumerate(
            (
                f"{staff}/{draft}/sessions",
                f"{staff}/network",
                f"{staff}/{published}/close",
                f"{staff}/{published}/cancel",
                *pages,
            )
        ):
            answer = await page.goto(address + path)
            assert answer and answer.status == 200, path
            await sound(page)
            if kept := os.environ.get("CHORUS_PICTURES"):
                await page.screenshot(path=f"{kept}/ending-{number}-{width}.png", full_page=True)
        for path, (button, done) in pages.items():
            await page.goto(address + path)
            await page.get_by_role("link", name="No, leave it as it is").click()
            await sound(page)
            await page.goto(address + path)
            await page.get_by_role("button", name=button).click()
            await page.get_by_text(done).first.wait_for()
    assert len(await here.session_ids(draft)) == 1
    assert [row["trusted_at"] for row in await here.dicts("SELECT trusted_at FROM organisations")] == [None]
