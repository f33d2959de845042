"""The rules of messages and tasks: facts in, decisions out. Nothing here knows a database, a clock or a mail server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from services.notifications.domain.calls import (
    is_rung_for as is_rung_for,
)
from services.notifications.domain.calls import (
    matters_until as matters_until,
)
from services.notifications.domain.calls import (
    overtaken_by as overtaken_by,
)
from services.notifications.domain.calls import (
    ring_by as ring_by,
)
from services.notifications.domain.calls import (
    said_by_change as said_by_change,
)
from services.notifications.domain.messages import (
    KINDS as KINDS,
)
from services.notifications.domain.messages import (
    MESSAGES as MESSAGES,
)
from services.notifications.domain.messages import (
    Kind as Kind,
)
from services.notifications.domain.messages import (
    Message as Message,
)
from services.notifications.domain.messages import (
    goes_on_in_a_pause as goes_on_in_a_pause,
)
from services.notifications.domain.messages import (
    is_for_helpers as is_for_helpers,
)
from services.notifications.domain.messages import (
    kinds_that as kinds_that,
)
from services.notifications.domain.messages import (
    may_opt_out as may_opt_out,
)
from services.notifications.domain.messages import (
    messages_not_for_helpers as messages_not_for_helpers,
)
from services.notifications.domain.rights import (
    RIGHTS_MONTHS as RIGHTS_MONTHS,
)
from services.notifications.domain.rights import (
    answer_rights_by as answer_rights_by,
)
from services.notifications.domain.tasks import (
    LEADS_WORKING_DAYS as LEADS_WORKING_DAYS,
)
from services.notifications.domain.tasks import (
    ROLES_WORKING_DAYS as ROLES_WORKING_DAYS,
)
from services.notifications.domain.tasks import (
    TASKS as TASKS,
)
from services.notifications.domain.tasks import (
    Addressee as Addressee,
)
from services.notifications.domain.tasks import (
    Task as Task,
)
from services.notifications.domain.tasks import (
    TaskRule as TaskRule,
)
from services.notifications.domain.tasks import (
    addressee_of_feedback as addressee_of_feedback,
)
from services.notifications.domain.tasks import (
    addressees_of_concern as addressees_of_concern,
)
from services.notifications.domain.tasks import (
    concern_is_theirs_to_see as concern_is_theirs_to_see,
)
from services.notifications.domain.tasks import (
    ends_of_clock as ends_of_clock,
)
from services.notifications.domain.tasks import (
    happening_of_money as happening_of_money,
)
from services.notifications.domain.tasks import (
    in_order_of_clock as in_order_of_clock,
)
from services.notifications.domain.tasks import (
    is_due_soon as is_due_soon,
)
from services.notifications.domain.tasks import (
    is_late as is_late,
)
from services.notifications.domain.tasks import (
    is_theirs as is_theirs,
)
from services.notifications.domain.tasks import (
    task_is_open as task_is_open,
)
from services.notifications.domain.tasks import (
    task_of_money as task_of_money,
)
from services.notifications.domain.tasks import (
    tasks_ended_by_cancellation as tasks_ended_by_cancellation,
)
from services.notifications.domain.tasks import (
    tasks_opened_by as tasks_opened_by,
)
from services.notifications.domain.tasks import (
    tasks_reminded_of as tasks_reminded_of,
)
from services.notifications.domain.tasks import (
    tasks_settled_by as tasks_settled_by,
)
from services.notifications.domain.who_may import (
    WHO_FINDS_SOMEBODY as WHO_FINDS_SOMEBODY,
)
from services.notifications.domain.who_may import (
    is_left_to_nobody as is_left_to_nobody,
)
from services.notifications.domain.who_may import (
    kinds_stood_in_for as kinds_stood_in_for,
)
from services.notifications.domain.who_may import (
    whose_turn as whose_turn,
)
from shared.clock import LONDON
from shared.reasons import Reason

EMAIL, IN_APP = "email", "in-app"
CHANNELS = (EMAIL, IN_APP)
"""The channels that exist now, in the order in which one stands in for another (NOT-01, NOT-06)."""

EVENING_BEGINS = 17
"""The London hour from which a weekday session counts as an evening one."""

RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 480, 720))
"""Waits after the first, second, ... temporary failure: a little over a day in all."""


# --- messages -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Card:
    """What we may know of a person. Lists are sets of slugs; a blank one rules out nothing.

    reached_by_message: they have an address, to which mail goes and with which they sign in (NOT-08); None: not told yet.
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
    A service message always has a place: with no usable channel chosen it waits for them in the app. A pause (PEO-04) ends
    no news of a place they keep or of their own claims, which still go where they chose; staff's work then waits in the app,
    and the rest stops. What concerns their account goes everywhere, whatever they chose:
    whoever changed their bank details may have changed that, too (PAY-13). A safeguarding concern goes everywhere, too: somebody may
    be in danger (FB-09); whoever has paused everything is not asked then, others are.
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


