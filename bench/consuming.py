"""One consumer's process: `python -m bench.consuming JOB`. A service with just one handler, started as any service is.

It hears attendances and writes a row for each, with its inbox row in the same transaction. concurrency 0 is our way:
many messages in one transaction. Any other number is the usual way: each message in a transaction of its own, that
many at once.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from nats.aio.msg import Msg
from sqlalchemy import text

from bench.relays.base import now
from bench.relays.worker import standard_input
from shared import telemetry
from shared.db import Database, Transaction
from shared.events.opportunities import AttendanceRecorded
from shared.identity import new_signing_key, public_key_set
from shared.messaging.consumer import StreamConsumer
from shared.messaging.handling import Consumers, Received
from shared.service import Service, create_app
from shared.settings import ServiceSettings

WORKER = "bench.consuming"
TABLE = "CREATE TABLE heard (attendance_id uuid PRIMARY KEY, participant_id uuid NOT NULL, minutes integer NOT NULL)"
_WRITE = text(
    "INSERT INTO heard (attendance_id, participant_id, minutes)"
    " SELECT * FROM unnest(CAST(:attendances AS uuid[]), CAST(:participants AS uuid[]), CAST(:minutes AS integer[]))"
)


@dataclass(frozen=True, slots=True)
class Job:
    dsn: str
    nats_url: str
    count: int
    concurrency: int = 0
    tell_each: bool = False

    def encoded(self) -> str:
        return json.dumps(asdict(self))


async def write_attendances(tx: Transaction, events: Sequence[AttendanceRecorded]) -> None:
    await tx.execute(
        _WRITE,
        {
            "attendances": [event.attendance_id for event in events],
            "participants": [event.participant.id for event in events],
            "minutes": [event.minutes for event in events],
        },
    )


class Watch:
    """When the first message came and the last was acknowledged, and each one's time if asked for."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.first = self.last = 0
        self.done: set[UUID] = set()
        self.finished = asyncio.Event()

    def came(self) -> None:
        self.first = self.first or now()

    def acknowledged(self, items: Sequence[Received]) -> None:
        self.last = now()
        for item in items:
            if self.job.tell_each and item.event_id not in self.done:
                print(json.dumps({"event_id": str(item.event_id), "at": self.last}), flush=True)
            self.done.add(item.event_id)
        if len(self.done) >= self.job.count:
            self.finished.set()


class InBatches(StreamConsumer):
    """Our own, watched."""

    watch: Watch

    async def take(self, messages: list[Msg]) -> None:
        self.watch.came()
        await super().take(messages)

    async def _acknowledge(self, items: Sequence[Received]) -> None:
        await super()._acknowledge(items)
        self.watch.acknowledged(items)


class OneByOne(InBatches):
    """The same parsing, inbox, handler and acknowledgement for each message alone, several at once."""

    async def take(self, messages: list[Msg]) -> None:
        self.watch.came()
        free = asyncio.Semaphore(self.watch.job.concurrency)

        async def one(message: Msg) -> None:
            async with free:
                item = await self._parse_or_park(message)
                if item is not None:
                    await self._take_alone(item)

        await asyncio.gather(*(one(message) for message in messages))


async def work(job: Job) -> None:
    reader = await standard_input()
    print("ready", flush=True)
    await reader.readline()
    with TemporaryDirectory() as folder:
        watch = Watch(job)
        app = _app(job, watch, Path(folder))
        async with app.router.lifespan_context(app):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(watch.finished.wait(), 300)
    print(json.dumps({"handled": len(watch.done), "first": watch.first, "last": watch.last}), flush=True)
    await reader.read()


def _app(job: Job, watch: Watch, folder: Path) -> Any:
    keys = folder / "keys.json"
    keys.write_text(json.dumps(public_key_set(new_signing_key())))
    settings = ServiceSettings.model_validate(
        {
            "organisation": "bench",
            "organisation_name": "The bench",
            "mode": "test",
            "public_url": "http://localhost",
            "database_url": job.dsn,
            "nats_url": job.nats_url,
            "session_keys": keys,
        }
    )
    kind = OneByOne if job.concurrency else InBatches
    kind.watch = watch

    class Measured(Service):
        def stream_consumer(self, owner: str) -> StreamConsumer:
            return kind(self, self.consumers, owner)

    service = Measured("payments", settings)
    if job.concurrency:
        service.database = Database(job.dsn, service.clock, service.tracer, pool_size=job.concurrency + 2)
    consumers = Consumers("payments")
    consumers.on(AttendanceRecorded, write_attendances, many=True)
    return create_app(service, consumers=consumers, templates=folder)


if __name__ == "__main__":
    telemetry.configure_logging("WARNING")
    asyncio.run(work(Job(**json.loads(sys.argv[1]))))
