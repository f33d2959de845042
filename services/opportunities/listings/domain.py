"""Other organisations' opportunities as we list them. None of this input is trusted (NET-01, NET-03)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Self, get_args
from uuid import UUID

from anyascii import anyascii
from rapidfuzz.distance import OSA

from services.opportunities.answers.domain import new_answers
from services.opportunities.words.domain import FURTHEST_AHEAD, PUBLIC_TEXTS, Offer, is_offer_at_least, is_written
from shared.reasons import Reason

ListingState = Literal["open", "not-shared", "cancelled", "closed"]
Change = Literal["time", "place", "contact", "purpose"]
CHANGES: tuple[Change, ...] = get_args(Change)


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """The organisation's own decisions about the network.

    agree: with "ask" a coordinator agrees to what a host does not fund; with "always" we agree to all of it beforehand.
    expected_expenses_pence: the usual most of one participant's expenses for one session. most_told_a_day: how many
    listings of one organisation our people are mailed in 24 hours without a coordinator's check. most_rate_pence: the
    hourly rate above which a coordinator is asked, whoever funds it."""

    agree: Literal["ask", "always"] = "ask"
    expected_expenses_pence: int = 2000
    most_rate_pence: int = 2000
    most_listings: int = 500
    most_told_a_day: int = 10


@dataclass(frozen=True, slots=True)
class Terms:
    """The rate of pay for an hour, and what the host pays back of it."""

    paid: bool
    rate_pence: int | None
    offer: Offer


def host_funds_all(terms: Terms, policy: NetworkPolicy) -> bool:
    """NET-03: all fees, and expenses at least up to the usual amount."""
    return (
        terms.offer.funding == "fees-and-expenses" and terms.offer.expenses_cap_pence >= policy.expected_expenses_pence
    )


def is_agreed(terms: Terms, agreed: Terms | None, policy: NetworkPolicy) -> bool:
    """NET-03: whether we have agreed to pay what the host does not fund. agreed: the terms that a coordinator accepted.

    An agreement holds while the terms are no worse for us: nobody else may raise the rate or lower the offer unseen."""
    if policy.agree == "always":
        return True
    if agreed is not None and is_no_worse(terms, agreed):
        return True
    return host_funds_all(terms, policy) and (terms.rate_pence or 0) <= policy.most_rate_pence


def is_no_worse(terms: Terms, agreed: Terms) -> bool:
    """NET-03: whether it costs us no more than agreed: the rate is no higher, and the host pays back no less."""
    return (terms.rate_pence or 0) <= (agreed.rate_pence or 0) and is_offer_at_least(terms.offer, agreed.offer)


def reasons_not_to_agree(terms: Terms, read: Terms) -> list[Reason]:
    """NET-03: coordinators agree only to terms that they have read: not if the host has made them worse meanwhile."""
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
    """Why another organisation's opportunity cannot be listed: none of it is still to come, its dates are impossible,
    or its pay is missing.

    held: we have it and it is no longer listed. Then it may end early, and people with a place hear of that
    (NOT-05)."""
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
    """Whether an organisation may have another open listing with us: none can fill our lists."""
    return open_listings < policy.most_listings


def is_held(*, trusted: bool, told_today: int, policy: NetworkPolicy) -> bool:
    """NET-01: a coordinator checks what an organisation shares before our people see it, until the organisation is
    trusted.

    More than a day's worth from a trusted one waits for a check too, so that no neighbour can mail everybody here again
    and again."""
    return not trusted or told_today >= policy.most_told_a_day


@dataclass(frozen=True, slots=True)
class ListingFacts:
    """The facts about a listing when somebody wants to take part."""

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
    """What people read of a listing, by the kind of change that alters it. when and where: a part for each session."""

    when: tuple[object, ...]
    where: tuple[object, ...]
    contact: tuple[object, ...]
    purpose: tuple[object, ...]


def changes_to_tell(before: ListingText, after: ListingText, declared: Sequence[Change]) -> tuple[Change, ...]:
    """OPP-16: what differs from what people read: changes that the host named, and changes that it did not."""
    seen: dict[Change, bool] = {
        "time": before.when != after.when,
        "place": before.where != after.where,
        "contact": before.contact != after.contact,
        "purpose": before.purpose != after.purpose,
    }
    return tuple(change for change in CHANGES if seen[change] or change in declared)


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    """Removes control characters and marks that change the direction of neighbouring text."""
    return _UNSEEN.sub("", text).strip()


TEXTS = (*PUBLIC_TEXTS, "short_notice_reason")
WORDS = (*TEXTS, "answers", "url")
"""NET-01: the columns of a listing that a host words freely and our people read. All others are facts: dates, pay,
whether it is online, how it ended. Nobody but coordinators reads `host_name`: see `Called`."""
PLACE_TO_COME = "We will tell you where"
"""Shown as the place of a new date until somebody has checked its words."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Words that nobody has checked yet. texts: by column; venues: by session; reason: why it changed; changed: the
    kinds of change that the host named."""

    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    venues: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str = ""
    changed: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.texts or self.venues or self.reason)

    @classmethod
    def kept(cls, row: Mapping[str, Any] | None) -> Self:
        facts: dict[str, Any] = {**row, "changed": tuple(row["changed"])} if row else {}
        return cls(**facts)

    def is_as_refused(self, refused: "Waiting") -> bool:
        """Whether a host repeats what a coordinator refused to show: then nobody needs to check it again."""
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
    """NET-01: (texts, venues) that differ from what our people read. A new date at a known place needs no check, nor
    does taking back answers (OPP-22)."""
    texts = {name: said[name] for name in WORDS if said[name] != read[name]}
    if not new_answers(read["answers"], said["answers"]):
        texts.pop("answers", None)
    return texts, {
        str(each): venue
        for each, venue in venues_said.items()
        if venue != venue_until_looked_at(each, venue, venues_read)
    }


def venue_until_looked_at(session_id: UUID, said: str, venues_read: Mapping[UUID, str]) -> str:
    """NET-01: the place that people read until somebody has checked the new one."""
    if session_id in venues_read:
        return venues_read[session_id]
    return said if said in venues_read.values() else PLACE_TO_COME


def places_being_changed(waiting: Mapping[str, Any] | None, not_shown: Mapping[str, Any] | None) -> frozenset[UUID]:
    """NOT-05: the sessions whose place the host has changed in words that nobody here has shown yet: what our people
    read of it is no longer certain."""
    return frozenset(UUID(each) for words in (waiting, not_shown) if words for each in words["venues"])


def and_reason(before: str, reason: str) -> str:
    """Joins the reasons of several waiting versions, each once."""
    return reason if before in reason else before if reason in before else f"{before} {reason}"


def all_changed(*declared: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(change for change in CHANGES if any(change in each for each in declared))


def reasons_not_to_decide(version: int, read: int) -> list[Reason]:
    """NET-01: coordinators show only what they have read: not if the host has changed it meanwhile."""
    if version == read:
        return []
    return [Reason("NET-01", "This has changed since you looked. Please read it again, then decide.")]


@dataclass(frozen=True, slots=True)
class Called:
    """An organisation's short name on the network, which the hub vouches for, and what our people call it."""

    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class SaidOfItself:
    """An organisation's own words about itself, or those of them that our people read."""

    display_name: str
    url: str


