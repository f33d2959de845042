"""A guest's pages in the real browser, at home and at the host's: used by hand, without a fault that axe-core finds, at
two widths."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page

from services.opportunities.places.use_cases import needs, taking
from shared.db import new_id
from shared.events.base import ParticipantRef
from shared.identity import SignIn, cookie_name, issue_token
from tests.opportunities.finding.test_browser import Visitor, sound
from tests.opportunities.support import someone
from tests.opportunities.two_organisations import Region, ask, guest_of, region
from tests.support.apps import SIGNING_KEY
from tests.support.browser import AT_BOTH_WIDTHS, IN_ONE_LOOP, browser, serving, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP

WRAPPING = "code => getComputedStyle(code).textWrapMode"


async def sign_in(page: Page, organisation: str, address: str, *roles: Any) -> UUID:
    person_id = new_id()
    token = issue_token(
        SIGNING_KEY, organisation, SignIn(person_id, new_id(), frozenset(roles), factor_at=datetime.now(UTC))
    )
    await page.context.add_cookies(
        [{"name": cookie_name(organisation), "value": token, "url": address.replace("http:", "https:"), "secure": True}]
    )
    return person_id


async def leave_as_host(two: Region, held: UUID, own: ParticipantRef) -> None:
    sun = two.organisations["sun"]
    await sun.do(taking.leave_place, held, own, sun.service.settings.policy)
    await two.carry()


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_net_02_a_participant_agrees_waits_is_offered_a_place_and_leaves(
    width: int,
    folder: Any,
    service_database: Any,
    visitor: Visitor,
):
    two = region(folder, service_database)
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    async with serving(viewpoint.app) as address:
        opportunity_id, own = await sun.published(capacity=1), someone()
        listing_id = await two.listed("sun", opportunity_id)
        held = await sun.do(taking.take_place, opportunity_id, own, [], "")
        page = await visitor(width)
        await viewpoint.with_cards(await sign_in(page, "viewpoint", address, "participant"))
        await page.goto(f"{address}/opportunities/{listing_id}/take-part")
        await sound(page)
        await page.get_by_label("Papers in easy read").check()
        await page.get_by_role("button", name="Ask for a place").click()
        await page.get_by_role("link", name="Tick the box if you agree").wait_for()
        await sound(page)
        assert await page.get_by_label("Papers in easy read").is_checked()
        await page.get_by_label("I agree that the code").check()
        await page.get_by_role("button", name="Ask for a place").click()
        await page.get_by_text("We have asked SUN. We will tell you.").wait_for()
        await sound(page)
        await two.carry()
        await page.reload()
        await page.get_by_text("you were number 1 on the list").wait_for()
        assert await page.locator(".chorus-code").evaluate(WRAPPING) == "nowrap"
        await sound(page)
        await leave_as_host(two, held, own)
        await page.goto(f"{address}/opportunities/mine")
        await sound(page)
        await page.get_by_role("link", name="A say in the drop-in").click()
        await sound(page)
        await page.get_by_role("button", name="Yes, I want the place").click()
        await page.get_by_text("You said yes. We have told SUN").wait_for()
        await two.carry()
        need = (await sun.dicts("SELECT id FROM needs"))[0]
        await sun.do(
            needs.answer_need, opportunity_id, need["id"], "not-met", "There is none yet. We can read it with you."
        )
        await two.carry()
        await page.reload()
        await page.get_by_text("https://video.example/room").wait_for()
        await page.get_by_text("We can read it with you.").wait_for()
        await page.get_by_text("07700 900100").wait_for()
        await sound(page)
        await page.get_by_role("link", name="Change what you need").click()
        await sound(page)
        await page.get_by_label("Breaks").check()
        await page.get_by_role("button", name="Save").click()
        await page.get_by_role("link", name="Leave").click()
        await sound(page)
        await page.get_by_role("button", name="Yes, leave").click()
        await page.get_by_text("You have left.").wait_for()
        await sound(page)
        await two.carry()
        assert [row["state"] for row in await sun.dicts("SELECT state FROM places ORDER BY queue_number")] == [
            "left",
            "left",
        ]


@AT_BOTH_WIDTHS
async def test_net_02_the_host_sees_a_guest_by_organisation_and_code(
    width: int,
    folder: Any,
    service_database: Any,
    visitor: Visitor,
):
    two = region(folder, service_database)
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    async with serving(sun.app) as address:
        opportunity_id = await sun.published()
        listing_id = await two.listed("sun", opportunity_id)
        await sun.do(taking.take_place, opportunity_id, await sun.person("Ash Wren"), ["breaks"], "")
        await ask(viewpoint, listing_id, guest_of("viewpoint"), "easy-read")
        await two.carry()
        ((code, need_id),) = [
            (row["guest_code"], row["id"])
            for row in await sun.dicts(
                "SELECT guest_code, needs.id FROM places JOIN needs ON place_id = places.id WHERE need = 'easy-read'"
            )
        ]
        name = f"A guest from viewpoint, {code}"
        (session_id,) = await sun.session_ids(opportunity_id)
        two.move(days=35, minutes=5)
        page = await visitor(width)
        await sign_in(page, "sun", address, "coordinator")
        base = f"{address}/opportunities/staff/{opportunity_id}"
        for path in (
            "",
            "/needs",
            f"/needs/{need_id}",
            f"/sessions/{session_id}/register",
            f"/sessions/{session_id}/register/print",
        ):
            await page.goto(base + path)
            await page.get_by_text(name).first.wait_for()
            assert await page.locator(".chorus-code").first.evaluate(WRAPPING) == "nowrap"
            await sound(page)
        await page.goto(base)
        await page.get_by_text("viewpoint: 07700 900101").wait_for()
        await page.goto(f"{base}/sessions/{session_id}/walk-in")
        await page.get_by_text("Ask them to take part through their own organisation").wait_for()
        await sound(page)
    await viewpoint.database.close()
