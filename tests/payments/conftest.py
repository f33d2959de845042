from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest_asyncio

from tests.payments.network import Region
from tests.payments.site import site_on
from tests.payments.support import World, world_on


@pytest_asyncio.fixture
async def world(service_database: Callable[[str], str]) -> AsyncIterator[World]:
    """A fresh database of payments. What every test leaves behind must keep every invariant."""
    async with world_on(service_database("payments")) as world:
        yield world


@pytest_asyncio.fixture
async def site(service_database: Callable[[str], str], folder: Path) -> AsyncIterator[World]:
    """The running app, with the broker away: pages work all the same."""
    async with site_on(service_database("payments"), folder) as site:
        yield site


@pytest_asyncio.fixture
async def region(service_database: Callable[[str], str]) -> AsyncIterator[Region]:
    """A host and a home organisation, each with a fresh database of payments; both must keep every invariant."""
    async with world_on(service_database("payments")) as host, world_on(service_database("payments")) as home:
        yield Region(host, home)
