"""A running app of payments with people who use its pages."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from services.payments.app import Settings, create_app
from services.payments.gateways.vault import write_new
from shared.identity import Role
from tests.payments.support import World, world_on
from tests.support.apps import client_of, running, settings_for, signed_in
from tests.support.marks import mark_of

KEY = re.compile(r'name="idempotency_key" value="([0-9a-f-]{36})"')


class Site:
    """A running app of payments, the database behind it, and the people who use it."""

    def __init__(self, app: Any, world: World, stack: contextlib.AsyncExitStack) -> None:
        self.app, self.world, self._stack = app, world, stack

    async def as_person(self, *roles: Role, person_id: UUID | None = None, acting_for: UUID | None = None) -> httpx.AsyncClient:
        client = await self._stack.enter_async_context(client_of(self.app))
        signed_in(client, *(roles or (Role.PARTICIPANT,)), person_id=person_id, acting_for=acting_for)
        return client

    async def visitor(self) -> httpx.AsyncClient:
        return await self._stack.enter_async_context(client_of(self.app))


def app_of(url: str, folder: Path, nats: Any = None) -> FastAPI:
    write_new(folder / "bank-keys.json")
    own = {"bank_keys": folder / "bank-keys.json", "payer_name": "The Test Voice", "payer_sort_code": "309070", "payer_account_number": "12345668"}
    return create_app(settings_for(Settings, folder, url, nats, **own))


@contextlib.asynccontextmanager
async def site_on(url: str, folder: Path, nats: Any = None) -> AsyncIterator[Site]:
    """nats: a NatsServer, or None for a broker that is away. What is left behind must keep every invariant."""
    app = app_of(url, folder, nats)
    async with world_on(url) as world, contextlib.AsyncExitStack() as stack, running(app):
        app.state.service.clock.now = world.clock.now
        yield Site(app, world, stack)
        assert await world.broken() == {}


def key_of(response: httpx.Response) -> str:
    found = KEY.search(response.text)
    assert found, response.text
    return found[1]


async def post(client: httpx.AsyncClient, url: str, page: str | None = None, files: Any = None, **fields: str) -> httpx.Response:
    """Send a form; page is where its idempotency key stands, if it has one, and the mark of what it shows."""
    if page is not None:
        shown = await client.get(page)
        fields = {"idempotency_key": key_of(shown), **mark_of(shown, url), **fields}
    return await client.post(url, data=fields, files=files)


async def step(client: httpx.AsyncClient, url: str, **fields: str) -> httpx.Response:
    """Open the page that says what pressing its button does, and press it."""
    shown = await client.get(url)
    mark = mark_of(shown)
    assert mark, shown.text
    return await client.post(url, data={"idempotency_key": key_of(shown), **mark, **fields})


async def followed(client: httpx.AsyncClient, response: httpx.Response) -> httpx.Response:
    assert response.status_code == 303, response.text
    return await client.get(response.headers["location"])
