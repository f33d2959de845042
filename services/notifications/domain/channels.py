"""Where and in what words a person hears a message: NOT-01, NOT-02, NOT-04, NOT-06."""

from dataclasses import dataclass
from uuid import UUID

from services.notifications.domain.messages import Kind, goes_on_in_a_pause, may_opt_out

EMAIL, IN_APP = "email", "in-app"
CHANNELS = (EMAIL, IN_APP)
"""The channels that exist now, in the order in which one stands in for another (NOT-01, NOT-06)."""


@dataclass(frozen=True, slots=True)
class Card:
    """What we may know of a person. Lists are sets of slugs; a blank one rules out nothing.

    reached_by_message: they have an address, to which mail goes and with which they sign in (NOT-08); None: not told
    yet.
    """

    person_id: UUID
    roles: frozenset[str] = frozenset()
    ruled_out_kinds: frozenset[str] = frozenset()
    ruled_out_areas: frozenset[str] = frozenset()
    ruled_out_times: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    discreet: bool = False
    format: str = "plain"
    opted_out: frozenset[str] = frozenset()
    paused: bool = False
    reached_by_message: bool | None = None


def channels_for(card: Card, kind: Kind, chosen: str | None = None) -> tuple[str, ...]:
    """NOT-01, NOT-02: where a person hears a message of this kind; nowhere if they opted out of it.

    chosen: what they said for this very message (FB-04); what is no channel of ours ("none", "code") means nowhere.
    A service message always has a place: with no usable channel chosen it waits for them in the app. A pause (PEO-04)
    ends no news of a place they keep or of their own claims, which still go where they chose; staff's work then waits
    in the app, and the rest stops. What concerns their account goes everywhere, whatever they chose:
    whoever changed their bank details may have changed that, too (PAY-13). A safeguarding concern goes everywhere, too:
    somebody may be in danger (FB-09); whoever has paused everything is not asked then, others are.
    """
    if kind is Kind.ACCOUNT or (kind is Kind.SAFEGUARDING and not card.paused):
        return CHANNELS if card.reached_by_message is not False else (IN_APP,)
    wanted = card.channels if chosen is None else {chosen}
    usable = tuple(channel for channel in CHANNELS if channel in wanted)
    is_stopped = card.paused and not goes_on_in_a_pause(kind)
    if may_opt_out(kind):
        return () if is_stopped or kind in card.opted_out else usable
    return (IN_APP,) if is_stopped or not usable else usable


def channels_after_failure(card: Card, kind: Kind, failed: str) -> tuple[str, ...]:
    """NOT-06: what is left when a channel fails for good. A service message then always waits in the app."""
    left = [channel for channel in channels_for(card, kind) if channel != failed]
    if not may_opt_out(kind) and failed != IN_APP and IN_APP not in left:
        left.append(IN_APP)
    return tuple(left)


def wording(card: Card) -> str:
    """NOT-04, NOT-05: which version of a text someone gets: "plain", "easy-read", or either of them discreet."""
    version = "easy-read" if card.format == "easy-read" else "plain"
    return f"discreet-{version}" if card.discreet else version
