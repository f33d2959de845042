"""Two organisations with their gateways, joined by a hub: once for the tests of a file, which see only what is new to
each."""

import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from deploy.local.servers import temporary_directory
from tests.gateway.support import Organisations, organisation
from tests.network.region import Region, next_door
from tests.support.servers import TestPostgres


@pytest.fixture(scope="module", autouse=True)
def _next_door() -> Iterator[None]:
    with next_door():
        yield


@contextlib.asynccontextmanager
async def two_organisations(postgres: TestPostgres) -> AsyncIterator[Organisations]:
    """SUN and Viewpoint, who know each other's keys."""
    with temporary_directory() as directory, Region(directory, ("sun", "viewpoint")) as region:
        async with (
            organisation(region.members["sun"], directory / "sun-gateway", postgres) as sun,
            organisation(region.members["viewpoint"], directory / "viewpoint-gateway", postgres) as viewpoint,
        ):
            await sun.knows("viewpoint")
            await viewpoint.knows("sun")
            yield sun, viewpoint


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def _shared_organisations(postgres: TestPostgres) -> AsyncIterator[Organisations]:
    async with two_organisations(postgres) as organisations:
        yield organisations


@pytest_asyncio.fixture(loop_scope="module")
async def organisations(_shared_organisations: Organisations) -> Organisations:
    """For tests that leave both as they were: their modules run in one event loop."""
    for each in _shared_organisations:
        await each.begin()
    return _shared_organisations


@pytest_asyncio.fixture
async def own_organisations(postgres: TestPostgres) -> AsyncIterator[Organisations]:
    """A test's own, whose servers may be killed and keys turned."""
    async with two_organisations(postgres) as organisations:
        yield organisations
