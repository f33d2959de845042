"""Whether its readers can read a text (OPP-04)."""

import math
import re
from collections.abc import Collection

READING_AGE_GOAL = 9
"""Years. The highest reading age for a short version (OPP-04)."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?:]+(?:\s|$)|\n+")
_INITIALS = re.compile(r"\b[A-Z][A-Z0-9]{1,7}s?\b")


def reading_age(text: str) -> int | None:
    """The age in years at which most people can read it: the Automated Readability Index plus five (OPP-04).

    None for fewer than ten words, where the index means nothing. From 5 to 22; beyond that it means little."""
    words = _WORD.findall(text)
    if len(words) < 10:
        return None
    letters = sum(len(re.sub(r"[\W_]", "", word)) for word in words)
    sentences = sum(1 for part in _SENTENCE_END.split(text) if _WORD.search(part))
    index = 4.71 * letters / len(words) + 0.5 * len(words) / sentences - 21.43
    return min(max(5, math.ceil(index) + 5), 22)


def unexplained_initials(text: str, known: Collection[str] = ()) -> list[str]:
    """Abbreviations that are neither known nor explained in place, as in "Integrated Care Board (ICB)"; in order, each
    once (OPP-04)."""
    found = dict.fromkeys(initials.removesuffix("s") for initials in _INITIALS.findall(text))
    return [initials for initials in found if initials not in known and f"({initials})" not in text]
