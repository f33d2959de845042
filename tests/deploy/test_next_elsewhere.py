"""JetStream sends what a consumer asks for to any reply subject that it names: also into another's stream, which must not take it."""

import asyncio

import asyncpg
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig

from deploy.local.servers import NatsServer
from deploy.provisioning.parts import SERVICES
from deploy.provisioning.streams import provision_streams
from services.operators.finding import stream_states
from shared.db import new_id
from shared.messaging.relay import ATOMIC_FROM, Relay
from shared.messaging.streams import durable_name, stream_name
from tests.deploy.test_provision import client, refused
from tests.support.apps import eventually
from tests.support.servers import PASSWORD, TestPostgres

_ADD = "INSERT INTO outbox (event_id, subject, aggregate_id, version, body, caused_by, occurred_at, business_at) VALUES ($1, $2, $3, 1, '{}', $1, now(), now())"


@pytest.mark.parametrize("user", [*SERVICES, "gateway"])
@pytest.mark.parametrize("number", [1, ATOMIC_FROM])
async def test_no_user_has_an_event_stored_in_another_s_stream(postgres: TestPostgres, nats_server: NatsServer, user: str, number: int):
    await provision_streams(nats_server.client_url("provision", PASSWORD), max_bytes=1 << 20)
    source = "people" if user != "people" else "payments"
    target = "feedback" if user != "feedback" else "payments"
    async with client(nats_server, source) as says, client(nats_server, user) as asks:
        streams, name = asks.jetstream(), durable_name(user, source)
        await streams.add_consumer(stream_name(source), ConsumerConfig(name=name, durable_name=name))
        before = await _kept(asks, target)
        await _relay(says, postgres.bare_database(source), source, number)
        wanted = f"$JS.API.CONSUMER.MSG.NEXT.{stream_name(source)}.{name}"
        await asks.publish(wanted, b'{"batch":%d,"expires":30000000000}' % number, reply=f"{target}.forged.v1")
        await eventually(lambda: _delivered(asks, source, name, number))
        assert await _kept(asks, target) == before


@pytest.mark.parametrize("service", SERVICES)
async def test_no_service_pulls_from_its_own_stream_where_its_own_messages_may_lack_the_header(nats_server: NatsServer, service: str):
    own = f"{stream_name(service)}.{durable_name(service, service)}"
    for verb in ("MSG.NEXT", "CREATE", "DURABLE.CREATE"):
        assert await refused(nats_server, service, f"$JS.API.CONSUMER.{verb}.{own}")


async def test_what_came_into_a_stream_from_elsewhere_is_counted_for_operators(nats_server: NatsServer):
    """Two users together could do it: one says an event without the header, the other has it sent elsewhere."""
    await provision_streams(nats_server.client_url("provision", PASSWORD), max_bytes=1 << 20)
    async with client(nats_server, "people") as says, client(nats_server, "payments") as asks, client(nats_server, "operator") as looks:
        name = durable_name("payments", "people")
        await asks.jetstream().add_consumer("PEOPLE", ConsumerConfig(name=name, durable_name=name))
        await says.jetstream().publish("people.said-badly.v1", b"{}")
        before, foreign = await _kept(asks, "feedback"), await _foreign(looks, "feedback")
        await asks.publish(f"$JS.API.CONSUMER.MSG.NEXT.PEOPLE.{name}", b'{"batch":1,"expires":30000000000}', reply="feedback.forged.v1")
        await eventually(lambda: _more(asks, "feedback", before))
        assert await _foreign(looks, "feedback") == foreign + 1


async def _relay(says: Client, database: str, source: str, number: int) -> None:
    """Events as the service itself says them: committed to its outbox, published by its relay."""
    connection = await asyncpg.connect(database)
    try:
        for _ in range(number):
            await connection.execute(_ADD, new_id(), f"{source}.something.v1", new_id())
        relay = asyncio.create_task(Relay(database_url=database, source=f"/chorus/test/{source}", connection=lambda: says).run())
        try:
            await eventually(lambda: _nothing_waits(connection))
        finally:
            relay.cancel()
            await asyncio.gather(relay, return_exceptions=True)
    finally:
        await connection.close()


async def _nothing_waits(connection: asyncpg.Connection) -> bool:
    return not await connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")


async def _kept(asks: Client, owner: str) -> int:
    return (await asks.jetstream().stream_info(stream_name(owner))).state.messages


async def _foreign(looks: Client, owner: str) -> int:
    (state,) = [state for state in await stream_states(looks) or () if state.name == stream_name(owner)]
    return state.foreign


async def _more(asks: Client, owner: str, before: int) -> bool:
    return await _kept(asks, owner) > before


async def _delivered(asks: Client, source: str, name: str, number: int) -> bool:
    delivered = (await asks.jetstream().consumer_info(stream_name(source), name)).delivered
    return delivered is not None and delivered.consumer_seq >= number
