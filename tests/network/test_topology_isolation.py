"""What is private stays in its account, the hub's administrator has no hand in an organisation, and nobody speaks as
another."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from nats.aio.client import Client

from deploy.local.servers import temporary_directory
from deploy.provisioning.accounts import NATS_USERS
from tests.network.region import (
    Member,
    Region,
    allowed_everything,
    answer_to,
    connected,
    everything,
    heard_by,
    quiet,
    say,
)
from tests.support.apps import eventually

PRIVATE = {
    "people": "people.person-changed.v1",
    "payments": "payments.claim-paid.v1",
    "gateway": "network.opportunity-shared.v1",
}
IN_APP = [name for name in NATS_USERS if name not in ("border", "border-provision", "sys")]
NOBODY = ("NoRespondersError", "TimeoutError")
"""How a request ends that reached nobody."""


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    with temporary_directory() as directory, Region(directory, carry=True) as started:
        yield started


def asked_of(organisation: str) -> list[tuple[str, object]]:
    """Everything that an administrator of the hub might ask of an organisation's streams."""
    api = f"$JS.{organisation}.API"
    return [
        (f"{api}.INFO", None),
        (f"{api}.STREAM.NAMES", None),
        (f"{api}.STREAM.LIST", None),
        (f"{api}.STREAM.INFO.OUT", None),
        (f"{api}.STREAM.INFO.PEOPLE", None),
        (f"{api}.STREAM.CREATE.MINE", {"name": "MINE", "subjects": ["mine.>"]}),
        (f"{api}.STREAM.UPDATE.OUT", {"name": "OUT", "subjects": ["out.>"], "max_bytes": 1}),
        (f"{api}.STREAM.PURGE.OUT", None),
        (f"{api}.STREAM.PURGE.PEOPLE", None),
        (f"{api}.STREAM.DELETE.NETWORK", None),
        (f"{api}.STREAM.MSG.GET.OUT", {"seq": 1}),
        (f"{api}.STREAM.MSG.GET.PEOPLE", {"seq": 1}),
        (f"{api}.STREAM.MSG.DELETE.OUT", {"seq": 1}),
        (f"{api}.DIRECT.GET.OUT", {"seq": 1}),
        (f"{api}.CONSUMER.NAMES.OUT", None),
        (f"{api}.CONSUMER.LIST.OUT", None),
        (f"{api}.CONSUMER.INFO.OUT.carrier", None),
        (f"{api}.CONSUMER.CREATE.OUT", {"stream_name": "OUT", "config": {"deliver_subject": "mine"}}),
        (
            f"{api}.CONSUMER.CREATE.OUT.mine",
            {"stream_name": "OUT", "config": {"name": "mine", "deliver_subject": "mine"}},
        ),
        (
            f"{api}.CONSUMER.DURABLE.CREATE.OUT.mine",
            {"stream_name": "OUT", "config": {"durable_name": "mine", "deliver_subject": "mine"}},
        ),
        (f"{api}.CONSUMER.DELETE.OUT.carrier", None),
        (f"{api}.CONSUMER.PAUSE.OUT.carrier", {"pause_until": "2030-01-01T00:00:00Z"}),
        (f"{api}.CONSUMER.MSG.NEXT.NETWORK.gateway-viewpoint", None),
        (f"{api}.CONSUMER.MSG.NEXT.OUT.carrier", None),
        (f"{api}.CONSUMER.RESET.OUT.carrier", {"seq": 1}),
    ]


async def reached(client: Client, organisation: str) -> dict[str, str]:
    """What of that was answered by anyone."""
    questions = asked_of(organisation)
    answers = await asyncio.gather(*(answer_to(client, subject, question) for subject, question in questions))
    return {subject: answer for (subject, _), answer in zip(questions, answers, strict=True) if answer not in NOBODY}


async def say_in_private(member: Member) -> None:
    for user, subject in PRIVATE.items():
        async with member.connect(user) as client:
            await client.jetstream().publish(subject, b"private", timeout=5)


def private(heard: list[str]) -> list[str]:
    return [subject for subject in heard if subject.startswith(("people.", "payments.", "network.opportunity"))]


# What is private


async def test_net_02_private_subjects_are_heard_nowhere_else_even_by_those_who_listen_to_everything(region: Region):
    sun, viewpoint = region.members["sun"], region.members["viewpoint"]
    async with (
        allowed_everything(region.hub.servers[0], "provision"),
        allowed_everything(viewpoint.server),
        region.administrator() as hub,
        viewpoint.connect() as net,
        viewpoint.connect("people") as app,
        sun.connect() as border,
    ):
        heard = {
            "the hub": await heard_by(hub),
            "viewpoint's NET": await heard_by(net),
            "viewpoint's APP": await heard_by(app),
        }
        await say_in_private(sun)
        await say(border, "in public")
        await eventually(hears(heard["the hub"], "say.sun.public."))  # so they do listen
        await eventually(hears(heard["viewpoint's NET"], "network.sun.public."))
        await quiet()
    assert {where: private(subjects) for where, subjects in heard.items()} == {where: [] for where in heard}


