"""Two of one service: one relays, the other waits for the lock."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg

from shared.messaging.relay import Relay
from tests.support.apps import eventually


@contextlib.asynccontextmanager
async def relaying(database_url: str) -> AsyncIterator[Relay]:
    relay = Relay(database_url=database_url, source="/chorus/test/people", connection=lambda: None, poll_seconds=0.05)
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_who_waits_wakes_who_relays_over_the_connection_it_has(postgres):
    url = postgres.bare_database("people")
    watching = await asyncpg.connect(url)
    heard = asyncio.Event()
    await watching.add_listener("outbox", lambda *_: heard.set())

    async def connections() -> int:
        return await watching.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")

    async def locks(granted: int) -> bool:
        return granted == await watching.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )

    async with relaying(url):
        await eventually(lambda: locks(1))
        async with relaying(url) as waiting:

            async def both() -> bool:
                return await connections() == 3

            async def told() -> bool:
                waiting.poke()
                return heard.is_set()

            await eventually(both)
            await eventually(told)
            assert await both()
    await watching.close()
