"""What we accept as a receipt, the size at which we keep it, and when two look the same (PAY-03, PAY-05, PAY-13)."""

import math
from dataclasses import dataclass
from enum import StrEnum

from shared.reasons import Reason

MOST_BYTES = 10_000_000
MOST_PAGES = 10
MOST_MEMORY = 640_000_000
"""Bytes that opening one file may take, besides the program itself."""
MOST_SECONDS_OF_WORK = 20
"""Processor seconds that opening one file may take."""
MOST_SECONDS = 90
"""Elapsed seconds, without the wait for its turn."""
LONGEST_SIDE = 2_200
LEAST_SHORT_SIDE = 1_000
"""Pixels. A picture is shrunk to its longest side, but its short side never goes below this: a screenshot of a whole
page is long, and its words must stay readable."""
MOST_PIXELS_IN_ONE = 16_000_000
"""A larger picture is kept as pages."""
PIXELS_OF_A_PIECE = 4_000_000
MOST_PIXELS_IN_ALL = 60_000_000
LONGEST_JPEG = 65_000
DOTS_PER_INCH = 200
MOST_DOTS_PER_INCH = 1_200
LEAST_DOTS_PER_INCH = 100
WIDEST_PAGE = 2_400
"""Pixels of the short side of a PDF's page."""
POINTS_PER_INCH = 72
SAME_PICTURE_BITS = 4
"""If two 64-bit picture hashes differ in at most this many bits, they are of the same photo, saved again."""


class Kind(StrEnum):
    """What the first bytes of a file say. We do not trust its name and claimed type."""

    PICTURE = "picture"
    PDF = "pdf"
    SVG = "svg"
    OTHER = "other"


class Problem(StrEnum):
    """Why a file of an accepted kind cannot be kept."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    """A picture that takes more memory to open than MOST_MEMORY."""
    TOO_LONG = "too-long"
    """So long and narrow that its words would become unreadable."""
    TOO_MUCH = "too-much"
    """A PDF that unpacks to more than MOST_MEMORY, or takes too long."""
    PAGES = "pages"
    LOCKED = "locked"
    FOLDER = "folder"
    """A PDF that is a cover for other files."""
    NOTHING_TO_SEE = "nothing-to-see"
    NOT_ALL_SHOWN = "not-all-shown"
    """Something that another program shows of it would be missing from what we keep."""
    LETTERS = "letters"
    """A PDF with letters or signs of a font that neither it nor we have."""
    PICTURE = "picture"
    """A picture in a PDF that we cannot decode, though a viewer may."""
    MOVING = "moving"
    BUSY = "busy"
    """Not the file's fault: too many are waiting to be looked at."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What was found in a file that somebody sent. pages: how many it has, if that is the problem."""

    size: int
    kind: Kind
    problem: Problem | None = None
    pages: int = 0


_PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*", b"BM")
_PHONE_PICTURES = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})
_PDF_STARTS_WITHIN = 1_024 + 8
"""Bytes. Viewers look for %PDF- in the first 1,024: a download may have a few other bytes before it."""