async def test_net_02_nothing_said_in_the_account_of_the_network_by_mistake_goes_out(region: Region):
    """Its two users may not; but even one who may say anything there is not heard at the hub."""
    mistakes = [
        "people.person-changed.v1",
        "network.sun.public.mistake.v1",
        "_INBOX.border.x",
        "$JS.ACK.NETWORK.x.1.1.1.1.0",
        "$JS.EVENT.x",
        "say.fox.public.x.v1",
    ]
    async with (
        allowed_everything(region.hub.servers[0], "provision"),
        allowed_everything(region.members["sun"].server),
        region.administrator() as hub,
        region.members["sun"].connect() as net,
    ):
        heard = await heard_by(hub)
        for subject in mistakes:
            await net.publish(subject, b"x")
        await say(net, "in public")
        await eventually(hears(heard, "say.sun.public."))
        await quiet()
    assert not set(heard) & set(mistakes)


# The hub's administrator


async def test_the_hubs_administrator_can_ask_change_or_delete_nothing_of_an_organisation(region: Region):
    async with region.members["sun"].connect() as border, allowed_everything(region.hub.servers[0], "provision"):
        await say(border, "still here")
        before = (await border.jetstream().stream_info("OUT")).state
        async with region.administrator() as hub, connected(region.hub.client_urls("sys"), "_INBOX") as system:
            assert await reached(hub, "sun") == {}
            assert await reached(system, "sun") == {}
            for name in ("OUT", "PEOPLE"):  # under the plain name it asks the hub itself
                assert "stream not found" in await answer_to(hub, f"$JS.API.STREAM.INFO.{name}")
        after = await border.jetstream().stream_info("OUT")
    assert (after.state.messages, after.state.first_seq) == (before.messages, before.first_seq)
    assert after.config.subjects == ["out.public.*.v1", "out.to.*.sealed.v1"]


async def test_a_hostile_hub_that_allows_itself_everything_reads_and_changes_nothing(region: Region):
    """Only the organisation's own lists protect it here: at the hub no user has any permissions, the members'
    neither."""
    sun, server = region.members["sun"], region.hub.servers[0]
    async with allowed_everything(server):
        await reconnected(region, "sun")
        async with region.administrator() as hub, sun.connect() as border:
            heard = await heard_by(hub)
            await say(border, "in public")
            await eventually(hears(heard, "say.sun.public."))
            before = [(await border.jetstream().stream_info(stream)).state.last_seq for stream in ("OUT", "NETWORK")]
            await say_in_private(sun)
            assert await reached(hub, "sun") == {}
            taken = await heard_by(border, "_INBOX.border.asked")
            for subject in (
                "_INBOX.border.asked",
                "out.public.opportunity-shared.v1",
                "network.fox.public.x.v1",
                "$JS.ACK.NETWORK.gateway-sun.1.1.1.1.0",
            ):
                await hub.publish(subject, b"forged")
            await hub.flush()
            await quiet()
            assert [
                (await border.jetstream().stream_info(stream)).state.last_seq for stream in ("OUT", "NETWORK")
            ] == before
        assert taken == [], "what the hub says reaches the gateway's inbox, where answers of its own server are awaited"
        assert private(heard) == []
    await reconnected(region, "sun")


# Who says what


async def test_net_04_an_organisation_cannot_speak_as_another_on_any_subject(region: Region):
    viewpoint, suffolk = region.members["viewpoint"], region.members["suffolk"]
    forbidden = [
        "network.sun.public.x.v1",
        "network.hub.public.organisation-removed.v1",
        "deliver.from.sun",
        "deliver.to.suffolk",
        "$JS.FC.TO_SUFFOLK.suffolk.x",
    ]
    questions = [
        "STREAM.NAMES",
        "STREAM.MSG.GET.TO_SUFFOLK",
        "STREAM.DELETE.TO_SUN",
        "STREAM.PURGE.TO_SUN",
        "CONSUMER.RESET.TO_SUFFOLK.suffolk",
    ]
    async with (
        allowed_everything(viewpoint.server),
        suffolk.connect() as at_suffolk,
        viewpoint.connect() as hostile,
        region.administrator() as hub,
    ):
        for subject in forbidden:
            await hostile.publish(subject, b"forged")
        for question in questions:
            assert await answer_to(hostile, f"$JS.hub.API.{question}", {"seq": 1}) in NOBODY
        assert await reached(hostile, "sun") == {}
        await say(hostile, "honest")
        await said_at(at_suffolk, "honest")
        assert "forged" not in [text for _, text in await everything(at_suffolk)]
        assert (await hub.jetstream().stream_info("FROM_HUB")).state.messages == 0


