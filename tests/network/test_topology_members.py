"""NET-05: who is in the network. One joins, one is removed, one comes back, and nobody else notices; wrong certificates
open nothing."""

import asyncio
import json
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509

from deploy.hub.certificates import Authority, Certificate
from deploy.hub.config import MAX_FILE
from deploy.hub.hub import Hub
from deploy.hub.registry import Registry, read_facts
from deploy.hub.streams import BYTES_PER_ORGANISATION, from_stream, to_stream
from deploy.local.processes import HOST
from deploy.local.servers import LAUNCHER, temporary_directory
from deploy.provisioning.membership import Membership, MembershipFiles, remove_membership
from deploy.provisioning.names import HubFull, NetworkError
from shared.events.network import OrganisationRemoved, organisation_id
from tests.network.region import Member, Region, address, arrived, everything, say
from tests.support.apps import eventually as soon


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    with temporary_directory() as directory, Region(directory, carry=True) as started:
        yield started


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """A hub that does not run."""
    return Hub.open(tmp_path / "hub", LAUNCHER, hosts=[HOST])


def texts(found: list[tuple[str, str]], origin: str) -> list[str]:
    return [text for subject, text in found if subject.startswith(f"network.{origin}.")]


def processes(region: Region) -> dict[str, int]:
    return {name: member.server.process.pid for name, member in region.members.items() if member.server.process}


# Joining and leaving while the others run


async def test_net_05_a_new_organisation_gets_the_history_and_is_heard_and_nobody_restarts(region: Region):
    async with region.members["sun"].connect() as sun, region.members["suffolk"].connect() as suffolk:
        for number in range(50):
            await say(sun, f"before {number}")
        await say(sun, "not for the new one", "to.suffolk.sealed.v1")
        await arrived(suffolk, 51)
        before, pids = region.hub.connections(), processes(region)
        fourth = region.add("fourth")
        async with fourth.connect() as new:
            found = await arrived(new, 50)
            await say(new, "hello")
            await eventually(hears(suffolk, "fourth", "hello"))
        assert texts(found, "sun") == [f"before {number}" for number in range(50)]
        assert processes(region).items() >= pids.items()
        after = region.hub.connections()
        assert {name: after[name].number for name in before} == {name: seen.number for name, seen in before.items()}, (
            "the others' connections are the same"
        )


async def test_net_05_an_organisation_that_runs_joins_by_reloading_and_what_it_shared_before_follows(region: Region):
    folder = region.directory / "fifth"
    fifth = Member("fifth", folder, None, carry=True).start()
    region.members["fifth"] = fifth
    async with fifth.connect() as border, region.members["sun"].connect() as sun:
        await say(border, "shared while alone")
        fifth.join(region.hub.add("fifth").write(folder / "network"))
        fifth.server.reload()
        fifth.provision_border()
        await eventually(hears(sun, "fifth", "shared while alone"))


async def test_a_removed_organisation_is_cut_off_at_once_and_all_others_are_told(region: Region):
    viewpoint = region.members["viewpoint"]
    async with (
        viewpoint.connect() as removed,
        region.members["sun"].connect() as sun,
        region.members["suffolk"].connect() as suffolk,
    ):
        await say(removed, "the last word")
        await say(sun, "before the removal")
        await eventually(hears(suffolk, "viewpoint", "the last word"))
        await eventually(hears(removed, "sun", "before the removal"))
        assert "viewpoint" in region.hub.connections()
        others = {name: seen.number for name, seen in region.hub.connections().items() if name != "viewpoint"}
        region.hub.remove("viewpoint")
        assert {name: seen.number for name, seen in region.hub.connections().items()} == others, (
            "it has no connection now, and the others keep theirs"
        )
        await say(removed, "after the removal")
        await say(sun, "after the removal")
        await eventually(hears(suffolk, "sun", "after the removal"))
        for member in (sun, suffolk):
            (told,) = await soon(partial(removals, member))
            event = OrganisationRemoved.model_validate_json(told)
            assert (event.removed, event.organisation_id) == ("viewpoint", organisation_id("viewpoint"))
        await eventually(said_in_log(viewpoint, "Authorization Violation"))
        assert "after the removal" not in texts(await everything(suffolk), "viewpoint")
        assert "after the removal" not in texts(await everything(removed), "sun")
    async with region.administrator() as hub:
        names = {info.config.name for info in await hub.jetstream().streams_info()}
        assert not names & {"FROM_VIEWPOINT", "TO_VIEWPOINT"}


