"""In the real browser: what a neighbour wrote, as coordinators look at it; the publish page; the end of what has not
begun. Without a fault, at two widths."""

from typing import Any

import pytest

from services.opportunities.listings.use_cases import deciding, neighbours
from shared.events import network
from tests.opportunities.finding.test_browser import Visitor, sign_in, sound
from tests.opportunities.listings.support import US
from tests.opportunities.listings.support import announced as impostor
from tests.opportunities.listings.test_held_listings import announced as told_of_sun
from tests.opportunities.listings.test_listings import POLICY, SUN, hear, shared
from tests.opportunities.listings.test_words_of_neighbours import _answered, announced, two  # noqa: F401
from tests.opportunities.two_organisations import Region
from tests.support.browser import AT_BOTH_WIDTHS, IN_ONE_LOOP, browser, serving, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_net_01_what_neighbours_wrote_is_looked_at_without_a_fault(width: int, two: Region, visitor: Visitor):
    here, _ = await _answered(two, trusted=False)
    await told_of_sun(here)
    await here.do(neighbours.hear_announced, announced(90, "SUN Network of Voices"), US)
    await here.do(neighbours.hear_announced, impostor(1, "sun-2", "SUN", "https://sun.example"), US)
    await hear(here, shared(here, origin="sun-2"), shared(here, origin="ghost", signed=False))
    event = shared(here)
    await hear(here, event)
    listing_id = network.local_id(SUN, event.opportunity_id)
    await here.do(deciding.show, listing_id, read=1, policy=POLICY)
    await hear(
        here,
        event.model_copy(update={"version": 3, "title": "Choose two drop-ins", "summary": "Two drop-ins. One choice."}),
    )
    [row] = await here.dicts("SELECT version FROM listings WHERE id = :id", id=listing_id)
    await here.do(deciding.decide_words, listing_id, shown=False, read=row["version"])
    opportunity_id, draft = await here.published(number=2), await here.draft(number=2)

    async def answers(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"by_message": 12, "by_phone": 1, "to_ring": [str((await here.person("Robin Marsh")).id)]}

    here.service.requests = answers
    staff = "/opportunities/staff"
    async with serving(here.app) as address:
        page = await visitor(width)
        await sign_in(page, address, "coordinator")
        paths = ("/network", f"/{draft}/publish", f"/{opportunity_id}/close", f"/{opportunity_id}/finish")
        for path in paths:
            answer = await page.goto(f"{address}{staff}{path}")
            assert answer and answer.status == 200, path
            for summary in await page.locator("main summary").all():
                await summary.click()
            await sound(page)
