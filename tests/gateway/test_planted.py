"""NET-04: who has stolen the password of `border` puts messages into NETWORK, and the carrier misses none over it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy.local.servers import temporary_directory
from services.gateway import announcing
from services.gateway.following import ByNumber, CarriedMessage, StreamAt
from services.gateway.keys import new_network_keys, parse_keys
from shared.messaging.network import carried_to
from tests.network.region import Member, Region, arrived, everything, held, say
from tests.support.apps import eventually
from tests.support.servers import PASSWORD

AT_HUB = StreamAt("TO_SUN", "sun", "$JS.hub.API")


@pytest.fixture
def region() -> Iterator[Region]:
    with temporary_directory() as directory, Region(directory, ("sun", "viewpoint")) as started:
        yield started


@contextlib.asynccontextmanager
async def thief_at(member: Member) -> AsyncIterator[Client]:
    """With the inbox of the carrier, which the password allows."""
    client = await nats.connect(member.server.client_url("border", PASSWORD), inbox_prefix=carried_to(member.name))
    try:
        yield client
    finally:
        await client.close()


async def number_at_hub(thief: Client, number: int) -> CarriedMessage | None:
    found = await ByNumber(thief, AT_HUB).begin(number)
    return found if isinstance(found, CarriedMessage) else None


async def plant(thief: Client, waiting: CarriedMessage, mark: str = "") -> None:
    headers = {"Nats-Msg-Id": waiting.id + mark}
    await thief.jetstream(timeout=5).publish(waiting.subject, b"planted", headers=headers)


def at_hub(hub: Client, count: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return await held(hub, "TO_SUN") >= count

    return check


def real(found: list[tuple[str, str]]) -> list[str]:
    return [text for _, text in found if text != "planted"]


@pytest.mark.parametrize("mark", ["", "-" + "0" * 32])
async def test_net_04_what_is_planted_under_the_number_of_what_waits_makes_nobody_miss_it(region: Region, mark: str):
    sun, viewpoint = region.members["sun"], region.members["viewpoint"]
    viewpoint.carrier.start()
    sun.carrier.start()
    async with (
        viewpoint.connect() as says,
        sun.connect() as at_sun,
        thief_at(sun) as thief,
        region.administrator() as hub,
    ):
        await say(says, "m0")
        await arrived(at_sun, 1)
        await asyncio.to_thread(sun.carrier.stop)
        for number in range(1, 6):
            await say(says, f"m{number}")
        await eventually(at_hub(hub, 6))
        last = await number_at_hub(thief, 6)
        assert last
        await plant(thief, last, mark)
        sun.carrier.start()
        await say(says, "m6")
        found = await arrived(at_sun, 8)
    assert real(found) == [f"m{number}" for number in range(7)]


async def test_net_04_nor_does_what_is_planted_while_the_carrier_runs(region: Region):
    sun, viewpoint = region.members["sun"], region.members["viewpoint"]
    viewpoint.carrier.start()
    sun.carrier.start()
    async with viewpoint.connect() as says, sun.connect() as at_sun, thief_at(sun) as thief:
        await say(says, "m0")
        await arrived(at_sun, 1)
        planting = asyncio.create_task(_plant_under_each(thief))
        for number in range(1, 9):
            await say(says, f"m{number}")
            await arrived(at_sun, 2 * number + 1)
        planting.cancel()
        found = await everything(at_sun)
    assert real(found) == [f"m{number}" for number in range(9)]


async def _plant_under_each(thief: Client) -> None:
    number = 2
    while True:
        if waiting := await number_at_hub(thief, number):
            await plant(thief, waiting)
            number += 1
        await asyncio.sleep(0.005)


async def test_net_04_the_carrier_goes_on_after_what_it_carried_though_hundreds_were_planted_after_it(region: Region):
    sun, viewpoint = region.members["sun"], region.members["viewpoint"]
    viewpoint.carrier.start()
    sun.carrier.start()
    async with viewpoint.connect() as says, sun.connect() as at_sun, thief_at(sun) as thief:
        for number in range(3):
            await say(says, f"m{number}")
        await arrived(at_sun, 3)
        await asyncio.to_thread(sun.carrier.stop)
        waiting = await number_at_hub(thief, 3)
        assert waiting
        for number in range(250):
            await plant(thief, waiting._replace(number=1000 + number))
        sun.carrier.start()
        await say(says, "m3")
        found = await arrived(at_sun, 254)
    assert real(found) == ["m0", "m1", "m2", "m3"]


@pytest.mark.parametrize("planted", [1, 150])
async def test_net_04_what_is_planted_before_anything_was_carried_makes_nobody_miss_what_waits(
    region: Region, planted: int
):
    """As in a new organisation, after thirty days of silence, or where a carrier of before marked nothing."""
    sun, viewpoint = region.members["sun"], region.members["viewpoint"]
    viewpoint.carrier.start()
    async with (
        viewpoint.connect() as says,
        sun.connect() as at_sun,
        thief_at(sun) as thief,
        region.administrator() as hub,
    ):
        for number in range(5):
            await say(says, f"m{number}")
        await eventually(at_hub(hub, 5))
        last = await number_at_hub(thief, 5)
        assert last
        for number in range(planted):
            await plant(thief, last if number == 0 else last._replace(number=1000 + number))
        sun.carrier.start()
        await say(says, "m5")
        found = await arrived(at_sun, 6 + planted)
    assert real(found) == [f"m{number}" for number in range(6)]


async def test_net_04_what_a_carrier_of_before_left_without_a_mark_comes_once_more_and_nothing_is_missed(
    region: Region,
):
    """It can't be told from what was planted. Services know it by its origin's id."""
    sun, viewpoint = region.members["sun"], region.members["viewpoint"]
    viewpoint.carrier.start()
    async with (
        viewpoint.connect() as says,
        sun.connect() as at_sun,
        thief_at(sun) as before,
        region.administrator() as hub,
    ):
        await say(says, "m0")
        await say(says, "m1")
        await eventually(at_hub(hub, 2))
        first = await number_at_hub(before, 1)
        assert first
        await before.jetstream(timeout=5).publish(first.subject, first.body, headers={"Nats-Msg-Id": first.id})
        sun.carrier.start()
        found = await arrived(at_sun, 3)
    assert real(found) == ["m0", "m0", "m1"]


def test_net_04_an_announcement_is_one_event_however_often_and_its_message_has_an_id_that_nobody_guesses():
    own = parse_keys(new_network_keys())
    said = announcing.announcement("sun", "Sun Voice", "https://sun.example.org", 1_795_907_988, own)
    first, second = announcing.outgoing(said).headers, announcing.outgoing(said).headers
    assert first["ce-id"] == second["ce-id"]
    assert len({first["ce-id"], first["Nats-Msg-Id"], second["Nats-Msg-Id"]}) == 3


async def test_net_04_nobody_can_guess_where_the_carrier_s_next_question_is_answered(region: Region):
    """Who could would have the hub answer there in its place, with what follows later."""
    sun = region.members["sun"]
    async with thief_at(sun) as client, thief_at(sun) as listens:
        heard: list[str] = []

        async def note(message: Msg) -> None:
            heard.append(message.subject.rpartition(".")[2])

        await listens.subscribe(f"{carried_to('sun')}.>", cb=note)
        await listens.flush()
        reader = ByNumber(client, AT_HUB)
        for number in range(1, 4):
            await reader.begin(number)

        async def three() -> bool:
            return len(set(heard)) == 3

        await eventually(three)
    assert all(len(token) == 32 and int(token, 16) for token in heard)
