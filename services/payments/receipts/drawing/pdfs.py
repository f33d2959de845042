"""PDFs: every page is drawn as a viewer shows it, and only the drawing is kept, so that it cannot hold a script,
link, file or hidden layer."""

import contextlib
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from services.payments.receipts.domain import (
    LEAST_DOTS_PER_INCH,
    MOST_PAGES,
    POINTS_PER_INCH,
    Layout,
    Problem,
    layout_of_page,
)
from services.payments.receipts.drawing import pdf_fields, pdf_parts, pdf_pictures, pdf_trials
from services.payments.receipts.drawing.kept import Kept, Piece, Unfit, kept_of, piece_of
from services.payments.receipts.drawing.pdf_fields import Field
from services.payments.receipts.drawing.pdf_objects import DAMAGED
from services.payments.receipts.drawing.pdf_parts import Box
from services.payments.receipts.drawing.seen import lightness_of, looks_alike

_OVERLAP = 40  # pixels
_MARGIN = 20  # points
_MOST_LETTERS = 20_000
_FIRST_RARE_LETTER = 0x250
"""After Latin: pdfium's own fonts have no others."""
_PLAIN = 24
"""Of 256 shades."""
_SOFT_HYPHEN = "\u00ad"
_LOCKED = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)


def draw(data: bytes) -> Kept:
    """Raises Unfit, or whatever error a reader raises."""
    data = data[data.index(b"%PDF-") :]
    parts = pdf_parts.look_into(data)
    with contextlib.suppress(*DAMAGED):
        _show_fields(data, parts)
    return _draw_all(_open(data, parts), parts)


def _show_fields(data: bytes, parts: pdf_parts.Parts) -> None:
    """Raises Unfit if we cannot show the whole of what was filled in."""
    if parts.document is None:
        return
    parts.is_mended |= pdf_fields.attach(parts.document)
    if not parts.boxes:
        return
    parts.is_mended |= pdf_fields.draw_values(parts.document)
    if empty := _empty_fields(data, parts):
        parts.is_mended |= pdf_fields.draw_values(parts.document, empty)
    for small in (False, True):
        for field in (cut := _cut_short(parts.document)):
            pdf_fields.draw_in_our_font(parts.document, field, small=small)
        if not cut:
            return
        parts.is_mended = True
    if _cut_short(parts.document):
        raise Unfit(Problem.NOT_ALL_SHOWN)


def _empty_fields(data: bytes, parts: pdf_parts.Parts) -> set[tuple[int, Box]]:
    """Fields with something in them whose place is plain, by page."""
    document = _open(data, parts)
    document.init_forms()
    found: set[tuple[int, Box]] = set()
    for number in sorted(set(parts.boxes) & set(range(min(len(document), MOST_PAGES)))):
        page = document[number]
        picture, place = _looked_at(page)
        found |= {(number, box) for box in parts.must_be_seen(number) if _is_plain(picture, place, box, 2)}
        page.close()
    document.close()
    return found


def _cut_short(document: pikepdf.Pdf) -> list[Field]:
    """Of the fields that we draw, those whose place does not show every word in them."""
    to_see = [field for field in pdf_fields.left_to_us(document) if field.text]
    if not to_see:
        return []
    drawn = pypdfium2.PdfDocument(pdf_fields.alone(document))
    drawn.init_forms()
    cut: list[Field] = []
    for number in sorted({field.page for field in to_see} & set(range(len(drawn)))):
        drawn[number].flatten()
        text = drawn[number].get_textpage()
        for field in (each for each in to_see if each.page == number):
            left, bottom, right, top = field.box
            shown = text.get_text_bounded(min(left, right), min(bottom, top), max(left, right), max(bottom, top))
            must = Counter(each for each in field.text if _is_in_every_font(each) and each != _SOFT_HYPHEN)
            if must - Counter(pdf_parts.plain(shown)):  # other letters are tried by themselves
                cut.append(field)
        text.close()
    drawn.close()
    return cut


def _draw_all(document: pypdfium2.PdfDocument, parts: pdf_parts.Parts) -> Kept:
    count = len(document)
    if not 1 <= count <= MOST_PAGES:
        raise Unfit(Problem.PAGES, count)
    document.init_forms()
    _try_letters(parts.left_to_viewers())
    if parts.to_try.letters:
        _try(*pdf_trials.page_of_names(parts.to_try.letters))
    if parts.to_try.texts:
        _try(pdf_trials.page_of_texts(parts.to_try.texts))
    if parts.document is not None:
        _try_pictures(parts.document)
    pieces: list[Piece] = []
    for number in range(count):
        page = document[number]
        pieces += _draw_page(page, count, parts.must_be_seen(number))
        _listen_for(page, parts.must_be_said(number))
        page.close()
    document.close()
    return kept_of(pieces, None, as_pdf=True)


