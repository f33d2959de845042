"""Pictures: decoded within limits, drawn upright on a plain ground, readable, with nothing else from the file (no
EXIF, which holds places)."""

import io
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pillow_heif
from PIL import Image, ImageCms

from services.payments.receipts.domain import (
    LONGEST_SIDE,
    MOST_MEMORY,
    MOST_PAGES,
    POINTS_PER_INCH,
    Layout,
    Problem,
    layout_of_picture,
)
from services.payments.receipts.drawing.grounds import WHITE, ground_for
from services.payments.receipts.drawing.kept import Kept, Piece, Unfit, kept_of, piece_of
from services.payments.receipts.drawing.seen import (
    DEEP_MODES,
    Box,
    contrast_on_white,
    lightness_of,
    looks_alike,
    shows_as_much,
)

pillow_heif.register_heif_opener(thumbnails=False)
pillow_heif.options.DECODE_THREADS = 1  # pyrefly: ignore[bad-assignment]
Image.init()
Image.MAX_IMAGE_PIXELS = None  # we count below what a picture may cost, by its kind

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF")
"""MPO, which some phones write, is recognised as JPEG."""
_DECODING = {"WEBP": 15.0, "GIF": 8.0, "TIFF": 9.0, "HEIF": 8.0, "AVIF": 9.6}
"""Bytes that decoding takes for each pixel, as measured (docs/decisions/0015). For the others it is one copy of the
picture:"""
_SMALL_MODES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
"""Bytes of a pixel in memory; 4 in all other modes."""
_DRAWING = 160_000_000
"""Bytes that drawing takes, besides the decoded picture."""
_BAND = 4_000_000  # pixels of a picture looked at in one go
_OVERLAP = 40  # pixels: so that a line of words that is cut in two is whole on one of the pieces
_A4_WIDTH = 595  # points
_DEEP = (255, 1_023, 4_095, 16_383, 65_535)
"""The value of white, by how many bits of a deeper number are used: a scanner may write 12 bits into 16."""
_TIFF_PHOTOMETRIC, _TIFF_SUBFILE, _DNG_VERSION, _ORIENTATION = 262, 254, 50706, 0x0112


def draw(data: bytes) -> Kept:
    """Raises Unfit, MemoryError, or whatever a decoder raises."""
    warnings.simplefilter("ignore")
    _refuse_a_webp_too_large_to_open(data)
    picture = Image.open(io.BytesIO(data), formats=FORMATS)
    pieces: list[Piece] = []
    picture_hash = None
    frames = _frames(picture)
    for frame in frames:
        picture.seek(frame)
        drawn, hashed = _draw_one(picture)
        pieces += drawn
        picture_hash = hashed if picture_hash is None else picture_hash
    return kept_of(pieces, picture_hash, as_pdf=len(pieces) > 1)