NEW_FOR = timedelta(days=30)
_LOOK_ALIKE = str.maketrans("0°1|!i5$8€£þƿv", "oollllssbeeppu")
_READ_AS_ONE = (("rn", "m"), ("rl", "n"), ("uu", "w"), ("cl", "d"), ("lj", "u"), ("ll", "u"))
"""Two letters that read as one, after _LOOK_ALIKE."""
_LEAST, _PER_LETTER = 3, 4
"""A name of this many letters reads like another though one letter differs, and one more for each of so many."""
_LONG_ENOUGH = 5
"""Letters of a name that stands for itself inside another: fewer are found in ordinary words."""
_ADDED = "the my our uk hq org net network trust charity team group online support payments"
"""Words that make no other name of one that they stand beside; nor do figures, or a letter or two."""
_AS_AN_ADDRESS = re.compile(r"//|@|\bwww\b|\w[.。．｡․]\w{2}", re.IGNORECASE)
_SPEAK_AS_US = frozenset({"us", "we", "our team", "the team", "staff", "safeguarding", "help now", "chorus", "nhs"})


def is_new(known_since: datetime | None, now: datetime) -> bool:
    """NET-01: whether coordinators are told that we have not known an organisation for long. None: from before we
    wrote it down."""
    return known_since is not None and now - known_since < NEW_FOR