async def test_an_organisation_that_comes_back_misses_nothing_said_since_and_is_heard_again(region: Region):
    """Its old streams are gone; the new ones go on numbering where they stopped, so that no one skips the first
    messages."""
    viewpoint = region.members["viewpoint"]
    viewpoint.stop()
    viewpoint.join(region.hub.add("viewpoint").write(region.directory / "viewpoint" / "network"))
    viewpoint.start()
    async with viewpoint.connect() as back, region.members["suffolk"].connect() as suffolk:
        await say(back, "back again")
        await eventually(hears(suffolk, "viewpoint", "back again"))
        await eventually(hears(back, "sun", "after the removal"))
        # Those who dropped it all when it was removed are told everything again.
        assert texts(await everything(suffolk), "viewpoint") == [
            "the last word",
            "the last word",
            "after the removal",
            "back again",
        ]


async def test_net_05_an_organisation_let_in_again_while_it_runs_misses_nothing_and_says_everything_again(
    region: Region,
):
    """Its stream at the hub is a new one, with numbers from one on; its carrier ran all the time."""
    fifth, sun = region.members["fifth"], region.members["sun"]
    async with fifth.connect() as back, sun.connect() as border:
        await say(border, "before fifth was out")
        await eventually(hears(back, "sun", "before fifth was out"))
        region.hub.remove("fifth")
        await say(border, "while fifth was out")
        fifth.join(region.hub.add("fifth").write(region.directory / "fifth" / "network"))
        await asyncio.to_thread(fifth.server.stop)
        await asyncio.to_thread(fifth.server.start)
        await asyncio.to_thread(fifth.provision_border)
        await eventually(hears(back, "sun", "while fifth was out"))

        async def said_again() -> bool:
            return texts(await everything(border), "fifth") == ["shared while alone"] * 2

        await eventually(said_again)


async def test_a_replaced_certificate_is_refused_from_then_on(region: Region):
    old = region.directory / "sun" / "network"
    lost = Membership.read(old)
    assert lost
    replaced = region.hub.add("sun", replace=True)
    assert "sun" not in region.hub.connections(), "whoever holds the old one is out at once"
    assert await refused(region, lost)
    sun = region.members["sun"]
    sun.stop()
    sun.join(replaced.write(old))
    sun.start()
    async with sun.connect() as border, region.members["suffolk"].connect() as suffolk:
        await say(border, "with a new certificate")
        await eventually(hears(suffolk, "sun", "with a new certificate"))


def test_a_hub_without_room_says_so_and_goes_on_with_those_it_has():
    """Its streams may reserve 64 TB; here each organisation may have 4 TB, so that a third does not fit."""
    with (
        temporary_directory() as directory,
        Hub.open(directory / "hub", LAUNCHER, hosts=[address()], bytes_each=4 << 40) as hub,
    ):
        hub.add("sun")
        hub.add("fox")
        with pytest.raises(HubFull, match="no room"):
            hub.add("owl")
        assert Registry(hub.directory, read_facts(hub.directory)).organisations == ["fox", "sun"]
        hub.remove("fox")
        hub.add("owl")


def test_the_hub_may_reserve_enough_for_more_organisations_than_the_region_has():
    organisations = [f"organisation-{number}" for number in range(350)]
    each = (
        from_stream("organisation-0", 1, BYTES_PER_ORGANISATION),
        to_stream("organisation-0", organisations, 1, BYTES_PER_ORGANISATION),
    )
    assert MAX_FILE == "64TB"
    assert sum(config.max_bytes or 0 for config in each) * len(organisations) + BYTES_PER_ORGANISATION < 64 << 40


# Certificates


@pytest.mark.parametrize("name", ["sun", "stranger", "hub", "hub-1"])
async def test_a_certificate_of_another_authority_is_refused(region: Region, name: str, tmp_path: Path):
    assert await refused(region, written(region, tmp_path, Authority.new().certify(name)))


@pytest.mark.parametrize("name", ["sun", "stranger", "hub", "hub-1"])
async def test_a_certificate_of_our_authority_that_the_hub_was_not_told_of_is_refused(
    region: Region, name: str, tmp_path: Path
):
    """Not even one in the name of a member: each certificate is let in by a number of its own."""
    assert await refused(region, written(region, tmp_path, region.hub.authority.certify(name)))


async def test_the_hubs_own_certificate_opens_nothing(region: Region, tmp_path: Path):
    files = region.hub.node_files(region.hub.facts.nodes[0])
    papers = MembershipFiles(
        "sun", region.hub.urls, files.certificate.read_text(), files.key.read_text(), files.authority.read_text()
    )
    assert await refused(region, papers.write(tmp_path / "network"))


async def test_an_organisation_refuses_a_hub_of_another_authority(region: Region):
    files = region.hub.add("sixth")
    region.hub.remove("sixth")
    wrong = MembershipFiles("sixth", files.urls, files.certificate, files.key, Authority.new().certificate)
    with temporary_directory() as directory:
        member = Member("sixth", directory, wrong.write(directory / "network"))
        with member.server:
            await eventually(said_in_log(member, "unknown authority"))


