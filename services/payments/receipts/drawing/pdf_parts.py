"""Finds with qpdf what a drawing of a PDF may fail to show, and what a viewer shows even though the file is damaged."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pikepdf

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit
from services.payments.receipts.drawing.pdf_fonts import ToTry, refuse_unknown_signs
from services.payments.receipts.drawing.pdf_mends import mend
from services.payments.receipts.drawing.pdf_objects import DAMAGED
from shared.foreign import Unreadable, xml_in

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points of the page."""
Found = TypeVar("Found")
_HIDDEN = 0b10_0010  # annotation flags: hidden, not to be seen on a screen
_DRAWN_BY_VIEWERS = ("/FreeText", "/Stamp", "/Line", "/Polygon", "/PolyLine")
"""Notes whose look is their meaning. Some viewers draw them even if the file does not say how; ours does not."""
_WITH_A_POP_UP = (
    *(
        "/Popup",
        "/Projection",
        "/Text",
        "/Caret",
        "/Highlight",
        "/Underline",
        "/Squiggly",
        "/StrikeOut",
        "/Ink",
        "/Circle",
        "/Square",
    ),
    *("/Line", "/Polygon", "/PolyLine"),
)
"""Notes whose words a viewer shows only beside the page, when somebody opens the note. On a printed page they are
missing."""
_DROPS_DOWN = 1 << 17
"""Field flag: of a choice, only what was chosen is seen."""
_MOST_DEPTH = 20
_MOST_FIELDS = 2_000
_MOST_NOTES = 50_000


@dataclass
class Parts:
    """document: None if qpdf cannot read it, though pdfium may. to_try: what our fonts may not have. is_mended: it
    was changed, so that pdfium draws it right."""

    document: pikepdf.Pdf | None = None
    boxes: dict[int, list[Box]] = field(default_factory=dict)
    words: dict[int, list[str]] = field(default_factory=dict)
    to_try: ToTry = field(default_factory=ToTry)
    is_mended: bool = False

    def must_be_seen(self, page: int) -> list[Box]:
        """Where something is filled in on this page (counted from 0)."""
        return self.boxes.get(page, [])

    def must_be_said(self, page: int) -> list[str]:
        """What notes on this page say that no drawing of it shows."""
        return self.words.get(page, [])

    def left_to_viewers(self) -> set[str]:
        """The letters of fields and notes of which the file does not say how they look."""
        if self.document is None:
            return set()
        needs = bool(self.document.Root.get("/AcroForm", {}).get("/NeedAppearances", False))
        return {
            letter
            for page in self.document.pages
            for note in notes_to_see(page)
            if (needs and note.get("/Subtype") == "/Widget") or not has_appearance(note)
            for text in _texts_of(note)
            for letter in text
        }

    def repaired(self) -> bytes | None:
        """Written again from what qpdf could find."""
        if self.document is None:
            return None
        output = io.BytesIO()
        self.document.save(output)
        return output.getvalue()


def look_into(data: bytes) -> Parts:
    """Raises Unfit for something that cannot be shown."""
    try:
        document = pikepdf.open(io.BytesIO(data))
    except pikepdf.PasswordError:
        raise Unfit(Problem.LOCKED) from None
    except pikepdf.PdfError:
        return Parts()
    parts = Parts(document)
    parts.is_mended = _unless_damaged(mend, document, False)
    parts.words = _unless_damaged(_words_of_notes, document, {})
    parts.boxes = _unless_damaged(_boxes, document, {})
    parts.to_try = _unless_damaged(refuse_unknown_signs, document, ToTry())
    _unless_damaged(_refuse_other_programs, document, None)
    return parts


def _unless_damaged(look: Callable[[pikepdf.Pdf], Found], document: pikepdf.Pdf, otherwise: Found) -> Found:
    try:
        return look(document)
    except DAMAGED:
        return otherwise


def _refuse_other_programs(document: pikepdf.Pdf) -> None:
    root = document.Root
    if "/Collection" in root:
        raise Unfit(Problem.FOLDER)
    form = root.get("/AcroForm")
    if form is not None and "/XFA" in form and (bool(root.get("/NeedsRendering", False)) or _says_more(form)):
        raise Unfit(Problem.NOT_ALL_SHOWN)


def _says_more(form: Any) -> bool:
    """Whether an XFA form holds an answer that the form's ordinary fields do not."""
    xfa = form.XFA
    packets = [xfa] if isinstance(xfa, pikepdf.Stream) else [part for part in xfa if isinstance(part, pikepdf.Stream)]
    answers: set[str] = set()
    for packet in packets:
        data = packet.read_bytes()
        if b"datasets" not in data:
            continue
        try:
            tree = xml_in(data)
        except Unreadable:
            return True  # in pieces, or unreadable: we cannot know
        data_nodes = [node for node in tree.iter() if isinstance(node.tag, str) and node.tag.endswith("}data")]
        answers |= {plain(node.text) for top in data_nodes for node in top.iter() if node.text and node.text.strip()}
    said = {plain(value) for value in _values(form.get("/Fields", pikepdf.Array()))}
    return bool(answers - said - {""})


