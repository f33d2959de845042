"""The pages of receipts: what is taken, who is shown it, and what looks like another (PAY-05, PAY-13)."""

import re
from typing import Any
from uuid import UUID

import httpx
import pikepdf
from PIL import Image

from shared.identity import Role
from tests.payments import receipt_files
from tests.payments.claims.support import picture
from tests.payments.site import followed, post
from tests.payments.support import World, person


def pdf(pages: int = 1, **options: Any) -> bytes:
    return receipt_files.pdf(
        lambda document, page: [document.pages.append(document.pages[0]) for _ in range(pages - 1)], **options
    )


async def opened_line(site: World) -> tuple[httpx.AsyncClient, str, UUID]:
    """A participant with a fare that waits, and the address of its receipt."""
    who = person()
    claim_id = await site.opened(who)
    me = site.visitor("participant", person_id=who.id)
    location = (await post(me, f"/payments/claims/{claim_id}/fare", what="Bus", amount="3.20")).headers["location"]
    return me, location, claim_id


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


NO_RECEIPTS = [
    (b"", "The file you chose is empty"),
    (b"hello", "cannot open this kind of file"),
    (SVG, "cannot take drawings"),
    (b"\x00" * 10_000_001, "up to 10 MB"),
    (b"\xff\xd8\xff" + b"\x00" * 500, "may be damaged"),
    (picture()[:400], "may be damaged"),
    (b"%PDF-1.7 and nothing else", "may be damaged"),
    (pdf(11), "This file has 11 pages"),
    (pdf(encryption=pikepdf.Encryption(owner="o", user="secret")), "opens only with a password"),
    (receipt_files.saved(Image.new("RGB", (300, 300), "white"), "PNG"), "We can see nothing"),
    (b"GIF89a<script>alert(1)</script>", "may be damaged"),
    (b"MZ" + bytes(2000) + pdf(), "cannot open this kind of file"),
]


async def test_pay_05_what_is_no_receipt_is_refused_in_words_and_changes_nothing(site: World) -> None:
    me, location, claim_id = await opened_line(site)
    for data, says in NO_RECEIPTS:
        answer = await post(me, location, files={"receipt": ("receipt.jpg", data, "image/jpeg")})
        assert answer.status_code == 422 and says in answer.text, (data[:40], says)
    for fields in ({}, {"receipt": "a text"}):
        answer = await me.post(location, data=fields)
        assert answer.status_code == 422 and "Choose a photo or a PDF" in answer.text
    assert await site.rows("SELECT 1 FROM receipts") == []
    assert (await site.lines(claim_id))[1].state == "waiting"
    assert [path for path in site.app.state.gateways.receipts.folder.rglob("*") if path.is_file()] == []


async def test_pay_05_a_bomb_of_pixels_is_refused(site: World) -> None:
    me, location, _ = await opened_line(site)
    bomb = receipt_files.png(30_000, 30_000, 2, 8, bytes(1000))
    answer = await post(me, location, files={"receipt": ("receipt.png", bomb, "image/png")})
    assert answer.status_code == 422 and "more detail than we can open" in answer.text


async def test_pay_05_a_receipt_is_drawn_anew_without_places_and_shown_only_to_those_who_may(site: World) -> None:
    me, location, _ = await opened_line(site)
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    polyglot = picture(exif=exif) + b"PK\x03\x04 a second file"
    await followed(me, await post(me, location, files={"receipt": ("../../etc/passwd", polyglot, "text/html")}))
    row = await site.row("SELECT id, stored_name, media_type FROM receipts")
    stored = site.app.state.gateways.receipts.read(row.stored_name)
    assert b"secret place" not in stored and b"second file" not in stored and row.media_type == "image/jpeg"
    shown = await me.get(f"/payments/receipts/{row.id}")
    assert shown.status_code == 200 and shown.content == stored
    assert (
        shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
        and shown.headers["x-content-type-options"] == "nosniff"
    )
    for role, status in [(Role.PARTICIPANT, 404), (Role.COORDINATOR, 404), (Role.APPROVER, 200), (Role.FINANCE, 200)]:
        assert (await site.visitor(role).get(f"/payments/receipts/{row.id}")).status_code == status


