"""The region's hub on this machine: one NATS server, or three that keep every message thrice.

<folder>/hub.json       nodes, passwords, members; readable by its owner alone
<folder>/certs          the authority with its key, and each node's certificate
<folder>/nats/<node>    a server's files
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

import nats.errors
import nats.js.errors
from cryptography import x509

from deploy.files import write_closed
from deploy.network.certificates import Authority
from deploy.network.connections import Connection, connections, have_loaded, let_go
from deploy.network.hub_config import PROVISION, Node, NodeFiles, hub_config
from deploy.network.hub_streams import BYTES_PER_ORGANISATION, Sequences, settle, until_it_leads
from deploy.network.jetstream import connected
from deploy.network.membership import MembershipFiles
from deploy.network.names import HubAway, NetworkError, checked_name
from deploy.processes import HOST, free_port
from deploy.servers import NatsServer

T = TypeVar("T")
RENEW_BEFORE = timedelta(days=90)
"""A node's certificate that ends sooner is made anew at the next start."""
SETTLED_WITHIN = 60.0
RELOADED_WITHIN = 15.0


@dataclass
class Member:
    """certificate: the name of its own, which the hub lets in; times are ISO."""

    certificate: str
    since: str
    until: str


@dataclass
class Facts:
    """What hub.json holds."""

    nodes: list[Node]
    passwords: dict[str, str]
    members: dict[str, Member] = field(default_factory=dict)
    left: dict[str, Sequences] = field(default_factory=dict)
    bytes_each: int = BYTES_PER_ORGANISATION

    @classmethod
    def of(cls, written: dict[str, Any]) -> Self:
        return cls(
            [Node(**node) for node in written["nodes"]],
            written["passwords"],
            {name: Member(**member) for name, member in written["members"].items()},
            {name: Sequences(**left) for name, left in written["left"].items()},
            written["bytes_each"],
        )


