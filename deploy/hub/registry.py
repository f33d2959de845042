"""What a hub is, wherever its servers run: nodes, passwords, its authority, and who is let in.

<folder>/hub.json     readable by its owner alone
<folder>/certs        the authority with its key, and each node's certificate
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography import x509

from deploy.hub.certificates import Authority
from deploy.hub.config import PROVISION, Node, NodeFiles, hub_config
from deploy.hub.streams import BYTES_PER_ORGANISATION
from deploy.provisioning.files import close_folder, write_closed
from deploy.provisioning.membership import MembershipFiles
from deploy.provisioning.names import HubAway, HubFull, NetworkError, checked_name

RENEW_BEFORE = timedelta(days=90)
"""A node's certificate that ends sooner is made again when its configuration is next written."""


@dataclass
class Member:
    """certificate: the name of its own, which the hub lets in; times are ISO."""

    certificate: str
    since: str
    until: str


@dataclass
class Facts:
    """What hub.json holds. deployed: its servers are not children of ours."""

    nodes: list[Node]
    passwords: dict[str, str]
    members: dict[str, Member] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    bytes_each: int = BYTES_PER_ORGANISATION
    deployed: bool = False

    @classmethod
    def of(cls, written: dict[str, Any]) -> Self:
        return cls(
            [Node(**node) for node in written["nodes"]],
            written["passwords"],
            {name: Member(**member) for name, member in written["members"].items()},
            written["left"],
            written["bytes_each"],
            written["deployed"],
        )


class Registry:
    """A made hub. Subclasses decide how their servers take up changes: see `_take_up`."""

    def __init__(self, directory: Path, facts: Facts) -> None:
        self.directory = directory
        self.facts = facts

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

    def save(self) -> None:
        write_facts(self.directory, self.facts)

    # Members

    def add(self, organisation: str, *, replace: bool = False) -> MembershipFiles:
        """Let an organisation in: a certificate, a user, its two streams. Nobody else notices. A running hub takes it
        up at once.

        replace: a new certificate for one that is in already; the old one is refused from then on.
        """
        with self._alone():
            checked_name(organisation)
            if organisation in self.facts.members and not replace:
                raise NetworkError(
                    f"“{organisation}” is in the network already. --new-certificate gives it another one."
                )
            made = self.authority.certify(organisation)
            since = (
                self.facts.members[organisation].since
                if organisation in self.facts.members
                else datetime.now(UTC).isoformat()
            )
            self.facts.members[organisation] = Member(made.user, since, made.until.isoformat())
            self.save()
            try:
                self._take_up()
            except HubFull:
                del self.facts.members[organisation]
                self.save()
                self._take_up()
                raise
            return MembershipFiles(organisation, self.urls, made.certificate, made.key, self.authority.certificate)

    def remove(self, organisation: str) -> None:
        """Cut an organisation off at once, take its streams at the hub away and tell all others.

        A hub that does not run does so when it next starts.
        """
        with self._alone():
            if organisation not in self.facts.members:
                raise NetworkError(
                    f"“{organisation}” is not in the network. In it are: {', '.join(self.organisations) or 'none'}."
                )
            del self.facts.members[organisation]
            self.save()
            self._take_up()

    def _take_up(self) -> None:
        """Make the servers go by what changed."""
        raise NotImplementedError

    # Nodes

    def config_of(self, node: Node, files: NodeFiles, *, monitor: str = "") -> str:
        """A node's configuration. files: where it will find them."""
        members = {name: member.certificate for name, member in self.facts.members.items()}
        return hub_config(node, self.facts.nodes, files, self.facts.passwords, members, monitor=monitor)

    def node_files(self, node: Node) -> NodeFiles:
        """A node's certificate and key, made now if there is none or it is about to end."""
        folder = self.directory / "certs"
        files = NodeFiles(folder / f"{node.name}.pem", folder / f"{node.name}.key", folder / "authority.pem")
        if not files.certificate.exists() or _ends(files.certificate) - datetime.now(UTC) < RENEW_BEFORE:
            made = self.authority.certify(node.name, [node.address])
            write_closed(files.key, made.key)
            write_closed(files.certificate, made.certificate)
        return files

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Makes one change at a time, on what another process may just have written."""
        lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.facts = read_facts(self.directory)
            yield
        finally:
            os.close(lock)


def facts_of_new(directory: Path, nodes: Sequence[Node], *, bytes_each: int, deployed: bool = False) -> Facts:
    """Make a hub's folder, with an authority and passwords of its own. Raises NetworkError if there can't be so many
    nodes."""
    if len(nodes) not in (1, 3):
        raise NetworkError("A hub is one server, or three of which any one may fail.")
    close_folder(directory, servers_pass=True)
    close_folder(directory / "certs", servers_pass=True)
    authority = Authority.new()
    write_closed(directory / "certs" / "authority.key", authority.key)
    write_closed(directory / "certs" / "authority.pem", authority.certificate)
    passwords = {name: secrets.token_urlsafe(24) for name in (PROVISION, "sys", "cluster")}
    facts = Facts(list(nodes), passwords, bytes_each=bytes_each, deployed=deployed)
    write_facts(directory, facts)
    return facts


def read_facts(directory: Path) -> Facts:
    """Of a hub that was made before. Raises HubAway, with what to do, if there is none."""
    path = directory.resolve() / "hub.json"
    if not path.exists():
        raise HubAway(
            f"There is no hub in {directory.resolve()}. Make one with `chorus hub up`, or name its folder with --hub."
        )
    return Facts.of(json.loads(path.read_text()))


def write_facts(directory: Path, facts: Facts) -> None:
    write_closed(directory / "hub.json", json.dumps(asdict(facts), indent=2) + "\n")


def _ends(certificate: Path) -> datetime:
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
