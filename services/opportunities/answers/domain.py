"""Answers that everybody reads, without who asked (OPP-22)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.opportunities.people.domain import whole_name
from services.opportunities.words.domain import is_written
from shared.personal import (
    may_hold_contact_details,
    may_hold_name,
    national,
    personal_details_in,
    sure_contact_details_in,
    without_details_of,
)
from shared.reasons import Reason

LONGEST_QUESTION, LONGEST_ANSWER, MOST_SHOWN = 200, 1000, 15
"""Characters of an answer that everybody reads, and how many an opportunity has: all of them go to its guests'
homes."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A question in our own words, and the answer."""

    question: str
    answer: str


def reasons_not_to_show(
    shown: Shown,
    *,
    who_asked: Collection[str],
    reach: str,
    forgotten: bool,
    ours: Collection[str],
    already: int,
    looked: bool,
) -> list[Reason]:
    """OPP-22: the group reads the answer, without who asked.

    already: how many answers everybody reads now; forgotten, looked: as of `reasons_to_look`; the rest as of
    `reasons_against_words`."""
    reasons = []
    if not is_written(shown.question):
        reasons.append(Reason("OPP-22", "Write the question in your own words, for everybody.", "question"))
    reasons += reasons_against_words(shown, who_asked=who_asked, reach=reach, ours=ours)
    reasons += _reasons_for_length(shown, already)
    if reasons or looked:
        return reasons
    return reasons_to_look(shown, who_asked=who_asked, forgotten=forgotten, ours=ours)


def reasons_to_look(
    shown: Shown, *, who_asked: Collection[str], forgotten: bool, ours: Collection[str]
) -> list[Reason]:
    """OPP-22: what a program cannot know, a person says that they looked at (looked): words that only seem to hold a
    number, an address or a name; and any words once we have deleted what who asked had typed to be reached (forgotten):
    we promised to delete it, so we keep no trace of it to compare with."""
    look = 'Then tick "I looked: it names nobody".'
    answer = without_details_of(shown.answer, ours)
    reasons = []
    for words in (shown.question, answer):
        if may_hold_contact_details(words):
            reasons.append(Reason("OPP-22", f"Is this somebody's number or address? Look again. {look}", "looked"))
        if may_hold_name(words, who_asked):
            reasons.append(Reason("OPP-22", f"Is this the name of who asked? Look again. {look}", "looked"))
    if forgotten and not reasons:
        text = (
            "We deleted how they told us to reach them, so we cannot check these words. Read both again: do they hold"
        )
        reasons.append(Reason("OPP-22", f"{text} a name, a number or an address? {look}", "looked"))
    return reasons[:1]


def reasons_against_words(
    shown: Shown, *, who_asked: Collection[str], reach: str, ours: Collection[str]
) -> list[Reason]:
    """OPP-22, NET-02: what everybody reads, here and elsewhere, has no name of who asked and nobody's number, address
    or postcode: by then we may have deleted the asker's, so we do not ask whose it is. A person has read it too: this
    finds only certain cases.

    who_asked: as of `names_of_asker`; reach: what they left to be reached, "" for none or once it is deleted; ours:
    texts whose numbers and addresses may stand in an answer."""
    reasons = []
    for field, words in (("question", shown.question), ("answer", without_details_of(shown.answer, ours))):
        found = sure_contact_details_in(words)
        if "the person's name" in personal_details_in(words, who_asked):
            found.append("the person's name")
        if not found and _holds_reach(words, reach):
            found = ["what says how to reach them"]
        if found:
            text = f"Take out {' and '.join(found)}. Nobody else must see who asked."
            if field == "answer" and sure_contact_details_in(words):
                text += " Only our own number, and addresses that stand on the page about this, may be here."
            reasons.append(Reason("OPP-22", text, field))
    return reasons


def names_of_asker(name: str | None, told_apart_by: str | None, reach: str) -> list[str]:
    """OPP-22: what says who asked: what we call them, their whole name, and the names that they typed to be reached.

    name, told_apart_by: of their card, None if nobody was signed in."""
    return [*filter(None, [name, whole_name(name or "", told_apart_by or "")]), *_names_in_reach(reach)]


def _names_in_reach(reach: str) -> list[str]:
    left = reach if "@" not in reach else " ".join(each.partition("@")[0] for each in reach.split())
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", left)
    return [each for each in words if each.casefold() not in _NO_NAMES and (len(each) > 2 or each[0].isupper())]


_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        "after before call calls ring rings text texts phone please from until till between and or the at on in to"
        " not only any time times anytime day days week weekday weekdays weekend weekends evening evenings morning"
        " mornings afternoon afternoons night noon midday lunch lunchtime teatime tea school work home mobile landline"
        " number tel telephone ask for me my mum dad mother father sister brother carer friend daughter son wife"
        " husband neighbour partner hello hi info admin office mail email contact enquiries reception team support"
        " help pm am best better except no yes if it is this leave message answer answerphone voicemail monday tuesday"
        " wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun you can could would will be"
        " with who when what one two three four five six seven eight nine ten eleven twelve quarter half past speak"
        " talk voice line busy free today tomorrow later early late also else always never sometimes usually mostly"
        " name miss mrs ms mr dr",
    )
)
"""Words that people put beside a number: nobody's name."""


def _holds_reach(words: str, reach: str) -> bool:
    """Short numbers too, that are no number of a country."""
    numbers = [] if "@" in reach else re.findall(r"\+?\d(?:[\s()./-]*\d){5,}", reach)
    digits = "".join(each for each in words if each.isdigit())
    return (reach != "" and reach.casefold() in words.casefold()) or any(national(each) in digits for each in numbers)


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
