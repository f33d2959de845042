"""One PostgreSQL and one NATS for all contenders of a run: the same machine, settings and durability."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import nats
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from deploy.local.servers import NatsServer, PostgresServer, temporary_directory

NATS_CONFIGURATION = """
jetstream {
  sync_interval: always
  max_file_store: 8GB
}
max_payload: 1MB
"""
SETTINGS = {
    "postgresql": "as deploy/local/servers.py starts it: fsync on, synchronous_commit on, everything else "
    "PostgreSQL's default",
    "nats": "sync_interval always, one replica, file storage, allow_atomic on the stream, duplicate window 2 minutes",
}


@dataclass(slots=True)
class Stage:
    postgres: PostgresServer
    nats: NatsServer
    js: JetStreamContext

    async def fresh_database(self) -> str:
        """The name of a new, empty database."""
        name = f"bench_{next(_numbers)}"
        connection = await asyncpg.connect(self.postgres.admin_url())
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return name

    async def drop_database(self, name: str) -> None:
        connection = await asyncpg.connect(self.postgres.admin_url())
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    async def fresh_stream(self, name: str, subjects: str) -> None:
        await self.drop_stream(name)
        # nats-py 2.16 calls allow_atomic by this name; without it the server refuses atomic batches.
        await self.js.add_stream(
            StreamConfig(
                name=name,
                subjects=[subjects],
                storage=StorageType.FILE,
                discard=DiscardPolicy.NEW,
                duplicate_window=120,
                allow_atomic=True,
            )
        )

    async def drop_stream(self, name: str) -> None:
        with contextlib.suppress(NotFoundError):
            await self.js.delete_stream(name)

    async def stored(self, name: str) -> int:
        """How many messages the stream holds."""
        return (await self.js.stream_info(name)).state.messages


_numbers = itertools.count(1)


@contextlib.asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    with (
        temporary_directory() as directory,
        PostgresServer(directory / "postgresql") as postgres,
        NatsServer(directory / "nats", NATS_CONFIGURATION) as server,
    ):
        connection = await nats.connect(server.client_url(), max_reconnect_attempts=-1)
        try:
            yield Stage(postgres, server, connection.jetstream())
        finally:
            await connection.close()
