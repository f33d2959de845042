"""Finds in a PDF the fonts that it does not hold, and the signs in them that we cannot draw as their author saw them.

Such a font may hang anywhere: on a page, in a pattern, a mask, a stamp, a letter that is itself a drawing. So this
follows everything that a page or form holds, and does not ask where a font was found.
"""

import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from PIL import ImageFont

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit
from services.payments.receipts.drawing.pdf_objects import DAMAGED, FONTS, everything_in

_NO_TEXT = ("/N", "/FunctionType", "/ShadingType", "/HalftoneType", "/Width", "/Params")
"""A stream that has one of these is a picture, a file, or says how colours look, and writes nothing."""
_WRITES = "q Q Tf Tr Tj TJ ' \""
_UNSEEN = 3
"""A way to write that leaves nothing on the page: what a scanner read in its picture."""
_SET_BY_DEFAULT = re.compile(r"/(\S+)\s+\S+\s+Tf")
_DRAWN_RIGHT = re.compile(
    r"(GB(pc)?-EUC|GBKp?-EUC|GBK2K|Uni(GB|CNS|JIS|KS)-(UCS2|UTF16)|UniJIS-UCS2-HW|B5pc|HKscs-B5|ETen(ms)?-B5"
    r"|83pv-RKSJ|90msp?-RKSJ|90pv-RKSJ|Add-RKSJ|Ext-RKSJ|EUC|KSC(pc)?-EUC|KSCms-UHC(-HW)?)-[HV]"
)
"""Tables of letters in which pdfium draws figures and Latin letters right and leaves others blank;
it draws those of UTF-32, UTF-8, CNS-EUC and UniJIS2004 as other signs, and all numbers of a font's own letters."""
_OF_SIGNS = re.compile(
    r"wingding|webding|dingbat|marlett|mtextra|fontawesome|icons?\b|code39|code128|barcode|symbol|sorts"
)
_OURS = {
    "Symbol": "Symbol",
    "SymbolMT": "Symbol",
    **dict.fromkeys(("ZapfDingbats", "ZapfDingbatsITC", "ITCZapfDingbats", "MonotypeSorts"), "ZapfDingbats"),
}
"""Each by its names."""
_SIGNS, _NO_SIGNS = 4, 32  # flags
_SPACES = {0, 3, 32}
"""In a font of many letters: the third letter is a space in nearly all."""
_TYPED = range(32, 127)
_BLANK = re.compile(r"\.?notdef|\.?null|NULL|CR|nonmarkingreturn|control\w+|\w*space|uni00(0\w|20|A0)")
"""Names of letters that show nothing."""


@dataclass
class Fonts:
    """Everything in a file that is written, and in which fonts. named: each font with a name under which it is known.
    by_default: fonts that fields may be filled in with."""

    named: list[tuple[str, Any]] = field(default_factory=list)
    streams: list[Any] = field(default_factory=list)
    by_default: set[str] = field(default_factory=set)

    def shown(self) -> dict[str, set[bytes]]:
        found: dict[str, set[bytes]] = {}
        for stream in self.streams:
            try:
                for name, text in _written(stream):
                    found.setdefault(name, set()).add(text)
            except DAMAGED:
                found.setdefault("", set()).add(bytes(range(256)))  # it may write anything
        return found


@dataclass
class ToTry:
    """What may turn out to be blank. letters: their names, by the font of ours that has them if any has. texts: what
    is written in a font of many letters."""

    letters: dict[str, set[str]] = field(default_factory=dict)
    texts: list[tuple[Any, set[bytes]]] = field(default_factory=list)


def refuse_unknown_signs(document: pikepdf.Pdf) -> ToTry:
    """Raises Unfit for text in a font whose signs we cannot know."""
    fonts = _look_through(document)
    to_try, shown = ToTry(), None
    for name, font in fonts.named:
        with contextlib.suppress(*DAMAGED):
            if not _may_be_drawn_as_others(font):
                continue
            shown = fonts.shown() if shown is None else shown
            texts = shown.get(name, set()) | shown.get("", set())
            codes = set(b"".join(texts))
            if _has_unknown_signs(font, codes, name in fonts.by_default):
                raise Unfit(Problem.LETTERS)
            if font.Subtype == "/Type0":
                to_try.texts.append((font if font.is_indirect else document.make_indirect(font), texts))
            else:
                to_try.letters.setdefault(_ours_for(font), set()).update(_letters_of(font, codes))
    return to_try


def _look_through(document: pikepdf.Pdf) -> Fonts:
    """Raises Unfit if a font is set in a way that pdfium does not know."""
    fonts = Fonts()
    for key, item in everything_in(document):
        if _is_font(item):
            if not key:  # in a list: set with other things at once, by "gs"
                raise Unfit(Problem.LETTERS)
            fonts.named.append((key.removeprefix("/"), item))
        if item.get("/Type") == "/Page" if isinstance(item, pikepdf.Dictionary) else _may_write(item):
            fonts.streams.append(item)
        if isinstance(item, pikepdf.Dictionary) and isinstance(item.get("/DA"), pikepdf.String):
            fonts.by_default.update(_SET_BY_DEFAULT.findall(str(item.DA)))
    return fonts


