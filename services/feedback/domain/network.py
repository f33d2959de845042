"""Feedback about another organisation's opportunity: what may leave, and what its answer does (NET-02)."""

import re
from collections.abc import Iterable
from typing import Literal

from services.feedback.domain.facts import ANSWERS, Answer, Ending, Item
from shared.personal import personal_details_in
from shared.reasons import Reason

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
Effect = Literal["ends", "concern", "kept"]
"""What a host's answer does to the item here: ends it, passes it to our safeguarding lead, or is only kept."""

TAKEN_BACK = "The person who wrote this has taken it back."
"""Replaces words that their giver took back."""
NO_WORDS = "They sent no words with their answer."
"""Stands where a host answered and its words did not arrive."""


def reasons_not_to_let_host_read(words: str, names: Iterable[str]) -> list[Reason]:
    """NET-02: no name and no contact detail crosses the border. names: what we call the giver; none if anonymous."""
    found = personal_details_in(words, names)
    if not found:
        return []
    what = " and ".join(found)
    return [
        Reason(
            "NET-02",
            f"Take out {what} first, or choose that only we read it. Nobody elsewhere must see who someone is.",
            "may_cross",
        )
    ]


def effect_of_answer(item: Item, ending: Ending, *, ended_by_host: bool) -> Effect:
    """FB-02, FB-07, FB-09: what the host's answer does. ended_by_host: an earlier answer of theirs ended the item.

    A host's later answer replaces its earlier one. An ending by us or the giver stays, unless the host raises a
    concern; reopened feedback belongs to our reviewer. A host can neither withdraw feedback for its giver nor join it
    to an item that we do not see."""
    if item.ending in ("safeguarding", "withdrawn"):
        return "kept"
    if ending == "safeguarding":
        return "concern"
    if ending not in (*ANSWERS, "spam") or item.reopened:
        return "kept"
    return "ends" if item.waiting or ended_by_host else "kept"


def what_home_hears(ending: Ending, *, speaker: Ending | None) -> Ending | None:
    """FB-02: how a guest's item ended here, for its home organisation; None if there is nothing to hear.

    speaker: how the item that it was joined to ended. A joined item takes that answer, and hears nothing before there
    is one. A withdrawal came from the home organisation, so it is not told back."""
    if ending == "withdrawn":
        return None
    if ending == "joined":
        return speaker if speaker in ANSWERS else None
    return ending


def words_of_answer(ending: Ending | None, *, answer: str, reason: str) -> str:
    """FB-04, FB-09: the text of the ending: the answer, or why it is spam; nothing of what is with the safeguarding
    lead."""
    if ending in ANSWERS or ending == "joined":
        return readable(answer)
    return readable(reason) if ending == "spam" else ""


def as_answer(ending: Ending) -> Answer:
    """The ending as an answer's. ValueError if it is not one."""
    for answer in ANSWERS:
        if answer == ending:
            return answer
    raise ValueError(f"{ending} is no answer")


def words_that_leave(words: str, ending: Ending | None) -> str | None:
    """NET-02: what the host may read of an item now; None for spam, and for what is with our safeguarding lead
    (FB-09)."""
    if ending == "withdrawn":
        return TAKEN_BACK
    return None if ending in ("spam", "safeguarding") else readable(words) or None


def readable(text: str) -> str:
    """NET-02: without invisible characters that nobody types, which no organisation accepts."""
    return _UNSEEN.sub("", text)


def takes_newer_words(item: Item) -> bool:
    """NET-02: the words of a later message replace those that nobody here has answered or looked into yet."""
    return item.waiting


def is_taken_back(item: Item) -> bool:
    """FB-02, FB-09: whether to delete the words when the home organisation says that their giver withdrew them. Not if
    they are with our safeguarding lead, who decides."""
    return item.ending not in ("withdrawn", "safeguarding")


def reasons_not_to_hear_guest(*, ours: bool, used_by_another: bool) -> list[Reason]:
    """NET-02: a guest's feedback is about our own opportunity, and its id is used by no other organisation."""
    if not ours:
        return [Reason("NET-02", "This is about another organisation's opportunity. Its host hears it, not we.")]
    if used_by_another:
        return [Reason("NET-02", "Another organisation has sent something under this id.")]
    return []


def reasons_not_to_hear_host(*, asked: str | None, origin: str) -> list[Reason]:
    """NET-02: only the host that we asked may answer. asked: its short name; None if we asked nobody."""
    if asked is None:
        return [Reason("NET-02", "Nobody else was asked to answer this.")]
    if asked != origin:
        return [Reason("NET-02", "Another organisation was asked to answer this.")]
    return []
