"""Everything that a PDF shows, however deep its parts hold each other."""

from collections.abc import Iterator
from typing import Any

import pikepdf

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit

DAMAGED = (pikepdf.PdfError, TypeError, ValueError, AttributeError, KeyError)
"""Raised for a part that is not as PDF says: what pdfium draws of that part is what a person would see."""
_MOST_OBJECTS = 300_000
_PAGE_WITHOUT = ("/Contents", "/Parent")
"""A page's contents are read as one, elsewhere."""
_FONT_WITHOUT = ("/FontDescriptor", "/ToUnicode", "/CIDToGIDMap", "/Encoding", "/Widths", "/W", "/W2")
"""What of a font holds no other."""
FONTS = ("/Type0", "/Type1", "/MMType1", "/TrueType")
_PARTS_OF_FONTS = ("/Type3", "/CIDFontType0", "/CIDFontType2")
_HOLDERS = (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)


def everything_in(document: pikepdf.Pdf) -> Iterator[tuple[str, Any]]:
    """With the key that leads there (none from a list). Raises Unfit if there is too much."""
    start = [document.Root.get(key, pikepdf.Dictionary()) for key in ("/Pages", "/AcroForm")]
    yield from walk(pikepdf.Array([*start, *(page.obj for page in document.pages)]))


def walk(start: Any) -> Iterator[tuple[str, Any]]:
    """Everything that this holds, directly or not, with the key that leads there (none from a list). Comes by each
    object once for each key."""
    waiting, seen = [("", start)], set[tuple[int, int]]()
    for _ in range(_MOST_OBJECTS):
        if not waiting:
            return
        key, item = waiting.pop()
        yield key, item
        if item.objgen != (0, 0) and item.objgen in seen:
            continue
        seen.add(item.objgen)
        waiting += [(name, each) for name, each in _parts_of(item) if isinstance(each, _HOLDERS)]
    raise Unfit(Problem.TOO_MUCH)


def _parts_of(item: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(item, pikepdf.Array):
        yield from (("", each) for each in item)
        return
    is_font = item.get("/Subtype") in (*FONTS, *_PARTS_OF_FONTS)
    without = _PAGE_WITHOUT if item.get("/Type") == "/Page" else _FONT_WITHOUT if is_font else ()
    yield from ((key, each) for key, each in item.items() if key not in without)
