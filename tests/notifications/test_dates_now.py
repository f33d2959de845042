"""NOT-08: the page of an old message and the dates of today."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import AsyncClient

from services.notifications.app import create_app
from tests.notifications.support import (
    SOON,
    World,
    changed,
    moved,
    opportunity_created,
    settings,
)
from tests.support.apps import running, signed_in


@pytest_asyncio.fixture
async def client(world: World, folder: Path) -> AsyncIterator[AsyncClient]:
    async with running(create_app(settings(folder, world.database.url))) as client:
        yield client


@pytest.mark.parametrize("what", ["moved", "gone"])
async def test_not_08_dates_that_have_changed_since_a_message_are_not_put_in_a_calendar(
    what: str, client: AsyncClient, world: World
):
    me = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    await world.hear(published)
    [first] = await world.rows("SELECT message_id FROM messages WHERE template = 'opportunity-created'")
    page = f"/notifications/messages/{first.message_id}"
    signed_in(client, "participant", person_id=me)
    assert f"{page}/date.ics" in (await client.get(page)).text
    to = moved(published, SOON + timedelta(minutes=5)) if what == "moved" else ()
    await world.hear(changed(published, 2, "time", sessions=to))
    shown = (await client.get(page)).text
    assert "date.ics" not in shown and "The dates have changed since we wrote this." in shown
    assert f'href="/opportunities/{published.opportunity_id}"' in shown
    assert (await client.get(f"{page}/date.ics")).headers["location"] == page