def _refuse_a_webp_too_large_to_open(data: bytes) -> None:
    """Opening one takes memory for all its pixels, and without it, Pillow calls the file damaged. What other kinds open
    to is only their size (`_load`)."""
    if data[:4] + data[8:12] != b"RIFFWEBP":
        return
    chunk, start = data[12:16], data[20:30].ljust(10, b"\0")
    if chunk == b"VP8X":
        width, height = (int.from_bytes(start[at : at + 3], "little") + 1 for at in (4, 7))
    elif chunk == b"VP8L":
        both = int.from_bytes(start[1:5], "little")
        width, height = (both & 0x3FFF) + 1, (both >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(start[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    if width * height * _DECODING["WEBP"] > MOST_MEMORY - _DRAWING:
        raise Unfit(Problem.TOO_LARGE)


def _frames(picture: Image.Image) -> list[int]:
    """Those that a person would see. A phone puts second pictures (depth, light) behind the first of a JPEG or HEIC,
    which nobody sees."""
    if picture.format in ("JPEG", "MPO", "HEIF", "BMP"):
        return [picture.tell()]
    count = getattr(picture, "n_frames", 1)
    if picture.format != "TIFF":
        if count > MOST_PAGES:
            raise Unfit(Problem.MOVING)
        return list(range(count))
    frames = []
    for frame in range(count):
        picture.seek(frame)
        tags: Any = getattr(picture, "tag_v2", {})
        if _DNG_VERSION in tags:
            raise Unfit(Problem.UNREADABLE)  # a camera's raw file: what opens is only a small preview
        if not int(tags.get(_TIFF_SUBFILE, 0)) & 0b101:  # a preview or a mask of another page
            frames.append(frame)
    if len(frames) > MOST_PAGES:
        raise Unfit(Problem.PAGES, len(frames))
    return frames or [0]


@dataclass(frozen=True, slots=True)
class _Ground:
    """How values become shades: the black and white of a deep mode, and the lightness behind transparent parts."""

    shades: tuple[float, float]
    background: int


def _draw_one(picture: Image.Image) -> tuple[list[Piece], int | None]:
    layout = layout_of_picture(*picture.size)
    if layout is None:
        raise Unfit(Problem.TOO_LONG)
    _load(picture, layout)
    if (picture.width > picture.height) != (layout.width > layout.height):  # it was turned while loading
        layout = Layout(layout.height, layout.width, layout.pieces)
    ground = _Ground(_shades(picture), ground_for(picture) if _is_see_through(picture) else WHITE)
    turn = _turn(picture)
    pieces: list[Piece] = []
    drawn = picture
    for box, size in _cut(picture.size, layout):
        drawn = _turned(_drawn(picture, box, size, ground), turn)
        piece = piece_of(drawn, _dots(drawn))
        _compare(picture, box, ground, _as_kept(piece, turn))
        pieces.append(piece)
    if len(pieces) == 1:
        return pieces, _difference_hash(drawn)
    if turn is not None and _runs_backwards(turn, is_high=layout.height >= layout.width):
        pieces.reverse()
    return pieces, _difference_hash(_turned(_drawn(picture, (0, 0, *picture.size), _small(layout), ground), turn))


def _load(picture: Image.Image, layout: Layout) -> None:
    """Decodes to the smallest size that is large enough. Raises Unfit before it would take too much memory."""
    coefficients = 0
    if picture.format in ("JPEG", "MPO"):
        if picture.info.get("progressive"):  # it is all in memory before the first line can be drawn
            layers: list[Any] = getattr(picture, "layer", [])
            most = max((layer[1] * layer[2] for layer in layers), default=1)
            coefficients = 2 * picture.width * picture.height * sum(layer[1] * layer[2] for layer in layers) // most
        picture.draft(None, (layout.width, layout.height))  # pyrefly: ignore
    pixel = _DECODING.get(picture.format or "", _SMALL_MODES.get(picture.mode, 4))
    if picture.width * picture.height * pixel + coefficients > MOST_MEMORY - _DRAWING:
        raise Unfit(Problem.TOO_LARGE)
    picture.load()


def _shades(picture: Image.Image) -> tuple[float, float]:
    """The values of black and white. If nearly all is one shade, the little that differs is what a person looks for."""
    if picture.mode not in DEEP_MODES:
        return 0.0, 255.0
    extrema: Any = picture.getextrema()
    least, most = (float(value) for value in extrema)
    if not (math.isfinite(least) and math.isfinite(most)):
        raise Unfit(Problem.UNREADABLE)
    white = 1.0 if picture.mode == "F" and most <= 1 else next((float(deep) for deep in _DEEP if most <= deep), most)
    black = min(0.0, least)
    if (most - least) * 8 < white - black:
        black, white = least, max(most, least + 1e-9)
    inverted = getattr(picture, "tag_v2", {}).get(_TIFF_PHOTOMETRIC) == 0
    return (white, black) if inverted else (black, white)


def _is_see_through(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or (
        "transparency" in picture.info and picture.mode not in DEEP_MODES
    )


def _cut(size: tuple[int, int], layout: Layout) -> Iterator[tuple[Box, tuple[int, int]]]:
    """Each piece: its box in the picture, and its size in pixels."""
    is_high = layout.height >= layout.width
    long, across = (layout.height, layout.width) if is_high else (layout.width, layout.height)
    scale = (size[1] if is_high else size[0]) / long
    for number in range(layout.pieces):
        first = max(0, long * number // layout.pieces - (_OVERLAP if number else 0))
        last = long * (number + 1) // layout.pieces
        if is_high:
            yield (0, first * scale, size[0], last * scale), (across, last - first)
        else:
            yield (first * scale, 0, last * scale, size[1]), (last - first, across)


def _drawn(picture: Image.Image, box: Box, size: tuple[int, int], ground: _Ground) -> Image.Image:
    """Part of the picture at another size, band by band, so that there is never a second copy of the whole."""
    output: Image.Image | None = None
    left, top, right, bottom = box
    scale = (bottom - top) / size[1]
    rows = max(1, int(_BAND / (right - left) / max(scale, 1e-6)))
    margin = 4 * max(1.0, scale)  # LANCZOS looks at three neighbours
    for first in range(0, size[1], rows):
        count = min(rows, size[1] - first)
        start, end = top + first * scale, top + (first + count) * scale
        upper, lower = max(0, math.floor(start - margin)), min(picture.height, math.ceil(end + margin))
        band = _plain(picture.crop((0, upper, picture.width, lower)), ground)
        part = (left, start - upper, right, min(end - upper, band.height))
        output = output or Image.new(band.mode, size)
        output.paste(band.resize((size[0], count), Image.Resampling.LANCZOS, box=part), (0, first))
    assert output is not None
    return output


def _plain(band: Image.Image, ground: _Ground) -> Image.Image:
    """RGB or L, on its ground."""
    if band.mode in DEEP_MODES:
        black, white = ground.shades
        factor = 255 / (white - black)
        return band.convert("F").point(lambda value: value * factor - black * factor).convert("L")
    if _is_see_through(band):
        seen = band.convert("RGBA")
        if seen.getchannel("A").getextrema() == (255, 255):  # most are opaque, even in kinds that could be transparent
            return seen.convert("RGB")
        plain = Image.new("RGB", band.size, (ground.background,) * 3)
        plain.paste(seen, mask=seen.getchannel("A"))
        return plain
    if band.mode == "LAB":
        return ImageCms.profileToProfile(
            band, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
        ) or band.convert("RGB")
    return band.convert("L" if band.mode in ("1", "L") else "RGB")


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BACK = {Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270}


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """How the camera was held: from EXIF alone, as browsers do. Pillow would also believe XMP, which a program may
    have left from before it turned the picture."""
    if picture.format == "TIFF":
        return _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    exif = Image.Exif()
    exif.load(picture.info.get("exif") or b"")
    return _TURNS.get(exif.get(_ORIENTATION, 1))


def _turned(drawn: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return drawn if turn is None else drawn.transpose(turn)


def _runs_backwards(turn: Image.Transpose, *, is_high: bool) -> bool:
    """Whether the first piece in the file is the last that a person reads."""
    turns = Image.Transpose
    if is_high:
        return turn in (turns.ROTATE_180, turns.FLIP_TOP_BOTTOM, turns.ROTATE_270, turns.TRANSVERSE)
    return turn in (turns.ROTATE_180, turns.FLIP_LEFT_RIGHT, turns.ROTATE_90, turns.TRANSVERSE)


def _as_kept(piece: Piece, turn: Image.Transpose | None) -> Image.Image:
    """As it will be read from the disk, turned back to the file's orientation."""
    return _turned(Image.open(io.BytesIO(piece.jpeg)), _BACK.get(turn, turn) if turn is not None else None)


def _compare(picture: Image.Image, box: Box, ground: _Ground, kept: Image.Image) -> None:
    """Raises Unfit if a person would miss something."""
    if not looks_alike(lightness_of(picture, box, ground.background, ground.shades), lightness_of(kept)):
        raise Unfit(Problem.NOT_ALL_SHOWN)
    if ground.background != WHITE and not shows_as_much(contrast_on_white(picture, box), contrast_on_white(kept)):
        raise Unfit(Problem.NOT_ALL_SHOWN)


def _dots(drawn: Image.Image) -> float:
    """Per inch, so that a piece is as wide as a sheet of paper if it becomes a page."""
    return drawn.width * POINTS_PER_INCH / _A4_WIDTH


def _small(layout: Layout) -> tuple[int, int]:
    """For the hash of a picture that is kept in pieces."""
    scale = min(1.0, LONGEST_SIDE / max(layout.width, layout.height))
    return max(1, round(layout.width * scale)), max(1, round(layout.height * scale))


def _difference_hash(picture: Image.Image) -> int | None:
    """64 bits: whether each of 8 x 8 fields is lighter than the one to its right. None if there is hardly anything
    to see."""
    small = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    values = list(small.tobytes())
    if max(values) - min(values) < 8:
        return None
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (values[row * 9 + column] > values[row * 9 + column + 1])
    return bits
