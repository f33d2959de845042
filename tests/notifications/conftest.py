from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from tests.notifications.support import House, MailCatcher


@pytest_asyncio.fixture
async def house(service_database: Callable[[str], str]) -> AsyncIterator[House]:
    house = House(service_database("notifications"))
    yield house
    await house.database.close()


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with MailCatcher.running() as running:
        yield running
