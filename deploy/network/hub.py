"""The region's hub on this machine: one NATS server, or three that keep every message thrice, as children of this process.

<folder>/nats/<node>    a server's files; the rest is in `deploy.network.registry`
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from deploy.network.connections import Connection, connections
from deploy.network.control import loaded_and_let_go, run, settle_streams
from deploy.network.hub_config import PROVISION, Node
from deploy.network.hub_streams import BYTES_PER_ORGANISATION
from deploy.network.jetstream import connected
from deploy.network.registry import Facts, Registry
from deploy.processes import HOST, close_folder, free_port
from deploy.servers import NatsServer


class Hub(Registry):
    """A made hub; `Hub.open` makes or opens one. Use as a context manager, or call stop() whatever happens."""

    def __init__(self, directory: Path, facts: Facts) -> None:
        super().__init__(directory, facts)
        self.servers = [NatsServer(directory / "nats" / node.name, port=node.port, host=node.host) for node in facts.nodes]

    @classmethod
    def open(cls, directory: Path, *, hosts: Sequence[str] = (HOST,), bytes_each: int = BYTES_PER_ORGANISATION) -> Self:
        """Open the hub in a folder, making it the first time: a node for each host, one or three. bytes_each: see BYTES_PER_ORGANISATION."""
        directory = directory.resolve()
        if (directory / "hub.json").exists():
            return cls.existing(directory)
        nodes = [Node(f"hub-{number}", host, free_port(), free_port(), free_port()) for number, host in enumerate(hosts, 1)]
        return cls.make(directory, nodes, bytes_each=bytes_each)

    @property
    def running(self) -> bool:
        """Whether any of its servers runs, here or as another process's child."""
        return any(server.living_pid() is not None for server in self.servers)

    def client_urls(self, user: str = PROVISION) -> list[str]:
        return [server.client_url(user, self.facts.passwords[user]) for server in self.servers]

    def start(self, within: float = 30.0) -> Self:
        """Start its servers and bring its streams to what its members ask for."""
        for folder in (self.directory, self.directory / "certs", self.directory / "nats"):
            close_folder(folder, servers_pass=True)
        with self._alone():
            self._configure()
            with ThreadPoolExecutor(len(self.servers)) as threads:
                for started in [threads.submit(server.start, within) for server in self.servers]:
                    started.result()
            try:
                run(settle_streams(self.client_urls, self.facts, self.save))
            except BaseException:
                self.stop()
                raise
        return self

    def stop(self) -> None:
        with ThreadPoolExecutor(len(self.servers)) as threads:
            for stopped in [threads.submit(server.stop) for server in self.servers]:
                stopped.result()

    def kill(self) -> None:
        """SIGKILL for every server, as a fault would."""
        for server in self.servers:
            server.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def connections(self) -> dict[str, Connection]:
        """Who is connected now, by organisation. The hub must run."""
        return run(self._connections())

    async def _connections(self) -> dict[str, Connection]:
        organisations = {member.certificate: name for name, member in self.facts.members.items()}
        async with connected(self.client_urls("sys"), "_INBOX") as client:
            living = sum(server.living_pid() is not None for server in self.servers)
            return {organisations[seen.user]: seen for seen in await connections(client, living) if seen.user in organisations}

    def _take_up(self) -> None:
        """A running hub reads what changed, lets go of whom it no longer knows, and changes its streams."""
        self._configure()
        if self.running:
            before = datetime.now(UTC)
            told = [server.reload() for server in self.servers].count(True)
            run(loaded_and_let_go(self.client_urls, self.facts, before, told))
            run(settle_streams(self.client_urls, self.facts, self.save))

    def _configure(self) -> None:
        """Give each server its configuration as text; it is written when the server starts or is told to reload."""
        for node, server in zip(self.facts.nodes, self.servers, strict=True):
            files = self.node_files(node)
            server.reads = (files.certificate, files.key, files.authority)
            server.config = self.config_of(node, files)