async def test_net_02_what_is_addressed_reaches_the_addressee_alone(region: Region):
    sun, viewpoint, suffolk = (region.members[name] for name in ("sun", "viewpoint", "suffolk"))
    async with sun.connect() as from_sun, viewpoint.connect() as at_viewpoint, suffolk.connect() as at_suffolk:
        await say(from_sun, "for viewpoint", "to.viewpoint.sealed.v1")
        await say(from_sun, "for all")
        await said_at(at_viewpoint, "for all")
        await said_at(at_suffolk, "for all")
        assert ("network.sun.to.viewpoint.sealed.v1", "for viewpoint") in await everything(at_viewpoint)
        assert "for viewpoint" not in [text for _, text in await everything(at_suffolk)]


# Inside an organisation


@pytest.mark.parametrize("user", [*IN_APP, "border-provision"])
async def test_only_the_gateways_user_of_the_border_says_anything_outward(region: Region, user: str):
    complaints: list[str] = []
    async with (
        region.members["sun"].connect("border") as border,
        region.members["sun"].connect(user, complaints) as other,
    ):
        before = (await border.jetstream().stream_info("OUT")).state.last_seq
        for subject in ("out.public.opportunity-shared.v1", "out.to.viewpoint.sealed.v1"):
            await other.publish(subject, b"leaked")
        await other.flush()
        await eventually(hears(complaints, "nats: permissions violation for publish"))
        assert (await border.jetstream().stream_info("OUT")).state.last_seq == before


@pytest.mark.parametrize("user", IN_APP)
async def test_no_user_of_the_private_account_reaches_the_account_of_the_network_whatever_it_may_do(
    region: Region, user: str
):
    sun = region.members["sun"]
    async with allowed_everything(sun.server), sun.connect("border") as border, sun.connect(user) as other:
        before = (await border.jetstream().stream_info("OUT")).state.last_seq
        assert "stream not found" in await answer_to(other, "$JS.API.STREAM.INFO.OUT")
        await other.publish("out.public.opportunity-shared.v1", b"leaked")
        await other.flush()
        heard = await heard_by(other)
        assert (await border.jetstream().stream_info("OUT")).state.last_seq == before
        await say(border, "in public")
        assert not [subject for subject in heard if subject.startswith(("out.", "say.", "network.sun"))]


@pytest.mark.parametrize(
    "subject",
    [
        "out.people.person-changed.v1",
        "out.public.x.v2",
        "out.to.viewpoint.open.v1",
        "people.person-changed.v1",
        "network.sun.x",
        "say.viewpoint.public.x.v1",
        "say.sun.people.x.v1",
        "$JS.API.STREAM.PURGE.OUT",
        "$JS.API.STREAM.DELETE.NETWORK",
        "$JS.API.STREAM.CREATE.MINE",
        "$JS.API.STREAM.UPDATE.OUT",
        "$JS.API.STREAM.MSG.DELETE.NETWORK",
        "$JS.API.CONSUMER.CREATE.OUT.mine",
        "$JS.API.CONSUMER.DELETE.OUT.carrier",
        "$JS.hub.API.STREAM.MSG.GET.TO_SUN",
        "$JS.hub.API.CONSUMER.MSG.NEXT.TO_FOX.fox",
        "_INBOX.border-provision.x",
    ],
)
async def test_the_gateways_user_of_the_border_may_do_nothing_more(region: Region, subject: str):
    complaints: list[str] = []
    async with region.members["sun"].connect("border", complaints) as border:
        await border.publish(subject, b"{}")
        await border.flush()
        await eventually(hears(complaints, "nats: permissions violation for publish"))


# Help


def hears(heard: list[str], start: str) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return any(subject.startswith(start) for subject in heard)

    return check


async def said_at(client: Client, text: str) -> None:
    async def check() -> bool:
        return text in [said for _, said in await everything(client)]

    await eventually(check, within=60)


async def reconnected(region: Region, name: str) -> None:
    """With a new connection to the hub: a leaf connection keeps the permissions that it began with."""
    server = region.members[name].server
    await asyncio.to_thread(server.stop)
    before = server.log.stat().st_size
    await asyncio.to_thread(server.start)

    async def joined() -> bool:
        return "JetStream using domains" in server.log_since(before)

    await eventually(joined)
