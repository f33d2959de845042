"""What an organisation holds to be in the network: the hub's addresses, its certificate with the key, and the hub's
authority.

A folder, `network` in the instance's folder: membership.json, certificate.pem, key.pem, authority.pem.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.provisioning.files import close_folder, write_closed
from deploy.provisioning.names import NetworkError, checked_name

FOLDER = "network"
"""In an instance's folder."""


@dataclass(frozen=True)
class Membership:
    """urls: of the hub's nodes, `tls://host:port`; the others are paths of PEM files."""

    organisation: str
    urls: tuple[str, ...]
    certificate: Path
    key: Path
    authority: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """What the organisation's NATS server must be able to read."""
        return (self.certificate, self.key, self.authority)

    @property
    def identity(self) -> str:
        """Changes each time it is let in, or given a new certificate."""
        return hashlib.sha256(self.certificate.read_bytes()).hexdigest()[:32]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The membership in a folder; None if the organisation is in no network. Raises NetworkError if it is not
        whole."""
        path = folder / "membership.json"
        if not path.exists():
            return None
        try:
            written = json.loads(path.read_text())
            made = cls(checked_name(written["organisation"]), tuple(written["urls"]), *_files(folder))
        except (ValueError, KeyError, TypeError) as problem:
            raise NetworkError(
                f"{path} cannot be read ({type(problem).__name__}). Copy it again from where `chorus organisation "
                "add` wrote it."
            ) from problem
        for file in made.files:
            if not file.exists():
                raise NetworkError(f"{file} is missing. Copy the whole folder that `chorus organisation add` wrote.")
        return made


@dataclass(frozen=True)
class MembershipFiles:
    """The same before it is written: made by the hub, which keeps no copy of the key."""

    organisation: str
    urls: tuple[str, ...]
    certificate: str
    key: str
    authority: str

    def write(self, folder: Path) -> Membership:
        """Write it, replacing what was there. membership.json comes last: with it the organisation is a member."""
        close_folder(folder, servers_pass=True)
        for path, text in zip(_files(folder), (self.certificate, self.key, self.authority), strict=True):
            write_closed(path, text)
        write_closed(
            folder / "membership.json",
            json.dumps({"organisation": self.organisation, "urls": list(self.urls)}, indent=2) + "\n",
        )
        membership = Membership.read(folder)
        assert membership is not None
        return membership


def remove_membership(folder: Path) -> None:
    """The organisation is in no network any more. membership.json goes first."""
    for path in (folder / "membership.json", *_files(folder)):
        path.unlink(missing_ok=True)


def _files(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "certificate.pem", folder / "key.pem", folder / "authority.pem"
