"""The real Chromium, and axe-core in it. Never skipped: where there is no browser, the test fails and says how to get
one.

Use the fixtures by importing them: `from tests.support.browser import IN_ONE_LOOP, browser, visitor # noqa: F401`. A
module has one browser, which lives in the module's event loop, as must the tests that use it (`pytestmark =
IN_ONE_LOOP`) and their fixtures (`loop_scope="module"`).
"""

import asyncio
import contextlib
import functools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Error, Page, Playwright, async_playwright

AXE = Path(__file__).with_name("axe.min.js")
WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = 1280, 320
"""Pixels: a common screen, and the width at which WCAG 1.4.10 asks for no sideways scrolling."""

AT_BOTH_WIDTHS = pytest.mark.parametrize("width", [NARROW, pytest.param(WIDE, marks=pytest.mark.slow)])
"""For walks through pages: `make test` goes at the width at which more can go wrong, `make slow` at the other too. A
page costs a third of a second of CPU time, nearly all of it Chromium's."""

IN_ONE_LOOP = pytest.mark.asyncio(loop_scope="module")

_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_HOW = (
    "No Chromium was found. Install one: `apt-get install chromium-headless-shell` as root, or "
    "`.venv/bin/playwright install chromium`."
)


def chromium_path() -> str | None:
    """Debian's Chromium if it is installed; None leaves the choice to Playwright.

    First its headless shell, as Playwright itself chooses: the same engine without the windows around it, for half the
    CPU time.
    """
    return next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)


async def launch(playwright: Playwright) -> Browser:
    """Raises AssertionError, saying how to install one, where there is no browser."""
    try:
        return await playwright.chromium.launch(executable_path=chromium_path(), args=_OPTIONS)
    except Error as error:
        raise AssertionError(f"{_HOW}\n{error}") from None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Starting it and Playwright takes half a second of CPU time; visitors are told apart by a context each."""
    async with async_playwright() as playwright:
        chromium = await launch(playwright)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """`page = await visitor()`: a new person's browser, British and in London. Options go to the browser context."""
    contexts: list[BrowserContext] = []

    async def new(width: int = WIDE, **options: Any) -> Page:
        context = await browser.new_context(
            locale="en-GB", timezone_id="Europe/London", viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        return await context.new_page()

    yield new
    for context in contexts:
        await context.close()


@functools.cache
def _axe() -> str:
    return AXE.read_text()


async def axe_violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA and its best practices, one line a place; empty when all is well."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_axe())  # not add_script_tag, which the page's security policy would rightly block
        await page.add_init_script(_axe())  # half a megabyte goes to the browser once, not with each page
    faults = await page.evaluate(
        "async tags => (await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], "
        "reporter: 'no-passes'})).violations",
        WCAG_22_AA,
    )
    return [f"{fault['id']}: {node['html'][:200]} ({fault['help']})" for fault in faults for node in fault["nodes"]]


async def sideways_scroll(page: Page) -> int:
    """How many pixels wider the page is than the window."""
    return await page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")


def complaints(page: Page) -> list[str]:
    """Collects what the browser complains of (a blocked script, a missing file) from now on."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@contextlib.asynccontextmanager
async def serving(app: FastAPI, port: int = 0) -> AsyncIterator[str]:
    """The app on a free port, or this one, lifespan included; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="on"))
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if task.done():
                task.result()
                raise AssertionError("The server stopped while starting")
            await asyncio.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://localhost:{port}"
    finally:
        server.should_exit = True
        await task
