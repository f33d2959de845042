"""A running app of payments with people who use its pages."""

import contextlib
import re
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from services.payments.app import create_app
from services.payments.bank_details.gateways.vault import write_new
from services.payments.settings import Settings
from tests.payments.support import World
from tests.support.apps import settings_for
from tests.support.marks import mark_of

KEY = re.compile(r'name="idempotency_key" value="([0-9a-f-]{36})"')


def app_of(url: str, folder: Path, nats: Any = None) -> FastAPI:
    write_new(folder / "bank-keys.json")
    own = {
        "bank_keys": folder / "bank-keys.json",
        "payer_name": "The Test Voice",
        "payer_sort_code": "309070",
        "payer_account_number": "12345668",
    }
    return create_app(settings_for(Settings, folder, url, nats, **own))


def site_on(url: str, folder: Path, nats: Any = None) -> contextlib.AbstractAsyncContextManager[World]:
    """nats: a NatsServer, or None for a broker that is away. What is left behind must keep every invariant."""
    return World(app_of(url, folder, nats)).running()


def key_of(response: httpx.Response) -> str:
    found = KEY.search(response.text)
    assert found, response.text
    return found[1]


async def post(
    client: httpx.AsyncClient, url: str, page: str | None = None, files: Any = None, **fields: str
) -> httpx.Response:
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
