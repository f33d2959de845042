"""NET-04: what an organisation has not stored at home it has not got, whatever the hub holds to be acknowledged.

nats-server 2.15.1 takes `$JS.ACK.…` for a reply subject from a leaf node and passes it on unchanged, so a member's
certificate has messages acknowledged, or sent elsewhere, in another member's name.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy.local.servers import temporary_directory
from services.gateway import carrier
from tests.network.leaf import Leaf, leaf_with
from tests.network.region import Region, arrived, everything, held, say
from tests.support.apps import eventually
from tests.support.servers import PASSWORD

PULL = b'{"batch":1,"no_wait":true}'


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    monkeypatch.setattr(carrier, "LOOK_AGAIN_SECONDS", 1.0)
    with temporary_directory() as directory, Region(directory, carry=True) as started:
        yield started


async def standing(hub: Client, number: str) -> int:
    """How far sun's consumer at the hub is, by stream sequence. number: delivered or ack_floor."""
    return json.loads((await hub.request("$JS.API.CONSUMER.INFO.TO_SUN.sun", timeout=5)).data)[number]["stream_seq"]


async def pulled_and_lost(region: Region, count: int) -> None:
    """So many messages are sent to sun, which is killed before it has stored any."""
    sun = region.members["sun"]
    url = sun.server.client_url("border", PASSWORD)
    client = await nats.connect(url, inbox_prefix="_CARRY.sun")
    came: list[Msg] = []

    async def take(message: Msg) -> None:
        came.append(message)

    inbox = client.new_inbox()
    await client.subscribe(inbox, cb=take)
    await client.publish("$JS.hub.API.CONSUMER.MSG.NEXT.TO_SUN.sun", b'{"batch":%d}' % count, reply=inbox)

    async def all_came() -> bool:
        return len(came) == count

    await eventually(all_came)
    await client.close()


async def has_acknowledged(leaf: Leaf, number: int) -> None:
    """As viewpoint, in sun's name: nothing waits for viewpoint, and an empty answer is an acknowledgement."""
    pull = "$JS.hub.API.CONSUMER.MSG.NEXT.TO_VIEWPOINT.viewpoint"
    leaf.say(pull, f"$JS.ACK.TO_SUN.sun.1.{number}.{number}.1.0", PULL)
    await leaf.answered(pull, PULL)


async def test_net_04_what_another_member_had_acknowledged_in_our_name_arrives(region: Region):
    sun, viewpoint, suffolk = (region.members[name] for name in ("sun", "viewpoint", "suffolk"))
    assert viewpoint.membership
    async with (
        suffolk.connect() as says,
        sun.connect() as at_sun,
        region.administrator() as hub,
        leaf_with(region.hub, viewpoint.membership) as leaf,
    ):
        await say(says, "s0", "to.sun.sealed.v1")
        await arrived(at_sun, 1)
        await asyncio.to_thread(sun.carrier.stop)
        for number in range(1, 6):
            await say(says, f"s{number}", "to.sun.sealed.v1")

        async def at_hub() -> bool:
            return await held(hub, "TO_SUN") == 6

        await eventually(at_hub)
        await pulled_and_lost(region, 5)
        await has_acknowledged(leaf, 6)
        assert await standing(hub, "ack_floor") == 6, "it can still do that"
        sun.carrier.start()
        found = await arrived(at_sun, 6)
        await say(says, "s6", "to.sun.sealed.v1")
        await arrived(at_sun, 7)
    assert [text for _, text in found] == [f"s{number}" for number in range(6)]


