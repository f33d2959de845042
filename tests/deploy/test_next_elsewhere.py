"""JetStream answers to any reply subject that is named, without asking what its user may publish: with a service's
password it comes to nothing."""

import asyncio
import json
from typing import Any

import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig

from deploy.local.servers import NatsServer
from deploy.provisioning.parts import SERVICES, STREAM_OWNERS
from services.operators.finding import stream_states
from shared.messaging.streams import durable_name, stream_name
from tests.deploy.nats_users import client, refused

NOTHING_WAITS = b'{"batch":1,"no_wait":true}'


async def stand(server: NatsServer) -> dict[str, Any]:
    """Each private stream: how many messages it took, and its consumers."""
    async with client(server, "operator") as looks:
        streams = looks.jetstream(timeout=5)
        found = await streams.streams_info()
        return {
            str(info.config.name): (
                info.state.last_seq,
                [seen.name for seen in await streams.consumers_info(str(info.config.name))],
            )
            for info in found
        }


def replies() -> list[str]:
    streams = [stream_name(owner) for owner in STREAM_OWNERS]
    deletes = [f"$JS.API.STREAM.{verb}.{stream}" for verb in ("DELETE", "PURGE") for stream in streams]
    consumers = [
        f"$JS.API.CONSUMER.DELETE.{stream_name(owner)}.{durable_name(service, owner)}"
        for owner in STREAM_OWNERS
        for service in SERVICES
    ]
    return [
        *deletes,
        *consumers,
        *(subject.replace("$JS.API", "$JS.sun.API") for subject in deletes),
        *(f"{owner}.forged.v1" for owner in STREAM_OWNERS),
    ]


async def answered(connection: Client, subject: str, question: bytes) -> None:
    """Once it is, what was asked before has been done."""
    heard = await connection.subscribe(inbox := connection.new_inbox())
    await connection.publish(subject, question, reply=inbox)
    await heard.next_msg(timeout=5)


async def consumes(connection: Client, user: str) -> str:
    """With a message waiting, and where it is pulled."""
    source = "people" if user != "people" else "payments"
    name = durable_name(user, source)
    await connection.jetstream().add_consumer(stream_name(source), ConsumerConfig(name=name, durable_name=name))
    return f"$JS.API.CONSUMER.MSG.NEXT.{stream_name(source)}.{name}"


@pytest.mark.parametrize("user", [*SERVICES, "gateway"])
async def test_nothing_is_stored_or_deleted_whatever_reply_a_user_names(nats_server: NatsServer, user: str):
    own = "network" if user == "gateway" else user
    async with client(nats_server, user) as asks:
        pull = await consumes(asks, user)
        before = await stand(nats_server)
        for reply in replies():
            if not reply.startswith(f"{own}."):
                await asks.publish(pull, NOTHING_WAITS, reply=reply)
                await asks.publish(f"$JS.API.STREAM.INFO.{stream_name(own)}", reply=reply)
        await answered(asks, pull, NOTHING_WAITS)
        await answered(asks, f"$JS.API.STREAM.INFO.{stream_name(own)}", b"")
    assert await stand(nats_server) == before


async def test_an_event_without_a_header_is_sent_into_nobody_s_stream(nats_server: NatsServer):
    """Two users together could once do it: one says an event without the header, the other has it sent elsewhere."""
    async with client(nats_server, "people") as says, client(nats_server, "payments") as asks:
        pull = await consumes(asks, "payments")
        for _ in range(3):
            await says.jetstream().publish("people.said-badly.v1", b"{}")
        before = await stand(nats_server)
        await asks.publish(pull, b'{"batch":1,"expires":30000000000}', reply="feedback.forged.v1")
        await answered(asks, pull, NOTHING_WAITS)
    assert await stand(nats_server) == before


async def test_what_no_event_of_ours_is_called_is_counted_for_operators(nats_server: NatsServer):
    """A service that was broken into can still say anything under its own name."""
    async with client(nats_server, "people") as says, client(nats_server, "operator") as looks:
        before = await foreign(looks, "PEOPLE")
        await says.jetstream().publish("people.said-badly.v1", b"{}")
        assert await foreign(looks, "PEOPLE") == before + 1


async def foreign(looks: Client, stream: str) -> int:
    (state,) = [state for state in await stream_states(looks) or () if state.name == stream]
    return state.foreign


