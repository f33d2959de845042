"""Answers that everybody reads, without who asked (OPP-22)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.opportunities.words.domain import is_written
from shared.personal import holds_name, personal_details_in
from shared.reasons import Reason

LONGEST_QUESTION, LONGEST_ANSWER, MOST_SHOWN = 200, 1000, 15
"""Characters of an answer that everybody reads, and how many an opportunity has: all of them go to its guests'
homes."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A question in our own words, and the answer."""

    question: str
    answer: str


def reasons_not_to_show(shown: Shown, *, name: str | None, reach: str, already: int) -> list[Reason]:
    """OPP-22: the group reads the answer without the asker's name. A person has read it too: this finds only certain
    cases.

    name: what we call the asker, None if nobody was signed in; reach: the address or number that they left, "" for
    none; already: how many answers everybody reads now."""
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
    """The form that crosses to other organisations: see `OpportunityShared.answers`."""
    return "\n\n".join(f"{' '.join(each.question.split())}\n{_lines(each.answer)}" for each in all_shown)


def _lines(words: str) -> str:
    return "\n".join(line.strip() for line in words.splitlines() if line.strip())


def from_text(text: str) -> list[Shown]:
    """The inverse of `as_text`. Text in any other form is kept whole."""
    parts = (part.strip().partition("\n") for part in text.split("\n\n") if part.strip())
    return [Shown(question.strip(), answer.strip()) for question, _, answer in parts]


def new_answers(read: str, said: str) -> list[Shown]:
    """OPP-22, NET-01: a host's answers that our people have not read yet: somebody checks them first, and people with a
    place are told."""
    known = from_text(read)
    return [each for each in from_text(said) if each not in known]


def still_said(read: str, said: str) -> str:
    """OPP-22: the answers our people read that the host has not taken back. One taken back disappears at once, without
    a check."""
    now = from_text(said)
    return as_text([each for each in from_text(read) if each in now])
