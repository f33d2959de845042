"""Whom no message can reach: which news is told by telephone instead, by when, and until when it matters (NOT-08)."""

from collections.abc import Iterable
from datetime import datetime

from shared.clock import london_date, london_datetime
from shared.working_days import add_working_days

RUNG_FOR = frozenset(
    {
        "place-taken",
        "place-offered",
        "place-lapsed",
        "place-left",
        "place-queued",
        "place-refused",
        "opportunity-changed",
        "opportunity-cancelled",
        "access-need-answered",
        "claim-opened",
        "claim-approved",
        "claim-refused",
        "claim-withdrawn",
        "claim-returned",
        "claim-owed-again",
        "claim-declined",
        "claim-paid",
        "bank-details-changed",
        "contact-entered",
        "question-answered",
        "feedback-closed",
        "feedback-words",
    }
)
"""What matters to the person themselves. News that may be switched off, reminders and thanks need no call; nor does staff's own work."""

ECHOES = frozenset({"place-taken", "place-left", "place-queued", "claim-declined"})
"""What somebody without an address did with one of us beside them or on the phone (PEO-02): they know. Another organisation's answer is news."""

PLACE_NEWS = frozenset({"place-taken", "place-offered", "place-lapsed", "place-left", "place-queued", "place-refused"})
"""How somebody's place stands: the newest says it all."""
_OF_A_PLACE = PLACE_NEWS | {"opportunity-changed", "opportunity-cancelled", "access-need-answered"}
_OF_AN_ACCOUNT = frozenset({"bank-details-changed", "contact-entered"})
_PASSING = frozenset({"claim-opened", "claim-returned", "claim-owed-again", "claim-withdrawn", "feedback-words"})
"""What is untrue as soon as anything else happens to the same claim or item. That it was agreed to, or refused, stays worth telling."""

SOON_DAYS, USUAL_DAYS = 1, 3
"""Working days in which we ring: about a place or an account, and about the rest."""
RINGING_ENDS = 17
"""The London hour at which those days end."""


def is_rung_for(template: str, *, host: str) -> bool:
    """NOT-08: is it told by telephone to whom no message can reach? host: the organisation whose opportunity it is, "" for ours."""
    return template in RUNG_FOR and (template not in ECHOES or host != "")


def overtaken_by(template: str) -> frozenset[str]:
    """NOT-08: the news that nobody need ring about any more once this has happened to the same place, claim or item."""
    if template == "opportunity-cancelled":
        return _OF_A_PLACE - {template}
    if template in PLACE_NEWS:
        return PLACE_NEWS
    return _PASSING if template.startswith(("claim-", "feedback-")) else frozenset()


def said_by_change(changed: Iterable[str]) -> list[str]:
    """NOT-08, OPP-16: which earlier changes nobody need tell any more: a change of time or place lists when and where it all is now."""
    said = set(changed)
    return sorted(said | ({"time", "place"} if said & {"time", "place"} else set()))


def matters_until(template: str, ends: Iterable[datetime], answer_by: datetime | None) -> datetime | None:
    """NOT-08: the moment from which it is of no use any more; None: it stays worth telling.

    ends: of all sessions that the person may still be going to, as they are and as they were.
    """
    if template == "place-offered":
        return answer_by
    return max(ends, default=None) if template in _OF_A_PLACE else None


def ring_by(template: str, now: datetime, before: Iterable[datetime]) -> datetime:
    """NOT-02, NOT-08: by when somebody has rung: within a working day or three, and with half of the time left before it is too late.

    before: the moments before which they must know: when sessions start, as they are and as they were, and the time to answer.
    """
    days = SOON_DAYS if template in _OF_A_PLACE | _OF_AN_ACCOUNT else USUAL_DAYS
    usual = london_datetime(add_working_days(london_date(now), days), RINGING_ENDS)
    first = min((moment for moment in before if moment > now), default=None) if template in _OF_A_PLACE else None
    return usual if first is None else min(usual, now + (first - now) / 2)
