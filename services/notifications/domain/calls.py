"""Whom no message can reach: which news is told by telephone instead, by when, and until when it matters (NOT-08)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from services.notifications.domain.messages import MESSAGES, Kind
from shared.clock import london_date, london_datetime
from shared.reasons import Reason
from shared.working_days import add_working_days

SOON_DAYS, USUAL_DAYS = 1, 3
"""Working days in which we ring: about a place or an account, and about the rest."""
RINGING_ENDS = 17
"""The London hour at which those days end."""


def is_rung_for(template: str, *, host: str) -> bool:
    """NOT-08: is it told by telephone to whom no message can reach? host: the organisation whose opportunity it is, ""
    for ours."""
    message = MESSAGES[template]
    return message.rung and (not message.echo or host != "")


def overtaken_by(happening: str) -> frozenset[str]:
    """NOT-08: the news that nobody need ring about any more once this has happened to the same place, claim or item."""
    if happening == "opportunity-cancelled":
        return _that_fade("standing", "place", "news") - {happening}
    if happening in ("place-left", "place-lapsed", "place-refused"):
        return _that_fade("standing", "place", "news") - {"opportunity-cancelled"}
    if happening in _that_fade("standing"):
        return _that_fade("standing", "news")
    return _that_fade("passing") if happening.startswith(("claim-", "feedback-")) else frozenset()


def is_settled_by(happening: str, template: str, facts: Mapping[str, Any]) -> bool:
    """NOT-08: has this happened since to the same claim or bank details, and does the news say nothing that still needs
    telling? facts: what the message says. Of a claim that is paid in full, that it was agreed, unless some of it was
    not, or waits. Of bank details that were checked with their owner, that they were entered or changed."""
    if happening == "claim-paid":
        return template == "claim-approved" and not (facts.get("not_agreed_pence") or facts.get("waiting_lines"))
    return happening == "details-done" and template == "bank-details-changed" and not facts.get("set_aside")


def no_longer_true(
    facts: Mapping[str, Any], claim_state: str | None, stopped: bool | None, first: Collection[str], today: date
) -> dict[str, Any]:
    """NOT-08, PAY-13: of what a message said, the facts that are others on the day of the call. claim_state, stopped:
    of the claim that it is about, and whether its clock stands; None if it is about none. first: what is still to come
    before anything is paid, "call" and "details"."""
    paid = claim_state == "paid"
    over = {name: None for name in ("aim_by", "pay_by") if facts.get(name) and (paid or facts[name] < today)}
    done = {} if "call" in first and not paid else {"details_wait": False, "person_waits": False}
    done |= {} if "details" in first and not paid else {"asks_details": False}
    held = {"on_hold": False} if facts.get("on_hold") and (paid or stopped is False) else {}
    return over | done | held | ({"waits_for_bank": False} if paid else {}) | {"is_paid": paid}


def _that_fade(*ways: str) -> frozenset[str]:
    return frozenset(name for name, message in MESSAGES.items() if message.fades in ways)


def _is_of_a_place(template: str) -> bool:
    return MESSAGES[template].fades in ("standing", "place")


def _is_of_sessions(template: str) -> bool:
    return _is_of_a_place(template) or is_said_as_it_is_now(template)


def is_said_as_it_is_now(template: str) -> bool:
    """NOT-03, NOT-08: news of something to take part in is rung about with what is true on the day of the call."""
    return MESSAGES[template].fades == "news"


def said_by_change(changed: Iterable[str]) -> list[str]:
    """NOT-08, OPP-16: which earlier changes nobody need tell any more: a change of time or place lists when and where
    it all is now."""
    said = set(changed)
    return sorted(said | ({"time", "place"} if said & {"time", "place"} else set()))


def matters_until(template: str, ends: Iterable[datetime], answer_by: datetime | None) -> datetime | None:
    """NOT-08: the moment from which it is of no use any more; None: it stays worth telling.

    ends: of all sessions that the person may still be going to, as they are and as they were.
    """
    if template == "place-offered":
        return answer_by
    return max(ends, default=None) if _is_of_sessions(template) else None


def ring_by(template: str, now: datetime, before: Iterable[datetime]) -> datetime:
    """NOT-02, NOT-08: by when somebody has rung: within a working day or three, and with half of the time left before
    it is too late.

    before: the moments before which they must know: when sessions start, as they are and as they were, and the time to
    answer.
    """
    days = SOON_DAYS if _is_of_a_place(template) or MESSAGES[template].kind is Kind.ACCOUNT else USUAL_DAYS
    usual = london_datetime(add_working_days(london_date(now), days), RINGING_ENDS)
    first = min((moment for moment in before if moment > now), default=None) if _is_of_sessions(template) else None
    return usual if first is None else min(usual, now + (first - now) / 2)


ENTERED_IT = Reason("PAY-13", "You entered how they are reached. Somebody else must ring them about it.")
"""PAY-13: whoever wrote down a new way to reach somebody is not who tells them of it."""