# --- who hears of an opportunity -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """What decides who hears of an opportunity. times are the slots of its sessions."""

    kind: str
    mode: str
    area: str
    times: frozenset[str]


def time_slot(starts_at: datetime) -> str:
    """The part of the week in which a session starts, by London's clock: "weekday-daytime", "evening" or "weekend"."""
    start = starts_at.astimezone(LONDON)
    if start.weekday() >= 5:
        return "weekend"
    return "evening" if start.hour >= EVENING_BEGINS else "weekday-daytime"


def time_slots(starts: Iterable[datetime]) -> frozenset[str]:
    return frozenset(time_slot(start) for start in starts)


def has_not_ruled_out(card: Card, offer: Offer) -> bool:
    """NOT-03: did this person leave the opportunity's kind, area and time open? A blank answer rules out nothing.

    The area does not matter when one can join online. The time is ruled out only if every session falls in a time
    that was ruled out: someone may come to the others.
    """
    if offer.kind in card.ruled_out_kinds:
        return False
    if offer.mode == "in-person" and offer.area in card.ruled_out_areas:
        return False
    return not offer.times or not offer.times <= card.ruled_out_times


def who_hears_of(offer: Offer, cards: Iterable[Card]) -> list[tuple[UUID, str]]:
    """NOT-03: the participants who have not ruled it out, each with every channel in which they hear of it."""
    return [
        (card.person_id, channel)
        for card in cards
        if "participant" in card.roles and has_not_ruled_out(card, offer)
        for channel in channels_for(card, Kind.NEW_OPPORTUNITIES)
    ]


# --- whether a message is due ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meeting:
    """A session as it was published."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    venue: str


@dataclass(frozen=True, slots=True)
class Published:
    """What people were told of an opportunity, as far as a change of it matters to those with a place (OPP-16)."""

    title: str
    contact_role: str
    meetings: tuple[Meeting, ...]


def what_changed(before: Published, after: Published, said: Iterable[str]) -> list[str]:
    """OPP-16: "time", "place", "contact", "purpose": what its host says and what we see ourselves, in that order.

    What we see counts too, because a change in between may never have reached us. Whether wording is another purpose is
    for its host alone to say.
    """
    were = {meeting.session_id: meeting for meeting in before.meetings}
    are = {meeting.session_id: meeting for meeting in after.meetings}
    kept = were.keys() & are.keys()
    seen = {
        "time": were.keys() != are.keys() or any((were[i].starts_at, were[i].ends_at) != (are[i].starts_at, are[i].ends_at) for i in kept),
        "place": any(were[i].venue != are[i].venue for i in kept),
        "contact": before.contact_role != after.contact_role,
    }
    said = set(said)
    return [what for what in ("time", "place", "contact", "purpose") if what in said or seen.get(what, False)]


def meetings_that_were(before: Published, after: Published) -> list[Meeting]:
    """OPP-16: the sessions that are no longer as people knew them, as they were."""
    return [meeting for meeting in before.meetings if meeting not in after.meetings]


_MOST_CHANGES_OF_A_PLACE = 999


def calendar_sequence(opportunity_version: int, place_version: int) -> int:
    """NOT-05: the least number of a calendar entry after this change of the opportunity, or of the place in it.

    The number sent is above every one that was sent to the same person before, whichever place it was for: a new place starts anew at 1.
    """
    return opportunity_version * (_MOST_CHANGES_OF_A_PLACE + 1) + min(place_version, _MOST_CHANGES_OF_A_PLACE)


def is_entry_due(starts_at: datetime, ends_at: datetime, now: datetime, *, given_back: bool) -> bool:
    """NOT-05, OPP-11: whether a calendar is told of this session: to take it out while it has not begun, to put it in while it is not over."""
    return starts_at > now if given_back else ends_at > now


def has_something_left(session_ends: Iterable[datetime], now: datetime) -> bool:
    """Is any session of it not over? Someone who walked in is not told afterwards that they have a place (OPP-11)."""
    return any(end > now for end in session_ends)


def gives_something_back(session_starts: Iterable[datetime], now: datetime) -> bool:
    """OPP-05: is any session of it still to begin? Who goes in the middle of the last one was there, and is not told that they gave their place back."""
    return any(start > now for start in session_starts)


def is_news(*, announced: bool, cancelled: bool, closed: bool, session_ends: Iterable[datetime], now: datetime) -> bool:
    """NOT-03: an opportunity is announced once, and only while someone can still take part in it."""
    return not (announced or cancelled or closed) and has_something_left(session_ends, now)


def reminder_is_due(session_day: date, today: date, place_taken_on: date) -> bool:
    """NOT-05: the day before a session, unless the place was taken on that very day, when they were just told."""
    return session_day - today == timedelta(days=1) and place_taken_on < today


_REMINDERS = UUID("6d1f1a52-2c0b-5d0e-8a53-0f3f6f2b9a77")


def reminder_id(session_id: UUID, starts_at: datetime) -> UUID:
    """NOT-02, NOT-05: what a reminder tells of: this session at this time. Moved to another, it is reminded of again."""
    return uuid5(_REMINDERS, f"{session_id}/{starts_at.astimezone(UTC).isoformat()}")


def cancellation_id(opportunity_id: UUID) -> UUID:
    """NOT-02: what a cancellation tells of: however often it is said, nobody hears it twice."""
    return uuid5(_CANCELLATIONS, str(opportunity_id))


_CANCELLATIONS = UUID("b1a7c2f4-54c1-5b0c-9c2b-3b6f9d4f7e10")


HEARD_ENDINGS = frozenset({"used", "not-used", "thanked", "joined"})


def giver_hears(ending: str) -> bool:
    """FB-04: the giver hears every answer. What they withdrew and spam are not answered by message. Nor is safeguarding: that it was dealt
    with is news without a word of what it was (FB-09)."""
    return ending in HEARD_ENDINGS


def happening_of_receiving(waiting_for: str, host: str, needs: str = "answer") -> str:
    """FB-02, FB-07, NET-02: what feedback that waits means for tasks: what was reopened is the reviewer's; words that would cross are
    read here, and by their giver. What the host of a listing was asked to answer needs nobody here."""
    others = {"review": "feedback-reopened", "release": "feedback-to-release", "agreement": "feedback-to-agree"}
    if needs in others:
        return others[needs]
    return "feedback-with-host" if waiting_for == "provider" and host else "feedback-received"


def happening_of_answer_to_us(state: str) -> str:
    """NET-03: what a host's answer to our statement means for tasks: a difference waits for finance."""
    return "statement-differs" if state == "differs" else "statement-agreed"


