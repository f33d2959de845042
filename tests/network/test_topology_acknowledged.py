"""NET-04: what an organisation has not stored at home it has not got, whatever the hub holds to be acknowledged.

nats-server 2.15.1 takes `$JS.ACK.…` for a reply subject from a leaf node and passes it on unchanged, so a member's
certificate has messages acknowledged, or sent elsewhere, in another member's name.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator

import nats
import pytest
from nats.aio.client import Client

from deploy.local.servers import temporary_directory
from deploy.provisioning.border import uses_at_hub
from services.gateway import carrier
from services.gateway.following import ByConsumer, ByNumber, StreamAt
from tests.network.leaf import Leaf, leaf_with
from tests.network.region import Region, arrived, everything, held, say
from tests.support.apps import eventually
from tests.support.servers import PASSWORD

PULL = b'{"batch":1,"no_wait":true}'


HUBS = ["a hub of this release", "a hub of the release before"]
THE_OLD_ONE_IN_SLOW = pytest.mark.parametrize(
    "region", [HUBS[0], pytest.param(HUBS[1], marks=pytest.mark.slow)], indirect=True
)
"""make test takes the old one where others have acknowledged or sent elsewhere in our name."""


@pytest.fixture(params=HUBS)
def region(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    monkeypatch.setattr(carrier, "LOOK_AGAIN_SECONDS", 1.0)
    if request.param == "a hub of the release before":
        monkeypatch.setattr("deploy.hub.config.uses_at_hub", not_by_number)
    with temporary_directory() as directory, Region(directory, carry=True) as started:
        yield started


def not_by_number(organisation: str, *, domain: str | None = None) -> list[str]:
    return [subject for subject in uses_at_hub(organisation, domain=domain) if ".DIRECT.GET." not in subject]


async def standing(hub: Client, number: str) -> int:
    """How far sun's consumer at the hub is, by stream sequence. number: delivered or ack_floor."""
    return json.loads((await hub.request("$JS.API.CONSUMER.INFO.TO_SUN.sun", timeout=5)).data)[number]["stream_seq"]


