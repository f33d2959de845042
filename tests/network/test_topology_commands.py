"""`chorus hub` and `chorus organisation`, as an operator uses them."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.hub.hub import Hub
from deploy.local.instance import Instance
from deploy.local.servers import LAUNCHER, NatsServer, temporary_directory
from deploy.provisioning.accounts import nats_config
from deploy.provisioning.border import provision_border
from deploy.provisioning.membership import Membership
from services.gateway.carrier import Carrier
from services.gateway.keys import new_network_keys, parse_keys
from tests.network.region import address, connected, everything, say
from tests.support.apps import eventually
from tests.support.servers import in_thread

CHORUS = Path(sys.executable).with_name("chorus")
OWN = parse_keys(new_network_keys())


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with temporary_directory() as folder:
        yield folder


@pytest.fixture(scope="module")
def hub(directory: Path) -> Iterator[Hub]:
    with Hub.open(directory / "hub", LAUNCHER, hosts=[address()]) as started:
        yield started


def chorus(*arguments: object, code: int = 0) -> Any:
    """What a command answers in JSON."""
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def running_alone(name: str, folder: Path) -> tuple[Instance, NatsServer]:
    """An instance whose NATS server runs, in no network."""
    instance = Instance.open(name, folder, mode="test", nats_host=address())
    instance.settle_ports()
    server = NatsServer(
        folder / "nats",
        nats_config(name, instance.nats_passwords()),
        instance.facts.ports["nats"],
        instance.facts.nats_host,
    ).start()
    in_thread(provision_border(instance.nats_url("border-provision"), None))
    return instance, server


@contextlib.asynccontextmanager
async def carrying(*instances: Instance) -> AsyncIterator[None]:
    """As their gateways do."""
    carriers = [
        asyncio.create_task(Carrier(instance.nats_url("border"), instance.facts.organisation, lambda: OWN).run())
        for instance in instances
    ]
    yield
    for carrier in carriers:
        carrier.cancel()
    await asyncio.gather(*carriers, return_exceptions=True)


def border(instance: Instance):
    return connected(instance.nats_url("border"), "_INBOX.border")


async def test_net_05_an_organisation_that_runs_is_added_and_removed_by_commands_without_a_restart(
    hub: Hub, directory: Path
):
    sun, first = await asyncio.to_thread(running_alone, "sun", directory / "sun")
    fox, second = await asyncio.to_thread(running_alone, "fox", directory / "fox")
    try:
        async with carrying(sun, fox), border(sun) as from_sun, border(fox) as at_fox:
            await say(from_sun, "shared while alone")
            for name, full_name in (("sun", "SUN"), ("fox", "Fox House")):
                answer = await asyncio.to_thread(
                    chorus,
                    "organisation",
                    "add",
                    name,
                    "--name",
                    full_name,
                    "--directory",
                    directory / name,
                    "--hub",
                    hub.directory,
                )
                assert answer == {"added": name, "folder": str(directory / name / "network"), "urls": list(hub.urls)}
            assert Instance.existing(directory=directory / "fox").facts.organisation_name == "Fox House"

            async def arrived() -> bool:
                return ("network.sun.public.opportunity-shared.v1", "shared while alone") in await everything(at_fox)

            await eventually(arrived, within=60)
            listed = await asyncio.to_thread(chorus, "organisation", "list", "--hub", hub.directory)
            assert {row["organisation"]: row["connected"] for row in listed["organisations"]} == {
                "sun": True,
                "fox": True,
            }
            assert await asyncio.to_thread(
                chorus, "organisation", "remove", "sun", "--directory", directory / "sun", "--hub", hub.directory
            ) == {"removed": "sun"}
            assert Membership.read(sun.network_folder) is None

            async def told() -> bool:
                return "network.hub.public.organisation-removed.v1" in [
                    subject for subject, _ in await everything(at_fox)
                ]

            await eventually(told)
            await say(from_sun, "waits")  # its own server goes on
        listed = await asyncio.to_thread(chorus, "organisation", "list", "--hub", hub.directory)
        assert [row["organisation"] for row in listed["organisations"]] == ["fox"]
        assert first.running
        assert second.running
    finally:
        first.kill()
        second.kill()


def test_what_is_asked_in_a_wrong_way_is_said_in_a_sentence(hub: Hub, directory: Path):
    assert (
        "network itself uses"
        in chorus("organisation", "add", "hub", "--to", directory / "x", "--hub", hub.directory, code=2)["error"]
    )
    assert (
        "cannot be an organisation's short name"
        in chorus("organisation", "add", "A b", "--to", directory / "x", "--hub", hub.directory, code=2)["error"]
    )
    assert (
        "is not in the network" in chorus("organisation", "remove", "nobody", "--hub", hub.directory, code=2)["error"]
    )
    assert "There is no hub" in chorus("organisation", "list", "--hub", directory / "nowhere", code=3)["error"]
    assert "There is no hub" in chorus("organisation", "add", "owl", "--hub", directory / "nowhere", code=3)["error"]
    assert not (directory / "x").exists()


def test_for_another_machine_a_folder_is_written_and_the_operator_is_told_where_it_goes(hub: Hub, directory: Path):
    done = CliRunner().invoke(
        app,
        ["organisation", "add", "owl", "--to", str(directory / "for-owl"), "--hub", str(hub.directory)],
        env={"COLUMNS": "200"},
    )
    assert done.exit_code == 0
    assert "private key" in done.output
    membership = Membership.read(directory / "for-owl")
    assert membership
    assert (membership.organisation, membership.urls) == ("owl", hub.urls)


@pytest.fixture
def unknown_hub(hub: Hub) -> Iterator[Hub]:
    """It runs, but no process is known in its folder."""
    pids = [server.directory / "pid" for server in hub.servers]
    written = [pid.read_text() for pid in pids]
    for pid in pids:
        pid.unlink()
    yield hub
    for pid, text in zip(pids, written, strict=True):
        pid.write_text(text)


def test_net_05_a_running_hub_that_was_not_told_of_a_change_is_said_to_be_so(unknown_hub: Hub, directory: Path):
    told = chorus("organisation", "add", "elk", "--to", directory / "for-elk", "--hub", unknown_hub.directory)["to_do"]
    assert "something answers at" in told[0]
    assert f"chorus hub up --hub {unknown_hub.directory}" in told[0]
    told = chorus("organisation", "remove", "elk", "--hub", unknown_hub.directory)["to_do"]
    assert "it was told nothing" in told[0]


def test_net_05_a_hub_that_does_not_run_is_said_to_take_up_the_change_when_it_starts(directory: Path):
    made = Hub.open(directory / "asleep", LAUNCHER, hosts=[address()])
    told = chorus("organisation", "add", "elk", "--to", directory / "for-elk", "--hub", made.directory)["to_do"]
    assert "does not run" in told[0]
    assert "chorus hub up" in told[0]


def test_the_hub_runs_alone_until_ctrl_c_and_members_are_added_from_another_window(directory: Path):
    folder = directory / "alone"
    process = subprocess.Popen(
        [CHORUS, "hub", "up", "--hub", folder, "--host", address(), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        assert "running already" in chorus("hub", "up", "--hub", folder, code=2)["error"]
        chorus("organisation", "add", "owl", "--to", directory / "owl-alone", "--hub", folder)
        assert chorus("organisation", "list", "--hub", folder)["hub_running"] is True
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert chorus("organisation", "list", "--hub", folder) == {
            "organisations": [
                {
                    **chorus("organisation", "list", "--hub", folder)["organisations"][0],
                    "organisation": "owl",
                    "connected": None,
                }
            ],
            "hub_running": False,
        }
    finally:
        process.kill()
        process.wait(10)
