"""Receipts as people send them (PAY-05): what is kept shows what was sent, or words say why not and what to do; within
bounds."""

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageChops, ImageDraw, ImageOps

from services.payments.receipts import domain as rules
from services.payments.receipts.domain import Kind, Problem
from services.payments.receipts.drawing import pdfs, pictures, seen
from services.payments.receipts.drawing.kept import Kept, Unfit
from tests.payments import receipt_files as files
from tests.payments.receipt_files import pdf, receipt, saved
from tests.payments.receipts.support import PICTURES
from tests.support.slices import some


def draw(data: bytes) -> Kept:
    kind = rules.looks_like(data)
    assert kind in (Kind.PICTURE, Kind.PDF)
    return (pdfs if kind is Kind.PDF else pictures).draw(data)


def shown(kept: Kept) -> list[Image.Image]:
    """Its pages, as a person sees them."""
    if kept.media_type == "image/jpeg":
        return [Image.open(io.BytesIO(kept.content)).convert("L")]
    document = pypdfium2.PdfDocument(kept.content)
    return [page.render(scale=2, grayscale=True).to_pil() for page in document]  # pyrefly: ignore


def ink(picture: Image.Image, box: tuple[int, int, int, int] | None = None) -> int:
    """How many dark pixels there are."""
    return sum((picture.crop(box) if box else picture).convert("L").histogram()[:128])


def difference(one: Image.Image, other: Image.Image) -> float:
    """0 for the same picture, 255 for its opposite."""
    histogram = ImageChops.difference(one.convert("L"), other.convert("L").resize(one.size)).histogram()
    return sum(shade * count for shade, count in enumerate(histogram)) / (one.width * one.height)


def contrast(picture: Image.Image) -> int:
    darkest, lightest = picture.getextrema()
    return int(lightest) - int(darkest)  # pyrefly: ignore


# Pictures


@pytest.mark.parametrize("kind", PICTURES)
def test_pay_05_a_picture_of_any_kind_is_kept_as_a_person_sees_it(kind: str) -> None:
    kept = draw(PICTURES[kind])
    (picture,) = shown(kept)
    assert kept.media_type == "image/jpeg"
    assert picture.size == receipt().size
    assert ink(picture) > 5_000
    if "transparent" not in kind:
        assert difference(receipt(), picture) < 6


@pytest.mark.parametrize("kind", some((kind for kind in PICTURES if "transparent" not in kind), 3))
def test_pay_13_the_same_receipt_is_known_again_in_a_file_of_any_kind(kind: str) -> None:
    assert rules.same_picture(draw(PICTURES[kind]).picture_hash, draw(PICTURES["JPEG"]).picture_hash)
    other = draw(saved(receipt(size=55), "PNG")).picture_hash
    assert not rules.same_picture(draw(PICTURES[kind]).picture_hash, other)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_pay_05_white_words_on_nothing_are_kept_on_a_ground_on_which_they_are_seen(mode: str) -> None:
    clear, white = ((0,) * len(mode)), ((255,) * len(mode))
    (picture,) = shown(draw(saved(receipt(mode=mode, ground=clear, ink=white), "PNG")))
    assert difference(ImageChops.invert(receipt().convert("L")), picture) < 40


def test_pay_05_white_and_black_words_on_nothing_are_both_seen() -> None:
    clear = (0, 0, 0, 0)
    sent = receipt(mode="RGBA", ground=clear)
    sent.paste(receipt(700, 450, "RGBA", clear, (255, 255, 255, 255)), (0, 0))
    (picture,) = shown(draw(saved(sent, "PNG")))
    for part in ((0, 0, 700, 450), (0, 450, 700, 900)):
        assert contrast(picture.crop(part)) > 90


@pytest.mark.parametrize("words", [128, *(pytest.param(words, marks=pytest.mark.slow) for words in (122, 160, 200))])
def test_pay_05_words_of_any_grey_on_nothing_are_seen_beside_a_black_bar_and_a_white_box(words: int) -> None:
    sent = receipt(mode="RGBA", ground=(0, 0, 0, 0), ink=(words, words, words, 255))
    sent.paste((0, 0, 0, 255), (0, 0, 700, 120))
    sent.paste((255, 255, 255, 255), (0, 120, 700, 180))
    (picture,) = shown(draw(saved(sent, "PNG")))
    assert contrast(picture.crop((0, 200, 700, 900))) > 50