def happening_of_our_answer(state: str, *, total_pence: int) -> str:
    """NET-03: what our answer to a home organisation's statement means for tasks: what we agreed to owe waits to be paid."""
    return "statement-to-pay" if state == "agreed" and total_pence > 0 else "statement-not-to-pay"


def claim_state(happening: str) -> str:
    """ "claim-paid" -> "paid": where the claim stands once that has happened. What is owed again is what it was before: approved.
    "claim-part-paid": one of its ways, and the other is still to come (PAY-08)."""
    return "approved" if happening == "claim-owed-again" else happening.removeprefix("claim-")


def owner_hears(happening: str, because: str) -> bool:
    """PAY-12: does its owner get a message? That money goes again after they put their details right is no news to them; that it came back
    for reasons of ours, was lost or taken back is."""
    return happening in MESSAGES and not (happening == "claim-owed-again" and because == "put-right")


def claim_happening(name: str, rest_recognition: str | None) -> str:
    """PAY-08: a claim that leaves in two ways is not over once one of them is paid."""
    return "claim-part-paid" if name == "claim-paid" and rest_recognition is not None else name


def claim_is_late(state: str, state_version: int, late_version: int) -> bool:
    """PAY-07: whether somebody still waits, as a claim was said to be late at late_version. state, state_version: the newest that we know of it."""
    return state_version < late_version or not claim_is_settled(state)


def claim_is_settled(state: str) -> bool:
    """Nobody waits for money from it any more."""
    return state in {"paid", "refused", "declined"}


# --- delivery --------------------------------------------------------------------------------------------------------


class State(StrEnum):
    """NOT-06. handing-over is written down before the mail server is called: after a crash nobody knows whether the
    message went out, so it becomes unknown and waits for a person. withheld: they opted out while it waited."""

    QUEUED = "queued"
    HANDING_OVER = "handing-over"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHHELD = "withheld"


def wait_before_retry(failures: int) -> timedelta | None:
    """How long to wait after this many temporary failures (1 or more); None when it has failed for good."""
    return RETRY_DELAYS[failures - 1] if failures <= len(RETRY_DELAYS) else None


ENTERED_IT = Reason("PAY-13", "You entered how they are reached. Somebody else must ring them about it.")
"""PAY-13: whoever wrote down a new way to reach somebody is not who tells them of it."""


def reasons_not_to_send_again(state: str) -> list[Reason]:
    """NOT-02: only a message that failed, or of which nobody knows, may be sent once more."""
    if state in {State.FAILED, State.UNKNOWN}:
        return []
    if state == State.SENT:
        return [Reason("NOT-02", "This message has been sent, so it is not sent again.")]
    if state == State.WITHHELD:
        return [Reason("NOT-02", "They do not want messages of this kind, so it was not sent.")]
    return [Reason("NOT-02", "This message is on its way already. Wait to see what becomes of it.")]
