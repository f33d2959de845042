"""Names of things in the network. An organisation's name is in subjects, streams, certificates and folders."""

from __future__ import annotations

import re

from shared.messaging.network import HUB

DOMAIN = "leaf.network"
"""Of the names in certificates. It exists in no DNS."""
_RESERVED = {
    HUB,
    "network",
    "gateway",
    "border",
    "out",
    "net",
    "app",
    "sys",
    "provision",
    "operator",
    "public",
    "to",
    "from",
    "leaf",
    "all",
    "none",
}
_PATTERN = re.compile(r"[a-z][a-z0-9-]{1,30}")


class NetworkError(RuntimeError):
    """The network refuses something, or a part of it does not answer; the text says what to do."""


class HubAway(NetworkError):
    """There is no hub, or it does not answer."""


class HubFull(NetworkError):
    """The hub has no room for another organisation's streams."""


def checked_name(organisation: str) -> str:
    """The name if an organisation may have it. Raises NetworkError with a sentence that says why not."""
    if not _PATTERN.fullmatch(organisation):
        raise NetworkError(
            f"“{organisation}” cannot be an organisation's short name: 2 to 31 lower-case letters, digits and "
            "hyphens, a letter first."
        )
    if organisation in _RESERVED:
        raise NetworkError(f"“{organisation}” is a name that the network itself uses. Choose another short name.")
    return organisation


def said_by(organisation: str) -> str:
    """The hub's stream of what an organisation says."""
    return f"FROM_{organisation.upper()}"
