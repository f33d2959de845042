"""How values are written on pages: British, in words, in London's time."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from shared.clock import day, moment, short_day, time
from shared.money import pounds
from shared.text import all_of, counted, in_hours, number_of
from shared.web.helping import theirs, theirs_each
from shared.web.saying import said_by

_REACHED = re.compile(
    r"(?P<page>\bhttps?://\S+)|(?<![\w/.=&?%+-])(?:"
    r"(?P<email>\w[\w.+'-]{0,63}@[\w-]+(?:\.[\w-]+)+)|(?:\+\d|\(?0\d)[\d ()-]{6,15}\d(?![\w/@]))"
)
_CODE = re.compile(r"\bG-[0-9A-Z]{4}\b")


def minutes(value: int) -> str:
    """90 -> "1 hour 30 minutes"."""
    return in_hours(value)


def within(label: str) -> str:
    """A label in the middle of a sentence: "Phone" -> "phone". "I", initials and names with more than one capital
    stay as they are."""
    first = re.match(r"[^\W\d_]+", label)
    word = first[0] if first else ""
    return label if word == "I" or word[1:] != word[1:].lower() else label[:1].lower() + label[1:]


def sentence(text: str) -> str:
    """Ends it with exactly one full stop, whether the reason was written with one or not."""
    text = text.rstrip()
    return text if text.endswith((".", "?", "!")) else f"{text}."


def money(pence: int) -> str:
    """1250 -> "£12.50"."""
    return pounds(pence)


def in_pence(pence: int) -> str:
    """45 -> "45 pence", as in "45 pence for each mile". From one pound on, the same as `money`."""
    return f"{pence} {'penny' if pence == 1 else 'pence'}" if pence < 100 else pounds(pence)


def codes(value: str) -> Markup:
    """Text in which each guest's code, like G-7F3K, stays on one line."""
    return Markup(_CODE.sub(r'<span class="chorus-code">\g<0></span>', str(escape(value))))


def reachable(value: str) -> Markup:
    """A text in which each telephone number, like 01632 960123, is a link to ring it, and each email address a link to
    write to it. Both stay as they are within the address of a page."""
    return _with_links(value, pages=False)


def linked(value: str) -> Markup:
    """As `reachable`, and each address of a page is a link too. For our own words alone: others' addresses are not to
    be pressed."""
    return _with_links(value, pages=True)


def _with_links(value: str, *, pages: bool) -> Markup:
    said, at = Markup(), 0
    for found in _REACHED.finditer(value):
        text = found[0].rstrip(".,;:!?)”’") if found["page"] else found[0]
        if href := (text if pages else "") if found["page"] else _href_of(found):
            link = Markup('<a class="govuk-link" href="{}">{}</a>').format(href, text)
            said, at = said + value[at : found.start()] + link, found.start() + len(text)
    return said + value[at:]


def _href_of(found: re.Match[str]) -> str:
    if found["email"]:
        return f"mailto:{quote(found[0], safe='@+')}"
    number = re.sub(r"\(0\)|[^\d+]", "", found[0])
    return f"tel:{number}" if 10 <= len(number.lstrip("+")) <= 13 else ""


FILTERS: dict[str, Callable[..., Any]] = {
    "linked": linked,
    "money": money,
    "in_pence": in_pence,
    "day": day,
    "time": time,
    "moment": moment,
    "minutes": minutes,
    "codes": codes,
    "reachable": reachable,
    "theirs": theirs,
    "theirs_each": theirs_each,
    "said_by": said_by,
}
FILTERS |= {
    "short_day": short_day,
    "our_number": number_of,
    "within": within,
    "sentence": sentence,
    "counted": counted,
    "all_of": all_of,
}
