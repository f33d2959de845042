"""Outbox to JetStream: one relay per service, in the order of the outbox's own ids, at least once.

JetStream drops repeats by event id (Nats-Msg-Id); consumers have an inbox for those that come after its window.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import asyncpg
import structlog
from nats.aio.client import Client
from prometheus_client import Counter

from shared.messaging.publishing import Outgoing, publish, publish_atomically
from shared.messaging.streams import stream_name

BATCH = 1000
"""Rows claimed at once: as many as one atomic batch may hold."""
ATOMIC_FROM = 16
"""From this many rows one atomic batch is cheaper than single publishes."""
POKE_SECONDS = 0.002

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('chorus relay', 0))"
_CLAIM = """
SELECT id, event_id, subject, aggregate_id, body, caused_by, occurred_at, traceparent FROM outbox o
 WHERE published_at IS NULL AND next_try_at <= clock_timestamp()
   AND NOT EXISTS (SELECT FROM outbox f WHERE f.aggregate_id = o.aggregate_id AND f.id < o.id
                      AND f.published_at IS NULL AND f.attempts > 0 AND f.next_try_at > clock_timestamp())
   AND id <> ALL ($2::bigint[])
 ORDER BY id LIMIT $1
"""
_MARK = "UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY($1::bigint[]) AND published_at IS NULL"
_FAIL = """
UPDATE outbox SET attempts = attempts + 1, last_error = $2,
       next_try_at = clock_timestamp() + least(interval '1 minute', interval '0.5 s' * 2 ^ least(attempts, 9))
 WHERE id = ANY($1::bigint[])
