"""What may cross the border, and what a gateway believes. Pure: facts in, decisions out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from shared.messaging.network import HUB, NETWORK
from shared.reasons import Reason

LARGEST = 60_000
"""Bytes of a message's body: a little below what the hub takes."""
PAD_TO = 1024
"""Bytes: a sealed message's length is a multiple of this, so that its size says little about what is in it."""
FIRST_YEAR, LAST_YEAR = 2000, 2099
PARKED_PER_HOUR = 100
"""Messages of one origin that are kept for staff to look at; what comes beyond them is counted."""
WAITING_AT_MOST = 2000
"""Events that may wait for the slowest of those who hear them: so much later another origin's event is heard at
most."""
_ORGANISATION = re.compile(r"[a-z][a-z0-9-]{1,30}")
_NAME = re.compile(r"[a-z]+(-[a-z]+)*")
_PLAIN = frozenset((int, bool, UUID, type(None)))
"""Kinds of value that can hold no fault."""
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
OTHER_DIGITS = Reason("NET-04", "These are other digits than the organisation announced. Nothing was changed.")
OTHER_KEYS = Reason("NET-04", "It has announced other keys since you looked. Nothing was changed.")
# Tabs and line breaks are what a form sends. Those that turn the direction of text can make it say something else.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


# The ways out and in


def public_subject(name: str) -> str:
    return f"out.public.{name}.v1"


def sealed_subject(to: str) -> str:
    return f"out.to.{to}.sealed.v1"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a subject of the network says. The hub has stamped the origin, so that nobody speaks for another
    (NET-04)."""

    origin: str
    sealed: bool
    name: str
    """The event's name; "" while it is sealed."""


def origin_of(subject: str) -> str | None:
    """Who speaks under a subject of the network; None if it names no organisation."""
    words = subject.split(".")
    return words[1] if len(words) > 2 and words[0] == "network" and _ORGANISATION.fullmatch(words[1]) else None


def arrival_of(subject: str, us: str) -> Arrival | None:
    """How a message came to us; None if no message may come that way (NET-04)."""
    origin = origin_of(subject)
    if origin is None or origin == us:
        return None
    match subject.split(".")[2:]:
        case ["public", name, "v1"] if _NAME.fullmatch(name):
            return Arrival(origin, sealed=False, name=name)
        case ["to", to, "sealed", "v1"] if to == us:
            return Arrival(origin, sealed=True, name="")
    return None


def reasons_not_to_hear(arrival: Arrival, crossing: Literal["public", "addressed"] | None) -> list[Reason]:
    """crossing: how events of this name cross; None for a name that we do not know (NET-04).

    An event that is for one organisation must have come sealed, a public one must not; of the hub we believe that an
    organisation was removed, and that of nobody else.
    """
    if (arrival.origin == HUB) != (arrival.name == "organisation-removed"):
        return [Reason("NET-04", f"{arrival.origin} may not say this")]
    if crossing is None:
        return [Reason("NET-04", "not a kind of event that crosses")]
    if (crossing == "addressed") != arrival.sealed:
        return [
            Reason("NET-04", "came sealed and is public" if arrival.sealed else "came open and is for one organisation")
        ]
    return []


# Form


def reasons_not_to_carry(size: int, fields: Mapping[str, Any]) -> list[Reason]:
    """Both ways (NET-01): what we would refuse of others we do not send. size: of the body, in bytes. A reason names a
    field, never its value."""
    if size > LARGEST:
        return [Reason("NET-01", f"too big: {size} bytes, at most {LARGEST}")]
    return _faults("", fields)


def _faults(where: str, fields: Mapping[str, Any]) -> list[Reason]:
    """Runs on each value of each event that arrives, so the most common kinds come first."""
    found: list[Reason] = []
    for name, value in fields.items():
        if type(value) is str:
            if not value.isprintable() and _CONTROL.search(value):
                found.append(Reason("NET-01", f"{where}{name}: holds control characters", f"{where}{name}"))
        elif type(value) not in _PLAIN:
            found += _faults_within(f"{where}{name}", value)
    if "starts_at" in fields and fields["ends_at"] <= fields["starts_at"]:
        found.append(Reason("NET-01", f"{where}ends_at: not after the start", f"{where}ends_at"))
    return found


def _faults_within(name: str, value: Any) -> list[Reason]:
    if isinstance(value, date):  # a datetime is one
        in_reach = FIRST_YEAR <= value.year <= LAST_YEAR
        return [] if in_reach else [Reason("NET-01", f"{name}: not in a sensible year", name)]
    if isinstance(value, tuple):
        return [reason for number, part in enumerate(value) for reason in _faults(f"{name}.", {str(number): part})]
    return _faults(f"{name}.", value if isinstance(value, Mapping) else vars(value))


def a_time(text: str) -> str | None:
    """A header's moment as ISO 8601 in our own writing; None if it is not one, or not in a sensible year."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.isoformat() if moment.tzinfo is not None and FIRST_YEAR <= moment.year <= LAST_YEAR else None


def a_traceparent(text: str) -> str | None:
    """A header's W3C traceparent; None if it is anything else, so that nothing can travel in its place."""
    return text if _TRACEPARENT.fullmatch(text) else None


