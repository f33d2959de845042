"""kill -9 at each point of an event's way. After it: nothing lost, nothing done twice, nothing stuck."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from shared.db import new_id
from tests.messaging.support import SEEN, Listener, place_taken, tell, teller
from tests.support.apps import eventually, running
from tests.support.dying import Dying, dying


@pytest.fixture(scope="module")
def crashing() -> Iterator[Dying]:
    with dying("tests.messaging.crashing", "tests.messaging.support") as processes:
        yield processes


DieAt = Callable[..., Awaitable[None]]


@pytest.fixture
def die_at(crashing: Dying, folder: Path) -> DieAt:
    """Run a process that dies at the point, and see that it did."""

    async def die(point: str, role: str, url: str, nats: Any, places: Sequence[Any] = ()) -> None:
        config = {"role": role, "point": point, "folder": str(folder), "url": url, "nats": nats.client_url()}
        await crashing.run(config | {"places": [str(place) for place in places]})

    return die


async def _count(service: Any, sql: str) -> int:
    return await service.database.read(lambda tx: tx.scalar(text(sql)))


async def test_before_the_commit_nothing_has_happened(folder, postgres, nats_server, die_at):
    url = postgres.bare_database("opportunities")
    await die_at("before-commit", "teller", url, nats_server, [new_id()])
    service, app = teller(folder, url, nats_server)
    async with running(app):
        assert await _count(service, "SELECT count(*) FROM outbox") == 0
        assert await _count(service, "SELECT count(*) FROM steps") == 0


@pytest.mark.parametrize("point", ["before-publish", "after-publish"])
async def test_after_the_commit_the_event_goes_out_once(point, folder, postgres, nats_server, die_at):
    url, place = postgres.bare_database("opportunities"), new_id()
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats_server)
    await die_at(point, "teller", url, nats_server, [place])
    service, app = teller(folder, url, nats_server)
    async with running(app), running(listener.app):

        async def published_and_heard() -> bool:
            return (
                await _count(service, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
                and len(await listener.seen()) > 0
            )

        await eventually(published_and_heard, within=60)
        stored = await service.nats().jetstream().stream_info("OPPORTUNITIES")  # pyrefly: ignore
    assert stored.state.messages == 1
    assert await listener.seen() == [place]


@pytest.mark.parametrize("point", ["in-handler", "after-handler"])
async def test_a_consumer_that_dies_before_it_acknowledges_has_heard_each_event_once(
    point, folder, postgres, nats_server, monkeypatch, die_at
):
    monkeypatch.setattr("shared.messaging.broker.ACK_SECONDS", 1.0)
    service, app = teller(folder, postgres.bare_database("opportunities"), nats_server)
    url, events = postgres.bare_database("payments", SEEN), [place_taken() for _ in range(5)]
    async with running(app):
        await tell(service, *events)

        async def published() -> bool:
            return await _count(service, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0

        await eventually(published)
    await die_at(point, "listener", url, nats_server)
    listener = Listener(folder, url, nats_server)
    async with running(listener.app):

        async def settled() -> bool:
            client = listener.service.nats()
            if client is None:
                return False
            info = await client.jetstream().consumer_info("OPPORTUNITIES", "payments-opportunities")
            return info.num_pending == 0 and info.num_ack_pending == 0

        await eventually(settled, within=60)
    assert sorted(await listener.seen()) == sorted(event.place_id for event in events)
