"""What pdfium draws otherwise than PDF says is drawn as PDF says (PAY-05)."""

import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageChops, ImageStat

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit
from services.payments.receipts.drawing.pdfs import draw
from tests.payments import receipt_files as files
from tests.payments.receipt_files import pdf, receipt, saved

SMALL = (0, 480, 320, 740)


def drawn(change: files.Change) -> Image.Image:
    kept = pypdfium2.PdfDocument(draw(pdf(change, box=SMALL)).content)
    return kept[0].render(scale=1).to_pil().convert("RGB")


def differs(one: files.Change, other: files.Change) -> float:
    """Of 255, for each dot."""
    return max(ImageStat.Stat(ImageChops.difference(drawn(one), drawn(other))).mean)


def also(document: pikepdf.Pdf, page: Any, drawing: str) -> None:
    page.Contents = Array([page.Contents, document.make_stream(drawing.encode())])


def picture(data: bytes, filter_: Name | Array, **more: Any) -> files.Change:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        made = document.make_stream(data, Type=Name.XObject, Subtype=Name.Image, Width=200, Height=100)
        made.Filter = filter_
        for key, value in more.items():
            made[f"/{key}"] = value
        page.Resources.XObject = Dictionary(I=made)
        also(document, page, "q 200 0 0 100 60 500 cm /I Do Q")

    return change


WORDS = receipt(200, 100, "L", size=20)
CLEAR = Image.merge("LA", (Image.new("L", WORDS.size, 0), ImageChops.invert(WORDS)))
PLAIN = picture(saved(WORDS, "JPEG2000"), Name.JPXDecode, ColorSpace=Name.DeviceGray)
PLAIN_JPEG = picture(saved(WORDS, "JPEG"), Name.DCTDecode, ColorSpace=Name.DeviceGray, BitsPerComponent=8)


def measured(way: str) -> Array:
    return Array([Name(f"/{way}"), Dictionary(WhitePoint=Array([0.95, 1, 1.09]))])


def blended(way: Any) -> files.Change:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        page.Resources.ExtGState = Dictionary(G=Dictionary(BM=way))
        also(document, page, "q /G gs 1 1 0 rg 40 640 200 100 re f Q")

    return change


def stamped(
    where: str, layers: dict[str, Any], layer: Callable[[Any, Any], Any] = lambda one, other: one
) -> files.Change:
    """A stamp on one of two layers, of which the second is off, or on both."""

    def change(document: pikepdf.Pdf, page: Any) -> None:
        one, other = (document.make_indirect(Dictionary(Type=Name.OCG, Name=String(name))) for name in "12")
        files.note("Stamp", OC=layer(one, other))(document, page)
        usual = {key: Array([one if each == 1 else other for each in numbers]) for key, numbers in layers.items()}
        document.Root.OCProperties = Dictionary(
            OCGs=Array([one, other]), D=Dictionary({f"/{key}": value for key, value in usual.items()})
        )
        if where == "off":
            document.Root.OCProperties.D.BaseState = Name.OFF

    return change


DRAWN_LIKE: dict[str, tuple[files.Change, files.Change]] = {
    "a mask in a JPEG 2000": (
        picture(saved(CLEAR, "JPEG2000"), Name.JPXDecode, ColorSpace=Name.DeviceGray, SMaskInData=1),
        PLAIN,
    ),
    "a JPEG 2000 said to be turned over": (
        picture(saved(WORDS, "JPEG2000"), Name.JPXDecode, ColorSpace=Name.DeviceGray, Decode=Array([1, 0])),
        PLAIN,
    ),
    "a grey JPEG said to be in colour": (
        picture(saved(WORDS, "JPEG"), Name.DCTDecode, ColorSpace=Name.DeviceRGB, BitsPerComponent=8),
        PLAIN_JPEG,
    ),
    "a JPEG in colour said to be grey": (
        picture(saved(WORDS.convert("RGB"), "JPEG"), Name.DCTDecode, ColorSpace=Name.DeviceGray, BitsPerComponent=8),
        PLAIN_JPEG,
    ),
    "a mask in a JPEG 2000 whose filters are a list": (
        picture(saved(CLEAR, "JPEG2000"), Array([Name.JPXDecode]), ColorSpace=Name.DeviceGray, SMaskInData=1),
        PLAIN,
    ),
    "a grey JPEG 2000 said to be in colour": (
        picture(saved(WORDS, "JPEG2000"), Name.JPXDecode, ColorSpace=Name.DeviceRGB),
        PLAIN,
    ),
    "a JPEG 2000 in colour said to be grey": (
        picture(saved(WORDS.convert("RGB"), "JPEG2000"), Name.JPXDecode, ColorSpace=Name.DeviceGray),
        PLAIN,
    ),
    "a JPEG 2000 said to be larger": (
        picture(saved(WORDS, "JPEG2000"), Name.JPXDecode, ColorSpace=Name.DeviceGray, Width=400, Height=200),
        PLAIN,
    ),
    "a grey JPEG said to be in colour, whose filters are a list": (
        picture(saved(WORDS, "JPEG"), Array([Name.DCTDecode]), ColorSpace=Name.DeviceRGB, BitsPerComponent=8),
        PLAIN_JPEG,
    ),
    "a grey JPEG said to be in colour, packed again": (
        picture(
            zlib.compress(saved(WORDS, "JPEG")),
            Array([Name.FlateDecode, Name.DCTDecode]),
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
        ),
        PLAIN_JPEG,
    ),
    "a grey JPEG said to be in measured colour": (
        picture(saved(WORDS, "JPEG"), Name.DCTDecode, ColorSpace=measured("CalRGB"), BitsPerComponent=8),
        PLAIN_JPEG,
    ),
    "a JPEG in colour said to be measured grey": (
        picture(
            saved(WORDS.convert("RGB"), "JPEG"), Name.DCTDecode, ColorSpace=measured("CalGray"), BitsPerComponent=8
        ),
        PLAIN_JPEG,
    ),
    "the first way to blend that is known": (
        blended(Array([Name("/NoSuchWay"), Name.Multiply, Name.Normal])),
        blended(Name.Multiply),
    ),
}


