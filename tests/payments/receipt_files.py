"""Files as people send them: pictures of every kind, PDFs of every kind, with the same receipt on each."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pikepdf
import pillow_heif
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageCms, ImageDraw, ImageFont

pillow_heif.register_heif_opener()


def receipt(
    width: int = 700, height: int = 900, mode: str = "RGB", ground: Any = "white", ink: Any = "black", size: int = 30
) -> Image.Image:
    """Lines of words and figures, as on a receipt; no two lines alike."""
    picture = Image.new(mode, (width, height), ground)
    pen = ImageDraw.Draw(picture)
    for number, top in enumerate(range(10, height - size, int(size * 1.6))):
        line = f"{number} Bus to Ely and back £{number}.{number * 7 % 100:02}"
        pen.text((10 + number * 13 % 90, top), line, fill=ink, font=ImageFont.load_default(size=size))
    return picture


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    output = io.BytesIO()
    picture.save(output, kind, **options)
    return output.getvalue()


def said_to_be(progressive_jpeg: bytes, width: int, height: int) -> bytes:
    """The same file, with another size in its head."""
    at = progressive_jpeg.index(b"\xff\xc2") + 5
    return progressive_jpeg[:at] + struct.pack(">HH", height, width) + progressive_jpeg[at + 4 :]


def png(width: int, height: int, colours: int, depth: int, rows: bytes, *more: bytes) -> bytes:
    """By hand: Pillow writes no 16-bit colours."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))
    extra = b"".join(chunk(part[:4], part[4:]) for part in more)
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def deep_png(colours: int, values: Callable[[int], tuple[int, ...]], *more: bytes) -> bytes:
    """16 bits for each channel. values: of a shade (0 to 255)."""
    grey = receipt().convert("L")
    packed = {shade: struct.pack(f">{len(values(shade))}H", *values(shade)) for shade in range(256)}
    rows = b"".join(
        b"\0" + b"".join(packed[shade] for shade in grey.crop((0, row, grey.width, row + 1)).tobytes())
        for row in range(grey.height)
    )
    return png(*grey.size, colours, 16, rows, *more)


