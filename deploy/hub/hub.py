"""The region's hub on this machine: one NATS server, or three that keep every message thrice, as children of this
process.

<folder>/nats/<node>    a server's files; the rest is in `deploy.hub.registry`
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from deploy.hub.config import PROVISION, Node
from deploy.hub.connections import Connection, connections
from deploy.hub.control import loaded_and_let_go, run, settle_streams
from deploy.hub.registry import Facts, Registry, facts_of_new, read_facts
from deploy.hub.streams import BYTES_PER_ORGANISATION
from deploy.provisioning.files import close_folder
from deploy.provisioning.jetstream import connected


class Server(Protocol):
    """What is used of a NATS server on this machine, whoever's child it is."""

    config: Path | str
    reads: tuple[Path, ...]

    @property
    def directory(self) -> Path: ...
    @property
    def log(self) -> Path: ...
    @property
    def exit_code(self) -> int | None: ...
    def start(self, within: float = 30.0) -> Any: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def reload(self) -> bool: ...
    def living_pid(self) -> int | None: ...
    def client_url(self, user: str | None = None, password: str | None = None) -> str: ...


S = TypeVar("S", bound=Server)
S_co = TypeVar("S_co", bound=Server, covariant=True)


class Launcher(Protocol[S_co]):
    """Knows how servers are started on this machine."""

    def free_port(self) -> int: ...
    def server(self, directory: Path, *, host: str, port: int) -> S_co: ...


class Hub(Registry, Generic[S]):
    """A made hub; `Hub.open` makes or opens one. Use as a context manager, or call stop() whatever happens."""

    def __init__(self, directory: Path, facts: Facts, launcher: Launcher[S]) -> None:
        super().__init__(directory, facts)
        self.servers: list[S] = [
            launcher.server(directory / "nats" / node.name, host=node.host, port=node.port) for node in facts.nodes
        ]

    @classmethod
    def open(
        cls, directory: Path, launcher: Launcher[S], *, hosts: Sequence[str], bytes_each: int = BYTES_PER_ORGANISATION
    ) -> Self:
        """Open the hub in a folder, making it the first time: a node for each host, one or three. bytes_each: see
        BYTES_PER_ORGANISATION."""
        directory = directory.resolve()
        if (directory / "hub.json").exists():
            return cls(directory, read_facts(directory), launcher)
        port = launcher.free_port
        nodes = [Node(f"hub-{number}", host, port(), port(), port()) for number, host in enumerate(hosts, 1)]
        return cls(directory, facts_of_new(directory, nodes, bytes_each=bytes_each), launcher)

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
            return {
                organisations[seen.user]: seen
                for seen in await connections(client, living)
                if seen.user in organisations
            }

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
