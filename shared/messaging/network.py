"""What crosses between an organisation and the hub, as both ends name it: streams, subjects, limits."""

OUT, NETWORK = "OUT", "NETWORK"
"""The two streams of account NET, where provisioning alone is a user: what leaves, and what arrived."""
HUB = "hub"
CARRIER = "carrier"
"""The consumer of OUT that the carrier reads."""
MAX_MESSAGE = 64 * 1024
"""Bytes of a message that leaves, headers included; one that arrives carries the hub's as well, and may have twice as
many."""


def said(organisation: str, what: str) -> str:
    """A subject on which this organisation alone may speak at the hub."""
    return f"say.{organisation}.{what}"


def said_to(organisation: str) -> str:
    """The hub's stream of what all others say to an organisation."""
    return f"TO_{organisation.upper()}"


def carried_to(organisation: str) -> str:
    """Where the hub answers an organisation's carrier: the only subjects that come in from the hub."""
    return f"_CARRY.{organisation}"
