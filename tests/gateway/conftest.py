"""Two organisations and a hub, each with a gateway, once for each test."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from deploy.servers import temporary_directory
from tests.gateway.support import House, house
from tests.network.region import Region
from tests.support.servers import TestPostgres


@pytest.fixture
def region() -> Iterator[Region]:
    with temporary_directory() as directory, Region(directory, ("sun", "viewpoint")) as region:
        yield region


@pytest_asyncio.fixture
async def houses(region: Region, postgres: TestPostgres) -> AsyncIterator[tuple[House, House]]:
    """SUN and Viewpoint, who know each other's keys."""
    members = region.members
    async with (
        house(members["sun"], region.directory / "sun-gateway", postgres) as sun,
        house(members["viewpoint"], region.directory / "viewpoint-gateway", postgres) as viewpoint,
    ):
        await sun.knows("viewpoint")
        await viewpoint.knows("sun")
        yield sun, viewpoint
