"""JetStream answers to any reply subject that is named, without asking what its user may publish: with a member's
certificate it must come to nothing.

An empty answer, as a pull gets when nothing waits, is a whole request to delete a stream; and any answer is stored
where a stream takes its subject.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from nats.aio.client import Client

from deploy.local.servers import temporary_directory
from tests.network.leaf import leaf_with
from tests.network.region import Region
from tests.support.apps import eventually

PULL = b'{"batch":1,"no_wait":true}'
DELETES = [
    "STREAM.DELETE.TO_SUFFOLK",
    "STREAM.DELETE.FROM_SUN",
    "STREAM.DELETE.FROM_HUB",
    "STREAM.DELETE.TO_VIEWPOINT",
    "STREAM.DELETE.FROM_VIEWPOINT",
    "STREAM.PURGE.FROM_SUN",
    "CONSUMER.DELETE.TO_SUN.sun",
    "CONSUMER.DELETE.TO_VIEWPOINT.viewpoint",
]
FORGED = [
    "say.sun.public.forged.v1",
    "say.sun.to.suffolk.sealed.v1",
    "network.sun.public.forged.v1",
    "network.hub.public.organisation-removed.v1",
]
REPLIES = [*(f"{api}.{request}" for api in ("$JS.API", "$JS.hub.API") for request in DELETES), *FORGED]


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    """Nobody carries, so that nothing changes by itself."""
    with temporary_directory() as directory, Region(directory) as started:
        yield started


async def stand(hub: Client) -> dict[str, Any]:
    """All that the hub has: each stream with its messages, and its consumers."""
    streams = hub.jetstream(timeout=5)
    found = await streams.streams_info()
    return {
        str(info.config.name): (
            info.state.last_seq,
            [consumer.name for consumer in await streams.consumers_info(str(info.config.name))],
        )
        for info in found
    }


@pytest.mark.parametrize("asked", ["CONSUMER.MSG.NEXT", "CONSUMER.RESET"])
@pytest.mark.parametrize(
    "headers", [b"", b'Nats-Request-Info: {"acc":"NETWORK","svc":"NETWORK","user":"provision"}\r\n']
)
async def test_net_04_no_answer_of_the_hub_does_anything_whatever_reply_a_member_names(
    region: Region, asked: str, headers: bytes
):
    papers = region.members["viewpoint"].membership
    assert papers
    async with region.administrator() as hub, leaf_with(region.hub, papers) as leaf:
        pull = "$JS.hub.API.CONSUMER.MSG.NEXT.TO_VIEWPOINT.viewpoint"
        assert await leaf.answered(pull, PULL), "it may ask, and is answered"
        before = await stand(hub)
        for reply in REPLIES:
            leaf.say(
                f"$JS.hub.API.{asked}.TO_VIEWPOINT.viewpoint", reply, PULL if asked.endswith("NEXT") else b"", headers
            )
        await leaf.answered(pull, PULL)
        assert await stand(hub) == before
        assert len(before) == 7


async def test_net_04_what_a_member_says_is_acknowledged_to_itself_alone(region: Region):
    papers = region.members["viewpoint"].membership
    assert papers
    async with region.administrator() as hub, leaf_with(region.hub, papers) as leaf:
        before = await stand(hub)
        for reply in REPLIES:
            leaf.say("say.viewpoint.public.x.v1", reply, b"{}")
        await leaf.answered("say.viewpoint.public.x.v1", b"{}")
        after = await stand(hub)
        assert after.pop("FROM_VIEWPOINT")[0] == before.pop("FROM_VIEWPOINT")[0] + len(REPLIES) + 1
        assert {name: consumers for name, (_, consumers) in after.items()} == {
            name: consumers for name, (_, consumers) in before.items()
        }
        assert after["FROM_SUN"] == before["FROM_SUN"]
        assert after["FROM_HUB"] == before["FROM_HUB"]


async def test_a_hub_that_ran_with_all_members_in_one_account_moves_them_while_it_runs(region: Region):
    server = region.hub.servers[0]
    server.config = in_one_account(str(server.config))
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    await eventually(all_are_in(region, {"NETWORK"}))
    region.hub.add("fourth")
    await eventually(all_are_in(region, {"MEMBER_SUN", "MEMBER_VIEWPOINT", "MEMBER_SUFFOLK"}))
    async with region.administrator() as hub, region.members["sun"].connect() as sun:
        before = await stand(hub)

        async def heard() -> bool:
            await sun.publish("say.sun.public.x.v1", b"{}")
            return (await stand(hub))["FROM_SUN"] > before["FROM_SUN"]

        await eventually(heard)


def in_one_account(config: str) -> str:
    """As the hub's configuration was before."""
    top, rest = config[: config.index('  "MEMBER_')], config[config.index("}\nleafnodes") :]
    users = "".join(re.findall(r'^ +(\{"user": "[^"]+\.network".*\n)', config, flags=re.M))
    without_exports = re.sub(r"    exports: \[.*?\n    \]\n", "", top, flags=re.S)
    return re.sub(r'(\{"user": "provision".*\n)', lambda provision: provision[0] + users, without_exports) + rest


def all_are_in(region: Region, accounts: set[str]) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        found = await asyncio.to_thread(region.hub.connections)
        return len(found) == 3 and {seen.account for seen in found.values()} == accounts

    return check
