"""A hub whose servers run on hosts of their own, in containers. From its folder each node's files are carried to its
host.

<folder>/nodes/<node> nats.conf, certificate.pem, key.pem, authority.pem: what deploy/hub/docker-compose.yml mounts
there
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import quote

from deploy.hub.config import Node, NodeFiles
from deploy.hub.connections import reload_all
from deploy.hub.control import loaded_and_let_go, run, settle_streams
from deploy.hub.registry import Registry, facts_of_new
from deploy.hub.streams import BYTES_PER_ORGANISATION
from deploy.provisioning.files import write_closed
from deploy.provisioning.jetstream import connected

MOUNTED = Path("/etc/chorus-hub")
"""Where a node's container finds its files."""
CLIENT_PORT, LEAF_PORT, CLUSTER_PORT = 4222, 7422, 6222
MONITOR = "127.0.0.1:8222"


class DeployedHub(Registry):
    """After a change: carry the files to their hosts, then `settle`."""

    @classmethod
    def create(cls, directory: Path, addresses: Sequence[str], *, bytes_each: int = BYTES_PER_ORGANISATION) -> Self:
        """addresses: where organisations and the other nodes reach each node; one or three."""
        nodes = [
            Node(f"hub-{number}", "0.0.0.0", CLIENT_PORT, LEAF_PORT, CLUSTER_PORT, address)
            for number, address in enumerate(addresses, 1)
        ]
        folder = directory.resolve()
        made = cls(folder, facts_of_new(folder, nodes, bytes_each=bytes_each, deployed=True))
        made.write_nodes()
        return made

    @property
    def node_folders(self) -> list[Path]:
        return [self.directory / "nodes" / node.name for node in self.facts.nodes]

    def write_nodes(self) -> None:
        """Write every node's folder, to be carried to its host."""
        for node, folder in zip(self.facts.nodes, self.node_folders, strict=True):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            made = self.node_files(node)
            for source, name in (
                (made.certificate, "certificate.pem"),
                (made.key, "key.pem"),
                (made.authority, "authority.pem"),
            ):
                write_closed(folder / name, source.read_text())
            there = NodeFiles(MOUNTED / "certificate.pem", MOUNTED / "key.pem", MOUNTED / "authority.pem")
            write_closed(folder / "nats.conf", self.config_of(node, there, monitor=MONITOR))

    def settle(self, at: Sequence[str]) -> list[str]:
        """Let the running servers read what was carried to them, and bring the streams to it. at: host:port of client
        ports, one will do.

        Returns what was done, a line each.
        """

        def urls(user: str) -> list[str]:
            return [f"nats://{user}:{quote(self.facts.passwords[user], safe='')}@{address}" for address in at]

        with self._alone():
            before = datetime.now(UTC)
            answered = run(_reload(urls("sys"), len(self.facts.nodes)))
            run(loaded_and_let_go(urls, self.facts, before, answered))
            done = [f"{answered} of {len(self.facts.nodes)} servers have read their configuration"]
            return done + run(settle_streams(urls, self.facts, self.save))

    def _take_up(self) -> None:
        self.write_nodes()


async def _reload(urls: Sequence[str], servers: int) -> int:
    async with asyncio.timeout(20), connected(urls, "_INBOX") as client:
        return await reload_all(client, servers)
