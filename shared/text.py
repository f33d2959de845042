"""What people type and paste, without anything invisible. Applied once, at every door: forms, JSON, CSV cells, query
strings.

Phones, spreadsheets and mail put marks between letters that are on no key: direction marks around a number from the
contacts, a no-break space in a name, a byte order mark before a heading. They change nothing that a person reads, so
nobody is refused for them.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import email_validator

_NOWHERE = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
) | {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2065, 0x2070), *range(0x180B, 0x180E))}
"""Soft hyphen, direction marks, zero-width and word-joining marks, fillers, byte order mark: invisible, and dropped
everywhere."""
_JOINERS = frozenset("\u200c\u200d")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]")
_BREAKS = re.compile("\r\n|[\r\u0085\u2028\u2029\u000b\u000c]")
_FLAG = "\U0001f3f4"
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_BETWEEN_DIGITS = re.compile(rf"[{_DASHES}\s]")
_BETWEEN_CODES = re.compile(rf"[{_DASHES}\s_.·/]")


def tidy(text: str) -> str:
    """The same words to any reader: odd spaces become spaces, every break a line feed, invisible characters go; NFC; no
    space at the ends.

    A joiner or non-joiner between two letters beyond ASCII stays: it belongs to a name's spelling, or to an emoji.
    Doing it twice changes nothing.
    """
    text = _SPACES.sub(" ", _BREAKS.sub("\n", text))
    seen = [letter for letter in text if letter not in _NOWHERE]
    return unicodedata.normalize("NFC", "".join(_kept(seen))).strip()


def without_unseen(text: str) -> str:
    """Removes only what is invisible; leaves spaces, breaks and joiners. For a file, before it is parsed."""
    return "".join(letter for letter in text if letter not in _NOWHERE)


def one_line(text: str) -> str:
    """Tidied, with one space wherever there were breaks, tabs or several spaces."""
    return " ".join(tidy(text).split())


def searched_for(text: str, longest: int = 100) -> str:
    """A search term: one line, without anything that text in the database cannot hold (NUL and the like)."""
    return one_line(
        "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cs") or letter.isspace())
    )[:longest]


def plain_address(text: str) -> str:
    """An email address, a code or a number as typed: joiners and variation marks have no place in it either."""
    # Tidied again, because marks that a joiner kept apart have an order of their own when adjacent.
    return one_line("".join(letter for letter in one_line(text) if letter not in _JOINERS and not _is_selector(letter)))


email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
"""An organisation may use a domain that the Internet does not know (.local, .test): whether a domain exists has
nothing to do with how an address is written."""


def is_email(text: str) -> bool:
    """Whether it is one email address that every mail server accepts. Does not check that its domain exists.

    Refuses addresses with letters beyond ASCII, for which many servers take no mail. Browsers write such a domain in
    ASCII (xn--...), which is accepted.
    """
    try:
        return text.isascii() and bool(
            email_validator.validate_email(text, allow_smtputf8=False, check_deliverability=False)
        )
    except email_validator.EmailSyntaxError:
        return False


def digits(text: str) -> str:
    """ "20-29 59" -> "202959": drops what people put between digits and converts digits of other scripts; leaves
    anything else to be refused."""
    return as_decimals(unicodedata.normalize("NFC", _BETWEEN_DIGITS.sub("", plain_address(text))))


def code_as_typed(text: str) -> str:
    """A code of letters and digits, however it was copied: full-width ones become plain, what people put between them
    goes, small letters become capitals."""
    return _BETWEEN_CODES.sub("", unicodedata.normalize("NFKC", plain_address(text))).upper()


def as_decimals(text: str) -> str:
    """Digits of other scripts, and full-width ones, as 0 to 9."""
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def has_hidden(text: str) -> bool:
    """Whether anything but letters, marks, signs, spaces, line feeds and tabs is left: then the person has to type
    it again."""
    return any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in text)


def _kept(letters: list[str]) -> list[str]:
    """Without joiners, variation marks and tags that join, vary or tag nothing."""
    kept: list[str] = []
    for place, letter in enumerate(letters):
        before = kept[-1] if kept else ""
        if _is_meant(letter, before, letters[place + 1 :] if letter in _JOINERS else letters[place + 1 : place + 2]):
            kept.append(letter)
    while kept and kept[-1] in _JOINERS:
        kept.pop()
    return kept


def _is_meant(letter: str, before: str, after: list[str]) -> bool:
    if letter in _JOINERS:
        joined = next((each for each in after if each not in _JOINERS and not _is_selector(each)), "")
        return bool(before) and before not in _JOINERS and _joins(before) and _joins(joined)
    if _is_selector(letter):
        return _joins(before) or (letter == "\ufe0f" and after == ["\u20e3"])
    return before == _FLAG or _is_tag(before) if _is_tag(letter) else True


def _joins(letter: str) -> bool:
    return bool(letter) and not letter.isascii() and not letter.isspace()


def _is_selector(letter: str) -> bool:
    return "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"


def _is_tag(letter: str) -> bool:
    return bool(letter) and "\U000e0000" <= letter <= "\U000e007f"


def in_hours(minutes: int) -> str:
    """90 -> "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    parts = [
        f"{count} {word}{'' if count == 1 else 's'}" for count, word in ((hours, "hour"), (rest, "minute")) if count
    ]
    return " ".join(parts) or "0 minutes"


def counted(count: int, one: str, many: str = "") -> str:
    """ "1 date", "2 dates", "1,500 dates". many: the plural, unless it just adds an "s"."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def all_of(count: int, one: str, many: str = "") -> str:
    """ "the date", "both dates", "all 3 dates"."""
    many = many or f"{one}s"
    return {1: f"the {one}", 2: f"both {many}"}.get(count, f"all {count:,} {many}")


def number_of(person_id: UUID) -> str:
    """A short number for somebody, the same on every page of every service: staff use it to tell people of the same
    name apart."""
    return person_id.hex[-4:].upper()


def told_apart(named: Sequence[tuple[str, str]]) -> list[str]:
    """(name, what tells them apart) -> what to show: if two on a page have the same name, each with what tells them
    apart."""
    often = Counter(" ".join(name.split()).casefold() for name, _ in named)
    return [f"{name} ({by})" if by and often[" ".join(name.split()).casefold()] > 1 else name for name, by in named]
