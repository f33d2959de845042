from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio

from shared.db import Database
from shared.service import Service
from tests.notifications.support import MailCatcher, People, World, settings
from tests.notifications.worker import Worker


@pytest_asyncio.fixture
async def world(service_database: Callable[[str], str]) -> AsyncIterator[World]:
    world = World(Database(service_database("notifications")))
    yield world
    await world.close()


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with MailCatcher.running() as running:
        yield running


@pytest_asyncio.fixture
async def worker(
    service_database: Callable[[str], str], nats_server: Any, catcher: MailCatcher, folder: Path
) -> AsyncIterator[Worker]:
    service = Service("notifications", settings(folder, service_database("notifications"), catcher, nats_server))
    await service.broker.connect()
    async with People().answering(nats_server) as people:
        yield Worker(service, people, catcher)
    await service.broker.stop()
    await service.database.close()
