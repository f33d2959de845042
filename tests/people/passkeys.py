"""Somebody at a real browser with a passkey: Chromium's own virtual authenticator."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest_asyncio
from playwright.async_api import CDPSession, Page

from deploy.local.processes import free_port
from tests.people.support import World, a_person, running_people
from tests.people.test_second_step import code_of
from tests.support.browser import serving

FAY, BO = "fay@example.org", "bo@example.org"


class Desk(NamedTuple):
    """Somebody at a real browser with an authenticator of its own, signed in and with the codes of an app set up."""

    page: Page
    devtools: CDPSession
    authenticator: str
    secret: str
    url: str

    async def open(self, path: str) -> Page:
        await self.page.goto(self.url + path)
        return self.page

    async def kept(self) -> list[dict[str, Any]]:
        return (await self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator}))[
            "credentials"
        ]

    async def put(self, credential: dict[str, Any]) -> None:
        """What a thief of the authenticator's memory does."""
        await self.devtools.send(
            "WebAuthn.addCredential", {"authenticatorId": self.authenticator, "credential": credential}
        )

    async def take(self) -> None:
        await self.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": self.authenticator})

    async def add(self, name: str = "My laptop") -> None:
        await self.open("/people/second-step/passkeys/new")
        await self.page.get_by_label("What shall we call it?").fill(name)
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name="Add a passkey").click()

    async def use(self, next: str = "/people/me") -> str:
        """What the page says that it leads to."""
        await self.open(f"/people/confirm?next={next}")
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name="Use a passkey").click()
        return await self.page.locator("main").inner_text()


@pytest_asyncio.fixture(loop_scope="module")
async def world(folder: Path, service_database: Callable[[str], str]) -> AsyncIterator[tuple[World, str]]:
    """The service at a name, and its address."""
    port = free_port()
    async with (
        running_people(folder, service_database("people"), public_url=f"http://localhost:{port}") as people,
        serving(people.app, port) as url,
    ):
        yield people, url


Sit = Callable[..., Awaitable[Desk]]


@pytest_asyncio.fixture(loop_scope="module")
async def sit(world: tuple[World, str], visitor: Callable[..., Awaitable[Page]]) -> Sit:
    people, url = world

    async def down(email: str = FAY, *, secret: str | None = None, **options: Any) -> Desk:
        page = await visitor(**options)
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        shape = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        made = await devtools.send(
            "WebAuthn.addVirtualAuthenticator", {"options": shape | {"automaticPresenceSimulation": True}}
        )
        await page.goto(f"{url}/people/sign-in")
        await page.get_by_label("email").fill(email)
        await page.get_by_role("button", name="Send").click()
        await page.wait_for_url("**/code/**")
        await page.locator("#code").fill(people.mails.code_for(email))
        async with page.expect_navigation(url=re.compile("confirm|second-step")):
            await page.locator("main button").click()
        if secret is None:
            secret = (await page.locator("#secret").inner_text()).replace(" ", "")
            await page.locator("#code").fill(code_of(secret, 0))
            await page.get_by_role("button", name="Turn it on").click()
            await page.get_by_role("heading", name="Keep your recovery codes").wait_for()
        return Desk(page, devtools, made["authenticatorId"], secret, url)

    return down


async def fay(people: World, email: str = FAY) -> UUID:
    return await a_person(people, email.partition("@")[0].title(), email, roles=["finance", "administrator"])


async def since_confirmed(people: World) -> None:
    """As if every second step had been given long ago, and not in this sign-in."""
    await people.write("UPDATE sessions SET factor_at = NULL")
