"""Receipts: what somebody sent becomes a plain JPEG or a rewritten PDF, kept under a random name outside the web root (PAY-05)."""

import hashlib
import io
import os
import secrets
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject

from services.payments.domain.receipts import MOST_BYTES, MOST_PAGES, MOST_PIXELS, Upload, reasons_not_to_take_receipt
from shared.reasons import Refused

PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
LONGEST_SIDE = 2200
JPEG_QUALITY = 82
MOST_PDF_OBJECTS = 5_000
ACTIVE_KEYS = frozenset({"/JavaScript", "/JS", "/EmbeddedFiles", "/EmbeddedFile", "/Launch", "/RichMedia", "/XFA", "/EF"})
ACTIVE_KINDS = frozenset({"/JavaScript", "/Launch", "/RichMedia", "/FileAttachment", "/Movie", "/Sound", "/Screen", "/SubmitForm", "/ImportData"})


@dataclass(frozen=True, slots=True)
class CleanReceipt:
    """What is kept. sha256 is of what was sent; picture_hash tells the same photo saved again (None for a PDF or a plain surface)."""

    content: bytes
    media_type: str
    sha256: str
    picture_hash: int | None


def clean(data: bytes) -> CleanReceipt:
    """Raises Refused with a sentence that says what to do. Slow (decoding): call it in a thread."""
    kind = _looks_like(data)
    if not 0 < len(data) <= MOST_BYTES or kind in ("svg", "other"):
        raise Refused(reasons_not_to_take_receipt(Upload(len(data), kind)))
    digest = hashlib.sha256(data).hexdigest()
    if kind == "pdf":
        return CleanReceipt(_clean_pdf(data), "application/pdf", digest, None)
    content, picture_hash = _clean_picture(data)
    return CleanReceipt(content, "image/jpeg", digest, picture_hash)


def _looks_like(data: bytes) -> Any:
    """By the first bytes alone: "picture", "pdf", "svg" or "other"."""
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return "picture"
    return "svg" if b"<svg" in data[:2000].lower() else "other"


def _clean_picture(data: bytes) -> tuple[bytes, int | None]:
    """Decoded and drawn anew: no EXIF (it holds places), no second file hidden behind the picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=PICTURE_FORMATS)
        pixels = picture.width * picture.height
        if pixels > MOST_PIXELS:
            raise Refused(reasons_not_to_take_receipt(Upload(len(data), "picture", pixels=pixels)))
        upright = ImageOps.exif_transpose(picture)
        flat = Image.new("RGB", upright.size, "white")
        flat.paste(upright.convert("RGBA"), mask=upright.convert("RGBA").getchannel("A"))
    except Refused:
        raise
    except Exception:  # whatever a decoder stumbles over, the file is no picture to us
        raise Refused(reasons_not_to_take_receipt(Upload(len(data), "picture", readable=False))) from None
    flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    output = io.BytesIO()
    flat.save(output, "JPEG", quality=JPEG_QUALITY)
    return output.getvalue(), _difference_hash(flat)


def _difference_hash(picture: Image.Image) -> int | None:
    """64 bits: whether each of 8 x 8 fields is lighter than the one to its right. None where there is hardly anything to see."""
    small = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    values = list(small.tobytes())
    if max(values) - min(values) < 8:
        return None
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (values[row * 9 + column] > values[row * 9 + column + 1])
    return bits


def _clean_pdf(data: bytes) -> bytes:
    """Checked object by object and written anew: what lies before, between or behind the pages is left out."""
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            upload = Upload(len(data), "pdf", encrypted=True)
        else:
            upload = Upload(len(data), "pdf", pages=len(reader.pages), has_active_parts=_has_active_parts(reader))
        if reasons := reasons_not_to_take_receipt(upload):
            raise Refused(reasons)
        writer = PdfWriter()
        for page in reader.pages[:MOST_PAGES]:
            writer.add_page(page)
        output = io.BytesIO()
        writer.write(output)
    except Refused:
        raise
    except Exception:  # whatever a parser stumbles over, the file is no PDF to us
        raise Refused(reasons_not_to_take_receipt(Upload(len(data), "pdf", readable=False))) from None
    return output.getvalue()


def _has_active_parts(reader: PdfReader) -> bool:
    """Whether any object runs something, carries a file, or whether there are too many objects to look at."""
    for seen, dictionary in enumerate(_dictionaries(reader), start=1):
        if seen > MOST_PDF_OBJECTS or ACTIVE_KEYS & dictionary.keys():
            return True
        if {str(dictionary.get("/S")), str(dictionary.get("/Subtype"))} & ACTIVE_KINDS:
            return True
    return False


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary that can be reached from the trailer, each once."""
    waiting: list[Any] = [reader.trailer]
    known: set[int] = set()
    keep_alive: list[Any] = []
    while waiting:
        item = waiting.pop()
        item = item.get_object() if hasattr(item, "get_object") else item
        if id(item) in known or not isinstance(item, (DictionaryObject, ArrayObject)):
            continue
        known.add(id(item))
        keep_alive.append(item)
        if isinstance(item, DictionaryObject):
            yield item
            waiting.extend(item.raw_get(key) for key in item)
        else:
            waiting.extend(item)


class ReceiptStore:
    """Files with random names in one folder that no web server knows."""

    def __init__(self, storage: Path) -> None:
        self.folder = storage / "receipts"

    def keep(self, content: bytes) -> str:
        """The name under which it is kept from now on."""
        name = secrets.token_hex(16)
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return name

    def read(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    def forget(self, name: str) -> None:
        """For a file whose row was not written after all."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if len(name) != 32 or not name.isalnum():
            raise ValueError("not a name of a receipt")
        return self.folder / name[:2] / name
