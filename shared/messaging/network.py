"""Names and limits that an organisation and the hub share: streams, subjects, sizes."""

OUT, NETWORK = "OUT", "NETWORK"
"""The two streams of account NET, in which provisioning is the only user: what leaves, and what arrived."""
HUB = "hub"
CONNECTIONS = "$SYS.REQ.ACCOUNT.PING.STATZ"
"""Where the server says how many leaf connections the asker's own account has."""
CARRIER = "carrier"
"""The consumer of OUT that the carrier reads."""
MEMBER = "chorus-member"
"""In the metadata of OUT: "yes" while the organisation is in the network, so that its carrier should reach the hub."""
MAX_MESSAGE = 64 * 1024
"""Bytes of a message that leaves, headers included; one that arrives also carries the hub's headers, and may have
twice as many."""


def said(organisation: str, what: str) -> str:
    """A subject at the hub on which only this organisation may speak."""
    return f"say.{organisation}.{what}"


def said_to(organisation: str) -> str:
    """The hub's stream of what all others say to an organisation."""
    return f"TO_{organisation.upper()}"


def carried_to(organisation: str) -> str:
    """Where the hub answers an organisation's carrier: the only subjects that come in from the hub."""
    return f"_CARRY.{organisation}"
