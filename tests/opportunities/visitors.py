"""Coordinators and participants in front of the pages."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.opportunities.places.use_cases import taking
from services.opportunities.writing.pages.items import ITEMS
from shared.clock import LONDON
from tests.opportunities.support import TEXTS, World, world_of
from tests.support.apps import client_of, running, signed_in
from tests.support.marks import mark_of

WHOLE = {"reached_by_message": True, "told_apart_by": ""}
"""All that a card says, so that no job asks `people` for the rest."""


@pytest.fixture(name="here")
async def here_running(folder: Any, service_database: Any) -> AsyncIterator[World]:
    built = world_of(folder, service_database("opportunities"), areas="Fenland, Peterborough")
    async with running(built.app):
        yield built


@pytest.fixture(name="staff")
async def staff_signed_in(here: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(here.app) as client:
        signed_in(client, "coordinator")
        yield client


@pytest.fixture(name="participant")
async def participant_signed_in(here: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(here.app) as client:
        await here.with_cards(signed_in(client, "participant"), **WHOLE)
        yield client


async def post(client: httpx.AsyncClient, url: str, status: Any = 303, **fields: Any) -> httpx.Response:
    """Send a form; names may have hyphens: give them with underscores doubled."""
    answer = await client.post(url, data={name.replace("__", "-"): value for name, value in fields.items()})
    assert answer.status_code == status, (
        url,
        answer.status_code,
        re.findall(r"<li>.*?</li>|error-message.*?</p>", answer.text),
    )
    return answer


async def shown(client: httpx.AsyncClient, url: str, status: int = 200) -> str:
    answer = await client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.text


async def take_part(client: httpx.AsyncClient, opportunity_id: UUID | str, **fields: Any) -> str:
    """The address of one's place."""
    url = f"/opportunities/{opportunity_id}/take-part"
    shown = await client.get(url)
    return (
        (await post(client, url, **mark_of(shown), **fields)).headers["location"]
        if shown.status_code == 200
        else shown.headers["location"]
    )


def session_fields(here: World, days: int = 35) -> dict[str, str]:
    day = (here.now + timedelta(days=days)).astimezone(LONDON)
    return {
        "day__day": str(day.day),
        "day__month": str(day.month),
        "day__year": str(day.year),
        "starts": "10:30",
        "ends": "12pm",
        "venue": "Online",
    }


async def write_all(staff: httpx.AsyncClient, base: str, but: tuple[str, ...] = ()) -> None:
    """Every item of the task list except some, each on its own page."""
    for slug, item in ITEMS.items():
        values = {field.name: TEXTS[field.name] for field in item.fields if field.name in TEXTS}
        if slug in but or not values:
            continue
        await post(
            staff,
            f"{base}/items/{slug}",
            **{name: str(value).lower() if value is True else value for name, value in values.items()},
        )


async def attended_page(here: World, staff: httpx.AsyncClient) -> tuple[str, list[Any]]:
    """(address of the session, places) once it has begun."""
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    taken = [
        await here.do(taking.take_place, opportunity_id, await here.person(name), [], "")
        for name in ("Ash Wren", "Jo Fen")
    ]
    base = f"/opportunities/staff/{opportunity_id}/sessions/{session_id}"
    assert "You can fill it in when the session has started" in await shown(staff, f"{base}/register")
    here.move(days=35, minutes=100)
    return base, taken


def key_of(page: str) -> str:
    found = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert found
    return found[1]
