"""faststream-outbox as its documentation recommends for throughput: a relay subscriber with a stacked NATS publisher.

Follows its pages "Performance", "Subscriber" and "Relay": concurrent workers, larger claims, deletes in batches,
LISTEN/NOTIFY, the autovacuum settings, an engine pool that fits the workers. Beyond that, the body is passed on as
bytes, and dependency injection and logging are off, because each slows it down.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar

from faststream.nats import JStream, NatsBroker
from faststream.response import Response
from faststream_outbox import OutboxBroker, make_outbox_table, outbox_autovacuum_ddl
from faststream_outbox.annotations import OutboxMessage
from sqlalchemy import MetaData, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bench.relays.base import STREAM, SUBJECT, Contender, Message, Place, now

QUEUE = "events"
_metadata = MetaData()
_table = make_outbox_table(_metadata)


class FastStreamOutbox(Contender):
    name = "faststream-outbox"
    promises = (
        "faststream-outbox: at least once; with several workers rows pass each other, so no order; JetStream drops "
        "repeats by the Nats-Msg-Id that we let it "
        "carry along; with batched deletes a crash repeats up to a batch; sent rows are deleted"
    )
    draining: ClassVar[dict[str, Any]] = {
        "max_workers": 32,
        "fetch_batch_size": 1000,
        "terminal_flush_batch_size": 100,
        "processes": 2,
    }
    trickling: ClassVar[dict[str, Any]] = {
        "max_workers": 4,
        "fetch_batch_size": 100,
        "terminal_flush_batch_size": 1,
        "processes": 1,
    }

    def __init__(self, place: Place, settings: dict[str, Any]) -> None:
        super().__init__(place, dict(settings))
        self._engine: AsyncEngine | None = None
        self._outbox: OutboxBroker | None = None
        self._nats: NatsBroker | None = None

    def _make_engine(self) -> AsyncEngine:
        # "Connection budget": workers + 1 for the subscriber, and some for writers.
        return create_async_engine(self.place.sqlalchemy_url, pool_size=int(self.settings.get("max_workers", 1)) + 6)

    async def prepare(self) -> None:
        engine = self._make_engine()
        async with engine.begin() as connection:
            await connection.run_sync(_metadata.create_all)
            await connection.execute(text(outbox_autovacuum_ddl(_table.name)))
        await engine.dispose()

    async def load(self, batch: Iterable[Message]) -> None:
        rows = [
            {
                "queue": QUEUE,
                "payload": one.event.model_dump_json().encode(),
                "headers": {**one.headers, "content-type": "application/json"},
            }
            for one in batch
        ]
        engine = self._make_engine()
        async with engine.begin() as connection:
            await connection.execute(_table.insert(), rows)
        await engine.dispose()

    async def left(self) -> int:
        engine = self._make_engine()
        async with engine.connect() as connection:
            count = await connection.scalar(select(func.count()).select_from(_table))
        await engine.dispose()
        return int(count or 0)

    async def connect(self) -> None:
        self._engine = self._make_engine()
        self._nats = NatsBroker(self.place.nats_url, logger=None, apply_types=False)
        self._outbox = OutboxBroker(self._engine, outbox_table=_table, logger=None, apply_types=False)
        publisher = self._nats.publisher(SUBJECT, stream=JStream(STREAM, declare=False), timeout=10)
        subscriber = self._outbox.subscriber(
            QUEUE,
            max_workers=self.settings["max_workers"],
            fetch_batch_size=self.settings["fetch_batch_size"],
            terminal_flush_batch_size=self.settings["terminal_flush_batch_size"],
            min_fetch_interval=0.1,
            max_fetch_interval=1.0,
            decoder=_as_it_is,
        )

        @publisher
        @subscriber
        async def relay(message: OutboxMessage) -> Response:
            return Response(message.body, headers=message.headers)

        await self._nats.start()

    async def relay(self) -> None:
        assert self._outbox
        await self._outbox.start()
        await asyncio.Event().wait()

    async def write(self, one: Message) -> int:
        assert self._engine
        assert self._outbox
        async with self._engine.connect() as connection, connection.begin() as transaction:
            await self._outbox.publish(
                one.event.model_dump(mode="json"), queue=QUEUE, headers=one.headers, session=connection
            )
            before = now()
            await transaction.commit()
        return before

    async def close(self) -> None:
        if self._outbox:
            await self._outbox.stop()
        if self._nats:
            await self._nats.stop()
        if self._engine:
            await self._engine.dispose()


async def _as_it_is(message: Any) -> Any:
    return message
