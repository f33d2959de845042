"""What we take as a receipt, and when two of them look like one (PAY-03, PAY-05, PAY-13)."""

from dataclasses import dataclass
from typing import Literal

from shared.reasons import Reason

MOST_BYTES = 10_000_000
MOST_PIXELS = 40_000_000
MOST_PAGES = 10
SAME_PICTURE_BITS = 4
"""Two 64-bit picture hashes that differ in so few bits are the same photo, saved again."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What was found in a file that somebody sent. Its own name and claimed type are not believed.

    looks_like: what its first bytes say. pixels: of a picture. pages, and the rest: of a PDF.
    """

    size: int
    looks_like: Literal["picture", "pdf", "svg", "other"]
    readable: bool = True
    pixels: int = 0
    pages: int = 0
    encrypted: bool = False
    has_active_parts: bool = False


def reasons_not_to_take_receipt(upload: Upload) -> list[Reason]:
    """PAY-05: a photo, or a PDF that is only pages; every refusal says what to do."""
    text = _why_not(upload)
    return [] if text is None else [Reason("PAY-05", text, "receipt")]


def _why_not(upload: Upload) -> str | None:
    if upload.size == 0:
        return "Choose a photo or a PDF of the receipt. The file you chose is empty."
    if upload.size > MOST_BYTES:
        return "Choose a smaller file. It can be up to 10 MB. A photo of the receipt is enough."
    if upload.looks_like == "svg":
        return "We cannot take drawings (SVG). Take a photo of the receipt, or send a PDF."
    if upload.looks_like == "other":
        return "We cannot open this kind of file. Take a photo of the receipt, or send a PDF."
    if not upload.readable:
        return "We could not open this file. It may be damaged. Take a new photo of the receipt and try again."
    if upload.looks_like == "picture":
        return "This picture is too large. Take a smaller photo of the receipt." if upload.pixels > MOST_PIXELS else None
    if upload.encrypted:
        return "This PDF is locked with a password. Send one without a password, or a photo of the receipt."
    if upload.has_active_parts:
        return "This PDF has programs or files inside it, so we cannot take it. Send a photo of the receipt instead."
    if upload.pages < 1 or upload.pages > MOST_PAGES:
        return f"Send a PDF with 1 to {MOST_PAGES} pages, or a photo of the receipt."
    return None


def same_picture(one: int | None, other: int | None) -> bool:
    """PAY-13: whether two 64-bit picture hashes are so close that it is one photo. None: not a picture."""
    if one is None or other is None:
        return False
    return (one ^ other).bit_count() <= SAME_PICTURE_BITS
