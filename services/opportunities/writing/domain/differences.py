"""OPP-16: what was and what is, in the words that people read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from services.opportunities.words.domain import IN_THE_ROOM
from shared.clock import day, moment, time

WHAT_CHANGED = {
    "time": "when it is",
    "place": "where it is",
    "joining": "how to join",
    "how": "how to do it",
    "contact": "who people can ask",
    "purpose": "what it is about",
    "room": "how it works in the room",
}
"""Each kind of change, as pages say it."""

TOLD_AS = {"room": "purpose", "joining": "place", "how": "place"}
"""What a program that knows four kinds of change calls the others, in events and over the network."""

_NAMES = {
    "title": "The title",
    "summary": "In short",
    "background": "Why this is happening",
    "expected": "What people do",
    "time_needed": "How much time",
    "result": "What happens with the result",
    "payment": "What is paid",
    "accessibility": "Getting in and taking part",
    "contact_role": "Who people can ask",
    "contact_how": "How to reach us",
    **IN_THE_ROOM,
}
_ONLY_NAMED = ("contact_how",)
"""An old number is of no use to anybody."""


@dataclass(frozen=True, slots=True)
class Difference:
    """about: the kind of change. name: of what, as pages say it. was, now: "" if there was nothing, or it is not
    said."""

    about: str
    name: str
    was: str = ""
    now: str = ""


def told_as(changed: Iterable[str]) -> tuple[str, ...]:
    """The kinds of change in the words of events."""
    return tuple(dict.fromkeys(TOLD_AS.get(each, each) for each in changed))


def in_messages(differences: Sequence[Difference]) -> tuple[Any, ...]:
    """The facts of those that a message cannot see for itself."""
    return tuple(asdict(each) for each in differences if each.about in ("purpose", "room", "joining"))


def kept(differences: Sequence[Difference]) -> list[dict[str, str]]:
    """As tables keep them, for pages."""
    return [asdict(each) for each in differences if each.name]


def kinds_of(differences: Sequence[Difference]) -> tuple[str, ...]:
    """Each kind of change once, in the order of pages."""
    return tuple(kind for kind in WHAT_CHANGED if any(each.about == kind for each in differences))


def of_texts(before: Mapping[Any, Any], after: Mapping[Any, Any], *, in_words: bool = True) -> list[Difference]:
    """Of the texts in after. in_words False: only which they are."""
    return [
        Difference(_about(name), called)
        if name in _ONLY_NAMED or not in_words
        else Difference(_about(name), called, before[name].strip(), after[name].strip())
        for name, called in _NAMES.items()
        if name in after and before[name] != after[name]
    ]


def _about(name: str) -> str:
    return "contact" if name.startswith("contact") else "room" if name in IN_THE_ROOM else "purpose"


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """When and where a session is. joining: how to join, for those with a place."""

    starts_at: datetime
    ends_at: datetime
    venue: str
    joining: str = ""


def of_session(before: SessionPlan, after: SessionPlan) -> list[Difference]:
    """How to join is never public, so only of which day it is another."""
    found = []
    if (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at):
        found.append(Difference("time", "When", _when(before), _when(after)))
    if before.venue != after.venue:
        found.append(Difference("place", "Where", before.venue, after.venue))
    if before.joining != after.joining:
        found.append(Difference("joining", f"How to join on {day(after.starts_at)}"))
    return found


def of_new_session(plan: SessionPlan) -> list[Difference]:
    """One that was added."""
    return [Difference("time", "A new date", now=f"{_when(plan)}: {plan.venue}")]


def of_cancelled() -> list[Difference]:
    """Of a session: the page says which, and why, where its date stands."""
    return [Difference("time", "")]


def of_closing(before: tuple[date, str], after: tuple[date, str]) -> list[Difference]:
    """before, after: the last day, and how people do it, which is never public."""
    found = []
    if before[0] != after[0]:
        found.append(Difference("time", "The last day", day(before[0]), day(after[0])))
    if before[1] != after[1]:
        found.append(Difference("how", "How to do it"))
    return found


def _when(plan: SessionPlan) -> str:
    return f"{moment(plan.starts_at)} to {time(plan.ends_at)}"
