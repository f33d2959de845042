"""Answers that everybody reads, without who asked (OPP-22)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.opportunities.words.domain import is_written
from shared.personal import holds_name, personal_details_in
from shared.reasons import Reason

LONGEST_QUESTION, LONGEST_ANSWER, MOST_SHOWN = 200, 1000, 15
"""Characters of one that everybody reads, and how many an opportunity has: all of them cross to its guests' homes."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A question in words of ours, and the answer."""

    question: str
    answer: str


def reasons_not_to_show(shown: Shown, *, name: str | None, reach: str, already: int) -> list[Reason]:
    """OPP-22: the group reads the answer without the name of who asked. A person has read it too: this finds what is
    sure.

    name: what we call them, None if nobody was signed in; reach: the address or number that they left, "" for none;
    already: how many everybody reads now.
    """
    reasons = []
    if not is_written(shown.question):
        reasons.append(Reason("OPP-22", "Write the question in your own words, for everybody.", "question"))
    names = [name] if name else []
    if found := personal_details_in(shown.question, names):
        reasons.append(Reason("OPP-22", f"Take out {' and '.join(found)}. Nobody else must see who asked.", "question"))
    if holds_name(shown.answer, names) or _holds_reach(shown.answer, reach):
        reasons.append(Reason("OPP-22", "Take out what says who asked: everybody reads this answer.", "answer"))
    return reasons + _reasons_for_length(shown, already)


def _holds_reach(answer: str, reach: str) -> bool:
    number = _digits(reach)
    is_number = "@" not in reach and len(number) >= 6
    return (reach != "" and reach.casefold() in answer.casefold()) or (is_number and number in _digits(answer))


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())


def _reasons_for_length(shown: Shown, already: int) -> list[Reason]:
    reasons = []
    if len(shown.question) > LONGEST_QUESTION:
        reasons.append(Reason("OPP-22", f"Use {LONGEST_QUESTION} characters or fewer.", "question"))
    if len(shown.answer) > LONGEST_ANSWER:
        reasons.append(
            Reason("OPP-22", f"Everybody reads at most {LONGEST_ANSWER:,} characters. Make it shorter.", "answer")
        )
    if already >= MOST_SHOWN:
        reasons.append(
            Reason("OPP-22", f"Everybody reads {MOST_SHOWN} answers about this already. Take an old one back first.")
        )
    return reasons


def as_text(all_shown: Sequence[Shown]) -> str:
    """What crosses to other organisations: see `OpportunityShared.answers`."""
    return "\n\n".join(f"{' '.join(each.question.split())}\n{_lines(each.answer)}" for each in all_shown)


def _lines(words: str) -> str:
    return "\n".join(line.strip() for line in words.splitlines() if line.strip())


def from_text(text: str) -> list[Shown]:
    """`as_text` the other way round. Nothing is lost of what was written otherwise."""
    parts = (part.strip().partition("\n") for part in text.split("\n\n") if part.strip())
    return [Shown(question.strip(), answer.strip()) for question, _, answer in parts]


def new_answers(read: str, said: str) -> list[Shown]:
    """OPP-22, NET-01: what of a host's answers our people have not read yet: somebody looks at it, and who has a place
    is told."""
    known = from_text(read)
    return [each for each in from_text(said) if each not in known]


def still_said(read: str, said: str) -> str:
    """OPP-22: of what our people read, what the host has not taken back. It goes at once: nobody need look."""
    now = from_text(said)
    return as_text([each for each in from_text(read) if each in now])
