"""Other organisations' opportunities as we list them. None of this input is trusted (NET-01, NET-03)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Self, get_args
from uuid import UUID

from services.opportunities.answers.domain import new_answers
from services.opportunities.words.domain import FURTHEST_AHEAD, Offer, is_offer_at_least, is_written
from shared.reasons import Reason

ListingState = Literal["open", "not-shared", "cancelled", "closed"]
Change = Literal["time", "place", "contact", "purpose"]
CHANGES: tuple[Change, ...] = get_args(Change)


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """What the organisation has decided about the network for itself.

    agree: "ask" has a coordinator agree to what a host does not fund; "always" agrees beforehand to all of it.
    expected_expenses_pence: what one participant's expenses for one session come to at most, as a rule.
    most_told_a_day: listings of one organisation that our people are mailed in 24 hours without a coordinator's look.
    most_rate_pence: an hour's rate above which a coordinator is asked, whoever funds it.
    """

    agree: Literal["ask", "always"] = "ask"
    expected_expenses_pence: int = 2000
    most_rate_pence: int = 2000
    most_listings: int = 500
    most_told_a_day: int = 10


@dataclass(frozen=True, slots=True)
class Terms:
    """What an hour is paid, and what the host pays back of it."""

    paid: bool
    rate_pence: int | None
    offer: Offer


def host_funds_all(terms: Terms, policy: NetworkPolicy) -> bool:
    """NET-03: fees, and expenses at least as far as they usually go."""
    return (
        terms.offer.funding == "fees-and-expenses" and terms.offer.expenses_cap_pence >= policy.expected_expenses_pence
    )


def is_agreed(terms: Terms, agreed: Terms | None, policy: NetworkPolicy) -> bool:
    """NET-03: we agree beforehand to what the host does not fund. agreed: the terms that a coordinator said yes to.

    It holds while the terms are no worse for us than those: nobody else may raise the rate or lower the offer behind
    our back.
    """
    if policy.agree == "always":
        return True
    if agreed is not None and is_no_worse(terms, agreed):
        return True
    return host_funds_all(terms, policy) and (terms.rate_pence or 0) <= policy.most_rate_pence


def is_no_worse(terms: Terms, agreed: Terms) -> bool:
    """NET-03: it costs us no more than what was agreed to: the rate is not higher, and the host pays back no less."""
    return (terms.rate_pence or 0) <= (agreed.rate_pence or 0) and is_offer_at_least(terms.offer, agreed.offer)


def reasons_not_to_agree(terms: Terms, read: Terms) -> list[Reason]:
    """NET-03: one agrees to what one has read, not to what the host has made of it meanwhile."""
    if is_no_worse(terms, read):
        return []
    return [Reason("NET-03", "The host has changed what it pays since you looked. Please look again, then decide.")]


@dataclass(frozen=True, slots=True)
class ListedSession:
    starts_at: datetime
    ends_at: datetime


def reasons_not_to_list(
    title: str, sessions: Sequence[ListedSession], terms: Terms, now: datetime, *, held: bool = False
) -> list[Reason]:
    """What another organisation shared makes no sense to our people: nothing of it is still to come, its dates cannot
    be, or its pay is not said.

    held: we hold it and it is no longer listed; it may end early, and who has a place hears of that (NOT-05).
    """
    reasons = [] if is_written(title) else [Reason("NET-01", "It has no title.")]
    if not held and all(session.ends_at <= now for session in sessions):
        reasons.append(Reason("NET-01", "Every session is over."))
    if any(not timedelta(0) < session.ends_at - session.starts_at <= timedelta(days=1) for session in sessions):
        reasons.append(Reason("NET-01", "A session does not end after it starts, or lasts longer than a day."))
    if any(session.starts_at - now > FURTHEST_AHEAD for session in sessions):
        reasons.append(Reason("NET-01", "A session is more than five years away."))
    if terms.paid != bool(terms.rate_pence):
        reasons.append(Reason("NET-03", "It does not say what an hour is paid."))
    return reasons


def has_room(open_listings: int, policy: NetworkPolicy) -> bool:
    """How many open listings one organisation may have with us: none can fill our lists."""
    return open_listings < policy.most_listings


def is_held(*, trusted: bool, told_today: int, policy: NetworkPolicy) -> bool:
    """NET-01: a coordinator looks at what an organisation shares before our people see it, until they say that it may
    be trusted.

    Of a trusted one, what comes beyond a day's worth waits for a look too: no neighbour can mail everybody here again
    and again.
    """
    return not trusted or told_today >= policy.most_told_a_day


@dataclass(frozen=True, slots=True)
class ListingFacts:
    """What is known of a listing when somebody wants to take part."""

    state: ListingState
    hidden: bool
    last_ends_at: datetime
    terms: Terms
    agreed: Terms | None


def reasons_not_to_take_part_in_listing(listing: ListingFacts, now: datetime, policy: NetworkPolicy) -> list[Reason]:
    """OPP-05 for a listing: it is open, we show it, and we have agreed to pay what its host does not fund (NET-03)."""
    if listing.state == "cancelled":
        return [Reason("OPP-05", "This was cancelled, so you cannot join it.")]
    if listing.state != "open" or listing.last_ends_at <= now:
        return [Reason("OPP-05", "This has ended, so you cannot join it any more. There may be others that suit you.")]
    if listing.hidden:
        return [Reason("NET-03", "We do not offer this one. You can ask us about it.")]
    if not is_agreed(listing.terms, listing.agreed, policy):
        return [Reason("NET-03", "We are still deciding whether we can offer this. You can ask us about it.")]
    return []


@dataclass(frozen=True, slots=True)
class ListingText:
    """What people read of a listing, by the kind of change that another text is. when and where: a part for each
    session."""

    when: tuple[object, ...]
    where: tuple[object, ...]
    contact: tuple[object, ...]
    purpose: tuple[object, ...]


def changes_to_tell(before: ListingText, after: ListingText, declared: Sequence[Change]) -> tuple[Change, ...]:
    """OPP-16: what differs from what people read: what the host says it changed, and what it changed without saying
    so."""
    seen: dict[Change, bool] = {
        "time": before.when != after.when,
        "place": before.where != after.where,
        "contact": before.contact != after.contact,
        "purpose": before.purpose != after.purpose,
    }
    return tuple(change for change in CHANGES if seen[change] or change in declared)


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    """Another's text without what is not text: control characters, and marks that turn the direction of what stands
    beside it."""
    return _UNSEEN.sub("", text).strip()


TEXTS = (
    "title",
    "summary",
    "area",
    "background",
    "expected",
    "time_needed",
    "payment",
    "accessibility",
    "result",
    "contact_role",
    "commissioner",
    "short_notice_reason",
)
WORDS = (*TEXTS, "answers", "host_name", "url")
"""NET-01: of a listing's columns those that a host words as it likes. All others are facts: dates, pay, whether it is
online, how it ended."""
PLACE_TO_COME = "We will tell you where"
"""Stands for the place of a new date until somebody has looked at its words."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What nobody has looked at yet. texts: by column; venues: by session; reason: why it changed; changed: what the
    host says that it changed."""

    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    venues: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str = ""
    changed: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.texts or self.venues or self.reason)

    @classmethod
    def kept(cls, row: Mapping[str, Any] | None) -> Self:
        return cls(**{**row, "changed": tuple(row["changed"])}) if row else cls()

    def is_as_refused(self, refused: "Waiting") -> bool:
        """Whether a host says again what a coordinator did not show: then nobody need look once more."""
        same = (self.texts, self.venues) == (refused.texts, refused.venues)
        return bool(refused) and same and self.reason in refused.reason

    def to_keep(self) -> dict[str, Any] | None:
        if not self:
            return None
        return {
            "texts": dict(self.texts),
            "venues": dict(self.venues),
            "reason": self.reason,
            "changed": list(self.changed),
        }


def waiting_words(
    read: Mapping[Any, Any], said: Mapping[Any, Any], venues_read: Mapping[UUID, str], venues_said: Mapping[UUID, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """NET-01: (texts, venues) that are other than our people read. A new date at a place that they know already has
    nothing to look at, nor have answers of which some were taken back (OPP-22)."""
    texts = {name: said[name] for name in WORDS if said[name] != read[name]}
    if not new_answers(read["answers"], said["answers"]):
        texts.pop("answers", None)
    return texts, {
        str(each): venue
        for each, venue in venues_said.items()
        if venue != venue_until_looked_at(each, venue, venues_read)
    }


def venue_until_looked_at(session_id: UUID, said: str, venues_read: Mapping[UUID, str]) -> str:
    """NET-01: where people read that it is, until somebody has looked at what is said now."""
    if session_id in venues_read:
        return venues_read[session_id]
    return said if said in venues_read.values() else PLACE_TO_COME


def and_reason(before: str, reason: str) -> str:
    """Of several versions that wait, each reason once."""
    return reason if before in reason else before if reason in before else f"{before} {reason}"


def all_changed(*declared: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(change for change in CHANGES if any(change in each for each in declared))


def reasons_not_to_decide(version: int, read: int) -> list[Reason]:
    """NET-01: one shows what one has read, not what the host has made of it meanwhile."""
    if version == read:
        return []
    return [Reason("NET-01", "This has changed since you looked. Please read it again, then decide.")]
