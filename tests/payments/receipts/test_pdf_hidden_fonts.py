"""A font that a PDF does not hold is found wherever it hangs, and refused only where it is written in (PAY-05)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import font_source_sans_pro
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit
from services.payments.receipts.drawing.pdfs import draw
from tests.payments import receipt_files as files
from tests.payments.receipt_files import pdf

Place = Callable[[pikepdf.Pdf, Any, Any, str], object]
"""Where a text in a font is written: document, page, font, text."""
TOTAL = "<00150017001100190013>"
"""24.60 in the numbers of Arial's own letters."""
SMALL = (0, 480, 320, 740)


SANS = (Path(font_source_sans_pro.__file__).parent / "files/SourceSansPro-Regular.ttf").read_bytes()


def composite(table: Any = Name("/Identity-H"), ordering: str = "Identity") -> Dictionary:
    system = Dictionary(Registry=String("Adobe"), Ordering=String(ordering), Supplement=0)
    descendant = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name.ArialMT, CIDSystemInfo=system, DW=600
    )
    descendant.FontDescriptor = Dictionary(Type=Name.FontDescriptor, FontName=Name.ArialMT, Flags=4)
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name.ArialMT,
        Encoding=table,
        DescendantFonts=Array([descendant]),
    )


def simple(base: str, *names: str, subtype: str = "Type1", flags: int = 32) -> Dictionary:
    """names: of the letters from code 50 on, which is "2"."""
    described = Dictionary(Type=Name.FontDescriptor, FontName=Name(f"/{base}"), Flags=flags)
    font = Dictionary(Type=Name.Font, Subtype=Name(f"/{subtype}"), BaseFont=Name(f"/{base}"), FontDescriptor=described)
    if names:
        font.Encoding = Dictionary(Type=Name.Encoding, Differences=Array([50, *(Name(f"/{name}") for name in names)]))
    return font


def stream(document: pikepdf.Pdf, font: Any, text: str, **more: Any) -> Any:
    made = document.make_stream(f"BT /F 14 Tf 0 5 Td {text} Tj ET".encode(), BBox=Array((0, 0, 240, 30)), **more)
    made.Resources = Dictionary(Font=Dictionary(F=font))
    return made


def form(document: pikepdf.Pdf, font: Any, text: str) -> Any:
    return stream(document, font, text, Type=Name.XObject, Subtype=Name.Form)


def also(document: pikepdf.Pdf, page: Any, drawing: str) -> None:
    page.Contents = Array([page.Contents, document.make_stream(drawing.encode())])


def on_the_page(document: pikepdf.Pdf, page: Any, font: Any, text: str) -> None:
    page.Resources.Font.W = font
    also(document, page, f"BT /W 24 Tf 60 500 Td {text} Tj ET")


def on_a_page_that_inherits(document: pikepdf.Pdf, page: Any, font: Any, text: str) -> None:
    on_the_page(document, page, font, text)
    page.Parent.Resources = page.Resources
    del page.Resources


def in_a_pattern(document: pikepdf.Pdf, page: Any, font: Any, text: str) -> None:
    pattern = stream(document, font, text, PatternType=1, PaintType=1, TilingType=1, XStep=240, YStep=30)
    page.Resources.Pattern = Dictionary(P=pattern)
    also(document, page, "/Pattern cs /P scn 60 500 240 30 re f")


def in_a_letter(document: pikepdf.Pdf, page: Any, font: Any, text: str) -> None:
    letter = document.make_stream(f"4000 0 d0 BT /F 1000 Tf {text} Tj ET".encode())
    page.Resources.Font.T3 = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=Array([0, 0, 1000, 1000]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
        FirstChar=65,
        LastChar=65,
        Widths=Array([4000]),
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array([65, Name.a])),
        CharProcs=Dictionary(a=letter),
        Resources=Dictionary(Font=Dictionary(F=font)),
    )
    also(document, page, "BT /T3 14 Tf 60 500 Td (A) Tj ET")


def in_a_mask(document: pikepdf.Pdf, page: Any, font: Any, text: str) -> None:
    mask = form(document, font, f"1 g {text}")
    mask.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
    page.Resources.ExtGState = Dictionary(G=Dictionary(SMask=Dictionary(S=Name.Luminosity, G=mask)))
    also(document, page, "q 1 0 0 1 60 500 cm /G gs 0 g 0 0 240 30 re f Q")


def in_a_stamp_of_states(document: pikepdf.Pdf, page: Any, font: Any, text: str) -> None:
    files.note("Stamp", drawn=False, AS=Name.On, Contents="")(document, page)
    page.Annots[0].AP = Dictionary(N=Dictionary(On=form(document, font, text)))


