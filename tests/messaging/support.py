"""Two small services that have nothing but the mechanism: one says events, one writes a row for each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text

from shared import service as shared_service
from shared.db import Actor, Command, Transaction, new_id
from shared.events.opportunities import PlaceTaken
from shared.messaging import outbox
from shared.messaging.handling import Consumers
from shared.service import Service
from shared.settings import ServiceSettings
from tests.support.apps import settings_for

SEEN = (
    "CREATE TABLE seen (event_version integer NOT NULL, place_id uuid NOT NULL, at timestamptz NOT NULL DEFAULT "
    "clock_timestamp())"
)
SOMEBODY = Actor("person", new_id())


def place_taken(version: int = 1, place_id: Any = None) -> PlaceTaken:
    participant: Any = {"kind": "person", "id": new_id(), "home": "test"}
    return PlaceTaken(place_id=place_id or new_id(), version=version, opportunity_id=new_id(), participant=participant)


def teller(folder: Path, url: str, nats: Any) -> tuple[Service, FastAPI]:
    """A service in place of opportunities."""
    service = Service("opportunities", settings_for(ServiceSettings, folder, url, nats))
    return service, shared_service.create_app(service, templates=folder)


async def tell(service: Service, *events: PlaceTaken) -> None:
    """Say events, each in a transaction of its own."""

    async def say(tx: Transaction, event: PlaceTaken) -> None:
        await outbox.add(tx, event)

    for event in events:
        await service.database.run(Command("take-place", SOMEBODY), lambda tx, event=event: say(tx, event))


async def tell_together(service: Service, events: Sequence[PlaceTaken]) -> None:
    """Say events in one transaction."""

    async def say(tx: Transaction) -> None:
        for event in events:
            await outbox.add(tx, event)

    await service.database.run(Command("take-places", SOMEBODY), say)


class Listener:
    """A service in place of payments, whose handler can be made to fail."""

    def __init__(self, folder: Path, url: str, nats: Any) -> None:
        self.service = Service("payments", settings_for(ServiceSettings, folder, url, nats))
        self.fails_on: set[Any] = set()
        self.error: Exception = RuntimeError("made to fail, with a secret")
        self.calls = 0
        consumers = Consumers("payments")

        async def see(tx: Transaction, event: PlaceTaken) -> None:
            self.calls += 1
            if event.place_id in self.fails_on:
                raise self.error
            await tx.execute(
                text("INSERT INTO seen (event_version, place_id) VALUES (:v, :p)"),
                {"v": event.version, "p": event.place_id},
            )

        consumers.on(PlaceTaken, see)
        self.app = shared_service.create_app(self.service, consumers=consumers, templates=folder)

    async def seen(self) -> list[Any]:
        rows = await self.service.database.read(lambda tx: tx.all(text("SELECT place_id FROM seen ORDER BY at")))
        return [row.place_id for row in rows]
