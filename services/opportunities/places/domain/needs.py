"""Access needs: asked, and always answered (OPP-07)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from services.opportunities.words.domain import NEEDS, NeedState, Policy, is_written
from shared.clock import end_of_day
from shared.reasons import Reason

ANSWERS: dict[str, str] = {
    "asked": "We have not answered yet",
    "promised": "We will do this",
    "met": "This is ready",
    "not-met": "We cannot do this",
}
"""The states of a need, in the words for the person who asked for it."""
HOSTS_ANSWERS = ANSWERS | {
    "asked": "Not answered yet",
    "promised": "They will do this",
    "not-met": "They cannot do this",
}
"""The same, with another organisation."""

NeedsChange = Literal["asked", "changed", "same"]
"""What somebody did to their needs: asked for something new, only changed or removed something, or changed nothing."""


def needs_asked(ticked: Sequence[str], words: str) -> list[str]:
    """OPP-07: the needs to answer, in the order of the form. Free words are "something else": a need of their own, with
    an answer of its own."""
    asked = set(ticked)
    if words.strip():
        asked.add("other")
    return [need for need in NEEDS if need in asked]


SOON = timedelta(days=4)
"""If a session begins within this time, "the next few working days" may be too late."""


def moments_ahead(sessions: Iterable[Any], closes_on: date | None) -> list[datetime]:
    """OPP-07: the moments before which an answer is wanted: when each session begins, or the closing day is over."""
    return [each.starts_at for each in sessions] if closes_on is None else [end_of_day(closes_on)]


def begins_soon(starts: Iterable[datetime], now: datetime) -> bool:
    """OPP-07: whether the next session begins so soon that people who ask for something should ring too."""
    to_come = min((each for each in starts if each > now), default=None)
    return to_come is not None and to_come - now <= SOON


HelpAsked = Literal["no", "waits", "answered"]
"""Whether somebody with a place said what would help, and whether some of it waits for an answer."""


def how_needs_stand(states: Collection[str]) -> HelpAsked:
    """OPP-07: for one place: nobody is asked again for what they told us, and people who wait hear that an answer will
    come."""
    if "asked" in states:
        return "waits"
    return "answered" if set(states) - {"withdrawn"} else "no"


def reasons_not_to_ask(ticked: Sequence[str], words: str) -> list[Reason]:
    """OPP-07: "something else" can be answered only if it says what."""
    if "other" in ticked and not is_written(words):
        return [Reason("OPP-07", "You asked for something else. Write what would help.", "words")]
    return []


def reasons_not_to_answer_need(
    state: NeedState, answer: NeedState, reason: str, *, before: str = "", has_left: bool = False
) -> list[Reason]:
    """OPP-07: promised, met, or not met with a reason. Each may have words; before is the present words. Words written
    for a yes do not fit a no, or the reverse, so they must change. has_left: their place has ended."""
    if has_left:
        return [Reason("OPP-07", "They do not take part any more, so there is nothing to answer.")]
    if state == "withdrawn":
        return [Reason("OPP-07", "They no longer ask for this.")]
    if answer not in ("promised", "met", "not-met"):
        return [Reason("OPP-07", "Choose promised, met or not met.", "answer")]
    if answer == "not-met" and not is_written(reason):
        return [Reason("OPP-07", "Write why it could not be met. They will read it.", "reason")]
    if reason and reason == before and (state == "not-met") != (answer == "not-met"):
        return [Reason("OPP-07", "These words were with your other answer. Change them, or take them out.", "reason")]
    return []


def is_unanswered_need(state: NeedState, next_starts_at: datetime | None, now: datetime, policy: Policy) -> bool:
    """OPP-07: whether to warn the coordinator of an unanswered need, from a week (configurable) before the next
    session."""
    if state != "asked" or next_starts_at is None:
        return False
    return next_starts_at - now <= timedelta(days=policy.needs_warning_days)
