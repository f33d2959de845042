"""Writes what pdfium draws otherwise than PDF says in a way that it draws right."""

import contextlib
from typing import Any

import pikepdf

from services.payments.receipts.drawing.pdf_fonts import call_ours_by_name
from services.payments.receipts.drawing.pdf_objects import DAMAGED, everything_in
from services.payments.receipts.drawing.pdf_pictures import mend_picture

_WAYS_TO_BLEND = frozenset(
    {"/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge", "/ColorBurn"}
    | {"/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color", "/Luminosity"}
)


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
    if isinstance(item, pikepdf.Dictionary) and item.get("/Subtype") in ("/Type1", "/TrueType"):
        return call_ours_by_name(item)
    is_picture = isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"
    return is_picture and mend_picture(document, item)


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
