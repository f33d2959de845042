"""What a text reveals about who somebody is, as far as a program can see. It cannot find everything, so a person
reads the text, too."""

import re
from collections.abc import Iterable

_EMAIL = re.compile(r"\S+@\S+\.\S+")
_PHONE = re.compile(r"\+?\d(?:[ \-()]*\d){8,}")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.IGNORECASE)


def personal_details_in(text: str, names: Iterable[str]) -> list[str]:
    """FB-06, NET-02, OPP-22: the kinds of personal detail that a text certainly holds, in words to put after "Take
    out".

    names: display names, as for `holds_name`.
    """
    found = []
    if _EMAIL.search(text):
        found.append("the email address")
    if _PHONE.search(text):
        found.append("the phone number")
    if _POSTCODE.search(text):
        found.append("the postcode")
    if holds_name(text, names):
        found.append("the person's name")
    return found


def holds_name(text: str, names: Iterable[str]) -> bool:
    """Whether it contains part of one of these display names: whole words of three letters or more, in the same
    case."""
    parts = {part for name in names for part in re.findall(r"\w{3,}", name)}
    return any(re.search(rf"\b{re.escape(part)}\b", text) for part in parts)
