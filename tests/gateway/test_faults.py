"""Cuts and crashes: nothing is lost, what comes twice has one id, and nobody holds the others up."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import UUID

import pytest
import pytest_asyncio
from nats.js.api import ConsumerConfig

from deploy.local.servers import temporary_directory
from services.gateway import domain, pressure
from services.gateway.ingress import TURN
from services.gateway.settings import Settings
from shared.events import Event, network
from tests.gateway.support import Organisation, Organisations, left_place, organisation, settings_of, shared, soon
from tests.network.region import Region
from tests.support.apps import eventually
from tests.support.dying import Dying, dying
from tests.support.servers import TestPostgres


@pytest.fixture(scope="module")
def gateways() -> Iterator[Dying]:
    with dying("tests.gateway.dying", "services.gateway.app") as processes:
        yield processes


DieAt = Callable[[str, Settings], Awaitable[None]]


@pytest.fixture
def die_at(gateways: Dying) -> DieAt:
    """Run a gateway that dies at the point, and see that it did."""

    async def die(point: str, settings: Settings) -> None:
        await gateways.run({"point": point, "settings": settings.model_dump(mode="json")})

    return die


@pytest_asyncio.fixture
async def region() -> AsyncIterator[Region]:
    with temporary_directory() as directory, Region(directory, ("sun", "viewpoint")) as region:
        yield region


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not acknowledged comes again after a second."""
    monkeypatch.setattr("shared.messaging.broker.ACK_SECONDS", 1.0)
    monkeypatch.setattr("services.gateway.ingress.ACK_SECONDS", 1.0)


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty events may wait, and who does not move for half a second is away."""
    monkeypatch.setattr(pressure, "STUCK_SECONDS", 0.5)
    monkeypatch.setattr(pressure, "WAITING_AT_MOST", 20)
    monkeypatch.setattr(domain, "WAITING_AT_MOST", 20)


def organisation_of(
    region: Region, name: str, postgres: TestPostgres, database_url: str | None = None
) -> contextlib.AbstractAsyncContextManager[Organisation]:
    return organisation(region.members[name], region.directory / f"{name}-gateway", postgres, database_url=database_url)


async def test_net_04_killed_after_it_left_an_event_arrives_once(
    region: Region, postgres: TestPostgres, impatient: None, die_at: DieAt
):
    url = postgres.database("gateway")
    async with organisation_of(region, "viewpoint", postgres) as viewpoint:
        async with organisation_of(region, "sun", postgres, url) as sun:
            await sun.knows("viewpoint")
            await viewpoint.knows("sun")
        event, addressed = shared(), left_place("viewpoint")
        async with region.members["sun"].connect("opportunities") as client, region.members["sun"].connect() as net:
            sun.as_service["opportunities"] = client
            await sun.say(event)
            await sun.say(addressed)
            before = (await net.jetstream().stream_info("OUT")).state.last_seq
            await die_at("after-leaving", settings_of(region.members["sun"], region.directory / "sun-gateway", url))
            left = (await net.jetstream().stream_info("OUT")).state.last_seq - before
        assert left >= 1
        async with organisation_of(region, "sun", postgres, url) as sun:
            await viewpoint.heard(network.GuestLeft, within=60)
            await handled(sun, "opportunities")
            assert [len(await viewpoint.heard(kind)) for kind in (network.OpportunityShared, network.GuestLeft)] == [
                1,
                1,
            ]


@pytest.mark.parametrize("point", ["before-arriving", "after-arriving"])
async def test_net_04_killed_on_its_way_in_an_event_is_heard_once(
    region: Region, postgres: TestPostgres, impatient: None, die_at: DieAt, point: str
):
    url = postgres.database("gateway")
    async with organisation_of(region, "sun", postgres) as sun:
        async with organisation_of(region, "viewpoint", postgres, url) as viewpoint:
            await sun.knows("viewpoint")
            await viewpoint.knows("sun")
        event_ids = [await sun.say(shared()) for _ in range(5)] + [await sun.say(left_place("viewpoint"))]
        await die_at(point, settings_of(region.members["viewpoint"], region.directory / "viewpoint-gateway", url))
        async with organisation_of(region, "viewpoint", postgres, url) as viewpoint:
            await viewpoint.heard(network.GuestLeft, within=60)
            await viewpoint.heard(network.OpportunityShared, 5)
            messages = [
                message
                for message in await viewpoint.everything_heard()
                if message.subject != network.OrganisationAnnounced.subject()
            ]
            assert sorted((message.headers or {})["ce-id"] for message in messages) == sorted(
                str(network.local_id("sun", one)) for one in event_ids
            )


async def test_net_04_what_is_said_while_the_server_is_killed_arrives_in_order(own_organisations: Organisations):
    sun, viewpoint = own_organisations
    events = [shared() for _ in range(20)]
    for event in events[:10]:
        await sun.say(event)
    sun.member.server.kill()
    sun.member.server.start()
    for event in events[10:]:
        await sun.say(event)
    assert await ids_heard(viewpoint, network.OpportunityShared, 20) == [event.opportunity_id for event in events]


async def test_net_04_after_a_cut_each_catches_up_by_itself(own_organisations: Organisations):
    sun, viewpoint = own_organisations
    viewpoint.member.server.kill()
    events = [shared() for _ in range(40)]
    for event in events:
        await sun.say(event)
    viewpoint.member.server.start()
    assert await ids_heard(viewpoint, network.OpportunityShared, 40) == [event.opportunity_id for event in events]


async def test_net_04_what_an_organisation_says_whose_keys_are_late_waits_for_them(
    region: Region, postgres: TestPostgres
):
    """Suffolk's first announcement is lost on its way."""
    suffolk_member = region.add("suffolk")
    async with (
        organisation_of(region, "viewpoint", postgres) as viewpoint,
        organisation_of(region, "suffolk", postgres) as suffolk,
    ):
        await suffolk.knows("viewpoint")
        await viewpoint.knows("suffolk")
        assert suffolk_member.name == suffolk.name
        held = viewpoint.gateway.ring.organisations.pop("suffolk")
        await suffolk.say(left_place("viewpoint"))
        await suffolk.say(shared())
        await viewpoint.came(2)
        unheard = {network.GuestLeft.subject(), network.OpportunityShared.subject()}
        assert not unheard & {message.subject for message in await viewpoint.everything_heard()}
        viewpoint.gateway.ring.organisations["suffolk"] = held
        await viewpoint.heard(network.GuestLeft)
        await viewpoint.heard(network.OpportunityShared)
        assert await viewpoint.dead_letters() == []


