"""nats-outbox as its README and settings recommend for throughput: the largest batch and several relay instances.

Each instance publishes one event after another, so more instances make it faster; its README calls any number of
them safe. Its log lines for each event are off.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, ClassVar

import nats
from nats.aio.client import Client
from nats_outbox.core.models import OutboxEvent, create_tables
from nats_outbox.core.outbox import outbox_transaction
from nats_outbox.publishers.nats_publisher import NatsPublisher
from nats_outbox.relay.polling import PollingRelay
from nats_outbox.settings import OutboxSettings
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

from bench.relays.base import SUBJECT, Contender, Message, Place, now


class NatsOutbox(Contender):
    name = "nats-outbox"
    promises = (
        "nats-outbox: at least once; with several instances rows pass each other, so no order; JetStream drops "
        "repeats by event id; a row that fails five "
        "times waits for a person; sent rows are kept"
    )
    draining: ClassVar[dict[str, Any]] = {"instances": 4, "batch_size": 20, "polling_interval": 0.01, "processes": 2}
    trickling: ClassVar[dict[str, Any]] = {"instances": 1, "batch_size": 100, "polling_interval": 0.005, "processes": 1}

    def __init__(self, place: Place, settings: dict[str, Any]) -> None:
        super().__init__(place, dict(settings))
        logging.getLogger("nats_outbox").setLevel(logging.WARNING)
        self._engine: AsyncEngine | None = None
        self._client: Client | None = None
        self._relays: list[PollingRelay] = []

    def _make_engine(self) -> AsyncEngine:
        return create_async_engine(self.place.sqlalchemy_url, pool_size=int(self.settings.get("instances", 1)) + 4)

    async def prepare(self) -> None:
        engine = self._make_engine()
        await create_tables(engine)
        await engine.dispose()

    async def load(self, batch: Iterable[Message]) -> None:
        rows = [
            {
                "event_id": one.id,
                "subject": SUBJECT,
                "payload": one.event.model_dump(mode="json"),
                "headers": {**one.headers, "content-type": "application/json"},
                "aggregate_id": str(one.event.attendance_id),
                "aggregate_type": "attendance",
            }
            for one in batch
        ]
        engine = self._make_engine()
        async with engine.begin() as connection:
            await connection.execute(insert(OutboxEvent), rows)
        await engine.dispose()

    async def left(self) -> int:
        engine = self._make_engine()
        async with engine.connect() as connection:
            count = await connection.scalar(select(func.count()).where(OutboxEvent.status == "pending"))
        await engine.dispose()
        return int(count or 0)

    async def connect(self) -> None:
        self._engine = self._make_engine()
        self._client = await nats.connect(self.place.nats_url)
        publisher = await NatsPublisher.from_nats_client(self._client)
        settings = OutboxSettings.model_validate(
            {
                "database_url": self.place.sqlalchemy_url,
                "nats_url": self.place.nats_url,
                "batch_size": self.settings["batch_size"],
                "polling_interval": self.settings["polling_interval"],
            }
        )
        sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._relays = [PollingRelay(sessions, publisher, settings) for _ in range(self.settings["instances"])]

    async def relay(self) -> None:
        await asyncio.gather(*(relay.start() for relay in self._relays))

    async def write(self, one: Message) -> int:
        assert self._engine
        session = async_sessionmaker(self._engine, expire_on_commit=False)()
        async with session, outbox_transaction(session) as tx:
            tx.publish_event(SUBJECT, one.event.model_dump(mode="json"), headers=one.headers, event_id=one.id)
            await tx._flush_events()
            await session.flush()
            return now()

    async def close(self) -> None:
        for relay in self._relays:
            await relay.stop()
        if self._client:
            await self._client.close()
        if self._engine:
            await self._engine.dispose()
