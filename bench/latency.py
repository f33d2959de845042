"""How long after its commit an event reaches a consumer: rows written one at a time at random moments, by each
contender in turn.

Each contender's writer and relay share a process, as in a service. The consumer is the same for all: a plain JetStream
push subscription in the harness. The clock starts just before COMMIT is sent, so the commit's own fsync is inside.
"""

import asyncio
import json
from collections.abc import Sequence

from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from bench.machine import describe
from bench.relays.base import STREAM, Contender, Place, now
from bench.relays.faststream_outbox import FastStreamOutbox
from bench.relays.nats_outbox import NatsOutbox
from bench.relays.ours import Ours
from bench.relays.worker import WORKER, Job
from bench.report import Result, bounded, compared, percentile
from bench.stage import SETTINGS, Stage, stage
from bench.workers import go, said, workers

CONTENDERS: tuple[type[Contender], ...] = (Ours, FastStreamOutbox, NatsOutbox)
GOAL_MS = 15.0
SECONDS = 120.0
_CONSUMER = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL)


async def measure(*, events: int = 400, per_second: float = 40.0, rounds: int = 3) -> Result:
    result = Result("latency", describe())
    result.settings = {
        **SETTINGS,
        "events": events,
        "per_second": per_second,
        "rounds": rounds,
        **{one.name: one.trickling for one in CONTENDERS},
    }
    samples: dict[str, list[float]] = {one.name: [] for one in CONTENDERS}
    async with stage() as on:
        for number in range(rounds):
            for contender in CONTENDERS if number % 2 == 0 else reversed(CONTENDERS):
                samples[contender.name] += await delays(on, contender, events, per_second)
    result.samples = {"milliseconds": samples}
    ours = samples[Ours.name]
    result.rows.append(
        bounded("commit to consumer, p99", percentile(ours, 0.99), "ms", most=GOAL_MS, note=f"{Ours.promises}.")
    )
    for peer in (FastStreamOutbox, NatsOutbox):
        for share, label in ((0.5, "p50"), (0.99, "p99")):
            theirs = percentile(samples[peer.name], share)
            times = 1.0 if share == 0.99 else None
            figure = f"commit to consumer, {label}"
            result.rows.append(
                compared(
                    figure,
                    percentile(ours, share),
                    "ms",
                    peer.name,
                    theirs,
                    better="less",
                    times=times,
                    note=f"{peer.promises}.",
                )
            )
    return result


async def delays(on: Stage, contender: type[Contender], events: int, per_second: float) -> Sequence[float]:
    """Milliseconds from just before each COMMIT until the consumer had the event."""
    database = await on.fresh_database()
    await on.fresh_stream(STREAM, "opportunities.>")
    place = Place(on.postgres.admin_url(database), on.nats.client_url())
    await contender(place, contender.trickling).prepare()
    arrived: dict[str, int] = {}
    everything = asyncio.Event()

    async def hear(message: Msg) -> None:
        moment = now()
        arrived.setdefault(json.loads(message.data)["attendance_id"], moment)
        if len(arrived) >= events:
            everything.set()

    subscription = await on.js.subscribe("opportunities.>", stream=STREAM, cb=hear, manual_ack=True, config=_CONSUMER)
    try:
        job = Job(contender.name, place, contender.trickling, count=events, per_second=per_second)
        async with workers(WORKER, job.encoded()) as [worker], asyncio.timeout(SECONDS):
            go(worker)
            committed: dict[str, int] = {}
            while (line := await said(worker)) != "done":
                told = json.loads(line or '{"error": "it ended"}')
                committed[told["attendance_id"]] = told["before_commit"]
            await everything.wait()
    finally:
        await subscription.unsubscribe()
        await on.drop_stream(STREAM)
        await on.drop_database(database)
    return [(arrived[one] - before) / 1e6 for one, before in committed.items()]
