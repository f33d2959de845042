"""Names from people: asked for once a batch, kept by version; over real NATS at the end."""

import json
from typing import Any
from uuid import UUID, uuid4

import nats
from sqlalchemy import text

from services.opportunities import consumers
from services.opportunities.people import queries
from services.opportunities.publishing.use_cases import publishing
from services.opportunities.words.domain import Policy
from shared.db import new_id
from shared.events.people import PersonChanged, PersonRegistered
from tests.opportunities.support import World, world_of
from tests.support.apps import eventually, running
from tests.support.servers import PASSWORD


def card(name: str, version: int = 1) -> dict[str, Any]:
    return {"version": version, "name": name, "roles": ["participant"]}


async def test_names_that_come_twice_and_in_another_order_do_no_harm(here: World):
    person_id = new_id()
    changed = PersonChanged(version=2, person_id=person_id, roles=("participant",))
    registered = PersonRegistered(version=1, person_id=person_id, roles=("participant",))
    for _ in range(2):
        await here.do(consumers.keep_card, changed, card("Ash Fen", 2))
        await here.do(consumers.keep_card, registered, card("Ash Wren", 1))
    assert await here.read(queries.names, [person_id]) == {person_id: "Ash Fen"}


async def test_a_name_that_has_not_arrived_is_said_in_words(here: World):
    unknown = new_id()
    assert await here.read(queries.names, [unknown]) == {unknown: "Name not here yet"}


async def _people_who_answer(nats_server: Any, cards: dict[str, Any]) -> Any:
    """Stands for people on the real broker, as its own NATS user."""
    client = await nats.connect(nats_server.client_url("people", PASSWORD), inbox_prefix="_INBOX.people")

    async def answer(message: Any) -> None:
        asked = json.loads(message.data)["person_ids"]
        await message.respond(
            json.dumps({"cards": {key: value for key, value in cards.items() if key in asked}}).encode()
        )

    await client.subscribe("people.cards.opportunities", cb=answer)
    await client.flush()
    return client


async def _publish(client: Any, event: Any) -> None:
    headers = {
        "ce-id": str(uuid4()),
        "ce-specversion": "1.0",
        "ce-type": event.subject(),
        "ce-source": "/chorus/test/people",
    }
    await client.jetstream().publish(event.subject(), event.model_dump_json().encode(), headers=headers, timeout=5)


async def test_over_real_nats_a_name_arrives_and_what_is_published_leaves(
    folder: Any, service_database: Any, nats_server: Any
):
    here, person_id = world_of(folder, service_database("opportunities"), nats_server), new_id()
    cards: dict[str, Any] = {}
    async with running(here.app):
        people = await _people_who_answer(nats_server, cards)
        await _publish(people, PersonRegistered(version=1, person_id=person_id, roles=("participant",)))
        cards[str(person_id)] = card("Ash Wren")

        async def named() -> bool:
            return (await here.read(queries.names, [person_id]))[person_id] == "Ash Wren"

        await eventually(named)
        opportunity_id: UUID = await here.draft()
        await here.do(publishing.publish, opportunity_id, Policy(), here.service.settings.host)

        async def left() -> bool:
            waiting = text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
            return await here.read(lambda tx: tx.scalar(waiting)) == 0

        await eventually(left)
        await people.close()
