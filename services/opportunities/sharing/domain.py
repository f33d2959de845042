"""Sharing with the network: what crosses, and what the host pays back (NET-01, NET-03)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.opportunities.words.domain import IN_THE_ROOM, PUBLIC_TEXTS, Offer, State, is_offer_at_least
from shared.personal import contact_details_in, may_hold_contact_details
from shared.reasons import Reason

MOST_SESSIONS = 60
SHARED_TEXTS = {**PUBLIC_TEXTS, "notice_reason": 1000}
LONGEST_VENUE = 500

_ITEMS = {
    "time_needed": "time",
    "area": "where",
    "contact_role": "contact",
    "commissioner": "funding",
    "notice_reason": "notice",
    **dict.fromkeys(IN_THE_ROOM, "room"),
}
"""The task list's item for a text, if its name differs."""

_NAMES = {
    "title": "title",
    "area": "area",
    "contact_role": "role of the person to ask",
    "commissioner": "name of who funds it",
    "summary": "short version",
    "notice_reason": "reason for short notice",
    "background": "text about why this is happening",
    "expected": "text about what people will do",
    "time_needed": "text about how much time it takes",
    "payment": "text about what is paid",
    "accessibility": "text about getting in",
    "result": "text about what happens with the result",
    **{name: f"text “{heading}”" for name, heading in IN_THE_ROOM.items()},
    "venues": "places of the sessions",
    "answers": "answers to questions",
}


@dataclass(frozen=True, slots=True)
class SharedSession:
    ends_at: datetime
    venue: str


def reasons_not_to_share(
    state: State,
    texts: Mapping[str, str],
    paid: bool | None,
    sessions: Sequence[SharedSession],
    offer: Offer,
    now: datetime,
    *,
    in_own_time: bool = False,
) -> list[Reason]:
    """NET-01, NET-03: it is published or going to be, is still to come, fits the limits, and the offer makes sense.

    in_own_time: it has no session, and we cannot say of a guest that they did it, so nobody would pay them.

    paid None: not yet decided. A draft may still have no sessions: publishing asks for them."""
    if state not in ("draft", "published"):
        return [Reason("NET-01", "This is over, so it cannot be shared any more.")]
    if in_own_time:
        return [
            Reason(
                "NET-01", "People do this in their own time. We can share only what has sessions so far.", "sessions"
            )
        ]
    reasons = []
    if state == "published" and not any(session.ends_at > now for session in sessions):
        reasons.append(Reason("NET-01", "Every session is over, so there is nothing to share."))
    if len(sessions) > MOST_SESSIONS:
        reasons.append(
            Reason(
                "NET-01",
                f"At most {MOST_SESSIONS} sessions can be shared. Make a second opportunity of the later ones.",
                "sessions",
            )
        )
    for name, longest in SHARED_TEXTS.items():
        if len(texts[name]) > longest:
            reasons.append(
                Reason(
                    "NET-01",
                    f"The {_NAMES[name]} is too long to share: {longest:,} characters at most.",
                    _ITEMS.get(name, name),
                )
            )
    if any(len(session.venue) > LONGEST_VENUE for session in sessions):
        reasons.append(
            Reason("NET-01", f"A venue is too long to share: {LONGEST_VENUE} characters at most.", "sessions")
        )
    return reasons + _reasons_against_offer(offer, paid)


def _reasons_against_offer(offer: Offer, paid: bool | None) -> list[Reason]:
    if offer.funding == "fees" and paid is False:
        return [
            Reason(
                "NET-03",
                "Nobody is paid a fee for this one, so there is no fee to pay back. Choose another answer.",
                "funding",
            )
        ]
    if offer.funding == "fees-and-expenses" and offer.expenses_cap_pence < 1:
        return [
            Reason(
                "NET-03", "Write how much of one person’s costs for one session you pay back at most.", "expenses_cap"
            )
        ]
    return []


def reasons_not_to_lower_offer(before: Offer, after: Offer, guests: int) -> list[Reason]:
    """NET-03: other organisations agreed to the offer. It may be raised at any time, but not lowered once guests have
    come in on it."""
    if guests and not is_offer_at_least(after, before):
        return [
            Reason("NET-03", "Guests have joined on what you offered, so you can offer more, but not less.", "funding")
        ]
    return []


SAY_AGAIN_AFTER = timedelta(days=14)
"""Streams forget after 30 days, and an organisation that joins later must hear of everything that is open."""


def is_to_say_again(said_waiting_list: bool, waiting_list: bool, since_said: timedelta) -> bool:
    """NET-01: what the network knows is out of date, or was said so long ago that streams may forget it. since_said:
    machine time."""
    return said_waiting_list != waiting_list or since_said >= SAY_AGAIN_AFTER


def is_change_said(listed: bool, guests: int) -> bool:
    """NET-01, NOT-05: whether to tell other organisations of a change: while it is listed, and afterwards for as long
    as a guest has a place, waits for one or was offered one. guests: how many do."""
    return listed or guests > 0


def texts_with_contact_details(texts: Mapping[str, str]) -> list[str]:
    """NET-01: the names of texts for other organisations that seem to hold an email address or a telephone number:
    worth a second look. A postcode is where it is."""
    return [
        _NAMES[name]
        for name in _NAMES
        if name in texts
        and (set(contact_details_in(texts[name])) - {"the postcode"} or may_hold_contact_details(texts[name]))
    ]