def looks_like(data: bytes) -> Kind:
    if data.startswith(_PICTURE_STARTS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return Kind.PICTURE
    if data[4:8] == b"ftyp" and (
        data[8:12] in _PHONE_PICTURES or _PHONE_PICTURES & {data[at : at + 4] for at in range(16, 64, 4)}
    ):
        return Kind.PICTURE
    if b"%PDF-" in data[:_PDF_STARTS_WITHIN]:
        return Kind.PDF
    return Kind.SVG if b"<svg" in data[:2000].lower() else Kind.OTHER


def reasons_not_to_take_receipt(upload: Upload) -> list[Reason]:
    """PAY-05: a photo, or a PDF that opens without a password; every refusal says what to do."""
    text = _why_not(upload)
    return [] if text is None else [Reason("PAY-05", text, "receipt")]


def _why_not(upload: Upload) -> str | None:
    if upload.size == 0:
        return "Choose a photo or a PDF of the receipt. The file you chose is empty."
    if upload.size > MOST_BYTES:
        return "This file is too big. It can be up to 10 MB. If it is a photo, take a screenshot of it and send that."
    if upload.kind is Kind.SVG:
        return "We cannot take drawings (SVG). Take a screenshot of the receipt and send that, or send a PDF."
    if upload.kind is Kind.OTHER:
        return "We cannot open this kind of file. Send a photo or a screenshot of the receipt, or save it as a PDF."
    if upload.problem is None:
        return None
    if upload.problem is Problem.PAGES:
        return _wrong_number_of_pages(upload)
    return (_OF_PDFS if upload.kind is Kind.PDF else _OF_PICTURES)[upload.problem]


def _wrong_number_of_pages(upload: Upload) -> str:
    if upload.pages < 1:
        return "This file has no pages that we can find. Send a photo of the receipt instead."
    has = f"This file has {upload.pages} pages. We can take {MOST_PAGES}."
    return f"{has} Send only the pages with the receipt, or a photo or a screenshot of them."


_BUSY = (
    "We are looking at other receipts just now, and have not looked at this one yet. Nothing is lost. Wait a minute, "
    "then send it again."
)
_TOO_MUCH_IN_IT = "There is more in this PDF than we can open. Send a photo or a screenshot of the receipt instead."
_OF_PICTURES = {
    Problem.UNREADABLE: "We could not open this picture. It may be damaged, or of a rare kind. Take a screenshot of "
    "it and send that, or take a new photo.",
    Problem.TOO_LARGE: "This picture has more detail than we can open. Take a screenshot of it and send that.",
    Problem.TOO_LONG: "This picture is too long to keep it readable. Send only the part with the amount and the date.",
    Problem.TOO_MUCH: "This picture takes too long to open. Take a screenshot of it and send that.",
    Problem.NOTHING_TO_SEE: "We can see nothing on this picture: it is all one colour, or its words are too "
    "faint. Take a new photo of the receipt, in good light.",
    Problem.NOT_ALL_SHOWN: "We could not keep this picture as you see it. Take a screenshot of it and send that.",
    Problem.MOVING: "This picture moves, and we can only keep still ones. Take a screenshot of it and send that.",
    Problem.BUSY: _BUSY,
}
_OF_PDFS = {
    Problem.UNREADABLE: "We could not open this PDF. It may be damaged. Download it again and send that, or send a "
    "photo or a screenshot of the receipt.",
    Problem.TOO_LARGE: _TOO_MUCH_IN_IT,
    Problem.TOO_MUCH: _TOO_MUCH_IN_IT,
    Problem.TOO_LONG: "A page of this PDF is too large to keep it readable. Send a screenshot of the part with the "
    "amount and the date.",
    Problem.LOCKED: "This PDF opens only with a password. Open it, print it to a new PDF and send that, or send a "
    "photo or a screenshot of it.",
    Problem.FOLDER: "This PDF is a cover with other files inside it. Save the file that is the receipt, and send that "
    "one.",
    Problem.NOTHING_TO_SEE: "We can see nothing on this PDF: its pages are blank, too faint, or damaged. Send a "
    "photo or a screenshot of the receipt instead.",
    Problem.NOT_ALL_SHOWN: "We cannot show everything that is in this PDF, such as what was filled in, a note or a "
    "file in it. Print it to a new PDF and send that, or send a screenshot.",
    Problem.LETTERS: "This PDF has letters or signs that we do not have, so some would be missing. Open it, check that "
    "you can read it all, and send a screenshot of it.",
    Problem.PICTURE: "A picture in this PDF is damaged, or of a kind that we cannot open. Send a photo or a screenshot "
    "of the receipt instead.",
    Problem.BUSY: _BUSY,
}


# How large it is kept


@dataclass(frozen=True, slots=True)
class Layout:
    """The size in pixels at which something is kept, and into how many pieces it is cut along its longer side."""

    width: int
    height: int
    pieces: int


def layout_of_picture(width: int, height: int) -> Layout | None:
    """PAY-05: readable, and no larger than that needs. None if both are impossible."""
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    if min(width, height) * scale < LEAST_SHORT_SIDE:
        scale = min(1.0, LEAST_SHORT_SIDE / min(width, height))
    return _layout(width * scale, height * scale, MOST_PIXELS_IN_ONE)


def layout_of_page(width: float, height: float, pages: int) -> Layout | None:
    """PAY-05: for one page of a PDF with this many, from its width and height in points (1/72 inch)."""
    short = min(width, height)
    if not 0 < short <= max(width, height) < math.inf:
        return None
    dots = max(DOTS_PER_INCH, min(MOST_DOTS_PER_INCH, LEAST_SHORT_SIDE * POINTS_PER_INCH / short))
    dots = min(dots, WIDEST_PAGE * POINTS_PER_INCH / short)
    most = MOST_PIXELS_IN_ALL / pages
    pixels = width * height * (dots / POINTS_PER_INCH) ** 2
    if pixels > most:
        dots *= math.sqrt(most / pixels)
        if dots < LEAST_DOTS_PER_INCH and short * dots / POINTS_PER_INCH < LEAST_SHORT_SIDE:
            return None
    scale = dots / POINTS_PER_INCH
    return _layout(width * scale, height * scale, 2 * PIXELS_OF_A_PIECE)


def _layout(width: float, height: float, most_in_one: int) -> Layout | None:
    wide, high = max(1, round(width)), max(1, round(height))
    pixels = wide * high
    if pixels > MOST_PIXELS_IN_ALL * 1.01:
        return None
    fits = pixels <= most_in_one and max(wide, high) <= LONGEST_JPEG
    return Layout(
        wide,
        high,
        1 if fits else max(2, math.ceil(pixels / PIXELS_OF_A_PIECE), math.ceil(max(wide, high) / LONGEST_JPEG)),
    )


def same_picture(one: int | None, other: int | None) -> bool:
    """PAY-13: whether two 64-bit picture hashes are so close that they are of one photo. None: not a picture."""
    if one is None or other is None:
        return False
    return (one ^ other).bit_count() <= SAME_PICTURE_BITS
