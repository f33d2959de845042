"""Giving feedback (FB-01, FB-04), and the clock that then runs (FB-03). Days are calendar days in London."""

import re
from datetime import date, timedelta

from services.feedback.domain.facts import ABOUTS, LONGEST_NAME, LONGEST_WORDS, About, Answerer
from shared.reasons import Reason


def answerer_of(about: About) -> Answerer:
    """FB-02: who must answer, from what the item is about. We answer for our own opportunities."""
    return "provider" if about == "provider" else "funder" if about == "funder" else "us"


def has_a_name(about: About) -> bool:
    """Whether the giver must say which service, or which funder."""
    return about in ("provider", "funder")


def reasons_not_to_be_about(about: str, *, opportunity_known: bool) -> list[Reason]:
    """FB-01: about one of our opportunities, a service, those who fund services, or us."""
    if about not in ABOUTS:
        return [Reason("FB-01", "Choose what your feedback is about.", "about")]
    if about == "opportunity" and not opportunity_known:
        return [Reason("FB-01", "We cannot find that opportunity. Choose something else that this is about.", "about")]
    return []


def reasons_not_to_name(about: About, name: str) -> list[Reason]:
    """FB-01: the name of the service or its funder, if it is about one."""
    if has_a_name(about) and not name.strip():
        return [Reason("FB-01", "Enter the name of the service, or of those who fund it.", "name")]
    if len(name) > LONGEST_NAME:
        return [Reason("FB-01", f"Use {LONGEST_NAME} characters or fewer for the name.", "name")]
    return []


def reasons_not_to_accept_words(words: str) -> list[Reason]:
    """FB-01: good and bad are equally welcome. Only no words, and words too long for the box, are refused."""
    if not words.strip():
        return [Reason("FB-01", "Write what you want to say.", "words")]
    if len(words) > LONGEST_WORDS:
        return [Reason("FB-01", f"Use {LONGEST_WORDS:,} characters or fewer. You can send us more than one.", "words")]
    return []


def reasons_not_to_hear_by(hear_by: str, *, anonymous: bool) -> list[Reason]:
    """FB-04: an anonymous giver has a code and nothing else; someone we know has no code."""
    if anonymous and hear_by != "code":
        return [Reason("FB-04", "If you stay anonymous we can only answer you by code.", "hear_by")]
    if not anonymous and hear_by not in ("email", "in-app", "none"):
        return [Reason("FB-04", "Choose how you want to hear what we did.", "hear_by")]
    return []


LEFT_ALONE_MINUTES = 15
"""Minutes after its last answer for which a visitor's half-given feedback is shown. Many people share a computer at a
drop-in, and later it may be somebody else. A page left open can be posted for as long as the answers are kept, so
nothing typed is lost."""


MOST_TRIES = 3
"""How often somebody may try to say how the text begins. After that it is forgotten: it was not theirs."""
PROVING_WORDS = 3
NOT_HOW_IT_BEGINS = Reason("FB-01", "That is not how it begins. Try again, or start again.", "first_words")


def is_how_it_begins(typed: str, words: str) -> bool:
    """FB-01: whether somebody knows the first words of what was written here, whatever case and punctuation. Only then
    is it shown to a visitor who comes in by the front page, because at a shared computer that may be anybody."""
    first = re.findall(r"\w+", words.casefold())[:PROVING_WORDS]
    return bool(first) and re.findall(r"\w+", typed.casefold())[: len(first)] == first


def goes_on(sitting: str, reader: str, *, minutes_alone: float, posting: bool, asleep: bool = False) -> bool:
    """FB-01: whether the person now at the browser may continue half-given feedback. sitting, reader: from
    `sitting_of`.

    Visitors keep theirs when they sign in on the way. What a signed-in person began, or a helper for somebody, nobody
    else can continue. asleep: somebody has come in by the front page since, so nobody sees it and no post wakes it
    until they say how it begins."""
    if sitting:
        return sitting == reader
    return not asleep and (posting or bool(reader) or minutes_alone < LEFT_ALONE_MINUTES)


def due_on(from_day: date, days: int) -> date:
    """FB-03: the last day on which an answer is in time. days: calendar days."""
    return from_day + timedelta(days=days)


def is_overdue(due: date, today: date) -> bool:
    """FB-03: overdue from the day after the last one."""
    return today > due


def waiting_for_whom(waiting_for: Answerer, name: str, *, reviewer: str | None) -> str:
    """FB-02, FB-07: who the item is shown as "waiting for". name: of the provider or funder; reviewer: role, once
    reopened."""
    if reviewer is not None:
        return f"our {reviewer}, who is looking at it again"
    if waiting_for == "us":
        return "us"
    return name or ("the service" if waiting_for == "provider" else "those who fund the service")