def test_pay_05_black_words_on_a_transparent_white_stay_on_white() -> None:
    """The soft edges of the letters are light, and not transparent."""
    shades = receipt(size=60).quantize(32)
    data = saved(shades, "PNG", transparency=shades.getpixel((0, 0)))
    (picture,) = shown(draw(data))
    assert difference(receipt(size=60), picture) < 6


def test_pay_05_words_for_which_there_is_no_ground_are_refused() -> None:
    sent = Image.new("RGBA", (700, 900), (0, 0, 0, 0))
    for shade in range(0, 256, 15):
        sent.paste(receipt(700, 50, "RGBA", (0, 0, 0, 0), (shade, shade, shade, 255)), (0, shade * 3))
    with pytest.raises(Unfit) as refused:
        draw(saved(sent, "PNG"))
    assert refused.value.problem is Problem.NOT_ALL_SHOWN


@pytest.mark.parametrize("cut", ["corners", pytest.param("out of its photo", marks=pytest.mark.slow)])
def test_pay_05_a_receipt_whose_outline_has_every_shade_is_kept_as_viewers_show_it(cut: str) -> None:
    shape = Image.new("L", (900, 1100), 0)
    box = (0, 0, 899, 1099) if cut == "corners" else (100, 100, 800, 1000)
    ImageDraw.Draw(shape).rounded_rectangle(box, 25, fill=255)
    sent = ImageOps.expand(receipt(), 100, "white")
    for left in (0, 770):
        sent.paste(Image.linear_gradient("L").resize((130, 1100)), (left, 0))
    on_white = Image.composite(sent, Image.new("RGB", sent.size, "white"), shape)
    sent.putalpha(shape)
    (picture,) = shown(draw(saved(sent, "PNG")))
    assert difference(on_white, picture) < 6


