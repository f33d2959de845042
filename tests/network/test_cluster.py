"""The hub as three servers that keep every message thrice: any one of them may be killed, and nobody outside notices
but for a moment."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from nats.aio.client import Client

from deploy.local.servers import temporary_directory
from deploy.provisioning.membership import MembershipFiles
from tests.network.region import Member, Region, arrived, everything, held, say
from tests.support.apps import eventually

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    with temporary_directory() as directory, Region(directory, nodes=3, carry=True) as started:
        yield started


class Speaker:
    """Says one thing after another, until it is told to stop: not by cancelling, which nats-py may swallow."""

    def __init__(self, client: Client, prefix: str) -> None:
        self.client, self.prefix, self.said = client, prefix, 0
        self._is_to_stop = False
        self._speaking = asyncio.create_task(self._speak())

    async def _speak(self) -> None:
        while not self._is_to_stop:
            await say(self.client, f"{self.prefix}{self.said}")
            self.said += 1
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        self._is_to_stop = True
        await self._speaking


@pytest.fixture
async def sun(region: Region) -> AsyncIterator[Client]:
    async with region.members["sun"].connect() as client:
        yield client


@pytest.fixture
async def suffolk(region: Region) -> AsyncIterator[Client]:
    async with region.members["suffolk"].connect() as client:
        yield client


def numbers(found: list[tuple[str, str]], prefix: str) -> list[int]:
    return [int(text.removeprefix(prefix)) for _, text in found if text.startswith(prefix)]


def holds(client: Client, stream: str, count: int):
    async def check() -> bool:
        return await held(client, stream) >= count

    return check


@pytest.mark.slow
@pytest.mark.parametrize("node", [0, 1, 2])
async def test_net_04_any_server_of_the_hub_is_killed_while_things_are_said(
    region: Region, sun: Client, suffolk: Client, node: int
):
    """The hub goes on taking what is said while one is dead and after it is back; nothing is lost, nothing comes twice.

    How soon it arrives is JetStream's: whoever sources a stream whose leader died asks again after ten seconds, or
    twenty, or thirty.
    """
    before = await held(suffolk, "NETWORK")
    speaker = Speaker(sun, f"killed {node}: ")
    await eventually(holds(suffolk, "NETWORK", before + 50), within=150)
    async with region.administrator() as hub:
        region.hub.servers[node].kill()
        dead = await until_known(hub, "FROM_SUN")
        await eventually(holds(hub, "FROM_SUN", dead + 100), within=150)
        await asyncio.to_thread(region.hub.servers[node].start)
        back = await until_known(hub, "FROM_SUN")
        await eventually(holds(hub, "FROM_SUN", back + 100), within=150)
    await speaker.stop()
    await say(sun, "the end")

    async def all_there() -> bool:
        return (await everything(suffolk))[-1][1] == "the end"

    await eventually(all_there, within=150)
    found = numbers(await everything(suffolk), f"killed {node}: ")
    assert found == list(range(speaker.said))


async def until_known(client: Client, stream: str) -> int:
    """How many messages it holds, once a cluster that lost a server can say so."""
    await eventually(holds(client, stream, 1), within=150)
    return await held(client, stream)


async def test_every_stream_and_carrying_consumer_of_the_hub_is_kept_by_three_and_on_the_disk(region: Region):
    async with region.administrator() as hub:
        streams = hub.jetstream(timeout=5)
        found = await streams.streams_info()
        assert {info.config.num_replicas for info in found} == {3}
        for name in region.members:
            assert (await streams.consumer_info(f"TO_{name.upper()}", name)).config.num_replicas in (0, 3)
    assert all("sync_interval: always" in str(server.config) for server in region.hub.servers)


@pytest.mark.slow
async def test_net_05_an_organisation_joins_and_is_removed_while_one_server_is_dead(region: Region, sun: Client):
    region.hub.servers[2].kill()
    fourth = region.add("fourth")
    async with fourth.connect() as new:
        await say(new, "from the fourth")
        async with region.members["suffolk"].connect() as suffolk:

            async def heard() -> bool:
                return any(text == "from the fourth" for _, text in await arrived(suffolk, 1))

            await eventually(heard, within=150)
    region.hub.remove("fourth")
    assert "fourth" not in region.hub.connections()
    await asyncio.to_thread(region.hub.start)
    assert "fourth" not in region.hub.connections(), "the one that was dead knows it, too"


@pytest.mark.slow
async def test_an_organisations_certificate_is_no_server_of_the_hub(region: Region):
    """Of the same authority, but without the servers' password: the port between the servers stays shut."""
    papers: MembershipFiles = region.hub.add("intruder")
    node = region.hub.facts.nodes[0]
    with temporary_directory() as directory:
        intruder = Member("intruder", directory, papers.write(directory / "network"))
        files = intruder.membership
        assert files
        cluster = f"""cluster {{ name: hub, listen: "{intruder.server.host}:0", routes: ["nats-route://{node.host}:{node.cluster_port}"]
            tls {{ cert_file: "{files.certificate}", key_file: "{files.key}", ca_file: "{files.authority}", verify: true }} }}"""  # noqa: E501
        intruder.server.config = f"server_name: hub-9\njetstream {{ domain: hub }}\n{cluster}\n"
        before = region.hub.servers[0].log.stat().st_size
        with intruder.server:

            async def turned_away() -> bool:
                return (
                    "Authorization Violation" in intruder.server.log_since()
                    or "authentication error" in region.hub.servers[0].log_since(before).lower()
                )

            await eventually(turned_away, within=150)
    region.hub.remove("intruder")


async def test_a_reload_changes_nothing_for_the_others(region: Region, sun: Client, suffolk: Client):
    before = await held(suffolk, "NETWORK")
    for server in region.hub.servers:
        await asyncio.to_thread(server.reload)
    await say(sun, "after the reload")
    await arrived(suffolk, before + 1, within=150)
