"""A team with a lead and a deputy, and a concern raised."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from bs4 import BeautifulSoup

from tests.feedback.support import WORDS, World

WHY = "Someone may be hurt."


@dataclass
class Team:
    """Who works here. The lead is no coordinator."""

    lead: UUID
    deputy: UUID
    coordinator: UUID
    admin: UUID


async def raise_concern(world: World, *about: UUID) -> tuple[UUID, UUID]:
    item = await world.value("SELECT item_id FROM items")
    sent = await send_concern(world.visitor("coordinator"), f"/feedback/staff/{item}/safeguarding", about)
    assert sent.status_code == 303, sent.text[-2000:]
    return item, await world.value("SELECT concern_id FROM concerns")


async def send_concern(visitor: httpx.AsyncClient, path: str, about: Collection[UUID]) -> httpx.Response:
    """Sends it, and again once the page has said who reads it if these do not."""
    data: dict[str, Any] = {"why": WHY, "about": [str(person) for person in about]}
    sent = await visitor.post(path, data=data)
    hidden = BeautifulSoup(sent.text, "html.parser").select("main form input[type=hidden]")
    said = {str(each["name"]): str(each["value"]) for each in hidden}
    return await visitor.post(path, data={**data, **said}) if sent.status_code == 422 else sent


def concern_page(concern: UUID) -> str:
    return f"/feedback/staff/safeguarding/{concern}"


async def sees(world: World, person: UUID, concern: UUID, *roles: str) -> bool:
    visitor = world.visitor(*roles or ("participant",), person_id=person)
    seen = [
        WORDS in (await visitor.get(concern_page(concern))).text,
        str(concern) in (await visitor.get("/feedback/staff/safeguarding")).text,
    ]
    assert len(set(seen)) == 1
    return seen[0]