def written(region: Region, folder: Path, made: Certificate) -> Membership:
    return MembershipFiles("sun", region.hub.urls, made.certificate, made.key, region.hub.authority.certificate).write(
        folder / "network"
    )


async def refused(region: Region, membership: Membership) -> bool:
    """Whether the hub turns away a server with this membership, as its own log says."""
    before = region.hub.connections()
    with temporary_directory() as directory:
        copy = MembershipFiles(
            membership.organisation, membership.urls, *(path.read_text() for path in membership.files)
        ).write(directory / "network")
        intruder = Member("sun", directory, copy)
        with intruder.server:

            async def turned_away() -> bool:
                log = intruder.server.log_since()
                return (
                    "Authorization Violation" in log
                    or "bad certificate" in log
                    or "unknown certificate" in log
                    or "Leafnode connection closed" in log
                )

            await eventually(turned_away)
            joined = "JetStream using domains" in intruder.server.log_since()
    after = region.hub.connections()
    return not joined and {name: seen.number for name, seen in after.items()} == {
        name: seen.number for name, seen in before.items()
    }


# What a hub and a membership are


def test_a_hubs_and_a_members_secrets_are_readable_by_their_owner_alone(hub: Hub, tmp_path: Path):
    hub.add("sun").write(tmp_path / "network")
    secret = [
        hub.directory / "hub.json",
        hub.directory / "certs" / "authority.key",
        *hub.directory.glob("certs/hub-*.key"),
        tmp_path / "network" / "key.pem",
    ]
    assert len(secret) == 4
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in secret} == {path.name: 0o600 for path in secret}


def test_the_hub_keeps_no_copy_of_a_members_key(hub: Hub):
    papers = hub.add("sun")
    secret = papers.key.splitlines()[1]
    assert not [
        path for path in hub.directory.rglob("*") if path.is_file() and secret in path.read_text(errors="replace")
    ]


def test_a_certificate_names_its_organisation_and_is_no_authority(hub: Hub):
    certificate = x509.load_pem_x509_certificate(hub.add("sun").certificate.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    )
    assert "sun.leaf.network" in names
    assert hub.facts.members["sun"].certificate in names
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


@pytest.mark.parametrize(
    "name",
    [
        "hub",
        "network",
        "gateway",
        "out",
        "border",
        "to",
        "Sun",
        "s",
        "sun.org",
        "sun org",
        "7sun",
        "sun_org",
        "*",
        ">",
        "",
        "s" * 32,
    ],
)
def test_names_that_the_network_uses_or_cannot_carry_are_refused(hub: Hub, name: str):
    with pytest.raises(NetworkError):
        hub.add(name)
    assert hub.organisations == []


def test_an_organisation_is_added_once_and_one_that_is_not_in_cannot_be_removed(hub: Hub):
    hub.add("sun")
    with pytest.raises(NetworkError, match="in the network already"):
        hub.add("sun")
    with pytest.raises(NetworkError, match="In it are: sun"):
        hub.remove("viewpoint")
    assert hub.organisations == ["sun"]


def test_a_hub_is_one_server_or_three(tmp_path: Path):
    with pytest.raises(NetworkError):
        Hub.open(tmp_path / "hub", LAUNCHER, hosts=["127.0.0.1", "127.0.0.2"])


def test_a_hub_that_was_made_is_opened_again_as_it_was(hub: Hub):
    hub.add("sun")
    again = Registry(hub.directory, read_facts(hub.directory))
    assert (again.organisations, again.urls, again.facts.passwords) == (["sun"], hub.urls, hub.facts.passwords)
    with pytest.raises(NetworkError, match="no hub"):
        read_facts(hub.directory.parent)


def test_no_membership_no_network_and_half_of_one_is_said(hub: Hub, tmp_path: Path):
    folder = tmp_path / "network"
    assert Membership.read(folder) is None
    membership = hub.add("sun").write(folder)
    assert Membership.read(folder) == membership
    membership.key.unlink()
    with pytest.raises(NetworkError, match=r"key\.pem is missing"):
        Membership.read(folder)
    (folder / "membership.json").write_text(json.dumps({"organisation": "Not a name", "urls": []}))
    with pytest.raises(NetworkError):
        Membership.read(folder)
    remove_membership(folder)
    assert Membership.read(folder) is None


# Help


async def eventually(check) -> None:
    """A stream that could not be taken up at once is asked for again after ten seconds, or twenty."""
    await soon(check, within=60)


def hears(client, origin: str, text: str):
    async def check() -> bool:
        return text in texts(await everything(client), origin)

    return check


async def removals(client) -> list[str]:
    """What the hub said of organisations that are out."""
    return [
        text for subject, text in await everything(client) if subject == "network.hub.public.organisation-removed.v1"
    ]


def said_in_log(member: Member, text: str):
    async def check() -> bool:
        return text in member.server.log_since()

    return check
