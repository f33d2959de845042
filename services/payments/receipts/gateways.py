"""Receipts: a process of its own redraws what somebody sent, and we keep it under a random name outside the web root
(PAY-05)."""

import asyncio
import contextlib
import hashlib
import json
import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from services.payments.receipts.domain import (
    MOST_BYTES,
    MOST_SECONDS,
    Kind,
    Problem,
    Upload,
    looks_like,
    reasons_not_to_take_receipt,
)
from shared.apart import answer_of
from shared.reasons import refuse

AT_ONCE = 1
"""Files looked at: each may take MOST_MEMORY besides our own."""
MOST_WAITING = 30
MOST_WAITING_OF_ONE = 3
"""Files of one person, so that nobody keeps the others waiting."""
WAITS_SECONDS = 150.0
_log = structlog.get_logger("payments")


@dataclass(frozen=True, slots=True)
class CleanReceipt:
    """What is kept. sha256 is of the file as sent. kept_sha256 is of what we drew of it: the same for each download of
    an e-ticket, which is another file each time. picture_hash matches the same photo saved again (None for a PDF or a
    plain surface)."""

    content: bytes
    media_type: str
    sha256: str
    kept_sha256: str
    picture_hash: int | None


_BUSY = Upload(1, Kind.PICTURE, Problem.BUSY)


class Cleaner:
    """Has files redrawn, a few at once, so that a web process neither decodes one itself nor waits for one."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting: Counter[UUID] = Counter()

    async def clean(self, read: Callable[[int], Awaitable[bytes]], whose: UUID) -> CleanReceipt:
        """read: gives at most this many bytes of the file; called when its turn comes. Raises Refused with a
        sentence that says what to do."""
        async with self._in_turn(whose):
            data = await read(MOST_BYTES + 1)
            kind, digest = await asyncio.to_thread(lambda: (looks_like(data), hashlib.sha256(data).hexdigest()))
            refuse(reasons_not_to_take_receipt(Upload(len(data), kind)))
            head, content = await _draw(data)
        if problem := head.get("problem"):
            refuse(reasons_not_to_take_receipt(Upload(len(data), kind, Problem(problem), head.get("pages", 0))))
        drawn = hashlib.sha256(content).hexdigest()
        return CleanReceipt(content, head["media_type"], digest, drawn, head["picture_hash"])

    @contextlib.asynccontextmanager
    async def _in_turn(self, whose: UUID) -> AsyncIterator[None]:
        if self._waiting.total() >= MOST_WAITING or self._waiting[whose] >= MOST_WAITING_OF_ONE:
            refuse(reasons_not_to_take_receipt(_BUSY))
        self._waiting[whose] += 1
        try:
            try:
                async with asyncio.timeout(WAITS_SECONDS):
                    await self._turn.acquire()
            except TimeoutError:
                refuse(reasons_not_to_take_receipt(_BUSY))
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._waiting[whose] -= 1
            if not self._waiting[whose]:
                del self._waiting[whose]


async def _draw(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The process's answer; if it was stopped, or stopped itself, the file was too much for it."""
    exit_code, answer = await answer_of("services.payments.receipts.drawing", data, seconds=MOST_SECONDS)
    head, _, content = answer.partition(b"\n")
    if exit_code or not head:
        _log.warning("receipt-not-drawn", exit_code=exit_code, bytes=len(data))
        return {"problem": Problem.TOO_MUCH}, b""
    return json.loads(head), content


class ReceiptStore:
    """Files with random names in one folder that no web server serves."""

    def __init__(self, storage: Path) -> None:
        self.folder = storage / "receipts"

    def keep(self, content: bytes) -> str:
        """Returns the name under which it is now kept."""
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
