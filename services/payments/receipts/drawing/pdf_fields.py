"""Shows what was filled in in a PDF: fields that belong to no form, and values that their own drawing leaves out."""

import io
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name

from services.payments.receipts.drawing.pdf_fonts import is_held
from services.payments.receipts.drawing.pdf_objects import DAMAGED, walk
from services.payments.receipts.drawing.pdf_parts import (
    Box,
    box_of,
    has_appearance,
    inherited,
    is_filled_in,
    notes_to_see,
    plain,
    text_of,
)

_OF_A_FIELD = ("/FT", "/V", "/Ff", "/DA", "/MaxLen", "/Opt", "/Q", "/DV", "/RV", "/I", "/TI")
"""What a field may have from the one above it."""
_PUSHED = 1 << 16
"""Field flag: a button that shows its own drawing, whatever its value."""
_LINES, _COMB = 1 << 12, 1 << 24
_SMALLEST = 4
"""Points. A field with a shorter side is there to calculate with, not to be seen."""
_FONT = re.compile(r"/(\S+)(\s+)(\S+)\s+Tf")
_OURS = "ReceiptHelvetica"
_TEXTS = (pikepdf.String, pikepdf.Stream)
_SHOWS = "Tj TJ ' \" c v y sh BI Do"
"""What a drawing needs in order to show more than an empty field: letters, curves, shades or a picture."""


class Field(NamedTuple):
    """A field with something in it that we draw: its page (counted from 0), place, and the words that must be seen."""

    page: int
    box: Box
    text: str
    note: Any


def attach(document: pikepdf.Pdf) -> bool:
    """Gives fields that belong to no form one: a page that was taken out of its file has left the form behind. Whether
    there were any."""
    form = document.Root.get("/AcroForm")
    known = set[tuple[int, int]]()
    if isinstance(form, Dictionary) and isinstance(form.get("/Fields"), Array):
        known = {item.objgen for item in _fields_in(form.Fields)}
    lost = False
    for page in document.pages:
        notes = page.obj.get("/Annots")
        for at, note in enumerate(notes if isinstance(notes, Array) else []):
            if isinstance(note, Dictionary) and note.get("/Subtype") == "/Widget" and note.objgen not in known:
                if not note.is_indirect:
                    notes[at] = document.make_indirect(note)  # pyrefly: ignore
                _attach(document, notes[at])  # pyrefly: ignore
                known.add(notes[at].objgen)  # pyrefly: ignore
                lost = True
    return lost


def _fields_in(fields: Any) -> Iterator[Any]:
    for key, item in walk(fields):
        if isinstance(item, Dictionary) and key in ("", "/Parent"):
            yield item


def _attach(document: pikepdf.Pdf, note: Any) -> None:
    for key in _OF_A_FIELD:
        if key not in note and (value := inherited(note, key)) is not None:
            note[key] = value
    if "/Parent" in note:
        del note["/Parent"]
    if "/FT" not in note:
        note.FT, note.Ff = Name.Btn, _PUSHED
    note.T = f"receipt{note.objgen[0]}"
    form = _form_of(document)
    form.Fields.append(note)


def _form_of(document: pikepdf.Pdf) -> Any:
    if not isinstance(document.Root.get("/AcroForm"), Dictionary):
        document.Root.AcroForm = document.make_indirect(Dictionary())
    form = document.Root.AcroForm
    if not isinstance(form.get("/Fields"), Array):
        form.Fields = Array()
    return form


def draw_values(document: pikepdf.Pdf, empty: Collection[tuple[int, Box]] = ()) -> bool:
    """Leaves to us those fields whose own drawing shows an empty field, and those at these places. Makes room in all
    that we draw for the whole value. Whether there was anything to change."""
    changed = False
    for page, note in _filled_in(document):
        if has_appearance(note) and (_shows_an_empty_field(note.AP.N) or (page, box_of(note)) in empty):
            del note["/AP"]
            changed = True
    for field in left_to_us(document):
        changed |= _make_room(document, field)
    return changed


def left_to_us(document: pikepdf.Pdf) -> list[Field]:
    needs = bool(document.Root.get("/AcroForm", {}).get("/NeedAppearances", False))
    return [
        Field(page, box_of(note), _words_to_see(note), note)
        for page, note in _filled_in(document)
        if (needs or not has_appearance(note)) and _can_be_seen(box_of(note))
    ]