def in_a_field_with_the_font_of_its_form(document: pikepdf.Pdf, page: Any, font: Any, text: str) -> None:
    files.field("24.60", drawn=f"BT /F 14 Tf 2 8 Td {text} Tj ET")(document, page)
    del page.Annots[0].AP.N.Resources
    document.Root.AcroForm.DR.Font.F = font


def in_a_field_left_to_viewers(document: pikepdf.Pdf, page: Any, font: Any, text: str) -> None:
    files.field("24.60", DA="/F 14 Tf 0 g")(document, page)
    document.Root.AcroForm.DR.Font.F = font


def set_with_other_things(document: pikepdf.Pdf, page: Any, font: Any, text: str) -> None:
    page.Resources.ExtGState = Dictionary(G=Dictionary(Font=Array([document.make_indirect(font), 24])))
    also(document, page, f"BT /G gs 60 500 Td {text} Tj ET")


PLACES: list[Place] = [
    *(on_the_page, on_a_page_that_inherits, in_a_pattern, in_a_letter, in_a_mask, in_a_stamp_of_states),
    *(in_a_field_with_the_font_of_its_form, in_a_field_left_to_viewers, set_with_other_things),
]


def refused(place: Place, font: Dictionary, text: str) -> bool:
    try:
        kept = draw(pdf(lambda document, page: place(document, page, font, text), box=SMALL))
    except Unfit as unfit:
        return unfit.problem is Problem.LETTERS
    assert kept.media_type == "application/pdf"
    return False


@pytest.mark.parametrize("place", PLACES)
def test_pay_05_a_font_that_the_file_does_not_hold_is_found_wherever_it_hangs(place: Place) -> None:
    assert refused(place, composite(), TOTAL)


@pytest.mark.parametrize("place", PLACES[:-2])
def test_pay_05_a_letter_that_no_font_of_ours_has_is_missed_wherever_it_is_written(place: Place) -> None:
    assert refused(place, simple("Calibri", "twooldstyle"), "(2)")
    assert not refused(place, simple("Calibri", "uni0032", "twooldstyle"), "(2)"), "the other is never written"


TABLES = [
    *("UniJIS2004-UTF16-H", "UniGB-UTF32-H", "UniCNS-UTF32-V", "CNS-EUC-H", "UniGB-UTF8-H", "Identity-V"),
    "NoSuchTable-H",
]


@pytest.mark.parametrize("table", TABLES)
def test_pay_05_a_table_of_letters_that_is_drawn_as_other_signs_is_refused(table: str) -> None:
    assert refused(on_the_page, composite(Name(f"/{table}"), "Japan1"), TOTAL)


@pytest.mark.parametrize(
    ("table", "ordering", "coding"),
    [
        *(("90ms-RKSJ-H", "Japan1", "ascii"), ("GBK-EUC-H", "GB1", "ascii"), ("ETen-B5-V", "CNS1", "ascii")),
        *(("KSCms-UHC-H", "Korea1", "ascii"), ("UniKS-UTF16-H", "Korea1", "utf-16-be")),
    ],
)
def test_pay_05_a_table_of_letters_that_is_drawn_right_is_kept(table: str, ordering: str, coding: str) -> None:
    assert not refused(on_the_page, composite(Name(f"/{table}"), ordering), f"<{'24.60'.encode(coding).hex()}>")


WIDE = f"<{'２４．６０'.encode('utf-16-be').hex()}>"


@pytest.mark.parametrize("place", PLACES[:-2])
def test_pay_05_letters_of_a_font_that_nobody_has_are_missed_wherever_they_are_written(place: Place) -> None:
    assert refused(place, composite(Name("/UniGB-UCS2-H"), "GB1"), WIDE)
    assert not refused(place, composite(Name("/UniGB-UCS2-H"), "GB1"), f"<{'24.60'.encode('utf-16-be').hex()}>")


def test_pay_05_a_total_that_is_missing_is_missed_however_many_other_letters_are_there() -> None:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        page.Resources.Font.Minus = simple("Helvetica", "minus")
        more = "/Minus 24 Tf 0 60 Td (22222222222222)"
        on_the_page(document, page, composite(Name("/UniGB-UCS2-H"), "GB1"), f"{WIDE} Tj {more}")

    with pytest.raises(Unfit):
        draw(pdf(change))


@pytest.mark.parametrize("held", [b"", b"not a font", SANS[:900]])
def test_pay_05_a_font_of_which_the_file_holds_nothing_or_rubbish_is_not_held(held: bytes) -> None:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        on_the_page(document, page, composite(), TOTAL)
        page.Resources.Font.W.DescendantFonts[0].FontDescriptor.FontFile2 = document.make_stream(held)

    with pytest.raises(Unfit):
        draw(pdf(change))


