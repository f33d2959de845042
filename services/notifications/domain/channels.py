"""Where a person hears a message, and in what wording: NOT-01, NOT-02, NOT-04, NOT-06."""

from dataclasses import dataclass
from uuid import UUID

from services.notifications.domain.messages import KINDS, Kind, goes_on_in_a_pause, may_opt_out

EMAIL, LETTER, IN_APP = "email", "letter", "in-app"
CHANNELS = (EMAIL, LETTER, IN_APP)
"""The channels, in the order in which one replaces another (NOT-01, NOT-06)."""
PHONE = "phone"
"""No channel of messages: how somebody is told by hand whom none reaches."""
AT_ONCE = (EMAIL, IN_APP)
"""Those that reach somebody the same day."""


@dataclass(frozen=True, slots=True)
class Card:
    """What we may know of a person. Lists are sets of slugs; an empty one rules out nothing.

    reached_by_message: they have an address, for mail and for signing in (NOT-08); None: not told yet."""

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

    chosen: the channel they chose for this message (FB-04); a choice that is no channel of ours ("none", "code") means
    nowhere.

    A service message always has a place: without a usable channel it waits in the app. In a pause (PEO-04), news of
    their places and claims still goes where they chose, staff's work waits in the app, and the rest stops. Messages
    about their account go to every channel, because whoever changed their bank details may have changed the choice too
    (PAY-13). So do safeguarding concerns, because somebody may be in danger (FB-09), except to people who have paused
    everything: others are asked then. Whatever goes by post stands in the app too, and so does what the post is too
    slow for."""
    if kind is Kind.ACCOUNT or (kind is Kind.SAFEGUARDING and not card.paused):
        return AT_ONCE if card.reached_by_message is not False else (IN_APP,)
    wanted = card.channels if chosen is None else {chosen}
    if LETTER in wanted:
        wanted = {*wanted, IN_APP} - (set() if KINDS[kind].posted else {LETTER})
    usable = tuple(channel for channel in CHANNELS if channel in wanted)
    is_stopped = card.paused and not goes_on_in_a_pause(kind)
    if may_opt_out(kind):
        return () if is_stopped or kind in card.opted_out else usable
    return (IN_APP,) if is_stopped or not usable else usable


def channels_after_failure(card: Card, kind: Kind, failed: str) -> tuple[str, ...]:
    """NOT-06: the channels left when one fails for good. A service message then always waits in the app."""
    left = [channel for channel in channels_for(card, kind) if channel != failed]
    if not may_opt_out(kind) and failed != IN_APP and IN_APP not in left:
        left.append(IN_APP)
    return tuple(left)


def wording(card: Card) -> str:
    """NOT-04, NOT-05: which version of a text someone gets: "plain", "easy-read", or a discreet form of either."""
    version = "easy-read" if card.format == "easy-read" else "plain"
    return f"discreet-{version}" if card.discreet else version
