"""The rules of who may take part at all (PEO-03), and of people's names."""

import re
import unicodedata
from collections.abc import Iterable

from anyascii import anyascii

from shared.reasons import Reason
from shared.text import tidy


def whole_name(name: str, told_apart_by: str) -> str:
    """A card says their whole name, if they go by another, then their area, then since when and our number. One word
    alone beside a name of several is an area."""
    said = re.split(r"(?:^|, )(?:with us since|our number) ", told_apart_by)[0]
    first = said.split(", ")[0]
    return "" if len(first.split()) == 1 and len(name.split()) > 1 else first


def names_standing_in(text: str, cards: Iterable[tuple[str, str]]) -> list[str]:
    """NET-02: whole names, of two words or more, that stand in a text: in any case, with or without accents, the
    surname first or after what people call them. One word alone may be a word like any other. cards: (name,
    told_apart_by)."""
    said = f" {_letters(text)} "
    found = set[str]()
    for called, apart in cards:
        whole = whole_name(called, apart)
        for name in {called, whole, f"{called} {whole.split()[-1]}" if whole else ""}:
            words = _letters(name).split()
            if len(words) > 1 and any(f" {' '.join(order)} " in said for order in (words, words[-1:] + words[:-1])):
                found.add(name)
    return sorted(found)


def _letters(text: str) -> str:
    """Its words without accents, marks, case and what cannot be seen, a space between them."""
    plain = anyascii(unicodedata.normalize("NFKC", tidy(text))).casefold()
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"'s\b", " ", plain).replace("'", "")))


def reasons_not_to_take_part_before_age(age_known: bool | None) -> list[Reason]:
    """PEO-03: people who were added without an age are asked before they take part. None: `people` has not told us, so
    do not ask now."""
    if age_known:
        return []
    if age_must_be_asked(age_known):
        return [
            Reason("PEO-03", "Tell us first if you are 18 or over. The question is in My details, at /people/me/age.")
        ]
    return [
        Reason("PEO-03", "We cannot look at what we know of you. Try again in a minute. What you wrote is still here.")
    ]


def age_must_be_asked(age_known: bool | None) -> bool:
    """PEO-03: whether `people` knows that there is no answer yet. If it did not tell us, we look it up again and do not
    ask the person."""
    return age_known is False