"""
_log = structlog.get_logger(__name__)


class Relay:
    def __init__(
        self,
        *,
        database_url: str,
        source: str,
        connection: Callable[[], Client | None],
        poll_seconds: float = 1.0,
        published: Counter | None = None,
    ):
        """source is the CloudEvents source, for example "/chorus/sun/payments"; connection gives the NATS client once
        there is one."""
        self.database_url = database_url
        self.source = source
        self.connection = connection
        self.poll_seconds = poll_seconds
        self.published = published
        self._wake = asyncio.Event()
        self._poke_task: asyncio.Task[None] | None = None
        self._leading = False
        self._waiting: asyncpg.Connection | None = None
        """The connection on which this replica waits for the lock."""
        self._turn = asyncio.Lock()
        """A connection does one thing at a time."""

    def poke(self) -> None:
        """Something was committed. Wakes this relay or, through PostgreSQL, the replica that holds the lock."""
        self._wake.set()
        if self._waiting and (self._poke_task is None or self._poke_task.done()):
            self._poke_task = asyncio.create_task(self._notify_leader(self._waiting))

    async def _notify_leader(self, waiting: asyncpg.Connection) -> None:
        await asyncio.sleep(POKE_SECONDS)
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            async with self._turn:
                await waiting.execute("NOTIFY outbox", timeout=2)

    async def run(self) -> None:
        """Runs until cancelled. Makes lost connections again; no failure here ends it."""
        while True:
            try:
                await self._lead()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("relay-database-lost", error=type(error).__name__)
                await asyncio.sleep(0.5)
            except Exception as error:
                _log.error("relay-failed", error=type(error).__name__)
                await asyncio.sleep(1)
            finally:
                self._leading = False

    async def _lead(self) -> None:
        database = await asyncpg.connect(self.database_url, timeout=5, command_timeout=60)
        try:
            await database.add_listener("outbox", lambda *_: self._wake.set())
            while not await self._is_mine(database):
                self._waiting = database
                await asyncio.sleep(self.poll_seconds)
            self._waiting, self._leading = None, True
            while True:
                self._wake.clear()  # before the claim: a poke during it is kept
                more = await self._publish_waiting(database)
                if not more and not self._wake.is_set():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self.poll_seconds):
                            await self._wake.wait()
        finally:
            self._waiting = None
            with contextlib.suppress(Exception):
                await database.close(timeout=2)

    async def _is_mine(self, database: asyncpg.Connection) -> bool:
        async with self._turn:
            return bool(await database.fetchval(_LOCK))

    async def _publish_waiting(self, database: asyncpg.Connection) -> bool:
        """Publishes what waits. While one batch travels to JetStream, PostgreSQL marks the one before it and claims the
        next.

        Nobody else claims: this connection holds the lock. True if more may wait even without a poke.
        """
        client = self.connection()
        if client is None or not client.is_connected:
            return False
        sent: list[int] = []
        failed: list[int] = []
        ahead = await database.fetch(_CLAIM, BATCH, [])
        while ahead and not failed:
            rows = ahead
            behind = asyncio.create_task(self._mark_and_claim(database, sent, rows))
            await asyncio.sleep(0)  # its statement leaves before encoding keeps this thread busy
            try:
                sent, failed = await self._publish(client, rows)
            finally:
                ahead = await behind
        await self._mark(database, sent)
        if failed:  # rows claimed ahead may follow one that failed, so they are claimed again
            await database.execute(_FAIL, failed, "not acknowledged by JetStream")
            _log.warning("relay-not-acknowledged", rows=len(failed))
        return bool(ahead)

    async def _mark_and_claim(
        self, database: asyncpg.Connection, sent: list[int], travelling: Sequence[asyncpg.Record]
    ) -> list[asyncpg.Record]:
        await self._mark(database, sent)
        if len(travelling) < BATCH:
            return []
        return await database.fetch(_CLAIM, BATCH, [row["id"] for row in travelling])

    async def _mark(self, database: asyncpg.Connection, sent: list[int]) -> None:
        if not sent:
            return
        await database.execute(_MARK, sent)
        if self.published is not None:
            self.published.inc(len(sent))

    async def _publish(self, client: Client, rows: Sequence[asyncpg.Record]) -> tuple[list[int], list[int]]:
        """The ids of the rows that JetStream has stored, and of those that it has not; rows after a failed one are
        in neither."""
        if len(rows) >= ATOMIC_FROM and await publish_atomically(client, [self._outgoing(row) for row in rows]):
            return [row["id"] for row in rows], []
        sent: list[int] = []
        failed: list[int] = []
        stuck: set[UUID] = set()
        for pipelined in _rounds(rows):
            due = [row for row in pipelined if row["aggregate_id"] not in stuck]
            stored = await asyncio.gather(*(publish(client, self._outgoing(row)) for row in due))
            for row, ok in zip(due, stored, strict=True):
                (sent if ok else failed).append(row["id"])
                if not ok:
                    stuck.add(row["aggregate_id"])
        return sent, failed

    def _outgoing(self, row: asyncpg.Record) -> Outgoing:
        event_id: UUID = row["event_id"]
        headers = {
            "Nats-Msg-Id": str(event_id),
            "Nats-Expected-Stream": stream_name(row["subject"].partition(".")[0]),  # no other stream may take it
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": str(event_id),
            "ce-source": self.source,
            "ce-type": row["subject"],
            "ce-subject": str(row["aggregate_id"]),
            "ce-time": row["occurred_at"].isoformat(),
            "ce-causationid": str(row["caused_by"]),
        }
        if row["traceparent"]:
            headers["traceparent"] = row["traceparent"]
        return Outgoing(row["subject"], row["body"].encode(), headers)


def _rounds(rows: Sequence[asyncpg.Record]) -> Iterator[list[asyncpg.Record]]:
    """Rows in rounds that can be sent together: an aggregate's next row waits until its last one is stored."""
    waiting = list(rows)
    while waiting:
        seen: set[UUID] = set()
        this_round, later = [], []
        for row in waiting:
            (later if row["aggregate_id"] in seen else this_round).append(row)
            seen.add(row["aggregate_id"])
        yield this_round
        waiting = later