def is_sent(hub: Client, count: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return await standing(hub, "delivered") == count

    return check


def is_there(hub: Client, stream: str, count: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return await held(hub, stream) == count

    return check


def asks_no_more(hub: Client) -> Callable[[], Awaitable[bool]]:
    """Whether what sun's stopped carrier asked for last has ended."""

    async def check() -> bool:
        return json.loads((await hub.request("$JS.API.CONSUMER.INFO.TO_SUN.sun", timeout=5)).data)["num_waiting"] == 0

    return check


async def carrier_of(region: Region, name: str) -> Client:
    """A connection as that organisation's carrier has one."""
    url = region.members[name].server.client_url("border", PASSWORD)
    return await nats.connect(url, inbox_prefix=f"_CARRY.{name}")


async def sent_and_lost(region: Region, hub: Client, count: int) -> None:
    """All that waits is sent to sun, which is killed before it has stored any."""
    client = await carrier_of(region, "sun")
    await client.publish("$JS.hub.API.CONSUMER.MSG.NEXT.TO_SUN.sun", b'{"batch":9}', reply=await listening(client))
    await eventually(is_sent(hub, count))
    await client.close()


async def listening(client: Client) -> str:
    await client.subscribe(inbox := client.new_inbox())
    return inbox


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

        await eventually(is_there(hub, "TO_SUN", 6))
        await sent_and_lost(region, hub, 6)
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
        await eventually(asks_no_more(hub))
        await say(says, "+NXT 4", "to.viewpoint.sealed.v1")

        await eventually(is_there(hub, "TO_VIEWPOINT", 1))
        pull = "$JS.hub.API.CONSUMER.MSG.NEXT.TO_VIEWPOINT.viewpoint"
        leaf.say(pull, "$JS.ACK.TO_SUN.sun.1.1.1.1.0", PULL)
        await leaf.answered(pull, PULL)
        for number in range(1, 4):
            await say(says, f"s{number}", "to.sun.sealed.v1")

        await eventually(is_sent(hub, 4))
        await has_acknowledged(leaf, 4)
        assert await standing(hub, "ack_floor") == 4
        sun.carrier.start()
        await arrived(at_sun, 4)
        assert [text for _, text in await everything(at_sun)] == [f"s{number}" for number in range(4)]


@THE_OLD_ONE_IN_SLOW
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


@THE_OLD_ONE_IN_SLOW
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

        await eventually(is_there(hub, "TO_SUN", 5))
        await hub.jetstream().purge_stream("TO_SUN", seq=4)
        sun.carrier.start()
        await arrived(at_sun, 4)
        await hub.jetstream().purge_stream("TO_SUN")
        await asyncio.to_thread(sun.carrier.stop)
        sun.carrier.start()
        await say(says, "s5", "to.sun.sealed.v1")
        await arrived(at_sun, 5)
        assert [text for _, text in await everything(at_sun)] == ["s0", "s1", "s3", "s4", "s5"]


@pytest.mark.parametrize("region", ["a hub of this release"], indirect=True)
async def test_net_04_a_message_is_known_again_whichever_way_it_was_read(region: Region):
    """So nothing comes twice when the hub is brought to this release."""
    sun, suffolk = region.members["sun"], region.members["suffolk"]
    await asyncio.to_thread(sun.carrier.stop)
    async with suffolk.connect() as says, region.administrator() as hub:
        for number in range(30):
            await say(says, f"s{number}", "to.sun.sealed.v1")
        await eventually(is_there(hub, "TO_SUN", 30))
        client = await carrier_of(region, "sun")
        where = StreamAt("TO_SUN", "sun", "$JS.hub.API")
        read: list[list[str]] = []
        for reader in (ByConsumer(client, where), ByNumber(client, where)):
            found: list[str] = []
            await reader.begin(1)
            while len(found) < 30:
                found += [message.id for message in await reader.take()]
            await reader.stop()
            read.append(found)
        await client.close()
    assert read[0] == read[1]


@THE_OLD_ONE_IN_SLOW
async def test_net_04_no_header_of_a_message_is_taken_for_the_server_s_word(region: Region):
    sun, viewpoint, suffolk = (region.members[name] for name in ("sun", "viewpoint", "suffolk"))
    assert viewpoint.membership
    await asyncio.to_thread(viewpoint.carrier.stop)
    forged = b"Nats-Sequence: 9999\r\nNats-Last-Sequence: 77\r\nNats-Subject: network.suffolk.public.x.v1\r\n"
    async with (
        suffolk.connect() as says,
        sun.connect() as at_sun,
        leaf_with(region.hub, viewpoint.membership) as leaf,
    ):
        for number, status in enumerate((b"", b"Status: 204\r\n", b"Status: 404\r\n")):
            leaf.say("say.viewpoint.to.sun.sealed.v1", "_CARRY.viewpoint.x", b"v", forged + status)
            await arrived(at_sun, number + 1)
        await say(says, "s", "to.sun.sealed.v1")
        found = await arrived(at_sun, 4)
    assert found == [("network.viewpoint.to.sun.sealed.v1", "v")] * 3 + [("network.suffolk.to.sun.sealed.v1", "s")]


@THE_OLD_ONE_IN_SLOW
async def test_net_04_a_false_number_of_what_was_stored_last_loses_nothing(region: Region):
    """As a hub that was hostile for a while could leave one, or one whose streams are those of an older copy."""
    sun, suffolk = region.members["sun"], region.members["suffolk"]
    async with suffolk.connect() as says, sun.connect() as at_sun:
        await say(says, "s0", "to.sun.sealed.v1")
        await arrived(at_sun, 1)
        await asyncio.to_thread(sun.carrier.stop)
        await say(says, "s1", "to.sun.sealed.v1")
        number = {"Nats-Msg-Id": "900000000000000000-1795904750.184843"}
        await at_sun.jetstream().publish("network.fox.public.x.v1", b"false", headers=number)
        sun.carrier.start()
        found = await arrived(at_sun, 3)
    assert [text for _, text in found] == ["s0", "false", "s1"]
