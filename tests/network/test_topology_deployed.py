"""A hub on hosts of its own: its files are carried to each host, and `settle` makes the running servers go by them."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js.api import StreamConfig
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.hub.config import Node
from deploy.hub.deployed import MONITOR, MOUNTED, DeployedHub
from deploy.hub.registry import Registry, facts_of_new, read_facts
from deploy.hub.streams import to_stream
from deploy.local.processes import free_port
from deploy.local.servers import NatsServer, temporary_directory
from deploy.provisioning.membership import Membership
from services.gateway.following import ByNumber, StreamAt
from tests.network.region import Member, address, everything, say
from tests.network.region import arrived as came
from tests.network.test_topology_acknowledged import not_by_number
from tests.support.apps import eventually
from tests.support.servers import PASSWORD


class Hosts:
    """Three hosts, each with a server that reads what was carried to it, as the container does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        places = [address() for _ in range(3)]
        nodes = [
            Node(f"hub-{number}", place, free_port(), free_port(), free_port(), place)
            for number, place in enumerate(places, 1)
        ]
        folder = directory / "hub"
        self.hub = DeployedHub(folder, facts_of_new(folder, nodes, bytes_each=16 << 20, deployed=True))
        self.hub.write_nodes()
        self.servers = [NatsServer(directory / node.name / "server", port=node.port, host=node.host) for node in nodes]
        self.at = f"{nodes[1].host}:{nodes[1].port}"

    def carry(self) -> None:
        for folder, server in zip(self.hub.node_folders, self.servers, strict=True):
            there = server.directory.parent / "node"
            shutil.copytree(folder, there, dirs_exist_ok=True)
            server.config = (
                (there / "nats.conf").read_text().replace(str(MOUNTED), str(there)).replace(f"http: {MONITOR}", "")
            )
            server.reads = tuple(there.glob("*.pem"))
            if server.running:
                server.write_configuration()

    def chorus(self, *arguments: object, code: int = 0) -> dict:
        done = CliRunner().invoke(app, [*map(str, arguments), "--hub", str(self.hub.directory), "--json"])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with temporary_directory() as directory:
        made = Hosts(directory)
        try:
            yield made
        finally:
            for server in made.servers:
                server.kill()


async def test_organisations_are_added_and_removed_at_a_hub_on_hosts_of_its_own(hosts: Hosts):
    hosts.carry()
    for server in hosts.servers:
        server.start()
    assert hosts.chorus("hub", "settle", "--at", hosts.at)["done"][0] == "3 of 3 servers have read their configuration"
    for name in ("sun", "fox"):
        hosts.chorus("organisation", "add", name, "--to", hosts.directory / name / "network")
    hosts.carry()
    hosts.chorus("hub", "settle", "--at", hosts.at)
    sun, fox = (
        Member(name, hosts.directory / name, Membership.read(hosts.directory / name / "network"), carry=True).start()
        for name in ("sun", "fox")
    )
    try:
        async with sun.connect() as from_sun, fox.connect() as at_fox:
            await say(from_sun, "hello")

            async def arrived() -> bool:
                return ("network.sun.public.opportunity-shared.v1", "hello") in await everything(at_fox)

            await eventually(arrived, within=60)
            hosts.chorus("organisation", "remove", "sun")
            hosts.carry()
            done = hosts.chorus("hub", "settle", "--at", hosts.at)["done"]
            assert "stream FROM_SUN taken away" in done

            async def told() -> bool:
                return "network.hub.public.organisation-removed.v1" in [
                    subject for subject, _ in await everything(at_fox)
                ]

            await eventually(told)

            async def refused() -> bool:
                return "Authorization Violation" in sun.server.log_since()

            await eventually(refused)
    finally:
        sun.stop()
        fox.stop()


async def test_a_hub_of_the_release_before_comes_over_while_it_runs(hosts: Hosts, monkeypatch: pytest.MonkeyPatch):
    """Nothing is lost or stands twice; each organisation asks by number from its next connection on."""
    with monkeypatch.context() as before:
        before.setattr("deploy.hub.config.uses_at_hub", not_by_number)
        before.setattr("deploy.hub.streams.to_stream", partial(not_asked, to_stream))
        for name in ("sun", "fox"):
            hosts.chorus("organisation", "add", name, "--to", hosts.directory / name / "network")
        hosts.carry()
        for server in hosts.servers:
            server.start()
        hosts.chorus("hub", "settle", "--at", hosts.at)
    sun, fox = (
        Member(name, hosts.directory / name, Membership.read(hosts.directory / name / "network"), carry=True).start()
        for name in ("sun", "fox")
    )
    try:
        async with sun.connect() as from_sun, fox.connect() as at_fox:
            for number in range(30):
                await say(from_sun, f"s{number}")
            await came(at_fox, 30)
            hosts.chorus("hub", "write")
            hosts.carry()
            hosts.chorus("hub", "settle", "--at", hosts.at)
            for number in range(30, 60):
                await say(from_sun, f"s{number}")
            await came(at_fox, 60)
            await asyncio.to_thread(fox.server.stop)
            await asyncio.to_thread(fox.server.start)
            carrier = await nats.connect(fox.server.client_url("border", PASSWORD), inbox_prefix="_CARRY.fox")
            await eventually(ByNumber(carrier, StreamAt("TO_FOX", "fox", "$JS.hub.API")).is_offered)
            await carrier.close()
            await say(from_sun, "s60")
            found = await came(at_fox, 61)
    finally:
        sun.stop()
        fox.stop()
    assert [text for _, text in found] == [f"s{number}" for number in range(61)]


def not_asked(made: Callable[..., StreamConfig], *arguments: Any) -> StreamConfig:
    config = made(*arguments)
    config.allow_direct = False
    return config


def test_one_command_makes_what_each_host_needs_and_says_what_to_do(tmp_path: Path):
    names = [f"hub-{number}.example.org" for number in (1, 2, 3)]
    arguments = ["hub", "make", *(word for name in names for word in ("--node", name)), "--hub", str(tmp_path / "hub")]
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert "chorus hub settle" in done.output
    made = Registry(tmp_path / "hub", read_facts(tmp_path / "hub"))
    assert made.urls == tuple(f"tls://{name}:7422" for name in names)
    for number, name in enumerate(names, 1):
        folder = tmp_path / "hub" / "nodes" / f"hub-{number}"
        assert {path.name for path in folder.iterdir()} == {"nats.conf", "certificate.pem", "key.pem", "authority.pem"}
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
        text = (folder / "nats.conf").read_text()
        assert f'server_name: "hub-{number}"' in text
        assert "sync_interval: always" in text
        assert all((f"@{other}:6222" in text) == (other != name) for other in names)
    assert CliRunner().invoke(app, arguments).exit_code == 2
    assert CliRunner().invoke(app, ["hub", "up", "--hub", str(tmp_path / "hub")]).exit_code == 2
