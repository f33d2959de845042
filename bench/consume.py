"""How fast events are handled, each with an inbox row and a business row: many in a transaction against one in each.

Both ways run the same handler, parsing, inbox and acknowledgement in the same service; the usual way runs at the
concurrency that a sweep in the same run found best.
"""

import asyncio
import json
import random
from collections.abc import Sequence

import asyncpg

from bench.consuming import TABLE, WORKER, Job
from bench.machine import describe
from bench.relays.base import STREAM, SUBJECT, message, messages, now
from bench.report import Result, bounded, compared, middle, percentile
from bench.stage import SETTINGS, Stage, stage
from bench.workers import go, said, workers
from shared.messaging.migrations import MESSAGING_STATEMENTS
from shared.messaging.streams import stream_name

SWEEP = (1, 4, 8, 16, 32)
GOAL_MS = 15.0
SECONDS = 320.0
_NOTE = (
    "Both ways: at least once with an inbox, so once in effect; a message that fails is tried again and parked alone. "
    "Many in a transaction keeps the "
    "stream's order; several at once does not."
)


async def measure(*, events: int = 20_000, rounds: int = 5, trickle: int = 400, sweep: Sequence[int] = SWEEP) -> Result:
    result = Result("consume", describe())
    async with stage() as on:
        tried = {concurrency: await speed(on, events // 4, concurrency) for concurrency in sweep}
        best = max(tried, key=lambda concurrency: tried[concurrency])
        together: list[float] = []
        one_by_one: list[float] = []
        for number in range(rounds):
            for concurrency in (0, best) if number % 2 == 0 else (best, 0):
                (one_by_one if concurrency else together).append(await speed(on, events, concurrency))
        delays = await trickled(on, trickle)
    result.settings = {**SETTINGS, "events": events, "rounds": rounds, "trickle": trickle, "best_concurrency": best}
    result.samples = {
        "events_per_second": {"together": together, "one by one": one_by_one},
        "sweep": tried,
        "trickle_ms": delays,
    }
    against = f"one a transaction, {best} at once"
    result.rows.append(
        compared(
            "events with inbox and row",
            middle(together),
            "events/s",
            against,
            middle(one_by_one),
            better="more",
            times=8,
            note=_NOTE,
        )
    )
    result.rows.append(
        bounded("trickle: published to acknowledged, p99", percentile(delays, 0.99), "ms", most=GOAL_MS, note=_NOTE)
    )
    result.rows.append(bounded("trickle: published to acknowledged, p50", percentile(delays, 0.5), "ms", most=GOAL_MS))
    return result


async def speed(on: Stage, events: int, concurrency: int) -> float:
    """Events a second from the first fetch until the last acknowledgement of a backlog."""
    dsn = await _prepare(on)
    batch = messages(events)
    for start in range(0, events, 1000):
        futures = [
            await on.js.publish_async(SUBJECT, one.event.model_dump_json().encode(), headers=one.headers)
            for one in batch[start : start + 1000]
        ]
        await asyncio.gather(*futures)
    job = Job(dsn, on.nats.client_url(), events, concurrency)
    async with workers(WORKER, job.encoded()) as [worker], asyncio.timeout(SECONDS):
        go(worker)
        told = json.loads(await said(worker) or '{"handled": 0}')
    if told["handled"] != events or await _rows(dsn) != (events, events):
        raise RuntimeError(f"{told['handled']} of {events} events were handled; rows: {await _rows(dsn)}")
    await _clear(on, dsn)
    return events / ((told["last"] - told["first"]) / 1e9)


async def trickled(on: Stage, events: int) -> list[float]:
    """Milliseconds from each publication until its handling was committed and acknowledged, at random moments."""
    dsn = await _prepare(on)
    job = Job(dsn, on.nats.client_url(), events + 1, tell_each=True)
    published: dict[str, int] = {}
    delays = []

    async def publish() -> None:
        one = message()
        published[str(one.id)] = now()
        await on.js.publish(SUBJECT, one.event.model_dump_json().encode(), headers=one.headers)

    async with workers(WORKER, job.encoded()) as [worker], asyncio.timeout(SECONDS):
        go(worker)
        await publish()  # the first one waits for the service to start, so it does not count
        await said(worker)

        async def all_of_them() -> None:
            for _ in range(events):
                await asyncio.sleep(random.expovariate(40))
                await publish()

        publishing = asyncio.create_task(all_of_them())
        for _ in range(events):
            told = json.loads(await said(worker))
            delays.append((told["at"] - published[told["event_id"]]) / 1e6)
        await publishing
    await _clear(on, dsn)
    return delays


async def _prepare(on: Stage) -> str:
    """A fresh stream, and a database with the tables that every service has and the handler's own."""
    dsn = on.postgres.admin_url(await on.fresh_database())
    await on.fresh_stream(STREAM, "opportunities.>")
    await on.fresh_stream(stream_name("people"), "people.>")  # which every service hears
    connection = await asyncpg.connect(dsn)
    for statement in (*MESSAGING_STATEMENTS, TABLE):
        await connection.execute(statement)
    await connection.close()
    return dsn


async def _rows(dsn: str) -> tuple[int, int]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("SELECT count(*) FROM heard"), await connection.fetchval(
            "SELECT count(*) FROM inbox"
        )
    finally:
        await connection.close()


async def _clear(on: Stage, dsn: str) -> None:
    await on.drop_stream(STREAM)
    await on.drop_database(dsn.rpartition("/")[2])
