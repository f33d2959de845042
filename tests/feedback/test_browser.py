"""Feedback in a real browser, without JavaScript where a person gives it, and against WCAG 2.2 AA."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Page

from services.feedback.app import create_app
from services.feedback.consumers import Came, hear_answer, hear_guest_feedback
from services.feedback.settings import Settings
from shared.copies import SealedContents
from shared.db import SYSTEM, new_id
from shared.events.network import GuestFeedbackAnswered, GuestFeedbackGiven, local_id
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.feedback.support import WORDS, World, answer, give, let_it_go
from tests.support.apps import SIGNING_KEY, settings_for
from tests.support.browser import (
    IN_ONE_LOOP,
    NARROW,
    axe_violations,
    browser,  # noqa: F401
    complaints,
    serving,
    sideways_scroll,
    visitor,  # noqa: F401
)
from tests.support.servers import ORGANISATION
from tests.support.slices import WHOLE

pytestmark = IN_ONE_LOOP


@pytest_asyncio.fixture(loop_scope="module")
async def served(service_database: Callable[[str], str], folder: Path) -> AsyncIterator[tuple[World, str]]:
    app = create_app(settings_for(Settings, folder, service_database("feedback")))
    async with serving(app) as address:
        yield World(app), address


async def sign_in(page: Page, *roles: Role, person_id: UUID | None = None) -> None:
    token = issue_token(
        SIGNING_KEY,
        ORGANISATION,
        SignIn(person_id or new_id(), new_id(), frozenset(roles), factor_at=datetime.now(UTC)),
    )
    await page.context.add_cookies(
        [
            {
                "name": cookie_name(ORGANISATION),
                "value": token,
                "url": "https://localhost/",
                "secure": True,
                "httpOnly": True,
            }
        ]
    )


async def test_fb_01_feedback_is_given_and_looked_up_in_a_browser_without_javascript(
    served: tuple[World, str],
    visitor: Callable[..., Awaitable[Page]],
):
    world, address = served
    opportunity = await world.know_opportunity()
    page = await visitor(java_script_enabled=False)
    await page.goto(f"{address}/feedback/give?opportunity={opportunity}")
    assert await page.get_by_label("“Choosing a helpline”").is_checked()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("What do you want to say?").fill(WORDS)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Continue").click()
    assert await page.get_by_text("There is a problem").is_visible()
    await page.get_by_label("No, I want to stay anonymous").check()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Yes", exact=True).check()
    await page.get_by_role("button", name="Continue").click()
    assert WORDS in await page.content()
    await page.get_by_role("button", name="Send").click()
    code = (await page.get_by_text("Your code is").inner_text()).removeprefix("Your code is").strip()
    assert page.url == f"{address}/feedback/give/done"
    await page.goto(f"{address}/feedback/look-up")
    await page.get_by_label("Look up an answer with your code").fill(code)
    await page.get_by_role("button", name="Look it up").click()
    assert WORDS in await page.content()
    assert code not in page.url


@WHOLE
@pytest.mark.timeout(300)
async def test_every_page_of_feedback_meets_wcag_2_2_aa_on_a_wide_and_a_narrow_screen(
    served: tuple[World, str],
    visitor: Callable[..., Awaitable[Page]],
    whole: bool,
):
    """In make test, one page of each kind: of a question, an answer, a board, a list and a concern."""
    world, address = served
    opportunity = await world.know_opportunity()
    await world.know_person("Gwen Porter", "coordinator", "administrator")
    lead = await world.know_person("Lena Lead", "coordinator")
    await world.name_leads(lead, await world.know_person("Dev Deputy", "approver"))
    client, coordinator = world.visitor(), world.visitor("coordinator")
    code = await give(client, opportunity=opportunity, words="First words.")
    first = await world.value("SELECT item_id FROM items")
    await answer(coordinator, first, said="Too warm.")
    await give(client, about="provider", name="Willow House")
    waiting = await world.value("SELECT item_id FROM items WHERE ending IS NULL")
    await coordinator.post(f"/feedback/staff/{waiting}/theme", data={"theme": "Rooms"})
    await give(client, words="A worry.")
    worry = await world.value("SELECT item_id FROM items WHERE words = 'A worry.'")
    await coordinator.post(f"/feedback/staff/{worry}/safeguarding", data={"why": "Someone may be hurt."})
    theme, response, concern = [
        await world.value(f"SELECT {name}_id FROM {name}s") for name in ("theme", "response", "concern")
    ]
    public = [f"give?opportunity={opportunity}", "board", "look-up", "worry"]
    staff = [
        *(
            "mine",
            "staff",
            "staff/ended",
            "staff/themes",
            f"staff/themes/{theme}",
            f"staff/{first}",
            f"staff/{waiting}",
        ),
        *(f"staff/{waiting}/{page}" for page in ("join", "spam", "pass-on", "theme", "safeguarding")),
        *(
            f"staff/answer?items={waiting}",
            f"staff/responses/{response}",
            "staff/safeguarding",
            f"staff/safeguarding/{concern}",
            "staff/safeguarding/leads",
            "staff/safeguarding/whom-to-tell",
            f"worry?read=/opportunities/staff/questions/{waiting}",
        ),
    ]
    page = await visitor()
    heard = complaints(page)
    for path in public if whole else public[:2]:
        await _is_well(page, f"{address}/feedback/{path}")
    if whole:
        await _through_the_questions(page, address)
    await page.goto(f"{address}/feedback/look-up")
    await page.get_by_label("Look up an answer with your code").fill(code)
    await page.get_by_role("button", name="Look it up").click()
    await _is_well(page)
    await sign_in(page, Role.COORDINATOR, Role.PARTICIPANT, Role.ADMINISTRATOR, person_id=lead)
    for path in staff if whole else ("staff", f"staff/{waiting}", f"staff/safeguarding/{concern}"):
        await _is_well(page, f"{address}/feedback/{path}")
        if "safeguarding" in path or "worry" in path:
            await _keep_picture(page, path.replace("/", "-").partition("?")[0][:40])
    assert heard == []


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_net_02_the_pages_of_feedback_that_crosses_meet_wcag_2_2_aa_on_a_wide_and_a_narrow_screen(
    served: tuple[World, str],
    visitor: Callable[..., Awaitable[Page]],
):
    world, address = served
    page, listing = await visitor(), await world.know_opportunity(host="SUN")
    await page.goto(f"{address}/feedback/give?opportunity={listing}")
    for label in (
        "“Choosing a helpline”",
        "What do you want to say?",
        "No, I want to stay anonymous",
        "Yes, SUN may read it",
        "Yes",
    ):
        await _is_well(page)
        field = page.get_by_label(label, exact=True)
        await (field.check() if await field.get_attribute("type") == "radio" else field.fill(WORDS))
        await _keep_picture(page, f"give-{label[:8]}")
        await page.get_by_role("button", name="Continue").click()
    assert "SUN, and we do" in await page.content()
    await _is_well(page)
    await _keep_picture(page, "check")
    await page.get_by_role("button", name="Send").click()
    code = (await page.get_by_text("Your code is").inner_text()).removeprefix("Your code is").strip()
    item_id = await world.value("SELECT item_id FROM items")
    reader = await visitor()
    await sign_in(reader, Role.COORDINATOR)
    await world.know_person("Words Rowan", "participant")
    await _is_well(reader, f"{address}/feedback/staff/{item_id}/release")
    await _keep_picture(reader, "staff-release")
    await page.goto(f"{address}/feedback/look-up")
    await page.get_by_label("Look up an answer with your code").fill(code)
    await page.get_by_role("button", name="Look it up").click()
    await _is_well(page)
    await _keep_picture(page, "giver-crossing")
    await let_it_go(world)
    letters = {"sun": {"version": 9, "content": {"answer": "We bought a fan, and we asked for a bigger room."}}}
    answered = GuestFeedbackAnswered(version=9, to="test", item_id=item_id, ending="used", origin="sun")
    for happens in ("asked", "answered"):
        if happens == "answered":
            async with world.service.database.transaction(new_id(), SYSTEM) as tx:
                await hear_answer(tx, answered, Came(SealedContents(letters), 28, 24))
        await page.goto(f"{address}/feedback/look-up")
        await page.get_by_label("Look up an answer with your code").fill(code)
        await page.get_by_role("button", name="Look it up").click()
        await _is_well(page)
        await _keep_picture(page, f"giver-{happens}")
    assert "SUN answered" in await page.content()
    await give(world.visitor(), opportunity=listing, may_cross=True)
    waiting = await world.value("SELECT item_id FROM items WHERE ending IS NULL")
    ours = await world.know_opportunity("Painting the hall")
    given = GuestFeedbackGiven(
        version=1, to="test", item_id=new_id(), opportunity_id=ours, board=True, origin="viewpoint"
    )
    async with world.service.database.transaction(new_id(), SYSTEM) as tx:
        await hear_guest_feedback(
            tx, given, Came(SealedContents({"viewpoint": {"version": 1, "content": {"words": WORDS}}}), 28, 24)
        )
    await sign_in(page, Role.COORDINATOR)
    for name, path in {
        "waiting": f"staff/{waiting}",
        "guest": f"staff/{local_id('viewpoint', given.item_id)}",
        "list": "staff",
    }.items():
        await _is_well(page, f"{address}/feedback/{path}")
        await _keep_picture(page, f"staff-{name}")


async def _keep_picture(page: Page, name: str) -> None:
    """Where CHORUS_PICTURES names a folder: what a person sees, on a wide and a narrow screen."""
    if folder := os.environ.get("CHORUS_PICTURES"):
        wide = page.viewport_size
        assert wide
        for width in (wide["width"], NARROW):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        await page.set_viewport_size(wide)


async def _through_the_questions(page: Page, address: str) -> None:
    await page.goto(f"{address}/feedback/give")
    await page.get_by_label("A service").check()
    answers = ("What is it called?", "What do you want to say?", "No, I want to stay anonymous", "Yes")
    for label in answers:
        await page.get_by_role("button", name="Continue").click()
        await _is_well(page)
        field = page.get_by_label(label, exact=True)
        await (field.check() if await field.get_attribute("type") == "radio" else field.fill("Willow House"))
    await page.get_by_role("button", name="Continue").click()
    await _is_well(page)
    await page.get_by_role("button", name="Send").click()
    await _is_well(page)


async def _is_well(page: Page, address: str | None = None) -> None:
    if address:
        answered = await page.goto(address)
        assert answered and answered.status == 200, address
    assert await axe_violations(page) == [], page.url
    wide = page.viewport_size
    assert wide
    await page.set_viewport_size({"width": NARROW, "height": 800})
    assert await sideways_scroll(page) <= 0, page.url
    await page.set_viewport_size(wide)