class Hub:
    """A made hub; `Hub.open` makes or opens one. Use as a context manager, or call stop() whatever happens."""

    def __init__(self, directory: Path, facts: Facts) -> None:
        self.directory = directory
        self.facts = facts
        self.servers = [NatsServer(directory / "nats" / node.name, port=node.port, host=node.host) for node in facts.nodes]

    @classmethod
    def open(cls, directory: Path, *, hosts: Sequence[str] = (HOST,), bytes_each: int = BYTES_PER_ORGANISATION) -> Self:
        """Open the hub in a folder, making it the first time: a node for each host, one or three. bytes_each: see BYTES_PER_ORGANISATION."""
        directory = directory.resolve()
        path = directory / "hub.json"
        if path.exists():
            return cls(directory, Facts.of(json.loads(path.read_text())))
        if len(hosts) not in (1, 3):
            raise NetworkError("A hub is one server, or three of which any one may fail.")
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        (directory / "certs").mkdir(mode=0o755, exist_ok=True)
        authority = Authority.new()
        write_closed(directory / "certs" / "authority.key", authority.key)
        write_closed(directory / "certs" / "authority.pem", authority.certificate)
        nodes = [Node(f"hub-{number}", host, free_port(), free_port(), free_port()) for number, host in enumerate(hosts, 1)]
        hub = cls(directory, Facts(nodes, {name: secrets.token_urlsafe(24) for name in (PROVISION, "sys", "cluster")}, bytes_each=bytes_each))
        hub.save()
        return hub

    @classmethod
    def existing(cls, directory: Path) -> Self:
        """Open a hub that was made before. Raises NetworkError, with what to do, if there is none."""
        if not (directory / "hub.json").exists():
            raise HubAway(f"There is no hub in {directory}. Make one with `chorus hub up`, or name its folder with --hub.")
        return cls.open(directory)

    # What it is

    @property
    def authority(self) -> Authority:
        folder = self.directory / "certs"
        return Authority((folder / "authority.pem").read_text(), (folder / "authority.key").read_text())

    @property
    def organisations(self) -> list[str]:
        return sorted(self.facts.members)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where organisations reach it."""
        return tuple(node.leaf_url for node in self.facts.nodes)

    @property
    def running(self) -> bool:
        """Whether any of its servers runs, here or as another process's child."""
        return any(server.living_pid() is not None for server in self.servers)

    def client_urls(self, user: str = PROVISION) -> list[str]:
        return [server.client_url(user, self.facts.passwords[user]) for server in self.servers]

    def save(self) -> None:
        write_closed(self.directory / "hub.json", json.dumps(asdict(self.facts), indent=2) + "\n")

    # Running

    def start(self, within: float = 30.0) -> Self:
        """Start its servers and bring its streams to what its members ask for."""
        with self._alone():
            self._configure()
            with ThreadPoolExecutor(len(self.servers)) as threads:
                for started in [threads.submit(server.start, within) for server in self.servers]:
                    started.result()
            try:
                _run(self._settle())
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

    # Members

    def add(self, organisation: str, *, replace: bool = False) -> MembershipFiles:
        """Let an organisation in: a certificate, a user, its two streams. Nobody else notices. A running hub takes it up at once.

        replace: a new certificate for one that is in already; the old one is refused from then on.
        """
        with self._alone():
            checked_name(organisation)
            if organisation in self.facts.members and not replace:
                raise NetworkError(f"“{organisation}” is in the network already.")
            made = self.authority.certify(organisation)
            since = self.facts.members[organisation].since if organisation in self.facts.members else datetime.now(UTC).isoformat()
            self.facts.members[organisation] = Member(made.user, since, made.until.isoformat())
            self._take_up()
            return MembershipFiles(organisation, self.urls, made.certificate, made.key, self.authority.certificate)

    def remove(self, organisation: str) -> None:
        """Cut an organisation off at once, take its streams at the hub away and tell all others.

        A hub that does not run does so when it next starts.
        """
        with self._alone():
            if organisation not in self.facts.members:
                raise NetworkError(f"“{organisation}” is not in the network. In it are: {', '.join(self.organisations) or 'none'}.")
            del self.facts.members[organisation]
            self._take_up()

    def connections(self) -> dict[str, Connection]:
        """Who is connected now, by organisation. The hub must run."""
        return _run(self._connections())

    async def _connections(self) -> dict[str, Connection]:
        organisations = {member.certificate: name for name, member in self.facts.members.items()}
        async with connected(self.client_urls("sys"), "_INBOX") as client:
            living = sum(server.living_pid() is not None for server in self.servers)
            return {organisations[seen.user]: seen for seen in await connections(client, living) if seen.user in organisations}

    # Inside

    def _take_up(self) -> None:
        """Write what changed; a running hub reads it, lets go of whom it no longer knows, and changes its streams."""
        self.save()
        self._configure()
        if self.running:
            before = datetime.now(UTC)
            told = [server.reload() for server in self.servers].count(True)
            _run(self._let_go(before, told))
            _run(self._settle())

    async def _let_go(self, since: datetime, servers: int) -> None:
        known = {member.certificate for member in self.facts.members.values()}
        try:
            async with asyncio.timeout(RELOADED_WITHIN):
                while not await self._loaded(since, servers):  # noqa: ASYNC110 - nothing tells us when it has
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise HubAway(f"The hub did not take up its new configuration. Why is in its logs in {self.directory}/nats.") from None
        async with connected(self.client_urls("sys"), "_INBOX") as client:
            await let_go(client, known, servers)

    async def _loaded(self, since: datetime, servers: int) -> bool:
        """Whether each server has read its configuration. While it does, it may refuse us."""
        try:
            async with connected(self.client_urls("sys"), "_INBOX") as client:
                return await have_loaded(client, since, servers)
        except OSError:
            return False

    async def _settle(self) -> None:
        """Bring the streams to what the members ask for; a cluster that has just started must first choose who leads."""
        try:
            async with asyncio.timeout(SETTLED_WITHIN):
                while not await self._settled():  # noqa: ASYNC110 - nothing tells us when it has chosen
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise HubAway(f"The hub's servers do not agree on who leads. Their logs are in {self.directory}/nats.") from None

    async def _settled(self) -> bool:
        try:
            async with connected(self.client_urls(), f"_INBOX.{PROVISION}") as client:
                await until_it_leads(client)
                await settle(client, self.facts.members, self.facts.left, self.save, replicas=len(self.servers), bytes_each=self.facts.bytes_each)
        except (OSError, nats.errors.Error, nats.js.errors.ServiceUnavailableError):
            return False
        return True

    def _configure(self) -> None:
        """Give each server its configuration as text; it is written when the server starts or is told to reload."""
        certificates = {name: member.certificate for name, member in self.facts.members.items()}
        for node, server in zip(self.facts.nodes, self.servers, strict=True):
            files = self.node_files(node)
            server.reads = (files.certificate, files.key, files.authority)
            server.config = hub_config(node, self.facts.nodes, files, self.facts.passwords, certificates)

    def node_files(self, node: Node) -> NodeFiles:
        folder = self.directory / "certs"
        files = NodeFiles(folder / f"{node.name}.pem", folder / f"{node.name}.key", folder / "authority.pem")
        if not files.certificate.exists() or _ends(files.certificate) - datetime.now(UTC) < RENEW_BEFORE:
            made = self.authority.certify(node.name, dict.fromkeys((node.address, node.host)))
            write_closed(files.key, made.key)
            write_closed(files.certificate, made.certificate)
        return files

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One change at a time, on what another process may just have written."""
        lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.facts = Facts.of(json.loads((self.directory / "hub.json").read_text()))
            yield
        finally:
            os.close(lock)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own, so that it may be called while an event loop runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _ends(certificate: Path) -> datetime:
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