async def test_net_04_what_two_members_have_sent_elsewhere_in_our_name_is_asked_for_again(region: Region):
    """One says what asks a consumer for more, to the other; which has it sent to sun's consumer, as sun's own word."""
    sun, viewpoint, suffolk = (region.members[name] for name in ("sun", "viewpoint", "suffolk"))
    assert viewpoint.membership
    await asyncio.to_thread(viewpoint.carrier.stop)
    async with (
        suffolk.connect() as says,
        sun.connect() as at_sun,
        region.administrator() as hub,
        leaf_with(region.hub, viewpoint.membership) as leaf,
    ):
        await say(says, "s0", "to.sun.sealed.v1")
        await arrived(at_sun, 1)
        await asyncio.to_thread(sun.carrier.stop)
        await say(says, "+NXT 3", "to.viewpoint.sealed.v1")

        async def at_hub() -> bool:
            return await held(hub, "TO_VIEWPOINT") == 1

        await eventually(at_hub)
        pull = "$JS.hub.API.CONSUMER.MSG.NEXT.TO_VIEWPOINT.viewpoint"
        leaf.say(pull, "$JS.ACK.TO_SUN.sun.1.1.1.1.0", PULL)
        await leaf.answered(pull, PULL)
        for number in range(1, 4):
            await say(says, f"s{number}", "to.sun.sealed.v1")

        async def taken() -> bool:
            return await standing(hub, "delivered") == 4

        await eventually(taken)
        await has_acknowledged(leaf, 4)
        assert await standing(hub, "ack_floor") == 4
        sun.carrier.start()
        await arrived(at_sun, 4)
        assert [text for _, text in await everything(at_sun)] == [f"s{number}" for number in range(4)]


async def test_net_04_what_went_elsewhere_while_we_listened_is_missed_though_nothing_follows(region: Region):
    sun, viewpoint, suffolk = (region.members[name] for name in ("sun", "viewpoint", "suffolk"))
    assert viewpoint.membership
    async with (
        suffolk.connect() as says,
        sun.connect() as at_sun,
        region.administrator() as hub,
        leaf_with(region.hub, viewpoint.membership) as leaf,
    ):
        elsewhere = await hub.subscribe(inbox := hub.new_inbox())
        await hub.flush()
        # Before the carrier's own request as soon as that is renewed, as it is each second.
        await hub.publish("$JS.API.CONSUMER.MSG.NEXT.TO_SUN.sun", b'{"batch":1,"expires":60000000000}', reply=inbox)
        said = 0
        while not elsewhere.pending_msgs:
            await say(says, f"s{said}", "to.sun.sealed.v1")
            said += 1

            async def went(count: int = said) -> bool:
                return elsewhere.pending_msgs > 0 or await held(at_sun, "NETWORK") == count

            await eventually(went)
        await has_acknowledged(leaf, said)
        assert await standing(hub, "ack_floor") == said
        await arrived(at_sun, said)
        assert [text for _, text in await everything(at_sun)] == [f"s{number}" for number in range(said)]


async def test_net_04_what_is_too_old_at_the_hub_holds_up_nothing(region: Region):
    """An organisation that was away for longer than the hub keeps messages: the last that it stored is gone there."""
    sun, suffolk = region.members["sun"], region.members["suffolk"]
    async with suffolk.connect() as says, sun.connect() as at_sun, region.administrator() as hub:
        for number in range(2):
            await say(says, f"s{number}", "to.sun.sealed.v1")
        await arrived(at_sun, 2)
        await asyncio.to_thread(sun.carrier.stop)
        for number in range(2, 5):
            await say(says, f"s{number}", "to.sun.sealed.v1")

        async def at_hub() -> bool:
            return await held(hub, "TO_SUN") == 5

        await eventually(at_hub)
        await hub.jetstream().purge_stream("TO_SUN", seq=4)
        sun.carrier.start()
        await arrived(at_sun, 4)
        await hub.jetstream().purge_stream("TO_SUN")
        await asyncio.to_thread(sun.carrier.stop)
        sun.carrier.start()
        await say(says, "s5", "to.sun.sealed.v1")
        await arrived(at_sun, 5)
        assert [text for _, text in await everything(at_sun)] == ["s0", "s1", "s3", "s4", "s5"]
