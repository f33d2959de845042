"""A people service of each test's own."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.people.support import World, running_people


@pytest.fixture
async def people(folder: Path, service_database: Callable[[str], str]) -> AsyncIterator[World]:
    """Without a broker: signing in, joining and all pages must do without."""
    async with running_people(folder, service_database("people")) as running:
        yield running