def tiff(bits: int, photometric: int, data: bytes, sample: int | None = None) -> bytes:
    """One grey page of receipt()'s size, not packed."""
    width, height = receipt().size
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 0),
        (277, 3, 1),
        (278, 4, height),
    ]
    tags += [(279, 4, len(data))] + ([(339, 3, sample)] if sample else [])
    start = 14 + 12 * len(tags)
    entries = b"".join(
        struct.pack("<HHI", tag, kind, 1) + struct.pack("<I", start if tag == 273 else value)
        for tag, kind, value in tags
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + data


def twelve_bits() -> bytes:
    shades = receipt().convert("L").tobytes()
    packed = bytearray()
    for one, other in zip(shades[::2], shades[1::2], strict=True):
        first, second = one * 16, other * 16
        packed += bytes([first >> 4, (first & 15) << 4 | second >> 8, second & 255])
    return tiff(12, 1, bytes(packed))


def turned(orientation: int, kind: str = "JPEG", picture: Image.Image | None = None) -> bytes:
    """As a camera writes it that was held in this way."""
    ways = Image.Transpose
    back = {
        2: ways.FLIP_LEFT_RIGHT,
        3: ways.ROTATE_180,
        4: ways.FLIP_TOP_BOTTOM,
        5: ways.TRANSPOSE,
        6: ways.ROTATE_90,
        7: ways.TRANSVERSE,
        8: ways.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved((picture or receipt()).transpose(back[orientation]), kind, exif=exif)


class Files(Mapping[str, bytes]):
    """By name; each is made when a test first asks for it, not by every process that reads the names."""

    def __init__(self, makers: dict[str, Callable[[], bytes]]) -> None:
        self._makers = makers
        self._made: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def lab() -> Image.Image:
    drawn = ImageCms.profileToProfile(
        receipt(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert drawn is not None
    return drawn


def pictures() -> Files:
    """Each shows receipt() and nothing else."""
    plain, grey = receipt(), receipt().convert("L")
    shades = grey.tobytes()
    clear = (0, 0, 0, 0)
    makers: dict[str, Callable[[], bytes]] = {
        "JPEG": lambda: saved(plain, "JPEG"),
        "progressive JPEG": lambda: saved(plain, "JPEG", progressive=True, subsampling=0),
        "grey JPEG": lambda: saved(grey, "JPEG"),
        "CMYK JPEG": lambda: saved(plain.convert("CMYK"), "JPEG"),
        "MPO of a phone": lambda: saved(
            plain, "MPO", save_all=True, append_images=[Image.new("RGB", (99, 99), "grey")]
        ),
        "HEIC": lambda: saved(plain, "HEIF"),
        "AVIF": lambda: saved(plain, "AVIF"),
        "WebP": lambda: saved(plain, "WEBP"),
        "BMP": lambda: saved(plain, "BMP"),
        "GIF": lambda: saved(plain, "GIF"),
        "1-bit PNG": lambda: saved(plain.convert("1"), "PNG"),
        "palette PNG": lambda: saved(plain.quantize(16), "PNG"),
        "palette PNG, transparent": lambda: saved(
            plain.quantize(8), "PNG", transparency=plain.quantize(8).getpixel((0, 0))
        ),
        "grey and alpha PNG": lambda: saved(plain.convert("LA"), "PNG"),
        "black on transparent PNG": lambda: saved(receipt(mode="RGBA", ground=clear), "PNG"),
        "16-bit grey PNG": lambda: deep_png(0, lambda shade: (shade * 257,)),
        "16-bit grey PNG with a transparent shade": lambda: deep_png(0, lambda shade: (shade * 257,), b"tRNS\xff\xff"),
        "16-bit grey PNG of a 12-bit scanner": lambda: deep_png(0, lambda shade: (shade * 16,)),
        "16-bit grey PNG, faint": lambda: deep_png(0, lambda shade: (65_000 + shade,)),
        "16-bit RGB PNG": lambda: deep_png(2, lambda shade: (shade * 257,) * 3),
        "16-bit grey and alpha PNG": lambda: deep_png(4, lambda shade: (shade * 257, 65_535)),
        "16-bit RGBA PNG": lambda: deep_png(6, lambda shade: (shade * 257,) * 3 + (65_535,)),
        "CMYK TIFF": lambda: saved(plain.convert("CMYK"), "TIFF"),
        "fax TIFF": lambda: saved(plain.convert("1"), "TIFF", compression="group4"),
        "JPEG in TIFF": lambda: saved(plain, "TIFF", compression="jpeg"),
        "LAB TIFF": lambda: saved(lab(), "TIFF"),
        "12-bit TIFF": twelve_bits,
        "16-bit TIFF": lambda: tiff(16, 1, b"".join(struct.pack("<H", shade * 257) for shade in shades)),
        "16-bit TIFF, white is zero": lambda: tiff(
            16, 0, b"".join(struct.pack("<H", 65_535 - shade * 257) for shade in shades)
        ),
        "32-bit TIFF": lambda: tiff(32, 1, b"".join(struct.pack("<i", shade * 1000) for shade in shades), sample=2),
        "floating point TIFF": lambda: tiff(
            32, 1, b"".join(struct.pack("<f", shade / 255) for shade in shades), sample=3
        ),
        **{f"JPEG turned by {way}": partial(turned, way) for way in range(2, 9)},
        "TIFF turned": lambda: turned(6, "TIFF"),
        "WebP turned": lambda: turned(6, "WEBP"),
        "PNG turned": lambda: turned(8, "PNG"),
    }
    return Files(makers)


# PDFs


HELVETICA = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
Change = Callable[[pikepdf.Pdf, Any], object]
"""What is done to a PDF and its page."""


def nothing(document: pikepdf.Pdf, page: Any) -> None:
    """Leaves it as it is."""


def pdf(
    change: Change = nothing, *, words: str = "Bus to Ely", box: tuple[float, ...] = (0, 0, 595, 842), **options: Any
) -> bytes:
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(100, 100))
    page.obj.MediaBox = Array(box)
    page.obj.Resources = Dictionary(Font=Dictionary(F1=HELVETICA))
    page.obj.Contents = document.make_stream(
        f"BT /F1 24 Tf 60 700 Td ({words}) Tj 0 -40 Td (TOTAL 18.00) Tj ET".encode()
    )
    change(document, page.obj)
    output = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pikepdf.PageCopyWarning)  # fields of no form are meant
        document.save(output, **options)
    return output.getvalue()


FIELD = (60, 540, 300, 570)


def field(value: str = "GBP 18.00", *, drawn: str | None = None, **more: Any) -> Change:
    """A form field with something in it. drawn: how the file says that it looks, if it says so."""

    def change(document: pikepdf.Pdf, page: Any) -> None:
        widget = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T="amount",
            Rect=Array(FIELD),
            V=String(value),
            DA="/Helv 18 Tf 0 g",
            F=4,
        )
        for key, other in more.items():
            widget[f"/{key}"] = other
        if drawn is not None:
            widget.AP = Dictionary(N=drawing(document, drawn))
        widget = document.make_indirect(widget)
        page.Annots = Array([widget])
        form = Dictionary(Fields=Array([widget]), DA="/Helv 18 Tf 0 g", DR=Dictionary(Font=Dictionary(Helv=HELVETICA)))
        document.Root.AcroForm = form
        if drawn is None:
            document.Root.AcroForm.NeedAppearances = True

    return change


def drawing(document: pikepdf.Pdf, text: str) -> Any:
    resources = Dictionary(Font=Dictionary(Helv=HELVETICA))
    return document.make_stream(
        text.encode(), Type=Name.XObject, Subtype=Name.Form, BBox=Array((0, 0, 240, 30)), Resources=resources
    )


def note(kind: str, *, drawn: bool = True, **more: Any) -> Change:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        made = Dictionary(
            Type=Name.Annot,
            Subtype=Name(f"/{kind}"),
            Rect=Array(FIELD),
            Contents="PAID 18.00",
            DA="/Helv 18 Tf 0 g",
            F=4,
        )
        for key, other in more.items():
            made[f"/{key}"] = other
        if drawn:
            made.AP = Dictionary(N=drawing(document, "BT /Helv 18 Tf 2 8 Td (PAID 18.00) Tj ET"))
        page.Annots = Array([made])

    return change


def link(**action: Any) -> Change:
    return note(
        "Link", drawn=False, Border=Array((0, 0, 0)), A=Dictionary({f"/{key}": value for key, value in action.items()})
    )


def at_root(key: str, value: Any) -> Change:
    return lambda document, page: document.Root.__setitem__(key, value)


def xfa(value: str, *, dynamic: bool = False) -> Change:
    def change(document: pikepdf.Pdf, page: Any) -> None:
        field()(document, page)
        data = f"<d:datasets xmlns:d='http://www.xfa.org/schema/xfa-data/1.0/'><d:data><f><a>{value}</a></f></d:data></d:datasets>"
        document.Root.AcroForm.XFA = Array(["datasets", document.make_stream(data.encode())])
        if dynamic:
            document.Root.NeedsRendering = True

    return change


def both(*changes: Change) -> Change:
    return lambda document, page: [change(document, page) for change in changes]


def attach(document: pikepdf.Pdf, page: Any) -> None:
    document.attachments["a.exe"] = b"MZ canary"


def owned(**options: Any) -> pikepdf.Encryption:
    """Anybody may open it; only its owner may change or print it."""
    nobody = pikepdf.Permissions(extract=False, modify_form=False, print_lowres=False, print_highres=False)
    return pikepdf.Encryption(owner="its owner", user="", allow=nobody, **options)


CIPHERS: dict[str, dict[str, Any]] = {
    "RC4 with 40 bits": {"R": 2, "aes": False, "metadata": False},
    "RC4 with 128 bits": {"R": 3, "aes": False, "metadata": False},
    "AES with 128 bits": {"R": 4},
    "AES with 256 bits": {"R": 6},
}


def hidden_layer(document: pikepdf.Pdf, page: Any) -> None:
    layer = document.make_indirect(Dictionary(Type=Name.OCG, Name="draft"))
    page.Resources.Properties = Dictionary(Off=layer)
    page.Contents = Array(
        [page.Contents, document.make_stream(b"/OC /Off BDC BT /F1 24 Tf 60 400 Td (TOTAL 99.00) Tj ET EMC")]
    )
    document.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(Order=Array([layer]), OFF=Array([layer])))


