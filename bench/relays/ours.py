"""Our outbox and relay, as every service runs them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

import asyncpg
import nats
from nats.aio.client import Client

from bench.relays.base import SUBJECT, TRACEPARENT, Contender, Message, Place, now
from shared.db import SYSTEM, Command, Database, Transaction
from shared.messaging import migrations, outbox
from shared.messaging.relay import ATOMIC_FROM, BATCH, POKE_SECONDS, Relay

_LOAD = """
INSERT INTO outbox (event_id, subject, aggregate_id, version, body, caused_by, business_at, traceparent)
SELECT id, $2, aggregate_id, 1, body, id, $3, $4 FROM unnest($1::uuid[], $5::uuid[], $6::text[]) AS row (id,
  aggregate_id, body)
"""


class Ours(Contender):
    name = "chorus"
    promises = (
        "chorus: at least once; order of the outbox kept (one relay, advisory lock); JetStream drops repeats by event "
        "id; a failed row holds back its "
        "aggregate's later rows; sent rows are kept"
    )
    draining: ClassVar[dict[str, Any]] = {"relays": 1, "batch": BATCH, "atomic_from": ATOMIC_FROM}
    trickling: ClassVar[dict[str, Any]] = {"relays": 1, "poke_seconds": POKE_SECONDS}

    def __init__(self, place: Place, settings: dict[str, object]) -> None:
        super().__init__(place, dict(settings))
        self._database: Database | None = None
        self._client: Client | None = None
        self._relay: Relay | None = None

    async def prepare(self) -> None:
        connection = await asyncpg.connect(self.place.dsn)
        try:
            for statement in migrations.MESSAGING_STATEMENTS:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def load(self, batch: Iterable[Message]) -> None:
        rows = [(one.id, one.event.attendance_id, one.event.model_dump_json()) for one in batch]
        ids, aggregates, bodies = zip(*rows, strict=True)
        connection = await asyncpg.connect(self.place.dsn)
        try:
            await connection.execute(_LOAD, ids, SUBJECT, datetime.now(UTC), TRACEPARENT, aggregates, bodies)
        finally:
            await connection.close()

    async def left(self) -> int:
        connection = await asyncpg.connect(self.place.dsn)
        try:
            return await connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        finally:
            await connection.close()

    async def connect(self) -> None:
        self._client = await nats.connect(self.place.nats_url)
        self._database = Database(self.place.dsn)
        self._relay = Relay(
            database_url=self.place.dsn, source="/chorus/bench/opportunities", connection=lambda: self._client
        )
        self._database.after_commit.append(self._relay.poke)

    async def relay(self) -> None:
        assert self._relay
        await self._relay.run()

    async def write(self, one: Message) -> int:
        assert self._database

        async def work(tx: Transaction) -> int:
            await outbox.add(tx, one.event)
            return now()

        return await self._database.run(Command("bench", SYSTEM), work)

    async def close(self) -> None:
        if self._database:
            await self._database.close()
        if self._client:
            await self._client.close()
