"""How fast committed rows reach JetStream: a backlog of the same rows, carried by each contender in turn."""

import asyncio
from asyncio.subprocess import Process
from typing import Any

from bench.machine import describe
from bench.relays.base import STREAM, Contender, Place, messages, now
from bench.relays.faststream_outbox import FastStreamOutbox
from bench.relays.nats_outbox import NatsOutbox
from bench.relays.ours import Ours
from bench.relays.raw import Raw
from bench.relays.worker import WORKER, Job
from bench.report import Result, compared, middle
from bench.stage import SETTINGS, Stage, stage
from bench.workers import go, workers

CONTENDERS: tuple[type[Contender], ...] = (Ours, FastStreamOutbox, NatsOutbox, Raw)
SECONDS = 300.0
"""How long one contender may take for its backlog."""


async def measure(*, rows: int = 20_000, rounds: int = 5) -> Result:
    result = Result("outbox", describe())
    result.settings = {**SETTINGS, "rows": rows, "rounds": rounds, **{one.name: one.draining for one in CONTENDERS}}
    speeds: dict[str, list[float]] = {one.name: [] for one in CONTENDERS}
    async with stage() as on:
        for number in range(rounds):
            # Alternating: whoever began the last round ends this one, so that a drifting machine favours nobody.
            for contender in CONTENDERS if number % 2 == 0 else reversed(CONTENDERS):
                speeds[contender.name].append(await drained(on, contender, contender.draining, rows))
    result.samples = {"rows_per_second": speeds}
    ours = middle(speeds[Ours.name])
    peers = {one: middle(speeds[one.name]) for one in (FastStreamOutbox, NatsOutbox)}
    better = max(peers, key=lambda peer: peers[peer])
    for peer, speed in peers.items():
        note = f"{Ours.promises}. {peer.promises}."
        result.rows.append(
            compared(
                "backlog to JetStream",
                ours,
                "rows/s",
                peer.name,
                speed,
                better="more",
                times=10 if peer is better else None,
                note=note,
            )
        )
    result.rows.append(
        compared(
            "backlog to JetStream",
            ours,
            "rows/s",
            Raw.name,
            middle(speeds[Raw.name]),
            better="more",
            times=0.5,
            note=f"{Raw.promises}.",
        )
    )
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
        async with workers(
            WORKER, Job(contender.name, place, settings, count=rows).encoded(), settings.get("processes", 1)
        ) as started:
            begun = now()
            for worker in started:
                go(worker)
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