async def test_an_operator_s_user_deletes_nothing(nats_server: NatsServer):
    async with client(nats_server, "operator") as looks:
        before = await stand(nats_server)
        for reply in replies():
            for question in ("CONSUMER.MSG.NEXT.PEOPLE.operator-people", "STREAM.NAMES"):
                await looks.publish(f"$JS.API.{question}", NOTHING_WAITS, reply=reply)
        await answered(looks, "$JS.API.STREAM.NAMES", b"")
    assert await stand(nats_server) == before


async def test_an_answer_to_a_question_goes_to_nobody_but_who_asked(nats_server: NatsServer):
    """The asker names where it is to be answered, and what is answered would be stored there."""
    async with client(nats_server, "people") as people, client(nats_server, "opportunities") as asks:
        asked = asyncio.Event()

        async def answer(message: Any) -> None:
            await message.respond(json.dumps({"cards": {}}).encode())
            asked.set()

        await people.subscribe("people.cards.opportunities", cb=answer)
        await people.flush()
        before = await stand(nats_server)
        await asks.publish("people.cards.opportunities", b"{}", reply="payments.forged.v1")
        await asyncio.wait_for(asked.wait(), 5)
        await people.flush()
    assert await stand(nats_server) == before


@pytest.mark.parametrize("service", SERVICES)
async def test_no_service_pulls_from_its_own_stream(nats_server: NatsServer, service: str):
    own = f"{stream_name(service)}.{durable_name(service, service)}"
    for verb in ("MSG.NEXT", "CREATE", "DURABLE.CREATE"):
        assert await refused(nats_server, service, f"$JS.API.CONSUMER.{verb}.{own}")


# The border


async def border_stand(server: NatsServer) -> dict[str, Any]:
    """The two streams of the border, and what OUT's consumer has carried."""
    async with client(server, "border-provision") as looks:
        streams = looks.jetstream(timeout=5)
        found = {name: (await streams.stream_info(name)) for name in ("OUT", "NETWORK")}
        carrier = await streams.consumer_info("OUT", "carrier")
        return {name: (info.created, info.state.messages, info.config.max_bytes) for name, info in found.items()} | {
            "carrier": (carrier.created, carrier.ack_floor)
        }


AT_THE_BORDER = [
    f"{api}.{request}"
    for api in ("$JS.API", "$JS.test.API")
    for request in (
        *(f"STREAM.{verb}.{stream}" for verb in ("DELETE", "PURGE") for stream in ("OUT", "NETWORK")),
        "CONSUMER.DELETE.OUT.carrier",
    )
]


async def test_net_04_a_stolen_password_of_the_border_deletes_nothing_whatever_reply_it_names(nats_server: NatsServer):
    async with client(nats_server, "border") as thief:
        await thief.jetstream().publish("out.public.opportunity-shared.v1", b"{}")
        await thief.jetstream().publish("network.fox.public.opportunity-shared.v1", b"{}")
        mine = ConsumerConfig(name="gateway-owl", durable_name="gateway-owl", filter_subject="network.owl.>")
        await thief.jetstream().add_consumer("NETWORK", mine)
        pull = "$JS.API.CONSUMER.MSG.NEXT.NETWORK.gateway-owl"
        before = await border_stand(nats_server)
        for reply in AT_THE_BORDER:
            await thief.publish(pull, NOTHING_WAITS, reply=reply)
            await thief.publish("$JS.API.STREAM.INFO.OUT", reply=reply)
        await answered(thief, pull, NOTHING_WAITS)
        await answered(thief, "$JS.API.STREAM.INFO.OUT", b"")
    assert await border_stand(nats_server) == before


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_net_04_nor_by_a_consumer_that_delivers_an_empty_message_there(nats_server: NatsServer, body: bytes):
    async with client(nats_server, "border") as thief:
        await thief.jetstream().publish("network.fox.public.opportunity-shared.v1", body)
        before = await border_stand(nats_server)
        for number, reply in enumerate(AT_THE_BORDER):
            config = {"name": f"evil-{number}", "durable_name": f"evil-{number}", "deliver_subject": reply}
            asked = json.dumps({"stream_name": "NETWORK", "config": config | {"ack_policy": "none"}}).encode()
            await answered(thief, f"$JS.API.CONSUMER.DURABLE.CREATE.NETWORK.evil-{number}", asked)
        await answered(thief, "$JS.API.STREAM.INFO.OUT", b"")
    assert await border_stand(nats_server) == before
