"""Finds the settings with which the compared libraries do best here: a sweep whose winners are in bench/relays as
`draining`.

Their documentation says which settings matter; the best values depend on the machine. A contender's settings are
then changed by hand, never by this, so that `outbox` measures what its file says.
"""

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from bench.machine import describe
from bench.outbox import drained
from bench.relays.base import Contender
from bench.relays.faststream_outbox import FastStreamOutbox
from bench.relays.nats_outbox import NatsOutbox
from bench.relays.raw import Raw
from bench.report import Result, Row
from bench.stage import SETTINGS, stage


def grid() -> Iterator[tuple[type[Contender], dict[str, Any]]]:
    for processes, workers in ((1, 16), (1, 32), (1, 64), (1, 100), (2, 16), (2, 32), (2, 64)):
        for fetch in (200, 1000):
            yield (
                FastStreamOutbox,
                {
                    "max_workers": workers,
                    "fetch_batch_size": fetch,
                    "terminal_flush_batch_size": 100,
                    "processes": processes,
                },
            )
    for processes, instances in ((1, 1), (1, 8), (1, 16), (1, 32), (2, 4), (2, 8), (2, 16)):
        for batch in (20, 100):
            yield (
                NatsOutbox,
                {"instances": instances, "batch_size": batch, "polling_interval": 0.01, "processes": processes},
            )
    for batch in (500, 1000):
        for in_flight in (1, 2, 4):
            yield Raw, {"batch": batch, "in_flight": in_flight}


async def measure(*, rows: int = 8_000, rounds: int = 1) -> Result:
    result = Result("tune", describe(), settings={**SETTINGS, "rows": rows, "rounds": rounds})
    console = Console(stderr=True, highlight=False)
    async with stage() as on:
        for contender, settings in grid():
            speeds = [await drained(on, contender, settings, rows) for _ in range(rounds)]
            told = ", ".join(f"{name} {value}" for name, value in settings.items())
            result.samples.setdefault(contender.name, []).append({"settings": settings, "rows_per_second": speeds})
            result.rows.append(Row(told, None, "rows/s", contender.name, max(speeds)))
            console.print(f"{contender.name}: {told}: {max(speeds):,.0f} rows/s")
    return result
