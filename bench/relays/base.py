"""What every contender must do, so that all are measured alike."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from shared.db import new_id
from shared.events import ParticipantRef
from shared.events.opportunities import AttendanceRecorded

STREAM = "OPPORTUNITIES"
SUBJECT = AttendanceRecorded.subject()
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contender works. dsn as asyncpg takes it."""

    dsn: str
    nats_url: str

    @property
    def sqlalchemy_url(self) -> str:
        return self.dsn.replace("postgresql://", "postgresql+asyncpg://", 1)


@dataclass(frozen=True, slots=True)
class Message:
    """One event as it must arrive: all contenders' rows and messages hold the same."""

    id: UUID
    event: AttendanceRecorded

    @property
    def headers(self) -> dict[str, str]:
        """The CloudEvents headers that our relay sends; the others keep them in their rows."""
        return {
            "Nats-Msg-Id": str(self.id),
            "ce-specversion": "1.0",
            "ce-id": str(self.id),
            "ce-source": "/chorus/bench/opportunities",
            "ce-type": SUBJECT,
            "ce-subject": str(self.event.attendance_id),
            "ce-time": "2026-12-03T10:00:00+00:00",
            "ce-causationid": str(self.id),
            "traceparent": TRACEPARENT,
        }


def messages(count: int) -> list[Message]:
    return [message() for _ in range(count)]


def message() -> Message:
    participant = ParticipantRef(kind="person", id=new_id(), home="bench")
    event = AttendanceRecorded(
        version=1,
        attendance_id=new_id(),
        opportunity_id=new_id(),
        session_id=new_id(),
        session_date=date(2026, 12, 3),
        place_id=new_id(),
        participant=participant,
        present=True,
        minutes=90,
        planned_minutes=120,
        paid=True,
        recorded_by=new_id(),
    )
    return Message(new_id(), event)


@dataclass(slots=True)
class Contender(ABC):
    """One way to bring committed rows to JetStream."""

    name: ClassVar[str]
    promises: ClassVar[str]
    """What it does and does not guarantee, for the row's note."""
    draining: ClassVar[dict[str, Any]] = {}
    """Settings for a backlog, as tuned."""
    trickling: ClassVar[dict[str, Any]] = {}
    """Settings for low delay, as tuned."""

    place: Place
    settings: dict[str, Any] = field(default_factory=dict)

    @abstractmethod
    async def prepare(self) -> None:
        """Make the tables in a fresh database."""

    @abstractmethod
    async def load(self, batch: Iterable[Message]) -> None:
        """Commits these rows as a backlog, in the way in which the contender writes rows."""

    @abstractmethod
    async def left(self) -> int:
        """Rows that are not yet marked as sent."""

    @abstractmethod
    async def connect(self) -> None:
        """Everything a relay does once, before its first row."""

    @abstractmethod
    async def relay(self) -> None:
        """Carry rows until cancelled."""

    @abstractmethod
    async def write(self, one: Message) -> int:
        """Commit one row in a transaction of its own, as an application would; returns the nanosecond just before
        COMMIT."""

    @abstractmethod
    async def close(self) -> None: ...


def now() -> int:
    """Nanoseconds of the clock that all processes of a machine share."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


async def ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
