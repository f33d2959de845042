"""The ground behind what is transparent: one on which whatever stands on nothing can be seen."""

from PIL import Image, ImageChops, ImageFilter

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit

WHITE = 255
_GROUNDS = (WHITE, 32, 128, 192, 64, 224, 160, 96)
"""In the order in which they are tried. Nearly all programs show such a picture on white."""
_LONGEST = 1_000  # pixels: it is looked at no larger
_EDGE = 64
"""Of 256 steps of opacity: more than this between neighbours is the edge of a word or a picture."""
_SEEN = 40
"""Of 256 shades: a person sees an edge if the lightness on its two sides differs by this much."""
_HARDLY_ANY, _FEW = 0.001, 0.02
"""Shares of all edges."""
_CORNERS = 0.01
"""Of the picture: if no more than this is transparent, only its corners are round."""
_SURFACE = 16
"""Pixels. A square of this side that is opaque all over is part of a surface, as of a receipt that was cut out of its
photo. Nothing is lost if its outline vanishes."""


def ground_for(picture: Image.Image) -> int:
    """The lightness to put behind a see-through picture. Raises Unfit if something would vanish on each."""
    size = min(_LONGEST, picture.width), min(_LONGEST, picture.height)
    small = picture.resize(size, Image.Resampling.NEAREST).convert("RGBA")
    edges = _spread(small.getchannel("A"), 3).point([0] * _EDGE + [255] * (256 - _EDGE))
    found = edges.histogram()[255]
    if sum(small.getchannel("A").histogram()[:_EDGE]) < _CORNERS * size[0] * size[1]:
        return WHITE
    best, least = WHITE, found
    for ground in _GROUNDS:
        hidden = _hidden(small, edges, ground)
        if hidden <= _HARDLY_ANY * found:
            return ground
        if hidden < least:
            best, least = ground, hidden
    if least <= _FEW * found:
        return best
    if _hidden(small, _without_outlines(edges, small.getchannel("A")), WHITE) > _FEW * found:
        raise Unfit(Problem.NOT_ALL_SHOWN)
    return WHITE


def _hidden(small: Image.Image, edges: Image.Image, ground: int) -> int:
    """How many pixels of the edges show no change of lightness on this ground."""
    plain = Image.new("RGB", small.size, (ground,) * 3)
    plain.paste(small, mask=small.getchannel("A"))
    return sum(_spread(plain.convert("L"), 7).histogram(edges)[:_SEEN])


def _without_outlines(edges: Image.Image, alpha: Image.Image) -> Image.Image:
    """The edges that are not near a surface."""
    squares = alpha.resize([-(-side // _SURFACE) for side in alpha.size], Image.Resampling.BOX)
    surfaces = squares.point([0] * 255 + [255]).filter(ImageFilter.MaxFilter(3))
    return ImageChops.subtract(edges, surfaces.resize(alpha.size, Image.Resampling.NEAREST))


def _spread(channel: Image.Image, across: int) -> Image.Image:
    """How far the values in a square of so many pixels around each differ."""
    return ImageChops.subtract(
        channel.filter(ImageFilter.MaxFilter(across)), channel.filter(ImageFilter.MinFilter(across))
    )
