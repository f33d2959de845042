"""What a text says of who somebody is, as far as a program can see it. It cannot find all: a person reads it too."""

import re
import unicodedata
from collections.abc import Iterable

from anyascii import anyascii

from shared.text import tidy

_BETWEEN = r"(?:[\s.()/·_\-\u2010-\u2015\u2212]|(?<=\d{3}),(?=\s?\d{3})){0,4}"
_EMAIL = re.compile(
    r"[^\s@]@[^\s@]+\.[^\s@.]|[^\s@]\s?(?:@|[(\[]at[)\]])\s?[\w-][\w.-]*(?:\.|\s?[(\[]dot[)\]]\s?)[a-z]{2}", re.I
)
_PHONE = re.compile(rf"(?<!\d)(?:(?:\+\s?\d|0)(?:{_BETWEEN}\d){{8,}}|\d(?:[ \-()]*\d){{8,11}}(?![ \-()]*\d))")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?[\s-]{0,3}\d(?!am|pm)[A-Z]{2}\b", re.I)
_DAY_OR_TIME = re.compile(
    r"(?<![\d./-])(?:(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:20)?\d\d|20\d\d-[01]\d-[0-3]\d"
    r"|(?:[01]?\d|2[0-3])[.:][0-5]\d)(?![./-]?\d)"
)
_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_ORDINARY = frozenset(
    re.findall(
        r"\w+",
        "will may mark grace hope joy rose bill art sue pat rob jack dawn faith summer april june august autumn ray"
        " dean frank miles penny robin jay carol lily iris daisy ivy holly hazel heather ruby pearl amber jade guy"
        " gene drew young old long short small little brown green white black grey gray king bishop cook baker hill"
        " wood woods field fields park parks lane street rivers brook banks bush day night best good rich sharp wise"
        " noble love moon snow frost winter west north south east hall church page price church bell ball post"
        " case read reading van von der den the and for",
    )
)
"""Names that are words as well: these count with a capital alone, or nobody could write "will"."""


def contact_details_in(text: str) -> list[str]:
    """PRI-01, NET-02, OPP-22: the kinds of contact detail that a text surely holds, whoever's they are, however they
    are written, in words to put after "Take out"."""
    text = _plain(text)
    found = []
    if _EMAIL.search(text):
        found.append("the email address")
    if _PHONE.search(_DAY_OR_TIME.sub(" at ", text)):
        found.append("the phone number")
    if _POSTCODE.search(text):
        found.append("the postcode")
    return found


_PAGE = re.compile(r"\bhttps?://\w|\bwww\.\w|\w\.(?:com|info|net|org|uk)\b", re.I)


def says_how_to_reach(text: str) -> bool:
    """OPP-02: whether a text holds a telephone number, an email address or the address of a page."""
    text = _plain(text)
    return bool(_EMAIL.search(text) or _PAGE.search(text) or _PHONE.search(_DAY_OR_TIME.sub(" at ", text)))


_LOOSE_NUMBER = re.compile(r"\d(?:\D{0,12}\d){8,}")
_LOOSE_EMAIL = re.compile(r"[\w.+-]+\W*(?:@|\bat\b)\W*[\w-]+(?:\.|\W*\bdot\b\W*)[a-z]{2}", re.I)
_SURE_PHONE = re.compile(rf"(?<!\d)(?:\+\s?\d|0)(?:{_BETWEEN}\d){{8,}}")


def sure_contact_details_in(text: str) -> list[str]:
    """OPP-22: as `contact_details_in`, but digits alone are no number: one begins with 0 or + here."""
    found = contact_details_in(text)
    if not _SURE_PHONE.search(_DAY_OR_TIME.sub(" at ", _plain(text))):
        found = [each for each in found if each != "the phone number"]
    return found


def may_hold_contact_details(text: str) -> bool:
    """OPP-22, NET-01: whether a person must look: digits enough for a number with any marks or short words between
    them, or words that can be read as an address."""
    text = re.sub(r"\d{14,}", " a longer number ", _DAY_OR_TIME.sub(" on that day and at that time ", _plain(text)))
    return bool(_LOOSE_NUMBER.search(text) or _LOOSE_EMAIL.search(anyascii(text)))


def may_hold_name(text: str, names: Iterable[str]) -> bool:
    """OPP-22: whether a person must look: part of one of these names within a longer word, or spread over words."""
    words = re.findall(r"[a-z]+", anyascii(_plain(text)).lower())
    whole = "".join(words)
    parts = {part.lower() for name in names for part in _parts(anyascii(_plain(name)))} - _ORDINARY
    return any(
        (len(part) > 5 and part in whole)
        or (len(part) > 3 and any(part in word for word in words))
        or (len(part) == 3 and any(word in (part, f"{part}s") for word in words))
        for part in parts
    )


def personal_details_in(text: str, names: Iterable[str]) -> list[str]:
    """FB-06, NET-02, OPP-22: what kinds of personal detail a text surely holds, in words to put after "Take out".

    names: as of `holds_name`.
    """
    named = holds_name(_ADDRESS.sub(" ", text), names)
    return contact_details_in(text) + (["the person's name"] if named else [])


def holds_name(text: str, names: Iterable[str]) -> bool:
    """Whether it holds a part of one of these names as a whole word, with or without accents. Capitals do not matter
    from three letters up, unless the name is an ordinary word as well; single letters are no name."""
    text = anyascii(_plain(text))
    return any(_holds_part(text, part) for name in names for part in _parts(anyascii(_plain(name))))


def _parts(name: str) -> set[str]:
    whole = set(re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", name))
    return whole | {word.replace("'", "") for word in whole} | {part for word in whole for part in word.split("'")}


def _holds_part(text: str, part: str) -> bool:
    if len(part) < 2:
        return False
    if len(part) > 2 and part.lower() not in _ORDINARY:
        return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text, re.IGNORECASE) is not None
    return any(re.search(rf"(?<!\w){each}(?!\w)", text) for each in {part.capitalize(), part.upper()})


def without_details_of(text: str, ours: Iterable[str]) -> str:
    """The text without the numbers, addresses and postcodes that these other texts hold, however it writes them."""
    text = _plain(text)
    for each in map(_plain, ours):
        for found in _PHONE.finditer(each):
            text = re.sub(_writings_of(found.group()), " ours ", text)
        for found in _ADDRESS.finditer(each):
            text = re.sub(rf"(?<![\w.+'-]){re.escape(found.group())}(?![\w-]|\.\w)", " ours ", text, flags=re.I)
        for found in _POSTCODE.finditer(each):
            letters = r"[\s-]{0,3}".join(character for character in found.group() if character.isalnum())
            text = re.sub(rf"\b{letters}\b", " ours ", text, flags=re.I)
    return text


def _writings_of(number: str) -> str:
    return rf"(?<![\d+])(?:\+?\s?(?:00)?44{_BETWEEN}0?|0?){_BETWEEN}{_BETWEEN.join(national(number))}(?!\d)"


def national(number: str) -> str:
    """The digits of a number as the country dials it, without the first nought: +44 (0)7700 900123 is 7700900123."""
    digits = "".join(each for each in unicodedata.normalize("NFKC", number) if each.isdigit())
    return re.sub(r"^(?:(?:00)?44(?=0?\d{9,})0?|0)", "", digits)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", tidy(text))
