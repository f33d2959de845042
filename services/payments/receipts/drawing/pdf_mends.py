"""Writes what pdfium draws otherwise than PDF says in a way that it draws right."""

import contextlib
import io
from typing import Any

import pikepdf
from PIL import Image

from services.payments.receipts.domain import Problem
from services.payments.receipts.drawing.kept import Unfit
from services.payments.receipts.drawing.pdf_objects import DAMAGED, everything_in

_WAYS_TO_BLEND = frozenset(
    {"/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge", "/ColorBurn"}
    | {"/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color", "/Luminosity"}
)
_COLOURS = {"L": pikepdf.Name.DeviceGray, "RGB": pikepdf.Name.DeviceRGB}
_CHANNELS = {"/DeviceGray": 1, "/DeviceRGB": 3, "/DeviceCMYK": 4}


def mend(document: pikepdf.Pdf) -> bool:
    """Whether there was anything. Raises Unfit for what we cannot mend."""
    changed = _without_notes_on_hidden_layers(document)
    for _, item in everything_in(document):
        with contextlib.suppress(*DAMAGED):
            changed |= _mend_part(document, item)
    return changed


def _mend_part(document: pikepdf.Pdf, item: Any) -> bool:
    if isinstance(item, pikepdf.Dictionary) and isinstance(item.get("/BM"), pikepdf.Array):
        item.BM = next((way for way in item.BM if way in _WAYS_TO_BLEND), pikepdf.Name.Normal)
        return True
    is_picture = isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"
    return is_picture and _mend_picture(document, item)


def _mend_picture(document: pikepdf.Pdf, picture: Any) -> bool:
    filters = picture.get("/Filter")
    last = filters[-1] if isinstance(filters, pikepdf.Array) and len(filters) else filters
    changed = False
    if last == "/JPXDecode":
        if "/Decode" in picture and not picture.get("/ImageMask", False):
            del picture["/Decode"]  # it says nothing of such a picture
            changed = True
        if int(picture.get("/SMaskInData", 0)):
            _take_its_mask_out(document, picture)
            changed = True
    if last == "/DCTDecode" and filters == last:
        changed |= _call_its_colours_right(picture)
    return changed


def _take_its_mask_out(document: pikepdf.Pdf, picture: Any) -> None:
    if int(picture.SMaskInData) != 1 or picture.get("/Filter") != "/JPXDecode":
        raise Unfit(Problem.NOT_ALL_SHOWN)
    try:
        opened = Image.open(io.BytesIO(picture.read_raw_bytes()), formats=["JPEG2000"])
        mask = opened.getchannel("A") if "A" in opened.getbands() else None
    except (OSError, ValueError):
        raise Unfit(Problem.NOT_ALL_SHOWN) from None
    if mask is not None:
        picture.SMask = document.make_stream(
            mask.tobytes(),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=mask.width,
            Height=mask.height,
            ColorSpace=pikepdf.Name.DeviceGray,
            BitsPerComponent=8,
        )
    del picture["/SMaskInData"]


def _call_its_colours_right(picture: Any) -> bool:
    """A JPEG knows how many it has, and viewers believe the JPEG."""
    space = picture.get("/ColorSpace")
    said = _CHANNELS.get(str(space)) if isinstance(space, pikepdf.Name) else None
    if isinstance(space, pikepdf.Array) and space[0] == "/ICCBased":
        said = int(space[1].get("/N", 0))
    try:
        opened = Image.open(io.BytesIO(picture.read_raw_bytes()), formats=["JPEG"])
    except (OSError, ValueError):
        return False
    if said is None or opened.mode not in _COLOURS or said == len(opened.getbands()):
        return False
    picture.ColorSpace = _COLOURS[opened.mode]
    if "/Decode" in picture:
        del picture["/Decode"]
    return True


def _without_notes_on_hidden_layers(document: pikepdf.Pdf) -> bool:
    changed = False
    for page in document.pages:
        notes = page.obj.get("/Annots")
        if not isinstance(notes, pikepdf.Array):
            continue
        seen = [note for note in notes if not _is_hidden(document, note)]
        if len(seen) < len(notes):
            page.obj.Annots = pikepdf.Array(seen)
            changed = True
    return changed


def _is_hidden(document: pikepdf.Pdf, note: Any) -> bool:
    try:
        return _is_on_a_hidden_layer(document, note)
    except DAMAGED:
        return False


def _is_on_a_hidden_layer(document: pikepdf.Pdf, note: Any) -> bool:
    layer = note.get("/OC") if isinstance(note, pikepdf.Dictionary) else None
    if layer is None or "/VE" in layer:
        return False
    if layer.get("/Type") != "/OCMD":
        return not _is_on(document, layer)
    layers = layer.get("/OCGs", pikepdf.Array())
    states = [_is_on(document, each) for each in (layers if isinstance(layers, pikepdf.Array) else [layers])]
    seen = {
        "/AllOn": all(states),
        "/AnyOff": not all(states),
        "/AllOff": not any(states),
    }.get(str(layer.get("/P", "/AnyOn")), any(states))
    return bool(states) and not seen


def _is_on(document: pikepdf.Pdf, layer: Any) -> bool:
    usual = document.Root.get("/OCProperties", pikepdf.Dictionary()).get("/D", pikepdf.Dictionary())
    named = {key: any(each.objgen == layer.objgen for each in usual.get(key, [])) for key in ("/ON", "/OFF")}
    return named["/ON"] if usual.get("/BaseState") == "/OFF" else not named["/OFF"]