def plain(text: str | None) -> str:
    """Without the spaces and line ends, which differ between what was typed and what is drawn."""
    return re.sub(r"\s+", "", text or "")


def _values(fields: Any, depth: int = 0) -> Iterator[str]:
    if depth > _MOST_DEPTH:
        return
    for item in list(fields)[:_MOST_FIELDS]:
        if "/V" in item:
            yield str(item.V).removeprefix("/")
        if "/Kids" in item:
            yield from _values(item.Kids, depth + 1)


def _boxes(document: pikepdf.Pdf) -> dict[int, list[Box]]:
    """Raises Unfit for a note that none of our viewers can draw."""
    found: dict[int, list[Box]] = {}
    for number, page in enumerate(document.pages):
        for note in notes_to_see(page):
            if note.get("/Subtype") in _DRAWN_BY_VIEWERS and not has_appearance(note) and _says_something(note):
                raise Unfit(Problem.NOT_ALL_SHOWN)
            if note.get("/Subtype") == "/Widget" and is_filled_in(note) and "/Rect" in note:
                found.setdefault(number, []).append(box_of(note))
    return found


def box_of(note: Any) -> Box:
    left, bottom, right, top = (float(number) for number in note.Rect)
    return left, bottom, right, top


def _words_of_notes(document: pikepdf.Pdf) -> dict[int, list[str]]:
    """Raises Unfit for a note that holds a file."""
    found: dict[int, list[str]] = {}
    for number, page in enumerate(document.pages):
        for note in notes_to_see(page):
            if note.get("/Subtype") == "/FileAttachment":
                raise Unfit(Problem.NOT_ALL_SHOWN)
            if note.get("/Subtype") in _WITH_A_POP_UP:
                found.setdefault(number, []).extend(filter(None, (_words_of(note), _subject_of(note))))
    return found


def notes_to_see(page: pikepdf.Page) -> Iterator[Any]:
    notes = page.obj.get("/Annots", pikepdf.Array())
    if len(notes) > _MOST_NOTES:
        raise Unfit(Problem.TOO_MUCH)
    for note in notes:
        if isinstance(note, pikepdf.Dictionary) and not int(note.get("/F", 0)) & _HIDDEN:
            yield note


def _words_of(note: Any) -> str:
    return plain(str(note.get("/Contents", ""))) or plain(re.sub("<[^>]*>", "", str(note.get("/RC", ""))))


def _subject_of(note: Any) -> str:
    """Unless it only names the kind of note, as most programs do there."""
    subject = plain(str(note.get("/Subj", "")))
    return subject if any(sign.isdigit() for sign in subject) else ""


def has_appearance(note: Any) -> bool:
    return "/AP" in note and "/N" in note.AP


def _says_something(note: Any) -> bool:
    return note.get("/Subtype") != "/FreeText" or bool(_words_of(note))


def is_filled_in(widget: Any) -> bool:
    """A text field, or a choice, with something in it."""
    kind, value = inherited(widget, "/FT"), inherited(widget, "/V")
    if kind not in ("/Tx", "/Ch") or value is None or int(inherited(widget, "/Ff") or 0) & 1 << 13:  # a password
        return False
    return bool(plain(str(value)))


def _texts_of(note: Any) -> list[str]:
    """What a viewer draws for a field: its value, and where that stands for a choice, the words of the choice; for a
    list, all that can be chosen; for a note on the page, its words."""
    if note.get("/Subtype") == "/FreeText":
        return [_words_of(note)]
    kind, options = inherited(note, "/FT"), list(inherited(note, "/Opt") or [])
    words = [text_of(each[1] if isinstance(each, pikepdf.Array) else each) for each in options]
    if kind == "/Ch" and not int(inherited(note, "/Ff") or 0) & _DROPS_DOWN:
        return words
    if note.get("/Subtype") != "/Widget" or not is_filled_in(note):
        return []
    value = inherited(note, "/V")
    chosen = [text_of(each) for each in (value if isinstance(value, pikepdf.Array) else [value])]
    named = [text_of(each[0] if isinstance(each, pikepdf.Array) else each) for each in options]
    return chosen + [word for name, word in zip(named, words, strict=True) if name in chosen]


def text_of(value: Any) -> str:
    """A stream holds long text, written as in a string."""
    return str(pikepdf.String(value.read_bytes())) if isinstance(value, pikepdf.Stream) else str(value)


def inherited(item: Any, key: str) -> Any:
    for _ in range(_MOST_DEPTH):
        if key in item:
            return item[key]
        if "/Parent" not in item:
            return None
        item = item.Parent
    return None
