from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.feedback.app import create_app
from services.feedback.settings import Settings
from tests.feedback.support import World
from tests.support.apps import settings_for


@pytest.fixture
async def world(service_database: Callable[[str], str], folder: Path) -> AsyncIterator[World]:
    """Checked against every invariant when the test is over."""
    async with World(create_app(settings_for(Settings, folder, service_database("feedback")))).running() as world:
        yield world
