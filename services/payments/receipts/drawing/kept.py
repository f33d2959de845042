"""What is kept of a file: one JPEG, or a PDF whose pages are pictures and nothing else."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from services.payments.receipts.domain import POINTS_PER_INCH, Problem

JPEG_QUALITY = 82
_LEAST_RANGE, _LEAST_COLOUR = 16, 64
"""Of 256 shades: if the lightest and the darkest are closer than the first, and the most and the least red, green and
blue closer than the second, nobody sees anything."""


class Unfit(Exception):
    """The file cannot be kept, and why."""

    def __init__(self, problem: Problem, pages: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.pages = pages


@dataclass(frozen=True, slots=True)
class Kept:
    """picture_hash: matches the same photo saved again (None for a PDF or a plain surface)."""

    content: bytes
    media_type: str
    picture_hash: int | None


@dataclass(frozen=True, slots=True)
class Piece:
    """One picture of what is kept, in colour or in grey. least, most: lightness, red, green and blue, 0 to 255
    (lightness alone in grey). dots: per inch, on the page that it becomes."""

    jpeg: bytes
    width: int
    height: int
    least: tuple[int, ...]
    most: tuple[int, ...]
    dots: float
    is_grey: bool


def piece_of(picture: Image.Image, dots: float) -> Piece:
    """picture: RGB or L."""
    lightness: Any = picture.convert("L").getextrema()
    colours: Any = picture.getextrema() if picture.mode == "RGB" else ()
    least, most = zip(lightness, *colours, strict=True)
    output = io.BytesIO()
    picture.save(output, "JPEG", quality=JPEG_QUALITY)
    return Piece(output.getvalue(), picture.width, picture.height, least, most, dots, picture.mode == "L")


def kept_of(pieces: Sequence[Piece], picture_hash: int | None, *, as_pdf: bool) -> Kept:
    """Raises Unfit if a person would see nothing."""
    if not _shows_something(pieces):
        raise Unfit(Problem.NOTHING_TO_SEE)
    if len(pieces) == 1 and not as_pdf:
        return Kept(pieces[0].jpeg, "image/jpeg", picture_hash)
    return Kept(_pdf_of(pieces), "application/pdf", picture_hash)


def _shows_something(pieces: Sequence[Piece]) -> bool:
    """Words may be as light as their ground, and of another colour."""
    least = [min(values) for values in zip(*(piece.least for piece in pieces), strict=False)]
    most = [max(values) for values in zip(*(piece.most for piece in pieces), strict=False)]
    lightness, *colours = (high - low for low, high in zip(least, most, strict=True))
    return lightness >= _LEAST_RANGE or any(colour >= _LEAST_COLOUR for colour in colours)


def _pdf_of(pieces: Sequence[Piece]) -> bytes:
    """Made from nothing: it holds only what is written here."""
    import pikepdf
    from pikepdf import Dictionary, Name

    document = pikepdf.new()
    for piece in pieces:
        width, height = piece.width * POINTS_PER_INCH / piece.dots, piece.height * POINTS_PER_INCH / piece.dots
        picture = document.make_stream(
            piece.jpeg,
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=piece.width,
            Height=piece.height,
            ColorSpace=Name.DeviceGray if piece.is_grey else Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        )
        page = document.add_blank_page(page_size=(width, height))
        page.Resources = Dictionary(XObject=Dictionary(Receipt=picture))
        page.Contents = document.make_stream(f"q {width:.4f} 0 0 {height:.4f} 0 0 cm /Receipt Do Q".encode())
    output = io.BytesIO()
    document.save(output, deterministic_id=True)
    return output.getvalue()