def padded_length(length: int) -> int:
    """Bytes that so many bytes are padded to: the next multiple of PAD_TO."""
    return -(-length // PAD_TO) * PAD_TO


# Sealed messages


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What stands inside a sealed message, where the hub could not change it."""

    origin: str
    to: str
    event_id: str


def reasons_not_to_believe(enclosed: Enclosed, *, origin: str, us: str, event_id: str, signed: bool) -> list[Reason]:
    """Against a sealed message that came as origin's, to us, under event_id (NET-04). signed: by the key that we have
    pinned for origin."""
    reasons = []
    if not signed:
        reasons.append(Reason("NET-04", f"the sealed message is not signed with the key that we know of {origin}"))
    if enclosed.origin != origin:
        reasons.append(Reason("NET-04", "the sealed message is not from the organisation that the hub names"))
    if enclosed.to != us:
        reasons.append(Reason("NET-04", "the sealed message is for another organisation"))
    if enclosed.event_id != event_id:
        reasons.append(Reason("NET-04", "the sealed message belongs to another message"))
    return reasons


# Public events


class Signature(StrEnum):
    NONE = "none"
    GOOD = "good"
    """By the signing key that we have pinned."""
    BAD = "bad"


NOT_ITS_OWN = "not its own word"
"""How the reason against a public event begins that somebody changed or invented: staff are warned of these."""


def reasons_not_to_believe_public(origin: str, signature: Signature, *, signs: bool) -> list[Reason]:
    """Against a public event that came as origin's (NET-04). signs: whether origin has ever signed one, or said that it
    does.

    Unsigned ones of an organisation whose program is older are heard; from its first signed one on, never again.
    """
    if signature is Signature.BAD:
        return [Reason("NET-04", f"{NOT_ITS_OWN}: {origin} has not signed this; it was changed or invented on its way")]
    if signature is Signature.NONE and signs:
        return [Reason("NET-04", f"{NOT_ITS_OWN}: it is not signed, and {origin} signs what it says")]
    return []


# Keys


class Verdict(StrEnum):
    PIN = "pin"
    CHANGE = "change"
    SAME = "same"
    OLDER = "older"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """What we hold of another organisation. version: seconds since 1970 when it was announced."""

    signing_key: bytes
    sealing_key: bytes
    version: int
    removed_version: int | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    signing_key: bytes
    sealing_key: bytes
    version: int
    signed_by_itself: bool
    signed_by_known: bool
    """By the signing key that we have pinned."""


def verdict_on(pinned: PinnedKeys | None, announced: Announced) -> Verdict:
    """Whether to believe which keys an organisation says are its own (NET-04).

    The first that is heard is pinned. From then on other keys count only if the pinned one signed for them, even when
    the organisation was removed in between: that is the hub's word alone. What is not newer than what we hold says
    nothing.
    """
    if not announced.signed_by_itself:
        return Verdict.REFUSE
    if pinned is None:
        return Verdict.PIN
    if announced.version <= pinned.version:
        same = announced.version == pinned.version and (announced.signing_key, announced.sealing_key) == (
            pinned.signing_key,
            pinned.sealing_key,
        )
        return Verdict.SAME if same and pinned.removed_version is None else Verdict.OLDER
    if announced.signing_key == pinned.signing_key or announced.signed_by_known:
        return Verdict.CHANGE
    return Verdict.REFUSE


# How much, how fast


def room(waiting: Iterable[int]) -> int:
    """How many more events may be sent on. waiting: for each who hears them, how many it has still to handle
    (NET-04)."""
    return max(0, WAITING_AT_MOST - max(waiting, default=0))


def is_parked(parked_this_hour: int) -> bool:
    """Whether one more message of an origin is kept for staff to look at, or only counted."""
    return parked_this_hour < PARKED_PER_HOUR


# The hub, as its operators must know it

HUB_IS_WELL = "ok"
_NOTHING_LOST = "What we share waits here, what others share waits there; nothing is lost"
_RENEWED = "`chorus hub up`, or `chorus hub write` and then `chorus hub settle`"


def hub_state(*, silent: bool, refused: bool, full: bool, connected: bool | None) -> str:
    """What is wrong between us and the hub, and what to do; "ok" if nothing is (NET-05).

    silent: it does not answer. refused: it takes nothing of what we say. full: our own stream takes nothing of what it
    brings. connected: whether our NATS server has a connection to it, if that is known.
    """
    if silent and connected:
        return (
            "our NATS server is connected to the hub, but the hub does not answer us. "
            f"{_NOTHING_LOST}. Ask the hub’s keeper to see that its servers run and to renew what they know of us "
            f"({_RENEWED})"
        )
    if silent:
        first = "the hub does not answer" if connected is None else "our NATS server is not connected to the hub"
        return (
            f"{first}. {_NOTHING_LOST}. The log of our NATS server says why: “Authorization Violation” there means "
            f"that the hub does not know our certificate, so its keeper must renew what it knows ({_RENEWED}), or we "
            "have left the network; anything else, that the hub is away or not to be reached: ask its keeper if it runs"
        )
    if refused:
        return (
            "the hub answers, but takes nothing of what we share, which waits here. Our room there may be full, or the "
            f"hub may not know what we may say: ask its keeper to look, and to renew what it knows of us ({_RENEWED})"
        )
    if full:
        return (
            f"what the hub brings cannot be stored and waits there. Our stream {NETWORK} or the disk may be full: "
            "look at the log of our NATS server and at the messages that could not be handled"
        )
    return HUB_IS_WELL
