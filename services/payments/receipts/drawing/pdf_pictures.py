"""Pictures in a PDF: calls their colours and size what they are, and makes a page of them all, to see whether each
can be decoded."""

import io
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit
from services.payments.receipts.drawing.pdf_objects import DAMAGED, everything_in

_COLOURS = {"L": Name.DeviceGray, "LA": Name.DeviceGray, "RGB": Name.DeviceRGB, "RGBA": Name.DeviceRGB}
_CHANNELS = {
    "/DeviceGray": 1,
    "/CalGray": 1,
    "/Indexed": 1,
    "/Separation": 1,
    "/DeviceRGB": 3,
    "/CalRGB": 3,
    "/Lab": 3,
    "/DeviceCMYK": 4,
}
_UNREADABLE = (*DAMAGED, OSError)
_MOST_PIXELS = 40_000_000
_MOST_PIXELS_IN_ALL = 4 * _MOST_PIXELS
"""Decoding each once more costs time and memory: what is beyond this is drawn unasked."""


def mend_picture(document: pikepdf.Pdf, picture: Any) -> bool:
    """Whether there was anything. Raises Unfit for what we cannot mend."""
    filters = _filters_of(picture)
    changed = False
    if filters[-1:] == ["/JPXDecode"]:
        if "/Decode" in picture and not picture.get("/ImageMask", False):
            del picture["/Decode"]  # it says nothing of such a picture
            changed = True
        if int(picture.get("/SMaskInData", 0)):
            _take_its_mask_out(document, picture)
            changed = True
        changed |= _call_it_right(picture, "JPEG2000")
    if filters[-1:] == ["/DCTDecode"]:
        changed |= _call_it_right(picture, "JPEG")
    return changed


def page_of_pictures(document: pikepdf.Pdf) -> bytes | None:
    """A page with each of the file's pictures. None if there are none."""
    found = {item.objgen: item for _, item in everything_in(document) if _can_be_tried(item)}
    trial, names, pixels = pikepdf.new(), Dictionary(), 0
    for at, picture in enumerate(found.values()):
        size = int(picture.Width) * int(picture.Height)
        if size <= _MOST_PIXELS and pixels + size <= _MOST_PIXELS_IN_ALL:
            names[f"/I{at}"] = trial.copy_foreign(picture)
            pixels += size
    if not pixels:
        return None
    page = trial.add_blank_page(page_size=(100, 100)).obj
    page.Resources = Dictionary(XObject=names)
    page.Contents = trial.make_stream("".join(f"q 9 0 0 9 9 9 cm {name} Do Q " for name, _ in names.items()).encode())
    output = io.BytesIO()
    trial.save(output)
    return output.getvalue()


def _can_be_tried(item: Any) -> bool:
    """Not if its colours have a name that only its page explains."""
    if not isinstance(item, pikepdf.Stream) or item.get("/Subtype") != "/Image":
        return False
    if not {"/Width", "/Height"} <= set(item.keys()):
        return False
    space = item.get("/ColorSpace")
    return not isinstance(space, Name) or str(space) in _CHANNELS


def _filters_of(picture: Any) -> list[str]:
    filters = picture.get("/Filter", Array())
    return [str(each) for each in (filters if isinstance(filters, Array) else [filters])]


def _opened(picture: Any, kind: str) -> Image.Image:
    """From what remains when all but its last filter are undone."""
    data = picture.read_raw_bytes()
    if len(filters := _filters_of(picture)) > 1:
        holder = pikepdf.new()
        data = holder.make_stream(data, Filter=Array([Name(each) for each in filters[:-1]])).read_bytes()
    return Image.open(io.BytesIO(data), formats=[kind])


def _take_its_mask_out(document: pikepdf.Pdf, picture: Any) -> None:
    if int(picture.SMaskInData) != 1:
        raise Unfit(Problem.NOT_ALL_SHOWN)
    try:
        opened = _opened(picture, "JPEG2000")
        mask = opened.getchannel("A") if "A" in opened.getbands() else None
    except _UNREADABLE:
        raise Unfit(Problem.NOT_ALL_SHOWN) from None
    if mask is not None:
        picture.SMask = document.make_stream(
            mask.tobytes(),
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=mask.width,
            Height=mask.height,
            ColorSpace=Name.DeviceGray,
            BitsPerComponent=8,
        )
    del picture["/SMaskInData"]


def _call_it_right(picture: Any, kind: str) -> bool:
    """A JPEG knows how many colours it has, and a JPEG 2000 also how large it is. Viewers believe the picture."""
    try:
        opened = _opened(picture, kind)
    except _UNREADABLE:
        return False
    changed = False
    if kind == "JPEG2000" and (int(picture.Width), int(picture.Height)) != opened.size:
        picture.Width, picture.Height = opened.size
        changed = True
    said = _channels_of(picture.get("/ColorSpace"))
    if said is None or opened.mode not in _COLOURS or said == len(set(opened.getbands()) - {"A"}):
        return changed
    picture.ColorSpace = _COLOURS[opened.mode]
    if "/Decode" in picture:
        del picture["/Decode"]
    return True


def _channels_of(space: Any) -> int | None:
    if not isinstance(space, Array):
        return _CHANNELS.get(str(space))
    if space[0] == "/ICCBased":
        return int(space[1].get("/N", 0))
    return len(space[1]) if space[0] == "/DeviceN" else _CHANNELS.get(str(space[0]))