def test_pay_05_damage_in_one_part_hides_no_other() -> None:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        on_the_page(document, page, composite(), TOTAL)
        page.Resources.Font.A = damaged = simple("Calibri")
        damaged.FontDescriptor.Flags = Name.Four
        page.Resources.Font.Z = damaged
        files.field("24.60", Rect=Array([1, 2, 3]))(document, page)

    with pytest.raises(Unfit):
        draw(pdf(change))


def test_pay_05_a_table_of_letters_in_the_file_itself_says_nothing_without_its_font() -> None:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        table = document.make_stream(b"1 begincidrange <0000> <FFFF> 0 endcidrange", Type=Name.CMap)
        on_the_page(document, page, composite(document.make_indirect(table)), TOTAL)

    with pytest.raises(Unfit):
        draw(pdf(change))


def expert() -> Dictionary:
    font = simple("Minion")
    font.Encoding = Name.MacExpertEncoding
    return font


DRAWN_AS_OTHERS = {
    "a name that means nothing": (simple("Arial", "g21"), "(2)"),
    "such a name in TrueType": (simple("Arial", "g21", subtype="TrueType"), "(2)"),
    "a letter that ours lack": (simple("Helvetica", "rupee"), "(2)"),
    "figures for experts": (expert(), "(2)"),
    "a tick": (simple("Wingdings-Regular", subtype="TrueType", flags=4), "<fc>"),
    "a part of Webdings": (simple("ABCDEF+Webdings,Bold", subtype="TrueType"), "(a)"),
    "signs of Windows": (simple("SegoeUISymbol", subtype="TrueType", flags=4), "(4)"),
    "a sign of its own": (simple("Travel", flags=4), "<fc>"),
}
DRAWN_RIGHT = {
    "Helvetica": (simple("Helvetica"), "<a3>"),
    "Arial": (simple("ArialMT", subtype="TrueType"), "(2)"),
    "Word's way to say a figure": (simple("Calibri", "two.tf", "uni0034", "u0036"), "(234)"),
    "a form's letters": (simple("Helvetica", "bullet", "dotlessi", "Lslash", "Euro", "fi", "space"), "(234567)"),
    "our ticks": (simple("ZapfDingbats", "a20", flags=4), "(24)"),
    "our Greek": (simple("Symbol", flags=4), "<61b7>"),
    "a space between ticks": (simple("Wingdings", flags=4), "( )"),
    "a plain font that says it is of signs": (simple("Travel", flags=4), "(24.60)"),
    "read in its picture by a scanner": (composite(), f"3 Tr {TOTAL}"),
    "nothing": (composite(), "()"),
    "spaces": (composite(), "<00030020>"),
}


@pytest.mark.parametrize("what", DRAWN_AS_OTHERS)
def test_pay_05_signs_that_we_would_draw_as_others_are_refused(what: str) -> None:
    assert refused(on_the_page, *DRAWN_AS_OTHERS[what])


@pytest.mark.parametrize("what", DRAWN_RIGHT)
def test_pay_05_fonts_that_ordinary_files_do_without_are_kept(what: str) -> None:
    assert not refused(on_the_page, *DRAWN_RIGHT[what])


SIGNS_LIKE = {
    "Symbol,Bold": ("Symbol", "TrueType", 4, "<61a0b7>"),
    "SymbolMT": ("Symbol", "TrueType", 6, "<61a0b7>"),
    "ABCDEF+ZapfDingbats": ("ZapfDingbats", "Type1", 32, "(4)"),
    "MonotypeSorts": ("ZapfDingbats", "TrueType", 4, "(4)"),
}


@pytest.mark.parametrize("base", SIGNS_LIKE)
def test_pay_05_our_fonts_of_signs_are_drawn_by_each_of_their_names(base: str) -> None:
    ours, kind, flags, text = SIGNS_LIKE[base]
    kept = [
        draw(pdf(lambda document, page, font=font: on_the_page(document, page, font, text), box=SMALL)).content
        for font in (simple(base, subtype=kind, flags=flags), simple(ours, flags=4))
    ]
    assert kept[0] == kept[1]


def test_pay_05_a_font_that_a_form_offers_and_nobody_writes_in_refuses_nothing() -> None:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        files.field("24.60")(document, page)
        document.Root.AcroForm.DR.Font.F = composite()
        document.Root.AcroForm.DR.Font.Wing = simple("Wingdings", flags=4)

    assert draw(pdf(change)).media_type == "application/pdf"
