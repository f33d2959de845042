"""How fast committed rows reach JetStream: a backlog of the same rows, carried by each contender in turn."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from typing import Any

from bench.machine import describe
from bench.relays.base import STREAM, Contender, Place, messages, now
from bench.relays.faststream_outbox import FastStreamOutbox
from bench.relays.nats_outbox import NatsOutbox
from bench.relays.ours import Ours
from bench.relays.raw import Raw
from bench.relays.worker import Job
from bench.report import Result, compared, middle
from bench.stage import SETTINGS, Stage, stage

CONTENDERS: tuple[type[Contender], ...] = (Ours, FastStreamOutbox, NatsOutbox, Raw)
SECONDS = 300.0
"""How long one contender may take for its backlog."""


async def measure(*, rows: int = 20_000, rounds: int = 5) -> Result:
    result = Result("outbox", describe())
    result.settings = {**SETTINGS, "rows": rows, "rounds": rounds, **{one.name: one.draining for one in CONTENDERS}}
    speeds: dict[str, list[float]] = {one.name: [] for one in CONTENDERS}
    async with stage() as on:
        for number in range(rounds):
            # Alternating: whoever began last round ends this one, so that a drifting machine favours nobody.
            for contender in CONTENDERS if number % 2 == 0 else reversed(CONTENDERS):
                speeds[contender.name].append(await drained(on, contender, contender.draining, rows))
    result.samples = {"rows_per_second": speeds}
    ours = middle(speeds[Ours.name])
    peers = {one: middle(speeds[one.name]) for one in (FastStreamOutbox, NatsOutbox)}
    better = max(peers, key=lambda peer: peers[peer])
    for peer, speed in peers.items():
        note = f"{Ours.promises}. {peer.promises}."
        result.rows.append(compared("backlog to JetStream", ours, "rows/s", peer.name, speed, better="more", times=10 if peer is better else None, note=note))
    result.rows.append(compared("backlog to JetStream", ours, "rows/s", Raw.name, middle(speeds[Raw.name]), better="more", times=0.5, note=f"{Raw.promises}."))
    return result


async def drained(on: Stage, contender: type[Contender], settings: dict[str, Any], rows: int) -> float:
    """Rows a second from the start of the relay until all are stored in JetStream and none is left unmarked."""
    database = await on.fresh_database()
    await on.fresh_stream(STREAM, "opportunities.>")
    place = Place(on.postgres.admin_url(database), on.nats.client_url())
    here = contender(place, settings)
    await here.prepare()
    if contender is not Raw:
        await here.load(messages(rows))
    try:
        async with workers(Job(contender.name, place, settings, count=rows), settings.get("processes", 1)) as started:
            begun = now()
            for worker in started:
                tell(worker, "go")
            async with asyncio.timeout(SECONDS):
                await _until_all_are_through(on, here, rows, started)
            seconds = (now() - begun) / 1e9
    finally:
        await on.drop_stream(STREAM)
        await on.drop_database(database)
    return rows / seconds


async def _until_all_are_through(on: Stage, contender: Contender, rows: int, started: list[Process]) -> None:
    while (stored := await on.stored(STREAM)) < rows:
        if any(worker.returncode is not None for worker in started):
            raise RuntimeError(f"{contender.name} ended before its work was done")
        await asyncio.sleep(0.005)
    if stored > rows:
        raise RuntimeError(f"{contender.name} stored {stored} messages for {rows} rows")
    while await contender.left():  # noqa: ASYNC110 - it watches another process
        await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def workers(job: Job, count: int) -> AsyncIterator[list[Process]]:
    """Processes of one contender, each connected and waiting for "go"; ended afterwards."""
    command = [sys.executable, "-m", "bench.relays.worker", job.encoded()]
    started = [await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL if count > 1 else None) for _ in range(count)]
    try:
        for worker in started:
            async with asyncio.timeout(60):
                if await output(worker) != "ready":
                    raise RuntimeError(f"{job.name} did not get ready")
        yield started
    finally:
        for worker in started:
            await _end(worker)


async def output(worker: Process) -> str:
    assert worker.stdout
    return (await worker.stdout.readline()).decode().strip()


def tell(worker: Process, line: str) -> None:
    assert worker.stdin
    worker.stdin.write(f"{line}\n".encode())


async def _end(worker: Process) -> None:
    assert worker.stdin
    worker.stdin.close()
    try:
        async with asyncio.timeout(20):
            await worker.wait()
    except TimeoutError:
        worker.kill()
        await worker.wait()
