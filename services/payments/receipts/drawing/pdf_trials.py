"""Pages on which letters are drawn that our fonts may not have, to see whether their place stays empty."""

import io
import re
from collections.abc import Collection
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

from services.payments.receipts.drawing.pdf_parts import Box

_SIZE, _IN_A_ROW = 40, 20
_LINE, _WIDTH = 24, 4_000
_MOST_TEXTS = 400


def page_of_fields(letters: Collection[str]) -> tuple[bytes, list[Box]]:
    """A page with each of these letters in a field of its own, and where they are."""
    document = pikepdf.new()
    boxes = _boxes(document, len(letters))
    fields = Array(
        [
            document.make_indirect(
                Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Widget,
                    FT=Name.Tx,
                    T=f"{number}",
                    V=pikepdf.String(letter),
                    DA="/Helv 18 Tf 0 g",
                    Rect=Array(box),
                )
            )
            for number, (letter, box) in enumerate(zip(letters, boxes, strict=True))
        ]
    )
    document.pages[0].obj.Annots = fields
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    document.Root.AcroForm = Dictionary(
        Fields=fields, NeedAppearances=True, DA="/Helv 18 Tf 0 g", DR=Dictionary(Font=Dictionary(Helv=font))
    )
    return _saved(document), boxes


def page_of_names(letters: dict[str, set[str]]) -> tuple[bytes, list[Box]]:
    """A page with each of these letters, by the font of ours and the letter's name, and where they are."""
    document = pikepdf.new()
    every = [(base, name) for base, names in sorted(letters.items()) for name in sorted(names)]
    boxes = _boxes(document, len(every))
    fonts, text = Dictionary(), "BT"
    for at, (base, name) in enumerate(every):
        table = Dictionary(Type=Name.Encoding, Differences=Array([65, Name(f"/{name}")]))
        fonts[f"/F{at}"] = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name(f"/{base}"), Encoding=table)
        text += f" /F{at} 18 Tf 1 0 0 1 {boxes[at][0] + 8} {boxes[at][1] + 10} Tm (A) Tj"
    document.pages[0].obj.Resources = Dictionary(Font=fonts)
    document.pages[0].obj.Contents = document.make_stream(f"{text} ET".encode())
    return _saved(document), boxes


def page_of_texts(texts: list[tuple[Any, set[bytes]]]) -> bytes:
    """A page with each of these texts, written across in its font, on a line of its own."""
    document, lines, fonts = pikepdf.new(), "BT", Dictionary()
    every = [(font, text) for font, written in texts for text in sorted(written)][:_MOST_TEXTS]
    document.add_blank_page(page_size=(_WIDTH, _LINE * (len(every) + 1)))
    for at, (font, text) in enumerate(every):
        fonts[f"/F{at}"] = copied = document.copy_foreign(font)
        copied.Encoding = Name(re.sub("-V$", "-H", str(font.Encoding)))
        lines += f" /F{at} 18 Tf 1 0 0 1 10 {_LINE * at + 8} Tm <{text.hex()}> Tj"
    document.pages[0].obj.Resources = Dictionary(Font=fonts)
    document.pages[0].obj.Contents = document.make_stream(f"{lines} ET".encode())
    return _saved(document)


def _boxes(document: pikepdf.Pdf, count: int) -> list[Box]:
    """A box for each of so many letters, on a page for them all."""
    document.add_blank_page(page_size=(_SIZE * _IN_A_ROW, _SIZE * (count // _IN_A_ROW + 1)))
    corners = [(_SIZE * (at % _IN_A_ROW), _SIZE * (at // _IN_A_ROW)) for at in range(count)]
    return [(left, bottom, left + _SIZE, bottom + _SIZE) for left, bottom in corners]


def _saved(document: pikepdf.Pdf) -> bytes:
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()