def reasons_not_to_show(*, known: bool) -> list[Reason]:
    """NET-01: our people are shown nothing of an organisation that has not said who it is. known: we hold its
    announcement."""
    if known:
        return []
    return [Reason("NET-01", "We do not know who shares this. You can show it when they have said who they are.")]


def is_to_be_looked_at(said: SaidOfItself, read: SaidOfItself | None, *, trusted: bool, alike: bool) -> bool:
    """NET-01: whether our people go on reading what they read, or the short name, until a coordinator has agreed.

    read: None at its first word. alike: the name could be taken for somebody else's (`is_like_anothers`); then trust
    does not help, nor that it is the first."""
    if said == read:
        return False
    return (alike and (read is None or said.display_name != read.display_name)) or not (trusted or read is None)


def is_like_anothers(name: str, origin: str, known: Iterable[Called]) -> bool:
    """NET-01: whether a name could be taken for another organisation's or ours, or cannot be compared with them."""
    is_no_name = _skeleton(name) in map(_skeleton, ("", *_SPEAK_AS_US)) or _AS_AN_ADDRESS.search(name)
    return bool(is_no_name) or _holds_other_letters(name) or taken_for(name, origin, known) is not None


def taken_for(name: str, origin: str, known: Iterable[Called]) -> Called | None:
    """NET-01: the organisation that somebody could take the one with this name for. known: all organisations, with
    us."""
    others = (each for each in known if each.origin != origin)
    return next((each for each in others if _is_like(name, each)), None)


def _is_like(name: str, other: Called) -> bool:
    ours, theirs = _skeleton(name), _skeleton(other.name)
    if not theirs or ours in (theirs, _skeleton(other.origin)):
        return bool(theirs)
    shorter, longer = sorted((ours, theirs), key=len)
    if shorter in longer and (len(shorter) >= _LONG_ENOUGH or _adds_nothing(longer, shorter)):
        return True
    if _is_nearly(shorter, longer):
        return True
    fewer, more = sorted((_words(name), _words(other.name)), key=len)
    return bool(fewer) and all(word in more or any(_is_nearly(word, each) for each in more) for word in fewer)


def _adds_nothing(longer: str, name: str) -> bool:
    added = longer.removeprefix(name) if longer.startswith(name) else longer.removesuffix(name)
    is_little = len(added) <= 2 or added in map(_skeleton, _ADDED.split()) or not set(added) - set("0123456789olsb")
    return len(name) >= _LEAST and added != longer and is_little


def _is_nearly(one: str, other: str) -> bool:
    """Whether few letters are too many, too few, others, or two of them the wrong way round."""
    letters = min(len(one), len(other))
    return letters >= _LEAST and OSA.distance(one, other) <= max(1, letters // _PER_LETTER)


def _skeleton(text: str) -> str:
    """What somebody sees who reads in a hurry: no case, accents, spaces, punctuation or raised marks; letters that look
    alike are one."""
    plain = "".join(each for each in text if not unicodedata.decomposition(each).startswith("<super>"))
    seen = unicodedata.normalize("NFKD", plain).casefold().translate(_LOOK_ALIKE)
    letters = re.sub("[^a-z0-9]", "", anyascii(seen).casefold().translate(_LOOK_ALIKE))
    for two, one in _READ_AS_ONE:
        letters = letters.replace(two, one)
    return letters


def _words(text: str) -> set[str]:
    return {_skeleton(word) for word in re.split(r"[\s\W_]+", unicodedata.normalize("NFKD", text))} - {""}


def _holds_other_letters(text: str) -> bool:
    """Letters of another alphabet can look like ours and read otherwise, so a skeleton says nothing of them."""
    letters = (each for each in unicodedata.normalize("NFKD", text) if each.isalpha())
    return any(not unicodedata.name(each, "").startswith("LATIN") for each in letters)
