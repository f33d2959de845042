"""What people are told of a receipt: why a file is not taken and what to send instead, and until when a line waits for
one (PAY-05)."""

from datetime import date

import pytest

from services.payments.claims.domain import claims
from services.payments.claims.domain.claims import LineKind
from services.payments.receipts import domain as receipts
from services.payments.receipts.domain import Kind, Problem, Upload
from shared.reasons import Reason

RECEIPTS = [
    (Upload(0, Kind.PICTURE), "Choose a photo or a PDF of the receipt. The file you chose is empty."),
    (
        Upload(10_000_001, Kind.PICTURE),
        "This file is too big. It can be up to 10 MB. If it is a photo, take a screenshot of it and send that.",
    ),
    (
        Upload(1, Kind.SVG),
        "We cannot take drawings (SVG). Take a screenshot of the receipt and send that, or send a PDF.",
    ),
    (
        Upload(1, Kind.OTHER),
        "We cannot open this kind of file. Send a photo or a screenshot of the receipt, or save it as a PDF.",
    ),
    (
        Upload(1, Kind.PICTURE, Problem.UNREADABLE),
        "We could not open this picture. It may be damaged, or of a rare kind. Take a screenshot of it and send that, "
        "or take a new photo.",
    ),
    (
        Upload(1, Kind.PICTURE, Problem.TOO_LARGE),
        "This picture has more detail than we can open. Take a screenshot of it and send that.",
    ),
    (
        Upload(1, Kind.PICTURE, Problem.NOTHING_TO_SEE),
        "We can see nothing on this picture: it is all one colour, or its words are too faint. "
        "Take a new photo of the receipt, in good light.",
    ),
    (
        Upload(1, Kind.PDF, Problem.UNREADABLE),
        "We could not open this PDF. It may be damaged. Download it again and send that, or send a photo or a "
        "screenshot of the receipt.",
    ),
    (
        Upload(1, Kind.PDF, Problem.LOCKED),
        "This PDF opens only with a password. Open it, print it to a new PDF and send that, or send a photo or a "
        "screenshot of it.",
    ),
    (
        Upload(1, Kind.PDF, Problem.NOT_ALL_SHOWN),
        "We cannot show everything that is in this PDF, such as what was filled in, a note or a file in it. "
        "Print it to a new PDF and send that, or send a screenshot.",
    ),
    (
        Upload(1, Kind.PDF, Problem.LETTERS),
        "This PDF has letters or signs that we do not have, so some would be missing. Open it, check that you can "
        "read it all, and send a screenshot of it.",
    ),
    (
        Upload(1, Kind.PDF, Problem.PICTURE),
        "A picture in this PDF is damaged, or of a kind that we cannot open. Send a photo or a screenshot of the "
        "receipt instead.",
    ),
    (
        Upload(1, Kind.PDF, Problem.TOO_MUCH),
        "There is more in this PDF than we can open. Send a photo or a screenshot of the receipt instead.",
    ),
    (
        Upload(1, Kind.PDF, Problem.PAGES, pages=11),
        "This file has 11 pages. We can take 10. Send only the pages with the receipt, or a photo or a screenshot of "
        "them.",
    ),
    (
        Upload(1, Kind.PDF, Problem.PAGES),
        "This file has no pages that we can find. Send a photo of the receipt instead.",
    ),
]


@pytest.mark.parametrize(("upload", "told"), RECEIPTS)
def test_pay_05_a_file_that_is_not_taken_says_what_to_send(upload: Upload, told: str) -> None:
    assert receipts.reasons_not_to_take_receipt(upload) == [Reason("PAY-05", told, "receipt")]


def test_pay_05_a_line_that_waits_for_a_receipt_says_until_when() -> None:
    assert claims.why_waiting(LineKind.OTHER, date(2027, 2, 16)) == (
        "We need the receipt before we can pay this. You can send it until 16 February 2027. The rest of your claim "
        "does not wait for it."
    )
