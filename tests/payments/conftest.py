from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from tests.payments.support import World, world_on


@pytest_asyncio.fixture
async def world(service_database: Callable[[str], str]) -> AsyncIterator[World]:
    """A fresh database of payments. What every test leaves behind must keep every invariant."""
    async with world_on(service_database("payments")) as world:
        yield world
        assert await world.broken() == {}
