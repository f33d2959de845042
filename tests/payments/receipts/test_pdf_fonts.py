"""PDFs with letters that neither the file nor we can draw are refused, not half shown (PAY-05)."""

from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit
from services.payments.receipts.drawing.pdfs import draw
from tests.payments import receipt_files as files
from tests.payments.receipt_files import pdf


def song() -> Dictionary:
    """A font of many letters which the file does not hold."""
    system = Dictionary(Registry=String("Adobe"), Ordering=String("GB1"), Supplement=2)
    described = Dictionary(Type=Name.FontDescriptor, FontName=Name("/STSong-Light"), Flags=6, ItalicAngle=0, Ascent=880)
    descendant = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/STSong-Light"), CIDSystemInfo=system
    )
    descendant.FontDescriptor = described
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name("/STSong-Light"),
        Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=Array([descendant]),
    )


def in_song(value: str) -> files.Change:
    """A field that the file draws with such a font."""

    def change(document: pikepdf.Pdf, page: Any) -> None:
        written = value.encode("utf-16-be").hex()
        files.field(V=String(value), drawn=f"BT /Song 18 Tf 2 8 Td <{written}> Tj ET")(document, page)
        page.Annots[0].AP.N.Resources = Dictionary(Font=Dictionary(Song=song()))

    return change


def page_in_song(value: str) -> files.Change:
    """A page with a line in such a font."""

    def change(document: pikepdf.Pdf, page: Any) -> None:
        page.Resources.Font.Song = song()
        written = value.encode("utf-16-be").hex()
        page.Contents = document.make_stream(f"BT /Song 24 Tf 60 700 Td <{written}> Tj ET".encode())

    return change


@pytest.mark.parametrize(
    "value",
    [
        *("中文 24.60", "مقهى 24.60", "２４．６０ ok", "٢٤٫٦٠ 24", "Rs २४६० ok", "☑ return ☐ single"),
        *("Gŵyr 24.60", "İ 24", "1⁄3 mile", "⁃24.60", "1\u202f000", "\u200e24.60\u200f"),
    ],
)
def test_pay_05_a_field_of_which_no_font_here_has_a_letter_is_refused_not_half_shown(value: str) -> None:
    with pytest.raises(Unfit) as refused:
        draw(pdf(files.field(V=String(value))))
    assert refused.value.problem is Problem.LETTERS
    drawn = "BT /Helv 18 Tf 2 8 Td (24.60) Tj ET"
    assert draw(pdf(files.field(V=String(value), drawn=drawn))).media_type == "application/pdf", "the file draws it"


@pytest.mark.parametrize("value", ["中文2460", "２４．６０ok", "24．60"])
@pytest.mark.parametrize("where", [in_song, page_in_song], ids=["field", "page"])
def test_pay_05_what_is_written_in_a_font_that_neither_the_file_nor_we_have_is_refused(
    where: Callable[[str], files.Change], value: str
) -> None:
    with pytest.raises(Unfit) as refused:
        draw(pdf(where(value)))
    assert refused.value.problem is Problem.LETTERS
    assert draw(pdf(where("24.60"))).media_type == "application/pdf"


@pytest.mark.parametrize(
    "more", [{"I": Array([0])}, {"V": String("1")}, {}], ids=["by place", "by value", "not chosen"]
)
def test_pay_05_a_list_of_which_no_font_here_has_a_letter_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(Unfit):
        draw(pdf(files.field(FT=Name.Ch, Opt=Array([Array(["1", "中文 24.60"]), Array(["2", "none"])]), **more)))


def through_an_inner_form(document: pikepdf.Pdf, page: Any) -> None:
    in_song("中文2460")(document, page)
    outer = page.Annots[0].AP
    outer.N = document.make_stream(
        b"/Fm1 Do",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array((0, 0, 240, 30)),
        Resources=Dictionary(XObject=Dictionary(Fm1=outer.N)),
    )


def stamp_without_words(document: pikepdf.Pdf, page: Any) -> None:
    in_song("２４．６０ ok")(document, page)
    page.Annots[0].Subtype = Name.Stamp
    del page.Annots[0].V


def in_its_own_numbers(document: pikepdf.Pdf, page: Any) -> None:
    page_in_song("24.60")(document, page)
    page.Resources.Font.Song.Encoding = Name("/Identity-H")


def among_curly_quotes(document: pikepdf.Pdf, page: Any) -> None:
    page_in_song("’’’’––““ ２４")(document, page)


@pytest.mark.parametrize("how", [through_an_inner_form, stamp_without_words, in_its_own_numbers, among_curly_quotes])
def test_pay_05_such_a_font_is_seen_wherever_it_is_used(how: files.Change) -> None:
    with pytest.raises(Unfit):
        draw(pdf(how))


def test_pay_05_forms_that_hold_each_other_are_looked_through_once() -> None:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        named = document.make_indirect(Dictionary())
        for number in range(12):
            form = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array((0, 0, 9, 9)))
            form.Resources = Dictionary(XObject=named)
            named[f"/F{number}"] = form
        page.Resources.XObject = named

    assert draw(pdf(change)).media_type == "application/pdf"
