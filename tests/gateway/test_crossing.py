"""What leaves one organisation and arrives in another, over a real hub."""

import asyncio
import json

import pytest

from services.gateway.ingress import Ingress
from shared.events import network
from shared.events.listings import GuestRequest
from tests.gateway.support import Organisations, request_content, requested, shared

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_net_01_what_is_shared_arrives_with_its_origin_and_an_id_of_our_own(organisations: Organisations):
    sun, viewpoint = organisations
    event = shared()
    event_id = await sun.say(event)
    (message,) = await viewpoint.heard(network.OpportunityShared)
    arrived = network.OpportunityShared.model_validate_json(message.data, extra="forbid")
    assert arrived.origin == "sun"
    assert arrived.signed is True
    assert arrived.model_dump(exclude={"origin", "signed"}) == event.model_dump()
    headers = message.headers or {}
    assert headers["ce-id"] == headers["Nats-Msg-Id"] == str(network.local_id("sun", event_id))


async def test_net_02_what_is_addressed_arrives_sealed_and_its_content_is_given_to_its_service_alone(
    organisations: Organisations,
):
    sun, viewpoint = organisations
    event = requested("sun")
    viewpoint.contents[str(event.guest_id)] = request_content()
    await viewpoint.say(event)
    (message,) = await sun.heard(network.GuestRequested)
    assert json.loads(message.data) == {**json.loads(event.model_dump_json()), "origin": "viewpoint"}
    contents = await sun.ask_contents("opportunities", network.GuestRequested, ("viewpoint", event.guest_id))
    content = contents[f"viewpoint/{event.guest_id}"]
    assert content["version"] == 1
    assert GuestRequest.model_validate(content["content"]).code == "G-7F3K"
    assert await sun.ask_contents("feedback", network.GuestRequested, ("viewpoint", event.guest_id)) == {}


async def test_net_04_what_looks_for_origins_ends_with_its_connection(organisations: Organisations):
    """Even if nobody cancels it, or nats-py swallows that: else nothing more would be let in."""
    sun, _ = organisations
    async with sun.member.connect() as client:
        pass
    looking = asyncio.create_task(Ingress(sun.gateway)._tick(client))  # pyrefly: ignore
    ended, _ = await asyncio.wait([looking], timeout=5)
    looking.cancel()
    assert ended