def unpacks_to(size: int) -> Change:
    """A page whose drawing is mostly nothing."""

    def change(document: pikepdf.Pdf, page: Any) -> None:
        packer, nothing = zlib.compressobj(9, wbits=-zlib.MAX_WBITS), b" " * 1_000_000
        block = packer.compress(nothing) + packer.flush(
            zlib.Z_FULL_FLUSH
        )  # after which each is packed as if it were the first
        checksum = 1
        for _ in range(size // len(nothing)):
            checksum = zlib.adler32(nothing, checksum)
        packed = b"\x78\xda" + block * (size // len(nothing)) + packer.flush() + struct.pack(">I", checksum)
        stream = pikepdf.Stream(document, packed)
        stream.Filter = Name.FlateDecode
        page.Contents = document.make_indirect(stream)

    return change


RAW: dict[str, Any] = {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.none}


def without_embedded_font(document: pikepdf.Pdf, page: Any) -> None:
    """Chinese words in a font that a reader's machine may have."""
    system = Dictionary(Registry="Adobe", Ordering="GB1", Supplement=2)
    inner = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name("/SimSun"), CIDSystemInfo=system, DW=1000
    )
    outer = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name("/SimSun"),
        Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=Array([inner]),
    )
    page.Resources.Font.F2 = outer
    page.Contents = Array([page.Contents, document.make_stream(b"BT /F2 24 Tf 60 500 Td <53D1796891D1989D> Tj ET")])
