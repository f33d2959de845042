"""NET-04: servers that are killed with a backlog. Everything arrives, each origin in its order, none lost, none
twice."""

import asyncio
from collections.abc import Iterator

import pytest
from nats.aio.client import Client
from nats.js.api import StreamConfig

from deploy.local.servers import temporary_directory
from tests.network.region import Region, arrived, everything, held, say
from tests.support.apps import eventually


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    with temporary_directory() as directory, Region(directory, carry=True) as started:
        yield started


def said_in_order(found: list[tuple[str, str]], origin: str, prefix: str) -> list[int]:
    """The numbers that an origin gave its messages, as they stand."""
    return [
        int(text.removeprefix(prefix))
        for subject, text in found
        if subject.startswith(f"network.{origin}.") and text.startswith(prefix)
    ]


async def with_what_came_after(sun: Client, suffolk: Client) -> list[tuple[str, str]]:
    """All that arrived, once one thing more has: a second copy of what went before would stand there too."""
    count = await held(suffolk, "NETWORK")
    await say(sun, "one thing more")
    found = await arrived(suffolk, count + 1)
    assert found[-1][1] == "one thing more"
    return found


async def say_many(client: Client, prefix: str, count: int) -> None:
    stream = client.jetstream(timeout=20)
    for start in range(0, count, 200):
        numbers = range(start, min(start + 200, count))
        await asyncio.gather(
            *(stream.publish("out.public.opportunity-shared.v1", f"{prefix}{number}".encode()) for number in numbers)
        )


async def test_net_04_what_was_said_while_the_hub_was_killed_arrives_in_order_once(region: Region):
    sun, viewpoint, suffolk = (region.members[name] for name in ("sun", "viewpoint", "suffolk"))
    async with sun.connect() as from_sun, viewpoint.connect() as from_viewpoint, suffolk.connect() as at_suffolk:
        before = await held(at_suffolk, "NETWORK")
        saying = asyncio.create_task(say_many(from_sun, "h", 1500))
        region.hub.kill()
        await saying
        await say_many(from_viewpoint, "h", 300)
        await asyncio.to_thread(region.hub.start)
        await arrived(at_suffolk, before + 1800, within=60)
        found = await with_what_came_after(from_sun, at_suffolk)
    assert said_in_order(found, "sun", "h") == list(range(1500))
    assert said_in_order(found, "viewpoint", "h") == list(range(300))


async def test_net_04_an_organisation_killed_with_a_backlog_catches_up_in_order_once(region: Region):
    sun, suffolk = region.members["sun"], region.members["suffolk"]
    async with sun.connect() as from_sun, suffolk.connect() as at_suffolk:
        before = await held(at_suffolk, "NETWORK")
        saying = asyncio.create_task(say_many(from_sun, "l", 1500))

        async def some_arrived() -> bool:
            return await held(at_suffolk, "NETWORK") > before

        await eventually(some_arrived)
        suffolk.server.kill()
        await saying
        await asyncio.to_thread(suffolk.server.start)
        await arrived(at_suffolk, before + 1500, within=60)
        found = await with_what_came_after(from_sun, at_suffolk)
    assert said_in_order(found, "sun", "l") == list(range(1500))


async def test_net_04_an_organisation_killed_while_it_says_something_says_it_all_once(region: Region):
    sun, suffolk = region.members["sun"], region.members["suffolk"]
    async with suffolk.connect() as at_suffolk:
        before = await held(at_suffolk, "NETWORK")
        async with sun.connect() as from_sun:
            await say_many(from_sun, "k", 700)
            sun.server.kill()
        await asyncio.to_thread(sun.server.start)
        async with sun.connect() as from_sun:
            await say(from_sun, "k700")
            await arrived(at_suffolk, before + 701, within=60)
            found = await with_what_came_after(from_sun, at_suffolk)
    assert said_in_order(found, "sun", "k") == list(range(701))


async def test_net_04_a_carrier_killed_again_and_again_carries_everything_once(region: Region):
    """It dies between what it stored and what it acknowledged: the next one does so again, and nothing stands twice."""
    sun, suffolk = region.members["sun"], region.members["suffolk"]
    async with sun.connect() as from_sun, suffolk.connect() as at_suffolk:
        before = await held(at_suffolk, "NETWORK")
        saying = asyncio.create_task(say_many(from_sun, "c", 3000))
        for _ in range(6):
            await asyncio.sleep(0.1)
            for member in (sun, suffolk):
                await asyncio.to_thread(member.carrier.stop)
                member.carrier.start()
        await saying
        await arrived(at_suffolk, before + 3000, within=90)
        found = await with_what_came_after(from_sun, at_suffolk)
    assert said_in_order(found, "sun", "c") == list(range(3000))


# A flood


@pytest.fixture
def small() -> Iterator[Region]:
    """A region where the hub keeps 256 KiB of what each organisation says."""
    with temporary_directory() as directory, Region(directory, bytes_each=256 << 10, carry=True) as started:
        yield started


async def test_who_floods_the_network_holds_up_itself_alone(small: Region):
    """The hub takes of each only so much, and every inbox has room for all of it: nobody else's is pushed out or kept
    waiting."""
    sun, viewpoint, suffolk = (small.members[name] for name in ("sun", "viewpoint", "suffolk"))
    async with (
        sun.connect() as flooding,
        viewpoint.connect() as honest,
        suffolk.connect() as at_suffolk,
        small.administrator() as hub,
    ):
        flood = [f"f{number}".ljust(2000, ".") for number in range(1000)]
        stream = flooding.jetstream(timeout=20)
        for start in range(0, len(flood), 100):
            await asyncio.gather(
                *(
                    stream.publish("out.public.opportunity-shared.v1", text.encode())
                    for text in flood[start : start + 100]
                )
            )
            await say(honest, f"v{start}")

        async def full() -> bool:
            info = await hub.jetstream().stream_info("FROM_SUN")
            return info.state.bytes > 0.95 * (256 << 10)

        await eventually(full, within=60)
        await say(honest, "v1000")

        async def all_of_viewpoint() -> bool:
            return said_in_order(await everything(at_suffolk), "viewpoint", "v") == list(range(0, 1001, 100))

        await eventually(all_of_viewpoint)
        inbox = await hub.jetstream().stream_info("TO_SUFFOLK")
        assert inbox.state.bytes < (inbox.config.max_bytes or 0) / 2, "an inbox has room for as much again"
        of_the_flood = await held(hub, "FROM_SUN")
        assert 0 < of_the_flood < len(flood)
        assert (await flooding.jetstream().stream_info("OUT")).state.messages == len(flood), (
            "the rest waits with who said it"
        )
        # Room again, as when the oldest is thirty days old: the rest follows in order, nothing lost.
        await hub.jetstream().update_stream(larger((await hub.jetstream().stream_info("FROM_SUN")).config))
        await hub.jetstream().update_stream(larger((await hub.jetstream().stream_info("TO_SUFFOLK")).config))

        async def all_of_it() -> bool:
            return await held(at_suffolk, "NETWORK") >= len(flood) + 11

        await eventually(all_of_it, within=60)
        assert [text for subject, text in await everything(at_suffolk) if subject.startswith("network.sun.")] == flood


def larger(config: StreamConfig) -> StreamConfig:
    config.max_bytes = 64 << 20
    return config