def test_pay_05_what_was_kept_is_compared_with_what_a_viewer_shows_on_white(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in the choice of a ground."""
    monkeypatch.setattr(pictures, "ground_for", lambda picture: 128)
    sent = receipt(mode="RGBA", ground=(0, 0, 0, 0), ink=(128, 128, 128, 255))
    sent.paste((0, 0, 0, 255), (0, 0, 700, 120))
    with pytest.raises(Unfit) as refused:
        draw(saved(sent, "PNG"))
    assert refused.value.problem is Problem.NOT_ALL_SHOWN


def test_pay_05_words_as_light_as_their_ground_are_seen_by_their_colour() -> None:
    sent = receipt(ground=(255, 0, 0), ink=(0, 130, 0))
    assert contrast(sent.convert("L")) < 16
    kept = Image.open(io.BytesIO(draw(saved(sent, "PNG")).content))
    assert contrast(kept.getchannel("R")) > 200


def test_pay_05_a_picture_is_turned_as_browsers_turn_it() -> None:
    """By its EXIF, and not by an XMP which a program left from before it turned the picture."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    for kind in ("JPEG", "WEBP"):
        (picture,) = shown(draw(saved(receipt(), kind, xmp=xmp)))
        assert difference(receipt(), picture) < 6


def test_pay_05_a_long_screenshot_stays_readable() -> None:
    sent = receipt(1170, 14_000, size=40)
    (picture,) = shown(draw(saved(sent, "PNG", compress_level=1)))
    assert picture.width >= rules.LEAST_SHORT_SIDE
    assert difference(sent.resize(picture.size), picture) < 6


@pytest.mark.parametrize("orientation", [None, 6, *(pytest.param(each, marks=pytest.mark.slow) for each in (3, 8))])
def test_pay_05_a_very_long_picture_becomes_pages_in_the_order_in_which_they_are_read(orientation: int | None) -> None:
    sent = Image.new("L", (1000, 24_000), "white")
    sent.paste(receipt(1000, 3000).convert("L"), (0, 0))
    kept = draw(saved(sent, "PNG") if orientation is None else files.turned(orientation, "PNG", sent))
    assert kept.media_type == "application/pdf"
    first, *others = shown(kept)
    assert ink(first) > 5_000
    assert sum(map(ink, others)) < ink(first) / 10
    document = pikepdf.open(io.BytesIO(kept.content))
    sizes = [int(image.Width) for page in document.pages for image in page.images.values()]
    assert min(sizes) >= rules.LEAST_SHORT_SIDE


@pytest.mark.parametrize(
    ("kind", "options"), [("TIFF", {"compression": "tiff_deflate"}), ("GIF", {}), ("WEBP", {}), ("PNG", {})]
)
def test_pay_05_every_page_of_a_picture_is_kept_though_the_first_is_empty(kind: str, options: dict[str, Any]) -> None:
    first = Image.new("RGB", receipt().size, "white")
    kept = draw(saved(first, kind, save_all=True, append_images=[receipt()], **options))
    assert [ink(page) > 5_000 for page in shown(kept)] == [False, True]


def test_pay_05_a_huge_photo_is_decoded_small() -> None:
    """200 megapixels: three bytes for each would be 600 MB."""
    data = saved(receipt(16_320, 12_240, "L", 255, 0, 600), "JPEG", quality=30)
    (picture,) = shown(draw(data))
    assert picture.size == (2200, 1650) and ink(picture) > 50_000


CANNOT: dict[str, tuple[Callable[[], bytes], Problem]] = {
    "all white": (lambda: saved(Image.new("RGB", (600, 400), "white"), "PNG"), Problem.NOTHING_TO_SEE),
    "wholly transparent": (
        lambda: saved(receipt(mode="RGBA", ground=(0, 0, 0, 0), ink=(0, 0, 0, 0)), "PNG"),
        Problem.NOTHING_TO_SEE,
    ),
    "moving": (
        lambda: saved(receipt(), "GIF", save_all=True, append_images=[receipt(size=20 + n) for n in range(11)]),
        Problem.MOVING,
    ),
    "TIFF of 11 pages": (
        lambda: saved(receipt(), "TIFF", save_all=True, append_images=[receipt()] * 10),
        Problem.PAGES,
    ),
    "bomb": (lambda: files.png(30_000, 30_000, 2, 8, bytes(1000)), Problem.TOO_LARGE),
    "bomb of one line": (lambda: files.png(2**31 - 1, 1, 2, 8, bytes(1000)), Problem.TOO_LONG),
    "a thread": (lambda: saved(Image.new("L", (2000, 130_000)), "PNG"), Problem.TOO_LONG),
    "progressive and huge": (
        lambda: files.said_to_be(saved(receipt(), "JPEG", progressive=True), 16_000, 12_000),
        Problem.TOO_LARGE,
    ),
    "blank PDF": (lambda: pdf(lambda document, page: page.__delitem__("/Contents")), Problem.NOTHING_TO_SEE),
    "11 pages": (
        lambda: pdf(lambda document, page: [document.pages.append(document.pages[0]) for _ in range(10)]),
        Problem.PAGES,
    ),
    "a cover of other files": (
        lambda: pdf(files.both(files.attach, files.at_root("/Collection", Dictionary()))),
        Problem.FOLDER,
    ),
    "a form that only Adobe draws": (lambda: pdf(files.xfa("x", dynamic=True)), Problem.NOT_ALL_SHOWN),
    "a form whose answers are elsewhere": (lambda: pdf(files.xfa("GBP 99.00")), Problem.NOT_ALL_SHOWN),
    "a note that only some viewers draw": (lambda: pdf(files.note("FreeText", drawn=False)), Problem.NOT_ALL_SHOWN),
    "a stamp that only some viewers draw": (lambda: pdf(files.note("Stamp", drawn=False)), Problem.NOT_ALL_SHOWN),
    **{
        f"words of a {kind}": (lambda kind=kind: pdf(files.note(kind, drawn=False)), Problem.NOT_ALL_SHOWN)
        for kind in ("Text", "Caret", "Highlight", "Square")
    },
    "words of a drawn Text": (lambda: pdf(files.note("Text")), Problem.NOT_ALL_SHOWN),
    "letters of a font that is not in it": (lambda: pdf(files.without_embedded_font), Problem.LETTERS),
    **{
        f"locked by {name}": (
            lambda cipher=cipher: pdf(encryption=pikepdf.Encryption(owner="o", user="secret", **cipher)),
            Problem.LOCKED,
        )
        for name, cipher in files.CIPHERS.items()
    },
}


@pytest.mark.parametrize("what", CANNOT)
def test_pay_05_what_cannot_be_kept_is_refused_for_its_own_reason(what: str) -> None:
    make, problem = CANNOT[what]
    with pytest.raises(Unfit) as refused:
        draw(make())
    assert refused.value.problem is problem


def test_pay_05_what_was_kept_is_compared_with_what_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in drawing: a white page is not "We have your receipt"."""
    monkeypatch.setattr(pictures, "_plain", lambda band, ground: Image.linear_gradient("L").resize(band.size))
    for kind in ("JPEG", "CMYK JPEG", "16-bit grey PNG", "16-bit grey and alpha PNG", "1-bit PNG"):
        with pytest.raises(Unfit) as refused:
            draw(PICTURES[kind])
        assert refused.value.problem is Problem.NOT_ALL_SHOWN
    half = receipt().copy()
    half.paste("white", (0, 200, 700, 900))
    assert not seen.looks_alike(seen.lightness_of(receipt()), seen.lightness_of(half))
    assert seen.looks_alike(
        seen.lightness_of(receipt()), seen.lightness_of(Image.open(io.BytesIO(saved(receipt(), "JPEG", quality=30))))
    )


# PDFs


def broken(data: bytes) -> bytes:
    """Its table of contents points nowhere, as after a download that changed line ends."""
    return data.replace(b"startxref\n", b"startxref\n9")


DATA = pdf()
KEPT: dict[str, bytes] = {
    "plain": DATA,
    "bytes before": b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + DATA,
    "byte order mark before": b"\xef\xbb\xbf" + DATA,
    "most bytes before": b"x" * 1024 + DATA,
    "bytes behind": DATA + b"\n<script>canary</script>" + bytes(2000),
    "damaged": broken(DATA),
    "cut off": DATA[: DATA.rindex(b"xref") - 5],
    "turned": pdf(lambda document, page: page.__setitem__("/Rotate", 90)),
    "cropped": pdf(lambda document, page: page.__setitem__("/CropBox", Array((0, 500, 595, 842)))),
    "on a huge page": pdf(box=(0, 0, 14_400, 14_400)),
    "on an endless page": pdf(box=(0, 0, 1_000_000, 1_000_000)),
    "a till roll": pdf(box=(50, 0, 250, 2000)),
    "a page of pixels": pdf(box=(0, 0, 3024, 4032)),
    "a hidden layer": pdf(files.hidden_layer),
    "deep": pdf(
        files.at_root("/Deep", Array([Array([Array([1])])])), object_stream_mode=pikepdf.ObjectStreamMode.generate
    ),
    "ten pages": pdf(lambda document, page: [document.pages.append(document.pages[0]) for _ in range(9)]),
    **{f"owned by {name}": pdf(encryption=files.owned(**cipher)) for name, cipher in files.CIPHERS.items()},
}
ACTIVE: dict[str, bytes] = {
    "script at opening": pdf(files.at_root("/OpenAction", Dictionary(S=Name.JavaScript, JS="canary()"))),
    "script by name": pdf(
        files.at_root(
            "/Names",
            Dictionary(JavaScript=Dictionary(Names=Array(["a", Dictionary(S=Name.JavaScript, JS="canary()")]))),
        )
    ),
    "other actions": pdf(
        files.at_root("/AA", Dictionary(WC=Dictionary(S=Name.GoToR, F=r"\\canary\x", D=Array([0, Name.Fit]))))
    ),
    "actions of a page": pdf(
        lambda document, page: page.__setitem__("/AA", Dictionary(O=Dictionary(S=Name.URI, URI="http://canary")))
    ),
    "address": pdf(files.link(S=Name.URI, URI="http://canary/")),
    "other file": pdf(files.link(S=Name.GoToR, F=r"\\canary\x", D=Array([0, Name.Fit]))),
    "file in it": pdf(files.link(S=Name.GoToE, F="canary.pdf", D=Array([0, Name.Fit]), T=Dictionary(R=Name.C, N="a"))),
    "program": pdf(files.link(S=Name.Launch, F="canary.exe")),
    "form that is sent": pdf(files.link(S=Name.SubmitForm, F="http://canary/")),
    "film": pdf(files.note("RichMedia", drawn=False, RichMediaContent=Dictionary(A="canary"))),
    "attachment": pdf(files.attach),
    "metadata": pdf(lambda document, page: document.docinfo.__setitem__("/Title", "<script>canary</script>")),
}


@pytest.mark.parametrize("what", [*KEPT, *ACTIVE])
def test_pay_05_a_pdf_that_viewers_open_is_kept_as_they_show_it(what: str) -> None:
    kept = draw((KEPT | ACTIVE)[what])
    assert kept.media_type == "application/pdf"
    pages = shown(kept)
    assert sum(map(ink, pages)) > 300
    assert len(pages) == {"ten pages": 10, "a till roll": 3}.get(what, 1)
    if what == "a hidden layer":
        assert ink(pages[0], (0, 800, 1190, 1684)) == 0


@pytest.mark.parametrize("what", ACTIVE)
def test_pay_05_nothing_of_a_pdf_is_kept_but_what_is_seen(what: str) -> None:
    """No action, script, outside reference, file, note or metadata: a picture on each page, and nothing else."""
    assert b"canary" in pikepdf_text(ACTIVE[what])
    document = pikepdf.open(io.BytesIO(draw(ACTIVE[what]).content))
    assert set(document.Root.keys()) == {"/Type", "/Pages"}
    assert set(document.trailer.keys()) <= {"/Root", "/Size", "/ID"}
    for page in document.pages:
        assert set(page.obj.keys()) <= {"/Type", "/Parent", "/MediaBox", "/Resources", "/Contents"}
        assert [list(page.obj.Resources.keys()), list(page.obj.Resources.XObject.keys())] == [
            ["/XObject"],
            ["/Receipt"],
        ]
    assert b"canary" not in pikepdf_text(draw(ACTIVE[what]).content)


def pikepdf_text(data: bytes) -> bytes:
    """A PDF with everything in it unpacked."""
    output = io.BytesIO()
    document = pikepdf.open(io.BytesIO(data))
    document.save(output, stream_decode_level=pikepdf.StreamDecodeLevel.generalized, compress_streams=False)
    return output.getvalue()


FILLED_IN: dict[str, bytes] = {
    "drawn by the viewer": pdf(files.field()),
    "drawn by the file": pdf(files.field(drawn="/Tx BMC BT /Helv 18 Tf 2 8 Td (GBP 18.00) Tj ET EMC")),
    "drawn as nothing by the file": pdf(files.field(drawn="/Tx BMC EMC")),
    "in no form": pdf(
        files.both(
            files.field(drawn="BT /Helv 18 Tf 2 8 Td (GBP 18.00) Tj ET"),
            lambda d, page: d.Root.__delitem__("/AcroForm"),
        )
    ),
    "of a form without fields": pdf(
        files.both(files.field(), lambda d, page: d.Root.AcroForm.__setitem__("/Fields", Array()))
    ),
    "choice": pdf(files.field(FT=Name.Ch, Ff=1 << 17, Opt=Array(["GBP 18.00", "none"]))),
    "in an XFA form, too": pdf(files.xfa("GBP 18.00")),
    "note": pdf(files.note("FreeText")),
    "stamp": pdf(files.note("Stamp")),
    "highlighted": pdf(files.note("Square", drawn=False, C=Array((0, 0, 0)), Contents="TOTAL\n18.00")),
    "highlighted, and nothing said": pdf(files.note("Square", drawn=False, C=Array((0, 0, 0)), Contents="")),
}


@pytest.mark.parametrize("what", FILLED_IN)
def test_pay_05_what_was_filled_in_is_in_the_file_that_is_kept(what: str) -> None:
    (page,) = shown(draw(FILLED_IN[what]))
    left, bottom, right, top = (round(2 * at) for at in files.FIELD)
    assert ink(page, (left - 4, page.height - top - 4, right + 4, page.height - bottom + 4)) > 100
