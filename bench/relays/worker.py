"""One contender's process: `python -m bench.relays.worker NAME MODE SETTINGS`, started by the harness.

It says "ready" on its output once connected, begins at the line "go", and ends when its input does.
"""

import asyncio
import json
import random
import sys
from dataclasses import dataclass
from typing import Any

from bench.relays.base import Contender, Place, ended, message, messages
from bench.relays.faststream_outbox import FastStreamOutbox
from bench.relays.nats_outbox import NatsOutbox
from bench.relays.ours import Ours
from bench.relays.raw import Raw
from shared import telemetry

CONTENDERS: dict[str, type[Contender]] = {
    contender.name: contender for contender in (Ours, FastStreamOutbox, NatsOutbox, Raw)
}  # type: ignore[type-abstract]
WORKER = "bench.relays.worker"


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    place: Place
    settings: dict[str, Any]
    count: int = 0
    per_second: float = 0.0

    def encoded(self) -> str:
        return json.dumps(
            {
                "name": self.name,
                "dsn": self.place.dsn,
                "nats_url": self.place.nats_url,
                "settings": self.settings,
                "count": self.count,
                "per_second": self.per_second,
            }
        )

    @classmethod
    def decoded(cls, text: str) -> "Job":
        given = json.loads(text)
        return cls(
            given["name"],
            Place(given["dsn"], given["nats_url"]),
            given["settings"],
            given["count"],
            given["per_second"],
        )


async def work(job: Job) -> None:
    contender = CONTENDERS[job.name](job.place, job.settings)
    if isinstance(contender, Raw):
        await contender.load(messages(job.count))
    await contender.connect()
    reader = await standard_input()
    print("ready", flush=True)
    await reader.readline()
    relaying = asyncio.create_task(contender.relay())
    if job.per_second:
        await asyncio.sleep(0.5)
        await _trickle(contender, job)
    await reader.read()
    if relaying.done() and relaying.exception():
        raise RuntimeError("the relay ended") from relaying.exception()
    await ended(relaying)
    await contender.close()


async def _trickle(contender: Contender, job: Job) -> None:
    """One row at a time at random moments, each reported with the nanosecond before its COMMIT."""
    for _ in range(job.count):
        await asyncio.sleep(random.expovariate(job.per_second))
        one = message()
        before = await contender.write(one)
        print(json.dumps({"attendance_id": str(one.event.attendance_id), "before_commit": before}), flush=True)
    print("done", flush=True)


async def standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


if __name__ == "__main__":
    telemetry.configure_logging("WARNING")
    asyncio.run(work(Job.decoded(sys.argv[1])))
