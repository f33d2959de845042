from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio

from shared.service import Service
from tests.notifications.support import House, MailCatcher, People, settings
from tests.notifications.worker import Worker


@pytest_asyncio.fixture
async def house(service_database: Callable[[str], str]) -> AsyncIterator[House]:
    house = House(service_database("notifications"))
    yield house
    await house.database.close()


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with MailCatcher.running() as running:
        yield running


@pytest_asyncio.fixture
async def worker(service_database: Callable[[str], str], nats_server: Any, catcher: MailCatcher, folder: Path) -> AsyncIterator[Worker]:
    service = Service("notifications", settings(folder, service_database("notifications"), catcher, nats_server))
    await service.broker.connect()
    async with People().answering(nats_server) as people:
        yield Worker(service, people, catcher)
    await service.broker.stop()
    await service.database.close()
