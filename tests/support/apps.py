"""Services in tests: real apps on real databases, driven through their pages and API."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
from fastapi import FastAPI

from shared.db import new_id
from shared.identity import Role, SignIn, cookie_name, issue_token, new_signing_key, public_key_set
from shared.settings import ServiceSettings
from tests.support.servers import ORGANISATION, PASSWORD

T = TypeVar("T")
S = TypeVar("S", bound=ServiceSettings)
SIGNING_KEY = new_signing_key()
NO_NATS = "nats://nobody:nothing@127.0.0.1:9"
"""An address where no broker is: pages must work all the same."""


def settings_for(kind: type[S], directory: Path, database_url: str, nats: Any = None, **more: Any) -> S:
    """Settings of a service in a test. nats: a NatsServer, or None for a broker that is away."""
    keys = directory / "session-keys.json"
    if not keys.exists():
        keys.write_text(json.dumps(public_key_set(SIGNING_KEY)))
    service = database_url.partition("//")[2].partition(":")[0]
    values: dict[str, Any] = {
        "organisation": ORGANISATION,
        "organisation_name": "The Test Voice",
        "mode": "test",
        "public_url": "https://localhost",
        "database_url": database_url,
        "nats_url": nats.client_url(service, PASSWORD) if nats else NO_NATS,
        "session_keys": keys,
        "storage_dir": directory / "storage",
        "relay_poll_seconds": 0.2,
    }
    return kind.exactly({**values, **more})


@contextlib.asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The app with its lifespan driven, and a client that behaves like a browser on its own site."""
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """Another visitor of a running app."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="https://localhost",
        headers={"sec-fetch-site": "same-origin", "accept": "text/html"},
        timeout=30,
    )


def signed_in(
    client: httpx.AsyncClient,
    *roles: Role | str,
    person_id: UUID | None = None,
    acting_for: UUID | None = None,
    factor: bool = True,
) -> UUID:
    """Give the client a sign-in of a person with these roles; returns the person's id. factor: whether they gave their
    second step."""
    person_id = person_id or new_id()
    sign_in = SignIn(
        person_id,
        new_id(),
        frozenset(Role(role) for role in roles),
        acting_for,
        factor_at=datetime.now(UTC) if factor else None,
    )
    client.cookies.set(cookie_name(ORGANISATION), issue_token(SIGNING_KEY, ORGANISATION, sign_in))
    return person_id


async def eventually(check: Callable[[], Awaitable[T]], *, within: float = 60) -> T:
    """Ask until the answer is true; fails with the last answer or error after `within` seconds."""
    deadline = time.monotonic() + within
    last: object = None
    while True:
        try:
            answer = await check()
            if answer:
                return answer
            last = answer
        except (AssertionError, LookupError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} seconds; the last answer was {last!r}")
        await asyncio.sleep(0.02)