def _is_font(item: Any) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/Subtype") in FONTS


def _may_write(item: Any) -> bool:
    return (
        isinstance(item, pikepdf.Stream)
        and item.get("/Subtype") in (None, "/Form")
        and not any(key in item for key in _NO_TEXT)
    )


def _written(stream: Any) -> Iterator[tuple[str, bytes]]:
    """Each text that is seen, and the name of its font ("" if another drawing set it)."""
    now, kept = ("", 0), list[tuple[str, int]]()
    for operands, operator in pikepdf.parse_content_stream(stream, _WRITES):
        match str(operator), list(operands):
            case "q", _:
                kept.append(now)
            case "Q", _:
                now = kept.pop() if kept else now
            case "Tf", [name, *_]:
                now = (str(name).removeprefix("/"), now[1])
            case "Tr", [mode, *_]:
                now = (now[0], int(mode))
            case _, [*_, texts] if now[1] != _UNSEEN:
                for text in texts if isinstance(texts, pikepdf.Array) else [texts]:
                    if isinstance(text, pikepdf.String):
                        yield now[0], bytes(text)


def _may_be_drawn_as_others(font: Any) -> bool:
    """Whether it depends on what is written in it."""
    if is_held(font):
        return False
    return font.Subtype == "/Type0" or _is_of_signs(font) or _has_letters_of_its_own(font) or bool(_differences(font))


def _has_unknown_signs(font: Any, codes: set[int], is_default: bool) -> bool:
    if font.Subtype == "/Type0":
        table = font.get("/Encoding")
        is_known = isinstance(table, pikepdf.Name) and _DRAWN_RIGHT.fullmatch(str(table)[1:])
        return not is_known and (is_default or bool(codes - _SPACES))
    if _is_of_signs(font):
        return is_default or bool(codes - {32})
    return _has_letters_of_its_own(font) and any(code > 32 and code not in _TYPED for code in codes)


def _letters_of(font: Any, codes: set[int]) -> set[str]:
    return {name for code, name in _differences(font).items() if code in codes and not _BLANK.fullmatch(name)}


def is_held(font: Any) -> bool:
    return any(
        isinstance(held, pikepdf.Stream) and _is_a_font(held)
        for each in (font, *font.get("/DescendantFonts", []))
        for key, held in each.get("/FontDescriptor", pikepdf.Dictionary()).items()
        if key.startswith("/FontFile")
    )


def _is_a_font(held: pikepdf.Stream) -> bool:
    """Pillow asks the library of fonts that pdfium asks."""
    try:
        return bool(ImageFont.truetype(io.BytesIO(held.read_bytes()), 12, layout_engine=ImageFont.Layout.BASIC))
    except OSError:
        return False


def call_ours_by_name(font: Any) -> bool:
    """pdfium knows its two fonts of signs by one name each. Whether this one had another."""
    ours = _OURS.get(_base_of(font))
    if ours is None or _name_of(font) == ours or is_held(font):
        return False
    font.BaseFont, font.Subtype = pikepdf.Name(f"/{ours}"), pikepdf.Name.Type1
    if "/FontDescriptor" in font:
        del font["/FontDescriptor"]
    return True


def _name_of(font: Any) -> str:
    return str(font.get("/BaseFont", "")).removeprefix("/")


def _base_of(font: Any) -> str:
    """Without the letters before it that say that it is a part of that font, and without "bold" behind it."""
    return _name_of(font).rpartition("+")[2].partition(",")[0]


def _ours_for(font: Any) -> str:
    return name if (name := _name_of(font)) in _OURS.values() else "Helvetica"


def _is_of_signs(font: Any) -> bool:
    base = re.sub(r"[\s_-]", "", _base_of(font)).lower()
    return _based_on(font) == "/MacExpertEncoding" or (
        _name_of(font) not in _OURS.values() and bool(_OF_SIGNS.search(base))
    )


def _has_letters_of_its_own(font: Any) -> bool:
    """Whether only the font knows which letter each byte means. In nearly all of them the letters that one types mean
    themselves."""
    flags = int(font.get("/FontDescriptor", pikepdf.Dictionary()).get("/Flags", _NO_SIGNS))
    return (
        _based_on(font) is None
        and _name_of(font) not in _OURS.values()
        and bool(flags & _SIGNS)
        and not flags & _NO_SIGNS
    )


def _based_on(font: Any) -> Any:
    table = font.get("/Encoding")
    return table.get("/BaseEncoding") if isinstance(table, pikepdf.Dictionary) else table


def _differences(font: Any) -> dict[int, str]:
    table = font.get("/Encoding")
    found: dict[int, str] = {}
    code = 0
    for each in table.get("/Differences", []) if isinstance(table, pikepdf.Dictionary) else []:
        if isinstance(each, pikepdf.Name):
            found[code] = str(each).removeprefix("/")
            code += 1
        else:
            code = int(each)
    return found
