"""What was filled in in a PDF is seen whole, where it was filled in (PAY-05)."""

from pathlib import Path
from typing import Any

import font_source_sans_pro
import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageChops, ImageStat

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit
from services.payments.receipts.drawing.pdfs import draw
from tests.payments import receipt_files as files
from tests.payments.receipt_files import both, field, pdf

VALUE = "1,024.60"
WRITTEN = f"BT /Helv 18 Tf 2 8 Td ({VALUE}) Tj ET"
TICK = "1 0 0 RG 4 w 4 4 m 26 26 l 4 26 m 26 4 l S"


def place_of_field(change: files.Change) -> Image.Image:
    page = pypdfium2.PdfDocument(draw(pdf(change)).content)[0].render(scale=2).to_pil().convert("L")
    left, bottom, right, top = (round(2 * at) for at in files.FIELD)
    return page.crop((left + 4, page.height - top + 4, right - 4, page.height - bottom - 4))


def differs(one: files.Change, other: files.Change) -> float:
    return max(ImageStat.Stat(ImageChops.difference(place_of_field(one), place_of_field(other))).mean)


def without_form(document: pikepdf.Pdf, page: Any) -> None:
    """As a page is that a program took out of its file."""
    del document.Root["/AcroForm"]


def under(drawing: str) -> files.Change:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        page.Contents = Array([page.Contents, document.make_stream(f"q 1 0 0 1 60 540 cm {drawing} Q".encode())])

    return change


def held_without_its_letters(document: pikepdf.Pdf, page: Any) -> None:
    """The form's font is in the file, without the figures that somebody typed later."""
    data = (Path(font_source_sans_pro.__file__).parent / "files/SourceSansPro-Regular.ttf").read_bytes()
    held = Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name("/ABCDEF+SourceSansPro"))
    held.FontDescriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=held.BaseFont, Flags=32, FontFile2=document.make_stream(data)
    )
    none = [Name(f"/none{at}") for at in range(10)]
    held.Encoding = Dictionary(BaseEncoding=Name.WinAnsiEncoding, Differences=Array([48, *none]))
    document.Root.AcroForm.DR.Font.Helv = document.make_indirect(held)


def with_another_that_is_blank(document: pikepdf.Pdf, page: Any) -> None:
    other = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="paid", V=String("card"), F=4)
    other.Rect, other.DA = Array((60, 400, 300, 430)), String("/Helv 18 Tf 0 g")
    other.AP = Dictionary(N=files.drawing(document, "/Tx BMC EMC"))
    page.Annots.append(document.make_indirect(other))
    document.Root.AcroForm.Fields.append(page.Annots[1])


def ticked(document: pikepdf.Pdf, page: Any) -> None:
    del page.Annots[0]["/V"]
    page.Annots[0].FT, page.Annots[0].AS = Name.Btn, Name.Yes
    page.Annots[0].AP = Dictionary(N=Dictionary(Yes=files.drawing(document, TICK)))


LINE = "0 2 m 240 2 l S"
BORDER = "q 2 w 3 3 234 24 re S Q"
COMB = "40 0 m 40 30 l 80 0 m 80 30 l 120 0 m 120 30 l S"
BY_US, BY_FILE = field(VALUE), field(VALUE, drawn=WRITTEN)
SEEN_LIKE: dict[str, tuple[files.Change, files.Change]] = {
    "longer than its field takes": (field(VALUE, MaxLen=6), BY_US),
    "longer than the field above takes": (
        both(
            field(VALUE), lambda d, page: page.Annots[0].__setitem__("/Parent", d.make_indirect(Dictionary(MaxLen=6)))
        ),
        BY_US,
    ),
    "in no form, on a line": (both(BY_FILE, under(LINE), without_form), both(BY_FILE, under(LINE))),
    "in no form, drawn by the viewer, on a line": (both(BY_US, under(LINE), without_form), both(BY_US, under(LINE))),
    "ticked, in no form": (both(field(drawn=""), ticked, without_form), both(field(drawn=""), ticked)),
    "drawn as a border": (field(VALUE, drawn=f"{BORDER} /Tx BMC EMC"), BY_US),
    "drawn as a comb": (field(VALUE, drawn=COMB), BY_US),
    "drawn as nothing, on a line": (both(field(VALUE, drawn="/Tx BMC EMC"), under(LINE)), both(BY_US, under(LINE))),
    "in a font that has not all its letters": (both(field(VALUE), held_without_its_letters), BY_US),
    "formatted, beside one that is blank": (
        both(field("1024.6", drawn=WRITTEN), with_another_that_is_blank),
        field("1024.6", drawn=WRITTEN),
    ),
}


@pytest.mark.parametrize("what", SEEN_LIKE)
def test_pay_05_the_whole_of_what_was_filled_in_is_seen(what: str) -> None:
    one, other = SEEN_LIKE[what]
    assert differs(one, other) < 1
    assert differs(one, files.nothing) > 2


NOT_SEEN = {
    "more lines than the field is high": field("Taxi\r" * 9 + VALUE, Ff=1 << 12, DA="/Helv 18 Tf 0 g"),
    "more words than fit, however small": field("Taxi to the hall " * 60 + VALUE),
    "chosen from a list, out of sight": field(
        "Return 24.60", FT=Name.Ch, Opt=Array([*("Single", "Day", "Week", "Month"), "Return 24.60"])
    ),
}


@pytest.mark.parametrize("what", NOT_SEEN)
def test_pay_05_a_field_that_cannot_show_what_is_in_it_is_refused(what: str) -> None:
    with pytest.raises(Unfit) as refused:
        draw(pdf(NOT_SEEN[what]))
    assert refused.value.problem is Problem.NOT_ALL_SHOWN


KEPT = {
    "more words than its letters fit": field("Taxi to the hall " * 4 + VALUE),
    "a joint letter": field("of\ufb01ce 24.60"),
    "a soft hyphen": field("24\u00ad.60"),
    "a place too small to be seen": field(Rect=Array((60, 540, 61, 541))),
}


@pytest.mark.parametrize("what", KEPT)
def test_pay_05_a_field_that_shows_what_is_in_it_is_kept(what: str) -> None:
    assert draw(pdf(KEPT[what])).media_type == "application/pdf"