def _open(data: bytes, parts: pdf_parts.Parts) -> pypdfium2.PdfDocument:
    """As it came, or as we mend it, or as qpdf repairs it."""
    mended = parts.repaired() if parts.is_mended else None
    try:
        document = pypdfium2.PdfDocument(mended or data)
        if len(document):
            return document
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in _LOCKED:
            raise Unfit(Problem.LOCKED) from None
    repaired = parts.repaired()
    if repaired is None:
        raise Unfit(Problem.UNREADABLE)
    return pypdfium2.PdfDocument(repaired)


def _draw_page(page: pypdfium2.PdfPage, count: int, must_be_seen: list[Box]) -> list[Piece]:
    width, height = page.get_size()
    layout = layout_of_page(width, height, count)
    if layout is None or layout.width * POINTS_PER_INCH / width < LEAST_DOTS_PER_INCH:
        _leave_the_margins_out(page)
        width, height = page.get_size()
        layout = layout_of_page(width, height, count)
    if layout is None:
        raise Unfit(Problem.TOO_LONG)
    scale = min(layout.width / width, layout.height / height)
    pieces: list[Piece] = []
    for crop in _cut(width, height, scale, layout):
        bitmap = page.render(scale=scale, crop=crop, limit_image_cache=True)
        picture = _grey_if_it_is(bitmap.to_pil().convert("RGB"))
        pieces.append(piece_of(picture, scale * POINTS_PER_INCH))
        small = (
            page.render(scale=min(scale, 0.5), crop=crop).to_pil().convert("RGB")
            if _can_be_small(crop, width, height)
            else picture
        )
        kept = Image.open(io.BytesIO(pieces[-1].jpeg))
        if not looks_alike(lightness_of(small), lightness_of(kept)):
            raise Unfit(Problem.NOT_ALL_SHOWN)
        bitmap.close()
    _look_for(page, must_be_seen, _rare_letters(page))
    return pieces


def _leave_the_margins_out(page: pypdfium2.PdfPage) -> None:
    """Crops a huge page with little on it to what is on it."""
    bounds = [item.get_bounds() for item in page.get_objects(max_depth=1)]
    bounds += [(note.left, note.bottom, note.right, note.top) for note in _notes(page)]
    if not bounds:
        return
    left, bottom, right, top = page.get_bbox()
    left, bottom = (
        max(left, min(box[0] for box in bounds) - _MARGIN),
        max(bottom, min(box[1] for box in bounds) - _MARGIN),
    )
    right, top = min(right, max(box[2] for box in bounds) + _MARGIN), min(top, max(box[3] for box in bounds) + _MARGIN)
    if right - left > 1 and top - bottom > 1:
        page.set_cropbox(left, bottom, right, top)


def _notes(page: pypdfium2.PdfPage) -> Iterator[pdfium.FS_RECTF]:
    """Places of notes and fields."""
    for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
        note = pdfium.FPDFPage_GetAnnot(page, number)
        rectangle = pdfium.FS_RECTF()
        if pdfium.FPDFAnnot_GetRect(note, rectangle):
            yield rectangle
        pdfium.FPDFPage_CloseAnnot(note)


def _grey_if_it_is(picture: Image.Image) -> Image.Image:
    """Most pages are black on white: in grey they take half the space."""
    red, green, blue = picture.split()
    same = all(ImageChops.difference(red, other).getextrema() == (0, 0) for other in (green, blue))
    return red if same else picture


def _can_be_small(crop: tuple[float, float, float, float], width: float, height: float) -> bool:
    left, bottom, right, top = crop
    return width - left - right > 100 and height - bottom - top > 100


def _cut(width: float, height: float, scale: float, layout: Layout) -> Iterator[tuple[float, float, float, float]]:
    """How much of the page to leave out for each piece: left, bottom, right, top, in points."""
    long = max(width, height)
    for number in range(layout.pieces):
        before = max(0.0, long * number / layout.pieces - (_OVERLAP / scale if number else 0))
        after = long - long * (number + 1) / layout.pieces
        yield (0, after, 0, before) if height >= width else (before, 0, after, 0)