@pytest.mark.parametrize("what", DRAWN_LIKE)
def test_pay_05_what_pdfium_draws_otherwise_is_drawn_as_pdf_says(what: str) -> None:
    one, other = DRAWN_LIKE[what]
    assert differs(one, other) < 1
    assert differs(one, files.nothing) > 3


def test_pay_05_a_mask_in_a_picture_that_we_cannot_take_out_is_refused() -> None:
    for more in ({"SMaskInData": 2}, {"SMaskInData": 1, "Filter": Array([Name.ASCIIHexDecode, Name.JPXDecode])}):
        with pytest.raises(Unfit) as refused:
            draw(pdf(picture(saved(CLEAR, "JPEG2000"), Name.JPXDecode, ColorSpace=Name.DeviceGray, **more)))
        assert refused.value.problem is Problem.NOT_ALL_SHOWN


def in_a_stamp(document: pikepdf.Pdf, page: Any) -> None:
    files.note("Stamp")(document, page)
    broken(document, page)
    page.Annots[0].AP.N.Resources.XObject = page.Resources.XObject
    page.Annots[0].AP.N.write(b"q 200 0 0 30 0 0 cm /I Do Q")
    del page.Resources["/XObject"]


broken = picture(b"no picture", Name.JPXDecode, ColorSpace=Name.DeviceGray, BitsPerComponent=8)


def masked(document: pikepdf.Pdf, page: Any) -> None:
    broken(document, page)
    mask = page.Resources.XObject.I
    PLAIN_JPEG(document, page)
    page.Resources.XObject.I.SMask = mask


NOT_DECODED: dict[str, files.Change] = {
    "damaged": broken,
    "of an unknown kind": picture(b"?", Name("/NewDecode"), ColorSpace=Name.DeviceGray, BitsPerComponent=8),
    "in a stamp": in_a_stamp,
    "as a mask": masked,
}


@pytest.mark.parametrize("what", NOT_DECODED)
def test_pay_05_a_picture_that_cannot_be_decoded_is_refused_not_left_out(what: str) -> None:
    with pytest.raises(Unfit) as refused:
        draw(pdf(NOT_DECODED[what]))
    assert refused.value.problem is Problem.PICTURE


def both_of(way: str) -> Callable[[Any, Any], Any]:
    return lambda one, other: Dictionary(Type=Name.OCMD, OCGs=Array([one, other]), P=Name(f"/{way}"))


STAMPS: dict[str, tuple[files.Change, bool]] = {
    "on": (stamped("on", {"OFF": [2]}), True),
    "off": (stamped("on", {"OFF": [1]}), False),
    "not among those that are on": (stamped("off", {"ON": [2]}), False),
    "among those that are on": (stamped("off", {"ON": [1]}), True),
    "any on": (stamped("on", {"OFF": [2]}, both_of("AnyOn")), True),
    "not all on": (stamped("on", {"OFF": [2]}, both_of("AllOn")), False),
    "any off": (stamped("on", {"OFF": [2]}, both_of("AnyOff")), True),
    "not all off": (stamped("on", {"OFF": [2]}, both_of("AllOff")), False),
}


@pytest.mark.parametrize("what", STAMPS)
def test_pay_05_a_stamp_is_seen_when_its_layer_is(what: str) -> None:
    change, is_seen = STAMPS[what]
    assert differs(change, files.note("Stamp") if is_seen else files.nothing) < 0.1


def among_many(document: pikepdf.Pdf, page: Any) -> None:
    files.note("Text", drawn=False)(document, page)
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array((0, 0, 1, 1)))
    page.Annots = Array([*(link for _ in range(2_100)), page.Annots[0]])


NOT_SHOWN = {
    "of one behind many": among_many,
    "of a film": files.note("Projection", drawn=False),
    "beside the page": files.note("Popup", drawn=False),
    "as its subject": files.note("Text", drawn=False, Contents="", Subj=String("Total 24.60")),
    "with a file in it": files.note("FileAttachment", drawn=False, Contents=""),
    "with a file in it, drawn": files.note("FileAttachment", Contents=""),
}


@pytest.mark.parametrize("what", NOT_SHOWN)
def test_pay_05_a_note_of_which_the_page_does_not_show_all_is_refused(what: str) -> None:
    with pytest.raises(Unfit) as refused:
        draw(pdf(NOT_SHOWN[what]))
    assert refused.value.problem is Problem.NOT_ALL_SHOWN


def test_pay_05_a_note_whose_subject_is_only_its_kind_is_kept() -> None:
    note = files.note("Square", drawn=False, Contents="", Subj=String("Rectangle"), C=Array((0, 0, 0)))
    assert draw(pdf(note)).media_type == "application/pdf"
