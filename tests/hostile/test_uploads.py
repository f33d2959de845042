"""Files that are not what they say: refused in words, and neither a row nor a file is kept; what is taken is drawn
again."""

import io
import struct
import zlib

import httpx
import pytest
from pikepdf import Array, Dictionary, Encryption, Name
from PIL import Image

from tests.hostile.forms import faults_of
from tests.hostile.organisation import Organisation
from tests.hostile.values import CANARY
from tests.payments.receipt_files import RAW, at_root, attach, link, pdf, unpacks_to

PAYLOAD = b"<script>canary(1)</script>"


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40)) -> bytes:
    """Of a receipt's kind, with something to see on it; no two sizes look alike."""
    drawn = Image.radial_gradient("L").resize(size).convert("RGB")
    output = io.BytesIO()
    drawn.save(output, kind)
    return output.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that wants gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1_000_000))
        + chunk(b"IEND", b"")
    )


ACTIVE: dict[str, bytes] = {
    "a script": pdf(at_root("/OpenAction", Dictionary(S=Name.JavaScript, JS="canary(1)"))),
    "a file": pdf(attach),
    "a program to start": pdf(at_root("/OpenAction", Dictionary(S=Name.Launch, F="canary.exe"))),
    "another machine's file": pdf(link(S=Name.GoToR, F=r"\\canary\x", D=Array([0, Name.Fit]))),
    "an address": pdf(link(S=Name.URI, URI="http://canary.example/")),
}
REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "words": b"This is no receipt.",
    "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>canary(1)</script></svg>',
    "HTML": b"<!doctype html>" + PAYLOAD,
    "a web archive": b"PK\x03\x04" + bytes(200),
    "a program": b"\x7fELF" + bytes(200),
    "an XML bomb": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>',
    "half a picture": picture(size=(400, 400))[:300],
    "a picture's first bytes alone": b"\xff\xd8\xff" + PAYLOAD,
    "a bomb": bomb(30_000, 30_000),
    "a bomb of one line": bomb(2**31 - 1, 1),
    "a picture without a size": bomb(0, 0),
    "PDF with a password": pdf(encryption=Encryption(owner="o", user="secret")),
    "PDF that unpacks to 800 MB": pdf(unpacks_to(800_000_000), **RAW),
    "PDF's first bytes alone": b"%PDF-1.7\n" + PAYLOAD,
    "PDF of nothing but references": b"%PDF-1.7\n1 0 obj\n1 0 R\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    "10 MB and more": b"\xff\xd8\xff" + b"x" * (10 * 1024 * 1024 + 1),
    "more than any form": b"\xff\xd8\xff" + b"x" * (14 * 1024 * 1024),
}
NAMES = (
    "../../../../etc/passwd",
    "..\\..\\boot.ini",
    "receipt.jpg\x00.html",
    CANARY,
    "a" * 5000,
    "con.jpg",
    "\u202egpj.exe",
    "",
)


def send(
    organisation: Organisation, data: bytes, name: str = "receipt.jpg", media_type: str = "image/jpeg"
) -> httpx.Response:
    return organisation.client("driver").post(
        organisation.kept["receipt_line"], files={"receipt": (name, data, media_type)}
    )


@pytest.mark.parametrize("what", REFUSED)
def test_pay_05_what_is_no_receipt_is_refused_in_words_and_nothing_is_kept(organisation: Organisation, what: str):
    before, files = organisation.looks("payments"), organisation.files()
    answer = send(organisation, REFUSED[what])
    assert answer.status_code in (413, 422)
    assert faults_of(answer) == []
    assert (organisation.looks("payments"), organisation.files()) == (before, files)


def test_pay_05_a_name_and_a_type_decide_nothing(organisation: Organisation):
    """A wrong file stays wrong whatever it is called."""
    before, files = organisation.looks("payments"), organisation.files()
    for name in NAMES:
        for media_type in ("image/jpeg", "text/html", "image/svg+xml", "x" * 500):
            answer = send(organisation, b"This is no receipt.", name, media_type)
            assert answer.status_code in (400, 422), (name, media_type)
            assert faults_of(answer) == []
    assert (organisation.looks("payments"), organisation.files()) == (before, files)


@pytest.mark.parametrize(
    "data",
    [
        picture(size=(60, 40)) + PAYLOAD,
        picture("PNG", (90, 41)) + PAYLOAD + b"PK\x03\x04",
        picture("GIF", (41, 90)) + PAYLOAD,
        pdf(lambda document, page: document.docinfo.__setitem__("/Title", PAYLOAD.decode())) + PAYLOAD,
    ],
    ids=["JPEG and HTML", "PNG and ZIP", "GIF and HTML", "PDF and HTML"],
)
def test_pay_05_of_two_files_in_one_only_the_receipt_is_kept_under_a_name_of_ours(
    organisation: Organisation, data: bytes
):
    files = organisation.files()
    answer = send(organisation, data, "../../x.html", "text/html")
    assert answer.status_code == 303, answer.text
    (kept,) = organisation.files() - files
    path = organisation.instance.directory / kept
    assert path.suffix != ".html"
    assert "x.html" not in kept
    assert PAYLOAD not in path.read_bytes()
    receipt = organisation.rows("payments", "SELECT id FROM receipts ORDER BY id DESC LIMIT 1")[0]["id"]
    shown = organisation.client("driver").get(f"/payments/receipts/{receipt}")
    assert shown.headers["content-type"] in ("image/jpeg", "application/pdf")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert organisation.client("stranger").get(f"/payments/receipts/{receipt}").status_code == 404
    for guess in (
        kept,
        f"static/x/{path.name}",
        f"payments/receipts/{path.name}",
        f"static/../{kept}",
        f"static/%2e%2e/%2e%2e/{kept}",
    ):
        assert organisation.client("driver").get(f"/{guess}").status_code == 404


@pytest.mark.parametrize("what", ACTIVE)
def test_pay_05_of_a_pdf_with_more_in_it_than_pages_only_what_is_seen_is_kept(organisation: Organisation, what: str):
    files = organisation.files()
    answer = send(organisation, ACTIVE[what], "receipt.pdf", "application/pdf")
    assert answer.status_code == 303, answer.text
    (kept,) = organisation.files() - files
    content = (organisation.instance.directory / kept).read_bytes()
    for word in (
        b"canary",
        b"/JS",
        b"/JavaScript",
        b"/OpenAction",
        b"/AA",
        b"/URI",
        b"/GoToR",
        b"/Launch",
        b"/EmbeddedFile",
        b"/Annots",
    ):
        assert word not in content


def test_a_bank_answer_that_is_none_is_refused_and_changes_nothing(organisation: Organisation):
    """Finance's own upload: no entity is resolved, nothing but the bank's form is read."""
    path = f"{organisation.kept['run']}/answer"
    document = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">&e;</Document>'
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + document
    laughs = (
        b'<?xml version="1.0"?><!DOCTYPE x ['
        + b"".join(
            b'<!ENTITY a%d "%s">' % (number, b"&a%d;" % (number - 1) * 10 if number else b"ha") for number in range(12)
        )
        + b"]><Document>&a11;</Document>"
    )
    before, files = organisation.looks("payments"), organisation.files()
    for data in (b"", b"words", b"<", b"\x00" * 1000, entity, laughs, b"<a>" * 50_000, *REFUSED.values()):
        answer = organisation.client("finance").post(path, files={"answer": ("answer.xml", data, "application/xml")})
        assert answer.status_code in (413, 422), data[:60]
        assert faults_of(answer) == []
        assert "root:" not in answer.text
    assert (organisation.looks("payments"), organisation.files()) == (before, files)
