"""Every component in the real browser: no fault that axe-core finds, no sideways scrolling, under 150 KB the first
time."""

from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI
from playwright.async_api import Page

from tests.support.apps import eventually
from tests.support.browser import (
    AT_BOTH_WIDTHS,
    IN_ONE_LOOP,
    NARROW,
    WIDE,
    axe_violations,
    complaints,
    serving,
    sideways_scroll,
)

pytestmark = IN_ONE_LOOP

Visitor = Callable[..., Awaitable[Page]]
FIRST_VISIT = 150_000  # bytes over the wire, fonts and styles included


@AT_BOTH_WIDTHS
async def test_every_component_passes_axe_filled_in_and_wrong(app: FastAPI, visitor: Visitor, width: int) -> None:
    async with serving(app) as address:
        page = await visitor(width)
        heard = complaints(page)
        await page.goto(f"{address}/test/travel")
        assert await axe_violations(page) == []
        assert await sideways_scroll(page) == 0
        await page.get_by_role("button", name="Save").click()
        await page.get_by_role("heading", name="There is a problem").wait_for()
        assert await axe_violations(page) == []
        assert await sideways_scroll(page) == 0
        await page.get_by_role("link", name="Enter how many miles you drove").click()
        assert await page.evaluate("document.activeElement.id") == "miles"
        assert [line for line in heard if "422" not in line] == []


@AT_BOTH_WIDTHS
@pytest.mark.parametrize(
    "path",
    [
        "/help-now",
        "/test/mine?helping=true",
        "/test/fail/404",
        *(
            pytest.param(path, marks=pytest.mark.slow)
            for path in ("/easy-read", "/accessibility", "/privacy", "/test/fail/unexpected")
        ),
    ],
)
async def test_the_pages_at_the_foot_and_errors_pass_axe(app: FastAPI, visitor: Visitor, width: int, path: str) -> None:
    page = await visitor(width)
    async with serving(app) as address:
        await page.goto(address + path)
        assert await axe_violations(page) == []
        assert await sideways_scroll(page) == 0


async def test_a_form_works_without_scripts_and_says_so_once(app: FastAPI, visitor: Visitor) -> None:
    async with serving(app) as address:
        page = await visitor(java_script_enabled=False)
        await page.goto(f"{address}/test/travel")
        await page.get_by_label("How many miles did you drive?").fill("12")
        await page.get_by_label("Nothing, thank you").check()
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("We added your travel").wait_for()
        await page.reload()
        assert "We added your travel" not in await page.content()


async def test_the_menu_opens_on_a_phone(app: FastAPI, visitor: Visitor) -> None:
    async with serving(app) as address:
        page = await visitor(NARROW)
        await page.goto(f"{address}/test/travel")
        link = page.get_by_role("navigation").get_by_role("link", name="What’s on")
        assert not await link.is_visible()
        await page.get_by_role("button", name="Menu").click()
        assert await link.is_visible()


async def refused(heard: list[str]) -> bool:
    return any("Content Security Policy" in line for line in heard)


async def test_a_script_that_is_not_ours_does_not_run(app: FastAPI, visitor: Visitor) -> None:
    async with serving(app) as address:
        page = await visitor()
        heard = complaints(page)
        await page.goto(f"{address}/test/travel")
        await page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title = 1\">')"
        )
        await eventually(lambda: refused(heard))
        assert await page.title() != "1"


async def test_a_first_visit_is_light(app: FastAPI, visitor: Visitor) -> None:
    async with serving(app) as address:
        page = await visitor()
        session = await page.context.new_cdp_session(page)
        received: list[float] = []
        session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
        await session.send("Network.enable")
        await page.goto(f"{address}/test/travel", wait_until="networkidle")
        if len(received) == 5:  # a browser without a window leaves the icon out
            await page.evaluate("new Image().src = document.querySelector('link[rel=icon]').href")
            icon = "performance.getEntriesByType('resource').some(entry => entry.name.includes('icon'))"
            await eventually(lambda: page.evaluate(icon))
        assert len(received) >= 6, "page, styles, script, two fonts, icon"
        assert sum(received) < FIRST_VISIT


async def test_a_tag_stands_on_the_line_of_the_words_beside_it(app: FastAPI, visitor: Visitor) -> None:
    page = await visitor(WIDE)
    row = (
        '<dl class="govuk-summary-list"><div class="govuk-summary-list__row"><dt class="govuk-summary-list__key">A ramp'
        '</dt><dd class="govuk-summary-list__value"><strong class="govuk-tag">We have it</strong></dd></div></dl>'
    )
    async with serving(app) as address:
        await page.goto(f"{address}/help-now")
        tops = await page.evaluate(
            """row => {
                document.querySelector("main").innerHTML = row;
                return ["dt", "dd strong"].map(each => {
                    const words = document.createRange();
                    words.selectNodeContents(document.querySelector(`main ${each}`));
                    return words.getBoundingClientRect().top;
                });
            }""",
            row,
        )
    assert abs(tops[0] - tops[1]) < 1
