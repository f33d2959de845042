"""Every page that people can reach, with the story's data in it, in the real browser."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page

from deploy.demo.play import SecondStep
from tests.journeys.conftest import Town
from tests.journeys.walking import Walk
from tests.support.browser import IN_ONE_LOOP, complaints

pytestmark = IN_ONE_LOOP

Visitor = Callable[..., Awaitable[Page]]
UNLINKED = {"operator": "/operator/claims/{claim}", "approver": "/payments/approve/{claim}"}
"""Pages that are reached by typing an id, or that no page links to once all is done."""


async def sign_in(page: Page, town: Town, part: str) -> None:
    """With the code from the mail, as everybody does."""
    story = town.story
    await asyncio.to_thread(story.mails, part)  # those before do not count
    await page.goto(f"{town.url}/people/sign-in")
    await page.get_by_label("Your email address").fill(story.address(part))
    await page.get_by_role("button", name="Send me a code").click()
    mail = await asyncio.to_thread(story.next_mail, part, "code")
    code = re.search(r"^\s*(\d{6})\s*$", mail.get_body(("plain",)).get_content(), re.MULTILINE)  # pyrefly: ignore
    assert code
    await page.locator("input[name=code]").fill(code[1])
    async with page.expect_navigation():
        await page.locator("main form button").first.click()
    if "/people/confirm" in page.url:
        code_of_app = await asyncio.to_thread(SecondStep(story.secrets, story.address(part)).code)
        await page.locator("input[name=code]").fill(code_of_app)
        async with page.expect_navigation():
            await page.locator("main form button").first.click()


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_page_of_everyone_passes_axe_wide_and_narrow_and_leads_nowhere_dead(
    town: Town, visitor: Visitor
) -> None:
    faults: list[str] = []
    looked_at: dict[str, int] = {}
    page = await visitor()
    walk = Walk(town.url, "a visitor", looked_at=looked_at)
    await walk.through(page, "/opportunities")
    faults += walk.faults
    for part in ("coordinator", "approver", "finance", "operator", "driver"):
        page = await visitor()
        heard = complaints(page)
        await sign_in(page, town, part)
        walk = Walk(town.url, part, looked_at=looked_at)
        await walk.through(page, "/")
        ours = [
            line for line in dict.fromkeys(heard) if "'style-src' was not explicitly set" not in line
        ]  # that is the browser's own page around a picture
        faults += walk.faults + [f"{part}: the browser says {line}" for line in ours]
    assert len(looked_at) > 70, "the walk went nearly nowhere"
    assert faults == []


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_form_sent_empty_is_answered_in_words(town: Town, visitor: Visitor) -> None:
    faults: list[str] = []
    refused: set[str] = set()
    looked_at: dict[str, int] = {}
    for part in ("second_approver", "coordinator", "driver"):
        page = await visitor()
        await sign_in(page, town, part)
        walk = Walk(town.url, part, looked_at=looked_at, quick=True)
        await walk.through(page, "/")
        await walk.send_empty(page)
        faults += walk.faults
        refused |= walk.refused
    assert len(refused) > 10, refused
    assert faults == []