def _can_be_seen(box: Box) -> bool:
    left, bottom, right, top = box
    return min(abs(right - left), abs(top - bottom)) >= _SMALLEST


def draw_in_our_font(document: pikepdf.Pdf, field: Field, *, small: bool = False) -> None:
    """small: on as many lines, and as small, as its place needs."""
    note = field.note
    look = str(inherited(note, "/DA") or document.Root.AcroForm.get("/DA", ""))
    if not _FONT.search(look):
        look = "/Helv 0 Tf 0 g"
    note.DA = pikepdf.String(_FONT.sub(lambda found: f"/{_OURS} {0 if small else found[3]} Tf", look))
    if small:
        _set(note, "/Ff", int(inherited(note, "/Ff") or 0) & ~_COMB | _LINES)
    form = _form_of(document)
    if not isinstance(form.get("/DR"), Dictionary):
        form.DR = Dictionary()
    if not isinstance(form.DR.get("/Font"), Dictionary):
        form.DR.Font = Dictionary()
    form.DR.Font[f"/{_OURS}"] = Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding
    )
    if "/AP" in note:
        del note["/AP"]


def alone(document: pikepdf.Pdf) -> bytes:
    """The file with nothing on its pages but the fields that we draw."""
    output = io.BytesIO()
    document.save(output)
    copy = pikepdf.open(output)
    kept: dict[int, list[Any]] = {}
    for field in left_to_us(copy):
        kept.setdefault(field.page, []).append(field.note)
    for number, page in enumerate(copy.pages):
        page.obj.Annots = Array(kept.get(number, []))
        if "/Contents" in page.obj:
            del page.obj["/Contents"]
    output = io.BytesIO()
    copy.save(output)
    return output.getvalue()


def _filled_in(document: pikepdf.Pdf) -> Iterator[tuple[int, Any]]:
    for number, page in enumerate(document.pages):
        for note in notes_to_see(page):
            if note.get("/Subtype") == "/Widget" and "/Rect" in note and is_filled_in(note):
                yield number, note


def _shows_an_empty_field(drawing: Any) -> bool:
    """Whether it has only what is also there when nothing is filled in: a ground, a border, lines between figures."""
    try:
        if not isinstance(drawing, pikepdf.Stream):
            return False
        for operands, operator in pikepdf.parse_content_stream(drawing, _SHOWS):
            if str(operator) not in ("Tj", "TJ", "'", '"') or _is_written(operands):
                return False
    except DAMAGED:
        return False
    return True


def _is_written(operands: Any) -> bool:
    *_, texts = operands
    return any(
        bytes(text).strip(b" \0")
        for text in (texts if isinstance(texts, Array) else [texts])
        if isinstance(text, pikepdf.String)
    )


def _words_to_see(note: Any) -> str:
    """Of a choice: the words of what was chosen."""
    value = inherited(note, "/V")
    chosen = [each for each in (value if isinstance(value, Array) else [value]) if isinstance(each, _TEXTS)]
    pairs = [each for each in inherited(note, "/Opt") or [] if isinstance(each, Array) and len(each) > 1]
    words = {text_of(each[0]): text_of(each[1]) for each in pairs}
    return plain("".join(words.get(text_of(each), text_of(each)) for each in chosen))


def _make_room(document: pikepdf.Pdf, field: Field) -> bool:
    note, changed = field.note, False
    most = inherited(note, "/MaxLen")
    length = len(text_of(inherited(note, "/V")))
    if most is not None and int(most) < length:
        _set(note, "/MaxLen", length)
        changed = True
    if _draws_in_a_part_of_a_font(document, note):
        draw_in_our_font(document, field)
        changed = True
    return changed


def _set(note: Any, key: str, value: int) -> None:
    """On the place that is drawn, and on the field that it is a place of."""
    note[key] = value
    while "/T" not in note and "/Parent" in note:
        note = note.Parent
        note[key] = value


def _draws_in_a_part_of_a_font(document: pikepdf.Pdf, note: Any) -> bool:
    """A font in the file may have only the letters that were there before."""
    form = document.Root.get("/AcroForm", Dictionary())
    look = _FONT.search(str(inherited(note, "/DA") or form.get("/DA", "")))
    if look is None:
        return False
    for holder in (note, form):
        font = holder.get("/DR", Dictionary()).get("/Font", Dictionary()).get(f"/{look[1]}")
        if isinstance(font, Dictionary):
            return is_held(font)
    return False
