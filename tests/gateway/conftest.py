"""Two organisations with their gateways, joined by a hub: once for the tests of a file, which see only what is new to
each."""

import contextlib
from collections.abc import AsyncIterator
from typing import TypeAlias

import pytest_asyncio

from deploy.local.servers import temporary_directory
from tests.gateway.support import House, house
from tests.network.region import Region
from tests.support.servers import TestPostgres

Houses: TypeAlias = tuple[House, House]


@contextlib.asynccontextmanager
async def two_houses(postgres: TestPostgres) -> AsyncIterator[Houses]:
    """SUN and Viewpoint, who know each other's keys."""
    with temporary_directory() as directory, Region(directory, ("sun", "viewpoint")) as region:
        async with (
            house(region.members["sun"], directory / "sun-gateway", postgres) as sun,
            house(region.members["viewpoint"], directory / "viewpoint-gateway", postgres) as viewpoint,
        ):
            await sun.knows("viewpoint")
            await viewpoint.knows("sun")
            yield sun, viewpoint


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def _shared_houses(postgres: TestPostgres) -> AsyncIterator[Houses]:
    async with two_houses(postgres) as houses:
        yield houses


@pytest_asyncio.fixture(loop_scope="module")
async def houses(_shared_houses: Houses) -> Houses:
    """For tests that leave both as they were: their modules run in one event loop."""
    for each in _shared_houses:
        await each.begin()
    return _shared_houses


@pytest_asyncio.fixture
async def own_houses(postgres: TestPostgres) -> AsyncIterator[Houses]:
    """A test's own, whose servers may be killed and keys turned."""
    async with two_houses(postgres) as houses:
        yield houses