async def test_pay_05_a_clean_pdf_is_kept_and_saved_never_run(site: World) -> None:
    me, location, _ = await opened_line(site)
    await followed(
        me,
        await post(
            me, location, files={"receipt": ("r.pdf", pdf(2) + b"\n<script>alert(1)</script>", "application/pdf")}
        ),
    )
    row = await site.row("SELECT id FROM receipts")
    shown = await me.get(f"/payments/receipts/{row.id}")
    assert shown.headers["content-disposition"].startswith("attachment") and b"<script>" not in shown.content


async def test_pay_13_a_ticket_downloaded_twice_is_flagged(site: World) -> None:
    """Each download of a PDF is another file, though it shows the same."""
    again = pdf(object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)
    for sent, is_alike in ((pdf(), False), (pdf(words="Bus to Soham"), False), (again, True)):
        me, location, claim_id = await opened_line(site)
        await followed(me, await post(me, location, files={"receipt": ("r.pdf", sent, "application/pdf")}))
        page = await site.visitor(Role.APPROVER).get(f"/payments/approve/{claim_id}")
        assert ("A receipt here looks like another one" in page.text) is is_alike


async def test_pay_13_the_same_receipt_is_named_before_those_that_only_look_alike(site: World) -> None:
    """Screens of one bus app look alike, however many there are."""
    found: list[UUID] = []
    for sent in (picture(), picture(quality=40), picture(quality=41), picture()):
        me, location, claim_id = await opened_line(site)
        await followed(me, await post(me, location, files={"receipt": ("r.jpg", sent, "image/jpeg")}))
        found.append(claim_id)
    page = await site.visitor(Role.APPROVER).get(f"/payments/approve/{found[-1]}")
    named = re.findall(r"(has the same receipt as|looks like the receipt of)[^<]*<a [^>]*approve/([^\"]*)", page.text)
    assert [how for how, _ in named] == ["has the same receipt as", *["looks like the receipt of"] * 2]
    assert named[0][1] == str(found[0])


async def test_pay_13_a_receipt_used_twice_and_an_account_of_two_are_flagged(site: World) -> None:
    me, location, claim_id = await opened_line(site)
    other, other_location, other_claim = await opened_line(site)
    await followed(me, await post(me, location, files={"receipt": ("r.jpg", picture(), "image/jpeg")}))
    saved_again = picture(quality=40)
    await followed(other, await post(other, other_location, files={"receipt": ("r.jpg", saved_again, "image/jpeg")}))
    details = {"account_name": "Alex Example", "sort_code": "089999", "account_number": "66374958"}
    for client in (me, other):
        assert (
            await post(client, "/payments/bank-details/change", "/payments/bank-details/change", **details)
        ).status_code == 303
    approver = site.visitor(Role.APPROVER)
    text = " ".join((await approver.get(f"/payments/approve/{other_claim}")).text.split())
    assert "A receipt here looks like another one" in text and "the same bank account" in text
    alike = re.search(r"<li>(“Bus or train[^<]*)<a class=\"govuk-link\" href=\"([^\"]*)\">([^<]*)</a>", text)
    assert alike and "looks like the receipt of “Bus or train" in alike[1] and "sent on " in alike[1]
    assert alike[2] == f"/payments/approve/{claim_id}" and "Wednesday 18 November 2026" in alike[3]
    assert (await approver.get(alike[2])).status_code == 200
    owner = (await site.claim(claim_id)).participant_id
    theirs = await site.visitor(Role.APPROVER, person_id=owner).get(f"/payments/approve/{other_claim}")
    assert f'href="/payments/claims/{claim_id}">your own claim' in theirs.text
