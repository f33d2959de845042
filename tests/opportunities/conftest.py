"""An instance of opportunities on a fresh database, without a broker."""

from collections.abc import AsyncIterator

import pytest

from tests.opportunities.support import World, world_of


@pytest.fixture
async def here(folder, service_database) -> AsyncIterator[World]:
    """Opportunities on real PostgreSQL; NATS is away, which its pages must bear."""
    built = world_of(folder, service_database("opportunities"))
    yield built
    await built.database.close()
