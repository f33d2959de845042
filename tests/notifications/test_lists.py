"""Messages are shown whole, page by page; of what is next, the first page says where the rest is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import insert

import shared.paging
from services.notifications.queries import what_comes
from services.notifications.queries.told import _TROUBLE
from services.notifications.tables import messages
from shared.db import Transaction, new_id
from tests.notifications.support import World, opportunity_created, place_taken
from tests.notifications.test_pages import client, failed_message  # noqa: F401  # pyrefly: ignore
from tests.support.apps import signed_in
from tests.support.lists import assert_each_once, walk


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.paging, "A_PAGE", 5)


async def copied(world: World, message_id: UUID, number: int, **values: Any) -> list[str]:
    """So many more like it, all of the same moment if none is given."""
    [row] = await world.rows("SELECT * FROM messages WHERE message_id = :id", id=message_id)
    ids = [new_id() for _ in range(number)]

    async def work(tx: Transaction) -> None:
        for each in ids:
            await tx.execute(
                insert(messages).values({**row._mapping, "message_id": each, "event_id": new_id(), **values})
            )

    await world.do(work)
    return [str(each) for each in ids]


async def test_not_01_all_of_a_persons_messages_are_shown_while_more_come(client: AsyncClient, world: World):
    person = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    await world.hear(published, place_taken(published, person))
    [row] = await world.rows("SELECT message_id FROM messages WHERE template = 'place-taken'")
    wanted = [str(row.message_id), *await copied(world, row.message_id, 12)]
    signed_in(client, "participant", person_id=person)
    more = lambda _: copied(world, row.message_id, 1, created_at=datetime.now(UTC) + timedelta(days=1))  # noqa: E731
    seen = await walk(client, "/notifications/messages", r'href="/notifications/messages/([0-9a-f-]{36})"', more)
    assert_each_once(seen, wanted)
    first = await client.get("/notifications/api/messages")
    assert len(first.json()) == 5 and 'rel="next"' in first.headers["link"]


async def test_not_06_all_that_did_not_arrive_is_shown_and_what_is_sent_again_moves_nothing(
    client: AsyncClient, world: World
):
    message_id = await failed_message(world)
    wanted = [str(message_id), *await copied(world, message_id, 12)]
    signed_in(client, "coordinator")

    async def sent_again(_: int) -> None:
        page = (await client.get("/notifications/staff")).text
        again = next(each for each in wanted if each in page)
        assert (await client.post(f"/notifications/staff/{again}/send-again")).status_code == 303

    assert_each_once(
        await walk(client, "/notifications/staff", r"/notifications/staff/([0-9a-f-]{36})/send-again", sent_again),
        wanted,
    )


async def test_peo_05_the_first_page_says_where_the_rest_of_what_is_next_is(
    client: AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(what_comes, "MOST_NEXT", 1)
    person = await world.knows("Amina")
    for number in range(2):
        signed_in(client, "participant", person_id=person)
        assert ("There is more after that" in (await client.get("/")).text) is False, number
        published = opportunity_created()
        await world.hear(published, place_taken(published, person))
    page = (await client.get("/")).text
    assert "There is more after that" in page and 'href="/opportunities/mine"' in page


def test_the_condition_of_the_list_is_that_of_its_index():
    [index] = [each for each in messages.indexes if each.name == "ix_messages_trouble"]
    assert str(index.dialect_options["postgresql"]["where"]) == str(_TROUBLE).removeprefix("messages.")  # pyrefly: ignore
