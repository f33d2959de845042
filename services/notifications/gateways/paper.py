"""Letters as pages to print: one tagged PDF, made by Typst from words that are data (NOT-01)."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from anyascii import anyascii

from services.notifications.domain.posting import AT_ONCE
from services.notifications.gateways import rendering
from services.notifications.settings import Settings
from shared.apart import answer_of
from shared.web.filters import FILTERS

SECONDS = 30
"""The longest that a print may take."""
_TYPESETTING = "services.notifications.gateways.typesetting"
_FONT = "Source Sans Pro"
_one_at_a_time = asyncio.Semaphore(1)
_day = FILTERS["day"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One letter. number: tells it from others, on our pages too. address: the lines of the envelope. discreet: nothing
    in it says who we are (NOT-04)."""

    number: int
    address: Sequence[str]
    written: rendering.Letter
    discreet: bool


class CannotPrint(Exception):
    """It took too long, or Typst refused it."""


async def as_pdf(sheets: Sequence[Sheet], on: date, settings: Settings) -> bytes:
    """Each letter begins on a page of its own, on the right side where both sides are printed."""
    if len(sheets) > AT_ONCE:
        raise ValueError(f"{AT_ONCE} letters at most in one print")
    given = json.dumps(
        {
            "title": "Letters" if len(sheets) > 1 else "Letter",
            "author": settings.organisation_name,
            "font": _FONT,
            "letters": [_letter(each, on, settings) for each in sheets],
        }
    )
    async with _one_at_a_time:
        exit_code, pdf = await answer_of(_TYPESETTING, given.encode(), seconds=SECONDS)
    if exit_code or not pdf:
        raise CannotPrint
    return pdf


def _letter(sheet: Sheet, on: date, settings: Settings) -> dict[str, Any]:
    ours = [] if sheet.discreet else [settings.organisation_name]
    ring = [f"Ring us on {settings.duty_number}"] if settings.duty_number else []
    return {
        "address": [_printable(line) for line in sheet.address],
        "sender": [_printable(line) for line in [*ours, *ring, settings.contact_hours]],
        "return_to": _printable(settings.postal_address),
        "date": f"{_day(on)} · Letter {sheet.number}",
        "subject": _printable(sheet.written.subject),
        "body": _blocks(sheet.written.body),
        "foot": _blocks(sheet.written.foot),
    }


def _blocks(lines: Sequence[rendering.Line]) -> list[dict[str, Any]]:
    return [
        {"shape": "list", "items": [_printable(line.text) for line in group]}
        if group[0].shape == "item"
        else {"shape": group[0].shape, "text": _printable(group[0].text)}
        for group in rendering.grouped(lines)
    ]


def _printable(text: str) -> str:
    """Letters that the font lacks are spelled in Latin ones, because a box on an envelope reaches nobody."""
    return "".join(each if _is_printable(each) else anyascii(each) for each in text)


def _is_printable(letter: str) -> bool:
    """What the font surely holds: Latin letters and the signs that go with them."""
    code = ord(letter)
    return 0x20 <= code < 0x7F or 0xA0 <= code < 0x17F or letter in _SIGNS


_SIGNS = "–—‘’“”…•€£½¼¾×·ȘșȚț"
