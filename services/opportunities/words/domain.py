"""The words of opportunities, and what organisations may decide for themselves."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shared import vocabulary
from shared.personal import may_hold_contact_details, sure_contact_details_in, without_details_of
from shared.reasons import Reason

State = Literal["draft", "published", "finished", "closed", "cancelled"]
PlaceState = Literal["waiting", "offered", "taken", "left", "lapsed", "cancelled"]
NeedState = Literal["asked", "promised", "met", "not-met", "withdrawn"]
ClaimState = Literal["open", "paid", "refused", "declined"]

MODES = {"in-person": "In person", "online": "Online", "both": "In person or online"}

KINDS, NEEDS, WITHOUT_MEETING = vocabulary.KINDS, vocabulary.NEEDS, vocabulary.WITHOUT_MEETING


@dataclass(frozen=True, slots=True)
class Policy:
    """What the organisation has decided for itself."""

    notice_days: int = 14
    answer_days: int = 3
    needs_warning_days: int = 7


def is_written(text: str) -> bool:
    """More than blanks."""
    return bool(text.strip())


_BEFORE_A_ROLE = re.compile(r"^(?:our|the|an?)\s+(?=\S)", re.IGNORECASE)


def role_alone(role: str) -> str:
    """OPP-02: the role of whom people ask, as it stands after "our" and "the"."""
    return _BEFORE_A_ROLE.sub("", role.strip())


EVERYONE = "Everyone can read this on the public page."


def reasons_against_public_words(
    field: str,
    words: str,
    *,
    named: Collection[str],
    ours: Collection[str],
    is_place: bool = False,
    readers: str = EVERYONE,
) -> list[Reason]:
    """NET-02, OPP-16: what staff add to a public page in free words, such as why it changed, names nobody of ours and
    holds nobody's number, address or postcode. A program finds only certain cases.

    named: whole names of ours that stand in it; ours: texts whose numbers and addresses may stand in it; is_place: it
    says where a session is, which has a postcode; readers: who reads it, as a sentence."""
    words = without_details_of(words, ours)
    found = [each for each in sure_contact_details_in(words) if each != "the postcode" or not is_place]
    found += [f"the name {name}" for name in named]
    if found:
        said = f"Take out {' and '.join(found)}. {readers}"
        return [Reason("NET-02", said, field)]
    if may_hold_contact_details(words) and not is_place:
        said = f"Is this somebody’s number or address? {readers} Write it another way."
        return [Reason("NET-02", said, field)]
    return []


def reasons_against_naming(named: Collection[str], field: str | None = None) -> list[Reason]:
    """NET-02: what everyone reads names nobody who takes part. named: whole names of theirs that stand in it."""
    if not named:
        return []
    return [Reason("NET-02", f"Take out the name {' and the name '.join(named)}. Everyone can read this.", field)]


FURTHEST_AHEAD = timedelta(days=5 * 365)
"""A year with a typing mistake would make claims and reminders wait for centuries."""


Funding = Literal["none", "fees", "fees-and-expenses"]

FUNDING = {
    "none": "Nothing. Each organisation pays its own people",
    "fees": "The fee for people’s time",
    "fees-and-expenses": "The fee, and their costs up to a limit",
}
"""NET-03: what a host may offer to pay back to a guest's home organisation, in the words of pages."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the host pays back. expenses_cap_pence: the most of one guest's expenses for one session."""

    funding: Funding = "none"
    expenses_cap_pence: int = 0


_MORE = ("none", "fees", "fees-and-expenses")


def is_offer_at_least(one: Offer, other: Offer) -> bool:
    """NET-03: whether one pays back everything that other does, or more."""
    return _MORE.index(one.funding) >= _MORE.index(other.funding) and one.expenses_cap_pence >= other.expenses_cap_pence


IN_THE_ROOM = {
    "led_by": "Who leads it",
    "speaking": "How to speak, or not to speak",
    "upset": "If somebody gets upset",
    "agreements": "What we ask of each other",
    "conflicts": "If interests conflict",
}
"""OPP-23: how it works in the room, by column, as pages say it. Each may be blank."""

PUBLIC_TEXTS = {
    "title": 150,
    "summary": 1000,
    "area": 150,
    "background": 5000,
    "expected": 5000,
    "time_needed": 5000,
    "payment": 5000,
    "accessibility": 5000,
    "result": 5000,
    "contact_role": 150,
    "commissioner": 150,
    **dict.fromkeys(IN_THE_ROOM, 1000),
}
"""What an opportunity's page says in its host's own words, each with the most characters that may cross the border;
the sizes of `shared.events.listings.OpportunityShared`. Contact details are not among it (NET-01)."""


@dataclass(frozen=True, slots=True)
class Host:
    """The organisation as others know it. rate_pence: what it pays for an hour; duty_number: on which anybody reaches
    it, "" for none."""

    name: str
    url: str
    rate_pence: int
    duty_number: str = ""
