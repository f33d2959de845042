"""What drawing a receipt may take of the machine, and how it is refused (PAY-05)."""

import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from services.payments.receipts import domain as rules
from services.payments.receipts.domain import Kind, Problem
from services.payments.receipts.gateways import Cleaner
from shared.reasons import Refused
from tests.payments import receipt_files as files
from tests.payments.receipt_files import pdf, receipt, saved
from tests.payments.receipts.support import PICTURES

ROOT = Path(__file__).resolve().parents[3]


# Bounds


def drawn_by_itself(data: bytes, *, memory: int | None = None) -> tuple[dict[str, Any], int]:
    """What the process says, and the most memory that it had. memory: bytes of address space that it may have in
    all. Its own bound of processor seconds ends it: elapsed ones are ten times as many on a busy machine."""
    bound = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({memory},) * 2);" if memory else ""
    program = (
        f"{bound} import resource, sys; sys.argv = ['x']; from services.payments.receipts.drawing import __main__ as "
        "drawing;"
        "drawing.os._exit = lambda code: None; drawing.main();"
        "print(int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) * 1024, file=sys.stderr)"
    )
    command = [sys.executable, "-c", program.strip()]
    environment = os.environ | {"MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(command, cwd=ROOT, input=data, capture_output=True, env=environment, check=False)
    head = done.stdout.partition(b"\n")[0]
    return (json.loads(head) if head else {}), int(done.stderr.split()[-1]) if done.returncode == 0 else 0


BIG: dict[str, Callable[[], bytes]] = {
    "8000 x 5000 RGBA PNG": lambda: saved(
        receipt(8000, 5000, "RGBA", (255,) * 4, (0, 0, 0, 255), 200), "PNG", compress_level=1
    ),
    "200-megapixel baseline JPEG": lambda: saved(
        receipt(16_320, 12_240, "L", 255, 0, 600).convert("RGB"), "JPEG", quality=30
    ),
    "48-megapixel progressive JPEG": lambda: saved(
        receipt(8000, 6000, size=300), "JPEG", progressive=True, subsampling=0
    ),
    "48-megapixel HEIC": lambda: saved(receipt(8000, 6000, size=300), "HEIF", quality=20),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", BIG)
def test_pay_05_a_large_photo_is_drawn_in_less_than_700_mb(what: str) -> None:
    head, most = drawn_by_itself(BIG[what]())
    assert head["media_type"] == "image/jpeg"
    assert 0 < most < 700_000_000


def webp(kind: bytes, width: int, height: int) -> bytes:
    """One that says it is as large, with little in it."""
    if kind == b"VP8X":
        inner = saved(receipt(), "WEBP", lossless=True)[12:]
        said = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        body = b"VP8X" + (10).to_bytes(4, "little") + said + inner
        return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body
    data = bytearray(saved(receipt(), "WEBP", lossless=kind == b"VP8L"))
    assert data[12:16] == kind
    if kind == b"VP8L":
        rest = int.from_bytes(data[21:25], "little") >> 28 << 28
        data[21:25] = (width - 1 | height - 1 << 14 | rest).to_bytes(4, "little")
    else:
        data[26:30] = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return bytes(data)


@pytest.mark.parametrize("kind", [b"VP8 ", b"VP8L", b"VP8X"])
def test_pay_05_a_webp_too_large_to_open_is_called_large_and_not_damaged(kind: bytes) -> None:
    """Its decoder asks for memory when it opens the file, and says that it cannot read it if it gets none."""
    head, most = drawn_by_itself(webp(kind, 11_000, 10_000))
    assert head["problem"] == Problem.TOO_LARGE
    assert 0 < most < 100_000_000


async def cleaned(cleaner: Cleaner, data: bytes, whose: Any = None) -> Any:
    async def read(most: int) -> bytes:
        return data[:most]

    return await cleaner.clean(read, whose or uuid4())


async def words_for(data: bytes, cleaner: Cleaner | None = None) -> str:
    with pytest.raises(Refused) as refused:
        await cleaned(cleaner or Cleaner(), data)
    (reason,) = refused.value.reasons
    assert (reason.rule, reason.field) == ("PAY-05", "receipt")
    return reason.text


async def test_pay_05_a_pdf_that_unpacks_to_more_than_we_can_hold_ends_its_own_process_alone() -> None:
    data = pdf(files.unpacks_to(800_000_000), **files.RAW)
    assert len(data) < 1_000_000
    assert (
        await words_for(data)
        == "There is more in this PDF than we can open. Send a photo or a screenshot of the receipt instead."
    )


def test_pay_05_the_process_that_draws_cannot_have_more_memory_than_its_bound() -> None:
    """By RLIMIT_AS and not by luck: what it asks for beyond it, it does not get."""
    program = (
        "import resource; from services.payments.receipts.drawing.__main__ import _bound_this_process as bound; "
        "bound();"
        "from services.payments.receipts.domain import MOST_MEMORY;"
        "assert 0 < resource.getrlimit(resource.RLIMIT_AS)[0] < MOST_MEMORY + 700_000_000; bytearray(MOST_MEMORY + "
        "50_000_000)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1:] == ["MemoryError"]
    assert rules.MOST_MEMORY < 700_000_000


async def test_pay_05_many_files_at_once_are_drawn_one_after_the_other_and_the_service_itself_stays_small() -> None:
    data = saved(receipt(3000, 2000, "RGBA", (255,) * 4, (0, 0, 0, 255), 100), "PNG", compress_level=1)
    cleaner, most, children = Cleaner(), 0, 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work = [asyncio.create_task(cleaned(cleaner, data)) for _ in range(5)]
    while not all(task.done() for task in work):
        drawing = [child for child in psutil.Process().children() if _is_drawing(child)]
        most = max(most, len(drawing))
        children += bool(drawing)
        await asyncio.sleep(0.02)
    assert {(await task).media_type for task in work} == {"image/jpeg"}
    assert most == 1 and children
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB


def _is_drawing(child: psutil.Process) -> bool:
    try:
        return "services.payments.receipts.drawing" in child.cmdline()
    except psutil.Error:
        return False


async def test_pay_05_one_person_does_not_keep_the_others_waiting() -> None:
    cleaner, me = Cleaner(), uuid4()
    answers = await asyncio.gather(
        *(cleaned(cleaner, PICTURES["JPEG"], me) for _ in range(5)),
        cleaned(cleaner, PICTURES["PNG turned"]),
        return_exceptions=True,
    )
    refused = [answer.reasons[0].text for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == 2 and all("Wait a minute, then send it again." in text for text in refused)
    assert not isinstance(answers[-1], Exception)
    assert (await cleaned(cleaner, PICTURES["JPEG"], me)).media_type == "image/jpeg"


async def test_pay_05_a_file_that_takes_too_long_is_stopped_and_the_next_one_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.payments.receipts.gateways.MOST_SECONDS", 0.01)
    cleaner = Cleaner()
    assert (
        await words_for(PICTURES["JPEG"], cleaner)
        == "This picture takes too long to open. Take a screenshot of it and send that."
    )
    monkeypatch.undo()
    assert (await cleaned(cleaner, PICTURES["JPEG"])).media_type == "image/jpeg"
    assert not [child for child in psutil.Process().children() if _is_drawing(child)]


async def test_pay_05_the_process_that_draws_is_told_nothing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, str]] = []
    begin = asyncio.create_subprocess_exec

    async def watched(*command: str, **options: Any) -> asyncio.subprocess.Process:
        started.append(options["env"])
        return await begin(*command, **options)

    monkeypatch.setenv("CHORUS_DATABASE_URL", "postgresql://payments:secret@db/payments")
    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    await cleaned(Cleaner(), PICTURES["JPEG"])
    assert (
        not [name for environment in started for name in environment if name.startswith(("CHORUS", "OTEL"))] and started
    )


NOT_OURS = [b"PK\x03\x04" + bytes(99), b"hello", b"\x00\x00\x00\x20ftypisom" + bytes(99), b"\xff\x0a" + bytes(99)]


@pytest.mark.parametrize("data", NOT_OURS, ids=["office file", "words", "film", "JPEG XL"])
async def test_pay_05_a_file_of_another_kind_is_refused_before_anything_opens_it(data: bytes) -> None:
    assert "save it as a PDF" in await words_for(data)


@pytest.mark.parametrize("problem", Problem)
@pytest.mark.parametrize("kind", [Kind.PICTURE, Kind.PDF])
def test_pay_05_every_refusal_says_what_to_do(problem: Problem, kind: Kind) -> None:
    of_pdfs = {Problem.LOCKED, Problem.FOLDER, Problem.LETTERS, Problem.PICTURE}
    if problem in of_pdfs if kind is Kind.PICTURE else problem is Problem.MOVING:
        return  # there is no such thing
    for pages in (0, 11):
        (reason,) = rules.reasons_not_to_take_receipt(rules.Upload(1, kind, problem, pages))
        assert any(word in reason.text for word in ("Send", "send", "Take", "Save"))


@pytest.mark.parametrize(
    ("size", "layout"),
    [
        ((4000, 3000), (2200, 1650, 1)),
        ((300, 400), (300, 400, 1)),
        ((1170, 14_000), (1000, 11_966, 1)),
        ((14_000, 1170), (11_966, 1000, 1)),
        ((1170, 30_000), (1000, 25_641, 7)),
        ((90, 100_000), (90, 100_000, 3)),
        ((2000, 130_000), None),
    ],
)
def test_pay_05_a_picture_is_kept_as_small_as_it_can_be_read(
    size: tuple[int, int], layout: tuple[int, int, int] | None
) -> None:
    found = rules.layout_of_picture(*size)
    assert (None if found is None else (found.width, found.height, found.pieces)) == layout