def _rare_letters(page: pypdfium2.PdfPage) -> list[Box]:
    """Places of letters that need a font which the file may lack: a viewer may have it, and we do not."""
    text = page.get_textpage()
    boxes: list[Box] = []
    for place in range(min(text.count_chars(), _MOST_LETTERS)):
        code = pdfium.FPDFText_GetUnicode(text, place)
        rare = code >= _FIRST_RARE_LETTER and unicodedata.category(chr(code))[0] not in "ZC"
        if rare and not _is_in_every_font(chr(code)):
            boxes.append(text.get_charbox(place, loose=True))
    text.close()
    return boxes


def _look_for(page: pypdfium2.PdfPage, filled_in: list[Box], letters: list[Box]) -> None:
    """Raises Unfit if a filled-in field, or more than half of the rare letters, show a plain surface."""
    if not filled_in and not letters:
        return
    picture, place = _looked_at(page)
    if any(_is_plain(picture, place, box, 2) for box in filled_in):
        raise Unfit(Problem.NOT_ALL_SHOWN)
    if sum(_is_plain(picture, place, box, 0) for box in letters) * 2 > len(letters):
        raise Unfit(Problem.LETTERS)


def _looked_at(page: pypdfium2.PdfPage) -> tuple[Image.Image, pypdfium2.PdfPosConv]:
    bitmap = page.render(scale=_scale_to_look(page))  # pyrefly: ignore
    return bitmap.to_pil().convert("L"), bitmap.get_posconv(page)


def _try_letters(letters: set[str]) -> None:
    """Raises Unfit if a field has a letter, figure or sign for which there is no font here: its place would be
    empty, or hold another sign."""
    rare = sorted(each for each in letters if not _is_in_every_font(each))
    if any(not each.isalpha() for each in rare):
        raise Unfit(Problem.LETTERS)
    if not rare:
        return
    _try(*pdf_trials.page_of_fields(rare))


def _try(page: bytes, boxes: list[Box] | None = None) -> None:
    """Raises Unfit if one of the boxes on this page that we made is empty, or one of its rare letters."""
    document = pypdfium2.PdfDocument(page)
    document.init_forms()
    picture, place = _looked_at(document[0])
    if any(_is_plain(picture, place, box, 2) for box in (_rare_letters(document[0]) if boxes is None else boxes)):
        raise Unfit(Problem.LETTERS)
    document.close()


def _try_pictures(document: pikepdf.Pdf) -> None:
    """Raises Unfit if a picture cannot be decoded: its place would be empty."""
    with contextlib.suppress(*DAMAGED):
        trial = pdf_pictures.page_of_pictures(document)
        if trial is None:
            return
        drawn = pypdfium2.PdfDocument(trial)
        for picture in drawn[0].get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
            try:
                picture.get_bitmap()  # pyrefly: ignore
            except pypdfium2.PdfiumError:
                raise Unfit(Problem.PICTURE) from None
        drawn.close()


def _is_in_every_font(sign: str) -> bool:
    """Whether the fonts that each PDF may count on have it."""
    try:
        return bool(sign.encode("cp1252"))
    except UnicodeEncodeError:
        return False


def _listen_for(page: pypdfium2.PdfPage, notes: list[str]) -> None:
    """Raises Unfit if a note says what the page does not. Some programs copy what is highlighted into its note."""
    if not notes:
        return
    text = page.get_textpage()
    said = pdf_parts.plain(text.get_text_range(count=min(text.count_chars(), _MOST_LETTERS)))
    text.close()
    if any(words not in said for words in notes):
        raise Unfit(Problem.NOT_ALL_SHOWN)


def _is_plain(picture: Image.Image, place: pypdfium2.PdfPosConv, box: Box, border: int) -> bool:
    """Whether that part of the page has only one shade. Anything too small or off the page is invisible anyway, so
    nothing is missing."""
    (x, y), (other_x, other_y) = place.to_bitmap(box[0], box[1]), place.to_bitmap(box[2], box[3])
    left, top = max(0, min(x, other_x) + border), max(0, min(y, other_y) + border)
    right, bottom = min(picture.width, max(x, other_x) - border), min(picture.height, max(y, other_y) - border)
    if right - left < 3 or bottom - top < 3:
        return False
    darkest, lightest = picture.crop((left, top, right, bottom)).getextrema()
    return int(lightest) - int(darkest) < _PLAIN  # pyrefly: ignore


def _scale_to_look(page: pypdfium2.PdfPage) -> float:
    width, height = page.get_size()
    return min(2.0, (6_000_000 / (width * height)) ** 0.5)
