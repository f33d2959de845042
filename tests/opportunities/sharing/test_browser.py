"""Pages of the network in the real browser, at two widths: used by hand, and with a listing whose text means harm."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page

from services.opportunities.listings.use_cases.listings import hear_shared
from services.opportunities.places.use_cases.withdrawn import hear_withdrawn
from shared.events import network
from tests.opportunities.finding.test_browser import sign_in, sound
from tests.opportunities.listings.test_listings import POLICY, SUN, session, shared
from tests.opportunities.support import World, trust_neighbours, world_of
from tests.support.browser import AT_BOTH_WIDTHS, IN_ONE_LOOP, browser, complaints, serving, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP

Visitor = Callable[..., Awaitable[Page]]

LONG = "w" * 4990
HOSTILE = "<script>document.title = 'stolen'</script><img src=x onerror=\"document.title='stolen'\"></p></div></main>"
RIGHT_TO_LEFT = "\u202eevil \u2067مرحبا بكم في العرض"


async def hear(here: World, *events: network.OpportunityShared) -> None:
    await here.do(trust_neighbours, *{event.origin for event in events})
    await here.do(hear_shared, events, POLICY)


def hostile(here: World) -> network.OpportunityShared:
    """Every text as bad as the public schema lets it be."""
    texts = dict.fromkeys(
        ("background", "expected", "time_needed", "payment", "accessibility", "result"),
        HOSTILE + RIGHT_TO_LEFT + LONG[: 5000 - 200],
    )
    lines = dict.fromkeys(("title", "area", "contact_role", "commissioner", "host_name"), HOSTILE[:100] + "w" * 50)
    long_venue = session(here, venue=HOSTILE + "w" * 350)
    reasons = {
        "summary": RIGHT_TO_LEFT + "w" * 960,
        "short_notice_reason": "w" * 1000,
        "reason": RIGHT_TO_LEFT + "w" * 900,
        "changed": ("time",),
    }
    return shared(
        here,
        **texts,
        **lines,
        **reasons,
        sessions=(long_venue,),
        kind="<b>kind</b>",
        funding="none",
        expenses_cap_pence=0,
    )


@AT_BOTH_WIDTHS
async def test_a_listing_whose_text_means_harm_does_none(
    width: int,
    folder: Any,
    service_database: Any,
    visitor: Visitor,
):
    here = world_of(folder, service_database("opportunities"))
    async with serving(here.app) as address:
        event, good = hostile(here), shared(here)
        await hear(here, event, good)
        await hear(here, event.model_copy(update={"version": 3}))
        page = await visitor(width)
        heard = complaints(page)
        await sign_in(page, address, "coordinator")
        for path in (
            "/opportunities",
            f"/opportunities/{network.local_id(SUN, event.opportunity_id)}",
            "/opportunities/staff/network",
        ):
            answer = await page.goto(address + path)
            assert answer and answer.status == 200, path
            await sound(page)
            assert await page.title() != "stolen"
            assert await page.locator("main img, main script:not([type='application/ld+json'])").count() == 0
            assert "<script>document.title" in await page.inner_text("main")
        assert heard == []
        await page.goto(f"{address}/opportunities")
        await page.get_by_role("link", name="Choose a drop-in").click()
        await page.get_by_role("button", name="Take part").wait_for()


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_net_03_a_coordinator_agrees_to_a_listing_and_people_can_take_part(
    width: int,
    folder: Any,
    service_database: Any,
    visitor: Visitor,
):
    here = world_of(folder, service_database("opportunities"))
    async with serving(here.app) as address:
        event = shared(here, funding="fees", expenses_cap_pence=0, waiting_list=True)
        await hear(here, event)
        page = await visitor(width)
        listing = f"{address}/opportunities/{network.local_id(SUN, event.opportunity_id)}"
        await page.goto(listing)
        await sound(page)
        await page.get_by_text("We are still deciding whether we can offer this.").wait_for()
        assert await page.get_by_role("button", name="Join the waiting list").count() == 0
        await sign_in(page, address, "coordinator")
        await page.goto(f"{address}/opportunities/staff/network")
        await sound(page)
        await page.get_by_text("The host pays the fee back, not the costs.").wait_for()
        await page.get_by_role("link", name="Agree to pay our people").click()
        await sound(page)
        await page.get_by_role("button", name="Yes, agree to pay our people").click()
        await page.get_by_text("Agreed. Our people can take part").wait_for()
        await sound(page)
        await page.goto(listing)
        await page.get_by_role("button", name="Join the waiting list").wait_for()
        await sound(page)
        await page.goto(f"{address}/opportunities/staff/network")
        await page.get_by_role("button", name="Hide it").click()
        await page.get_by_text("It is hidden.").wait_for()
        await page.goto(f"{address}/opportunities")
        assert await page.get_by_role("link", name="Choose a drop-in").count() == 0
        gone = network.OpportunityWithdrawn(
            version=9, origin=SUN, opportunity_id=event.opportunity_id, because="cancelled", reason="A leak."
        )
        await here.do(hear_withdrawn, [gone], POLICY)
        await page.goto(listing)
        await page.get_by_text("The reason: A leak.").wait_for()
        await sound(page)


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_a_coordinator_shares_changes_and_cancels_without_a_fault_on_the_way(
    width: int,
    folder: Any,
    service_database: Any,
    visitor: Visitor,
):
    here = world_of(folder, service_database("opportunities"))
    async with serving(here.app) as address:
        # A morning: what begins late in the evening ends on the next day, which the form refuses.
        here.at((here.now + timedelta(days=1)).replace(hour=10, minute=0))
        opportunity_id = await here.published(expected="Ring 07700 900123.")
        staff = f"{address}/opportunities/staff/{opportunity_id}"
        page = await visitor(width)
        await sign_in(page, address, "coordinator")
        await page.goto(staff)
        await sound(page)
        await page.get_by_role("link", name="Share with the network").click()
        await sound(page)
        await page.get_by_label("Yes, share it").check()
        await page.get_by_label("The fee, and their costs up to a limit").check()
        await page.get_by_role("button", name="Save").click()
        await page.get_by_role("link", name="Write how much").wait_for()
        await sound(page)
        await page.get_by_label("If costs too").fill("20")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("Other organisations can show it.").wait_for()
        await sound(page)
        await page.get_by_role("link", name="Change when or where").click()
        await sound(page)
        await page.get_by_label("Where").fill("The library")
        await page.get_by_label("Why is it changing?").fill("A leak.")
        await page.get_by_role("button", name="Change it", exact=True).click()
        await page.get_by_text("It is changed.").wait_for()
        for link in ("Change who people can ask", "Change what it is for"):
            await page.goto(staff)
            await page.get_by_role("link", name=link).click()
            await sound(page)
        await page.goto(f"{address}/opportunities/{opportunity_id}")
        await page.get_by_text("The reason: A leak.").wait_for()
        await sound(page)
        await page.goto(staff)
        await page.get_by_role("link", name="Cancel it").click()
        await sound(page)
        await page.get_by_label("The reason").fill("The hall burnt down.")
        await page.get_by_role("button", name="Cancel it", exact=True).click()
        await page.get_by_text("It is cancelled.").wait_for()
        await sound(page)
        await page.goto(f"{address}/opportunities/{opportunity_id}")
        await sound(page)
        await page.goto(f"{address}/opportunities")
        await sound(page)
