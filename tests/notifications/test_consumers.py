"""The whole way of a message over real NATS: heard twice, in another order, and sent once."""

import contextlib
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient

from services.notifications.app import create_app
from shared.db import Database, new_id
from shared.events import Event
from shared.events.people import PersonChanged, PersonRegistered, SessionEnded
from shared.identity import SignIn, cookie_name, issue_token
from tests.notifications.support import (
    Claim,
    MailCatcher,
    People,
    World,
    feedback_closed,
    feedback_received,
    need_answered,
    opportunity_closed,
    opportunity_created,
    place_taken,
    publish,
    settings,
)
from tests.support.apps import SIGNING_KEY, eventually, running, signed_in
from tests.support.servers import ORGANISATION


class Running:
    def __init__(
        self, client: AsyncClient, world: World, people: People, catcher: MailCatcher, nats_server: Any
    ) -> None:
        self.client = client
        self.world = world
        self.people = people
        self.catcher = catcher
        self.nats_server = nats_server

    async def publish(self, *events: Event) -> list[tuple[UUID, Event]]:
        numbered = [(new_id(), event) for event in events]
        await publish(self.nats_server, numbered)
        return numbered

    async def registered(self, name: str, **what: Any) -> UUID:
        """A person whose card has come all the way."""
        person = self.people.add(name, **what)
        await self.publish(PersonRegistered(version=1, person_id=person, roles=("participant",)))

        async def known() -> bool:
            return bool(await self.world.rows("SELECT 1 FROM cards WHERE person_id = :id", id=person))

        await eventually(known)
        return person

    async def all_sent(self, messages: int) -> None:
        async def sent() -> bool:
            rows = await self.world.rows("SELECT state FROM messages")
            return len(rows) == messages and {row.state for row in rows} == {"sent"}

        await eventually(sent, within=60)


@pytest_asyncio.fixture
async def running_world(
    service_database: Callable[[str], str], nats_server: Any, catcher: MailCatcher, folder: Path
) -> AsyncIterator[Running]:
    url = service_database("notifications")
    app = create_app(settings(folder, url, catcher, nats_server))
    world = World(Database(url))
    async with contextlib.AsyncExitStack() as stack:
        people = await stack.enter_async_context(People().answering(nats_server))
        client = await stack.enter_async_context(running(app))
        yield Running(client, world, people, catcher, nats_server)
        assert await world.broken() == {}
        assert await world.rows("SELECT 1 FROM dead_letters") == []
    await world.close()


async def test_the_whole_way_from_an_event_to_a_mail(running_world: Running):
    person = await running_world.registered("Amina", channels=["email", "in-app"])
    [(event_id, _)] = await running_world.publish(opportunity_created())
    await running_world.all_sent(2)
    [mail] = running_world.catcher.to("amina@people.example")
    assert mail["Subject"].startswith("A new way to take part")

    async def published() -> bool:
        return (
            len(
                await running_world.world.rows(
                    "SELECT 1 FROM outbox WHERE published_at IS NOT NULL AND caused_by = :id", id=event_id
                )
            )
            == 2
        )

    await eventually(published)
    signed_in(running_world.client, "participant", person_id=person)
    assert "A new way to take part" in (await running_world.client.get("/notifications/messages")).text


async def test_not_02_every_event_twice_and_in_another_order_tells_each_person_once(running_world: Running):
    amina = await running_world.registered("Amina", channels=["email", "in-app"])
    await running_world.registered("Bola", roles=["approver", "coordinator"])
    published = opportunity_created()
    taken, claim, item = place_taken(published, amina), Claim(published, amina), feedback_received(published, amina)
    story: list[Event] = [
        published,
        taken,
        need_answered(taken),
        claim.opened,
        claim.submitted,
        claim.approved,
        claim.paid,
        item,
        feedback_closed(item),
        opportunity_closed(published, [amina]),
    ]
    numbered = [(new_id(), event) for event in story]
    shuffled = numbered[1:] + numbered
    random.Random(7).shuffle(shuffled)
    await publish(running_world.nats_server, [*shuffled, numbered[0]], again=True)

    async def all_heard() -> bool:
        return len(await running_world.world.rows("SELECT DISTINCT event_id FROM inbox")) == len(story) + 2

    await eventually(all_heard, within=60)
    await running_world.world.write("UPDATE messages SET due_at = clock_timestamp()")  # answers wait for more of them

    async def all_settled() -> bool:
        return {row.state for row in await running_world.world.rows("SELECT state FROM messages")} == {"sent"}

    await eventually(all_settled, within=60)
    rows = await running_world.world.rows("SELECT event_id, participant_id, channel FROM messages")
    assert len(rows) == len({tuple(row) for row in rows})
    subjects = [mail["Subject"] for mail in running_world.catcher.to("amina@people.example")]
    assert len(subjects) == len(set(subjects)) and "£20.90 has been paid" in subjects
    assert (
        await running_world.world.rows("SELECT 1 FROM tasks WHERE opened_version > coalesce(settled_version, -1)") == []
    )


async def test_what_comes_before_its_person_or_opportunity_waits_and_is_then_told(running_world: Running):
    published = opportunity_created()
    person = running_world.people.add("Amina", opted_out=["new-opportunities"])
    await running_world.publish(place_taken(published, person), published)
    await running_world.publish(PersonRegistered(version=1, person_id=person, roles=("participant",)))
    await running_world.all_sent(1)
    [mail] = running_world.catcher.mails
    assert mail["Subject"].startswith("You have a place")


async def test_a_changed_card_counts_from_then_on(running_world: Running):
    person = await running_world.registered("Amina")
    running_world.people.cards[person] |= {
        "version": 2,
        "ruled_out": {"kinds": ["tender-panel"], "areas": [], "times": []},
    }
    await running_world.publish(PersonChanged(version=2, person_id=person, roles=("participant",)))

    async def changed() -> bool:
        return bool(await running_world.world.rows("SELECT 1 FROM cards WHERE version = 2"))

    await eventually(changed)
    await running_world.publish(opportunity_created(), opportunity_created(kind="workshop"))
    await running_world.all_sent(1)


async def test_a_sign_in_that_ended_is_refused_here_too(running_world: Running):
    sign_in = SignIn(new_id(), new_id(), frozenset())
    running_world.client.cookies.set(cookie_name(ORGANISATION), issue_token(SIGNING_KEY, ORGANISATION, sign_in))
    assert (await running_world.client.get("/notifications/messages")).status_code == 200
    await running_world.publish(SessionEnded(version=1, session_id=sign_in.sign_in_id, person_id=sign_in.person_id))

    async def refused() -> bool:
        return (await running_world.client.get("/notifications/messages")).status_code == 303

    await eventually(refused)


@pytest.mark.parametrize("what", ["card", "address"])
async def test_no_address_and_no_name_stands_in_what_we_publish_or_log_as_done(running_world: Running, what: str):
    person = await running_world.registered("Amina")
    published = opportunity_created()
    await running_world.publish(published, place_taken(published, person))
    await running_world.all_sent(2)
    everything = str(await running_world.world.rows("SELECT body FROM outbox")) + str(
        await running_world.world.rows("SELECT facts FROM steps")
    )
    assert "messages-queued" not in everything
    assert ("Amina" if what == "card" else "people.example") not in everything
