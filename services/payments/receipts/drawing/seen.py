"""Whether what is kept looks like what was sent, to a person: both are compared at very low resolution, in two
different ways.

A bug of ours that turns a picture white would do so each time. So this reads the original value by value, without
the code that drew it.
"""

from collections.abc import Sequence
from typing import Any

from PIL import Image

FIELDS = 48
"""Both are compared in this many rows and columns."""
DEEP_MODES = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
"""One channel of more than 256 shades."""
_ALIKE = 0.8
"""Correlation of the fields' lightness; the same picture saved again has 0.98 or more."""
_FLAT = 1.5
"""Standard deviation of lightness (of 255) below which there is too little to compare."""


_SHARP, _BLURRED = 96, 16
"""Of 256 shades, between the darkest and the lightest of a field. A word that has the first on white must have more
than the second in what is kept, where it may be smaller."""
Box = tuple[float, float, float, float]


def looks_alike(original: Sequence[float], kept: Sequence[float]) -> bool:
    """Both as lightness_of() returns them."""
    if _deviation(original) < _FLAT:
        return True
    return _deviation(kept) > 0 and _correlation(original, kept) >= _ALIKE


def lightness_of(
    picture: Image.Image,
    box: Box | None = None,
    background: int = 255,
    shades: tuple[float, float] = (0.0, 255.0),
) -> list[float]:
    """Of FIELDS x FIELDS fields of the box, row by row, 0 to 255. shades: black and white in a deep mode."""
    left, top, right, bottom = box or (0, 0, *picture.size)
    values: list[float] = []
    for row in range(FIELDS):
        first = int(top + (bottom - top) * row / FIELDS)
        last = max(first + 1, int(top + (bottom - top) * (row + 1) / FIELDS))
        values += _lightness(picture.crop((int(left), first, max(int(left) + 1, int(right)), last)), background, shades)
    return values


def shows_as_much(original: Sequence[int], kept: Sequence[int]) -> bool:
    """Both as contrast_on_white() returns them: whether the fields in which a viewer shows something show it still."""
    sharp = [other for one, other in zip(original, kept, strict=True) if one >= _SHARP]
    return sum(contrast <= _BLURRED for contrast in sharp) <= len(sharp) / 100


def contrast_on_white(picture: Image.Image, box: Box | None = None) -> list[int]:
    """How far the lightness differs in each of FIELDS x FIELDS fields of the box, on the ground on which nearly all
    programs show it, whatever we drew it on."""
    left, top, right, bottom = box or (0, 0, *picture.size)
    wide, high = (right - left) / FIELDS, (bottom - top) / FIELDS
    found: list[int] = []
    for row in range(FIELDS):
        for column in range(FIELDS):
            first, upper = int(left + wide * column), int(top + high * row)
            last, lower = int(left + wide * (column + 1)) + 1, int(top + high * (row + 1)) + 1
            field = picture.crop((first, upper, min(last, picture.width), min(lower, picture.height))).convert("RGBA")
            plain = Image.new("RGBA", field.size, "white")
            darkest, lightest = Image.alpha_composite(plain, field).convert("L").getextrema()
            found.append(int(lightest) - int(darkest))  # pyrefly: ignore
    return found


def _lightness(strip: Image.Image, background: int, shades: tuple[float, float]) -> list[float]:
    """Of one row of fields."""
    mode = strip.mode
    if mode in DEEP_MODES:
        black, white = shades
        return [_bounded((value[0] - black) * 255 / (white - black or 1)) for value in _fields(strip.convert("F"))]
    if mode == "CMYK":
        return [(255 - (c + m + y) / 3) * (255 - k) / 255 for c, m, y, k in _fields(strip)]
    if mode in ("RGBA", "LA", "PA") or "transparency" in strip.info:
        return [
            (r + g + b) / 3 + background * (1 - a / 255)
            for r, g, b, a in _fields(strip.convert("RGBA").convert("RGBa"))
        ]
    return [sum(value) / len(value) for value in _fields(strip if mode in ("RGB", "L") else strip.convert("RGB"))]


def _fields(strip: Image.Image) -> list[tuple[float, ...]]:
    values: list[Any] = list(strip.resize((FIELDS, 1), Image.Resampling.BOX).get_flattened_data())
    return [value if isinstance(value, tuple) else (value,) for value in values]


def _bounded(value: float) -> float:
    return min(255.0, max(0.0, value)) if value == value else 0.0  # NaN is not a shade


def _deviation(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    mean, other_mean = sum(one) / len(one), sum(other) / len(other)
    together = sum((a - mean) * (b - other_mean) for a, b in zip(one, other, strict=True)) / len(one)
    return together / (_deviation(one) * _deviation(other))
