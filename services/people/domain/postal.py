"""Postal addresses: the lines of an envelope, from the name on the door to the postcode."""

import re
from typing import NamedTuple

from shared.reasons import Reason
from shared.text import has_hidden

LONGEST_LINE = 40
MOST_LINES = 6
"""What fits into the window of an envelope, with the name and the postcode."""
_POSTCODE = re.compile(r"(GIR|[A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][ABD-HJLNP-UW-Z]{2})")
_POSTCODE_AT_END = re.compile(r"^(.*?)[\s,]*\b([A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2})$")


class PostalAddress(NamedTuple):
    """lines: between the name and the postcode."""

    name: str
    lines: tuple[str, ...]
    postcode: str


def as_postal_address(name: str, lines: str, postcode: str = "") -> str:
    """As we keep it: a line each, the name first and the postcode last; blank without lines and postcode.

    lines: parted by line ends or, in one line, by commas. Without a postcode, they may end with it."""
    parts = lines.splitlines() if "\n" in lines.strip() else lines.split(",")
    if not postcode and (found := _POSTCODE_AT_END.match(parts[-1].strip())):
        parts, postcode = [*parts[:-1], found[1]], found[2]
    kept = [line for line in (_one_line(part) for part in parts) if line]
    written = _canonical_postcode(postcode)
    return "\n".join([_one_line(name), *kept, written]) if kept or written else ""


def parts_of(address: str) -> PostalAddress:
    """Of an address as we keep it."""
    name, *lines, postcode = address.split("\n") if address else ("", "")
    return PostalAddress(name, tuple(lines), postcode)


def reasons_against_postal_address(address: str) -> list[Reason]:
    """NOT-01: blank is fine. A UK address otherwise, whose postcode is checked in form alone."""
    if not address:
        return []
    name, lines, postcode = parts_of(address)
    reasons = [] if name else [Reason("NOT-01", "Write the name that is on the door", field="name_on_door")]
    if not lines:
        reasons.append(Reason("NOT-01", "Write the number and street", field="line_1"))
    if len(lines) > MOST_LINES:
        reasons.append(
            Reason("NOT-01", f"Write at most {MOST_LINES} lines, so that it fits on an envelope", field="line_1")
        )
    if any(len(line) > LONGEST_LINE for line in (name, *lines)):
        reasons.append(
            Reason(
                "NOT-01",
                f"Write at most {LONGEST_LINE} letters in a line. Commas part the lines of a list",
                field="line_1",
            )
        )
    if has_hidden(address):
        reasons.append(
            Reason(
                "NOT-01", "There is a sign in this that we cannot use. Type it again, without pasting", field="line_1"
            )
        )
    if not _POSTCODE.fullmatch(postcode.replace(" ", "")):
        reasons.append(Reason("NOT-01", "Write a whole postcode, like PE13 1AB", field="postcode"))
    return reasons


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _canonical_postcode(typed: str) -> str:
    """ "pe131ab" -> "PE13 1AB"; text that is no postcode is left alone."""
    found = _POSTCODE.fullmatch("".join(typed.split()).upper())
    return f"{found[1]} {found[2]}" if found else _one_line(typed)
