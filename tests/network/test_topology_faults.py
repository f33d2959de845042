"""NET-04: servers that are killed with a backlog. Everything arrives, each origin in its order, none lost, none twice."""

import asyncio
from collections.abc import Iterator

import pytest

from deploy.servers import temporary_directory
from tests.network.region import Region, arrived, held, say
from tests.support.apps import eventually


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    with temporary_directory() as directory, Region(directory) as started:
        yield started


def said_in_order(found: list[tuple[str, str]], origin: str, prefix: str) -> list[int]:
    """The numbers that an origin gave its messages, as they stand."""
    return [int(text.removeprefix(prefix)) for subject, text in found if subject.startswith(f"network.{origin}.") and text.startswith(prefix)]


async def say_many(client, prefix: str, count: int) -> None:
    stream = client.jetstream(timeout=20)
    for start in range(0, count, 200):
        numbers = range(start, min(start + 200, count))
        await asyncio.gather(*(stream.publish("out.public.opportunity-shared.v1", f"{prefix}{number}".encode()) for number in numbers))


async def test_net_04_what_was_said_while_the_hub_was_killed_arrives_in_order_once(region: Region):
    sun, viewpoint, suffolk = (region.members[name] for name in ("sun", "viewpoint", "suffolk"))
    async with sun.connect() as from_sun, viewpoint.connect() as from_viewpoint, suffolk.connect() as at_suffolk:
        before = await held(at_suffolk, "NETWORK")
        saying = asyncio.create_task(say_many(from_sun, "h", 1500))
        region.hub.kill()
        await saying
        await say_many(from_viewpoint, "h", 300)
        await asyncio.to_thread(region.hub.start)
        found = await arrived(at_suffolk, before + 1800, within=30)
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
        found = await arrived(at_suffolk, before + 1500, within=30)
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
        found = await arrived(at_suffolk, before + 701, within=30)
    assert said_in_order(found, "sun", "k") == list(range(701))
