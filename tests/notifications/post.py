"""Letters by post: who chose them, what the other services answer, and a coordinator at the list."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient

from services.notifications.app import create_app
from tests.notifications.calls import NOON
from tests.notifications.support import World, settings
from tests.support.apps import running, signed_in

LETTERS = "/notifications/staff/letters"
BY_POST = {"channels": ["letter"], "reached_by_message": False}
HERS = "Amina Field\nFlat 2, 5 Mill Lane\nWisbech\nPE13 1AB"


@pytest_asyncio.fixture
async def ahead(world: World) -> World:
    world.at(NOON)
    return world


async def listed(world: World) -> list[tuple[str, str, str]]:
    rows = await world.rows("SELECT template, way, why FROM calls WHERE settled_at IS NULL")
    return sorted((row.template, row.way, row.why) for row in rows)


async def states(world: World, template: str = "%") -> set[str]:
    said = "SELECT state FROM messages WHERE channel = 'letter' AND template LIKE :template"
    return {row.state for row in await world.rows(said, template=template)}


class Held:
    """What the other services answer."""

    def __init__(self) -> None:
        self.addresses: dict[UUID, str] = {}
        self.before: dict[UUID, str] = {}
        """The addresses before a change, if that is asked."""
        self.changes: dict[UUID, int] = {}
        """How often each address has changed since the first."""
        self.away = False

    def moves(self, person_id: UUID, to: str) -> int:
        """Returns how often the address has changed."""
        self.addresses[person_id] = to
        self.changes[person_id] = self.changes.get(person_id, 0) + 1
        return self.changes[person_id]

    async def __call__(self, subject: str, question: dict[str, Any]) -> dict[str, Any]:
        if self.away:
            raise ConnectionError
        if subject == "people.addresses.notifications":
            if question["channel"] != "letter":
                return {"addresses": {}}
            ids = [UUID(each) for each in question["person_ids"]]
            held = self.addresses | (self.before if "held_before" in question else {})
            return {
                "addresses": {
                    str(each): {"postal_address": held[each], "post_changes": self.changes.get(each, 0)}
                    for each in ids
                    if each in held
                }
            }
        return {"words": {}}


@pytest.fixture
def held() -> Held:
    return Held()


@pytest_asyncio.fixture
async def client(ahead: World, folder: Path, held: Held, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    app = create_app(settings(folder, ahead.database.url, duty_number="01632 960001"))
    monkeypatch.setattr(app.state.service, "requests", held)
    monkeypatch.setattr(app.state.service.clock, "now", lambda: NOON)
    async with running(app) as client:
        signed_in(client, "coordinator", person_id=await ahead.knows("Cora", roles=["coordinator"]))
        yield client


async def open_ids(world: World) -> list[str]:
    rows = await world.rows("SELECT call_id FROM calls WHERE way = 'letter' AND settled_at IS NULL ORDER BY call_id")
    return [str(row.call_id) for row in rows]
