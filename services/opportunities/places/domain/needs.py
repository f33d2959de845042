"""Access needs: asked, and always answered (OPP-07)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from services.opportunities.words.domain import NEEDS, NeedState, Policy, is_written
from shared.reasons import Reason

ANSWERS: dict[str, str] = {
    "asked": "We have not answered yet",
    "promised": "We will do this",
    "met": "This is ready",
    "not-met": "We cannot do this",
}
"""How a need stands, as whoever asked for it reads or hears it."""
HOSTS_ANSWERS = ANSWERS | {
    "asked": "Not answered yet",
    "promised": "They will do this",
    "not-met": "They cannot do this",
}
"""The same with another organisation."""

NeedsChange = Literal["asked", "changed", "same"]
"""What somebody did to what they need: asked for something new, only changed it or took it away, or left it as it
was."""


def needs_asked(ticked: Sequence[str], words: str) -> list[str]:
    """OPP-07: the needs to be answered, in the order of the form. Words are "something else": a need of their own, with
    an answer of its own."""
    asked = set(ticked)
    if words.strip():
        asked.add("other")
    return [need for need in NEEDS if need in asked]


SOON = timedelta(days=4)
"""Within which "the next few working days" may come too late."""


def begins_soon(starts: Iterable[datetime], now: datetime) -> bool:
    """OPP-07: does the next session begin so soon that whoever asks for something does better to ring, too?"""
    to_come = min((each for each in starts if each > now), default=None)
    return to_come is not None and to_come - now <= SOON


HelpAsked = Literal["no", "waits", "answered"]
"""Whether somebody with a place said what would help, and whether some of it waits for an answer."""


def how_needs_stand(states: Collection[str]) -> HelpAsked:
    """OPP-07: of one place: nobody is asked again for what they told us, and who waits for an answer hears that it
    comes."""
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
    """OPP-07: promised, met, or not met with a reason. Each may say more in words, and before is what they say now:
    words beside a yes are untrue beside a no, and the other way round. has_left: their place has ended."""
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
    """OPP-07: warn the coordinator of a need without an answer, from a week (configurable) before the next session."""
    if state != "asked" or next_starts_at is None:
        return False
    return next_starts_at - now <= timedelta(days=policy.needs_warning_days)