async def test_net_04_who_the_hub_removes_is_forgotten_and_the_organisation_hears_it(
    region: Region, postgres: TestPostgres
):
    async with organisation_of(region, "viewpoint", postgres) as viewpoint:
        async with organisation_of(region, "sun", postgres):
            await viewpoint.knows("sun")
        await asyncio.to_thread(region.hub.remove, "sun")
        (message,) = await viewpoint.heard(network.OrganisationRemoved, within=60)
        event = network.OrganisationRemoved.model_validate_json(message.data)
        assert (event.removed, event.organisation_id) == ("sun", network.organisation_id("sun"))
        assert viewpoint.gateway.ring.of("sun") is None


@pytest.mark.slow
async def test_net_04_a_flood_of_one_origin_delays_another_s_message_by_about_a_batch(
    region: Region, postgres: TestPostgres
):
    """Opportunities is slow: it has heard nothing yet. Its backlog stays bounded, and who comes late is heard soon."""
    region.add("suffolk")
    async with (
        organisation_of(region, "viewpoint", postgres) as viewpoint,
        organisation_of(region, "sun", postgres) as sun,
        organisation_of(region, "suffolk", postgres) as suffolk,
    ):
        await viewpoint.knows("sun")
        await viewpoint.knows("suffolk")
        slow = ConsumerConfig(name="opportunities-network", durable_name="opportunities-network", ack_wait=1)
        await viewpoint.as_service["opportunities"].jetstream(timeout=5).add_consumer("NETWORK", slow)
        for _ in range(6):
            await asyncio.gather(*(sun.say(shared()) for _ in range(500)))
        await viewpoint.came(3000, within=60)
        await soon(lambda: viewpoint.gateway.arrived.labels("sun")._value.get() >= domain.WAITING_AT_MOST // 2)
        await suffolk.say(shared())
        await viewpoint.came(3001, within=60)
        sent_on = viewpoint.gateway.arrived.labels("sun")._value.get()
        assert sent_on <= domain.WAITING_AT_MOST + 2 * TURN
        messages = await viewpoint.heard(network.OpportunityShared, 3001, within=60)
        origins = [json.loads(message.data)["origin"] for message in messages]
        assert origins.index("suffolk") <= sent_on + 2 * TURN
        assert origins.count("sun") == 3000


async def test_net_04_a_service_that_is_away_is_waited_for_and_then_left_behind(
    little_room: None, own_organisations: Organisations
):
    """The others hear what arrives all the same; what it missed waits for it in the stream."""
    sun, viewpoint = own_organisations
    away = ConsumerConfig(name="feedback-network", durable_name="feedback-network", ack_wait=1)
    await viewpoint.as_service["feedback"].jetstream(timeout=5).add_consumer("NETWORK", away)
    for _ in range(100):
        await sun.say(shared())
    assert len(await viewpoint.heard(network.OpportunityShared, 100, within=60)) == 100
    ready = await viewpoint.http.get("/gateway/health/ready")
    assert (ready.status_code, ready.json()["checks"]["services"]) == (503, "not heard by feedback")
    assert len(await viewpoint.everything_heard("feedback")) > 100  # it is back
    await sun.say(shared())
    await viewpoint.heard(network.OpportunityShared, 101)

    async def ready_again() -> bool:
        await sun.say(shared())
        await viewpoint.everything_heard("feedback")
        return (await viewpoint.http.get("/gateway/health/ready")).json()["checks"]["services"] == "ok"

    await eventually(ready_again, within=60)


async def ids_heard(viewpoint: Organisation, event: type[Event], count: int) -> list[UUID]:
    messages = await viewpoint.heard(event, count, within=60)
    return [UUID(json.loads(message.data)["opportunity_id"]) for message in messages]


async def handled(sun: Organisation, owner: str) -> None:
    """Until the gateway has acknowledged all that this service said."""

    async def done() -> bool:
        client = sun.gateway.nats()
        if client is None or not client.is_connected:
            return False
        info = await client.jetstream(timeout=5).consumer_info(owner.upper(), f"gateway-{owner}")
        return info.num_pending == info.num_ack_pending == 0

    await eventually(done, within=60)
