from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from services.feedback.app import create_app
from services.feedback.settings import Settings
from shared.db import new_id
from tests.feedback.network import NAMES, Organisation, published
from tests.feedback.region import LEAD, Region
from tests.feedback.safeguarding import Team
from tests.feedback.support import World
from tests.support.apps import settings_for


@pytest.fixture
async def world(service_database: Callable[[str], str], folder: Path) -> AsyncIterator[World]:
    """Checked against every invariant when the test is over."""
    async with World(create_app(settings_for(Settings, folder, service_database("feedback")))).running() as world:
        yield world


@pytest.fixture
async def region(service_database: Callable[[str], str], folder: Path) -> AsyncIterator[Region]:
    organisations = {}
    async with AsyncExitStack() as stack:
        for name, display_name in NAMES.items():
            settings = settings_for(Settings, folder, service_database("feedback"), organisation_name=display_name)
            organisations[name] = await stack.enter_async_context(Organisation(name, create_app(settings)).running())
            await organisations[name].know_person("Lena Lead", "finance", "administrator", person_id=LEAD)
        region = Region(organisations["sun"], organisations["viewpoint"], new_id())
        await region.sun.hear(published(region.opportunity))
        host = {"host": "sun", "host_name": "SUN", "host_opportunity_id": region.opportunity}
        await region.viewpoint.hear(published(region.listing, **host))
        yield region


@pytest_asyncio.fixture
async def team(world: World) -> Team:
    team = Team(
        await world.know_person("Lena Lead", "finance"),
        await world.know_person("Dev Deputy", "approver"),
        await world.know_person("Cora Field", "coordinator", "approver", "operator"),
        await world.know_person("Ada Minster", "administrator"),
    )
    await world.name_leads(team.lead, team.deputy)
    return team
