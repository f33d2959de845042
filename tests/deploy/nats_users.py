"""Each user of NATS, and what it is refused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import nats
import nats.errors
from nats.aio.client import Client

from deploy.local.servers import NatsServer
from tests.support.servers import PASSWORD

# NATS


@contextlib.asynccontextmanager
async def client(server: NatsServer, user: str, complaints: list[str] | None = None) -> AsyncIterator[Client]:
    async def heard(problem: Exception) -> None:
        if complaints is not None:
            complaints.append(str(problem).lower())

    connection = await nats.connect(
        server.client_url(user, PASSWORD), inbox_prefix=f"_INBOX.{user}", error_cb=heard, allow_reconnect=False
    )
    try:
        yield connection
    finally:
        await connection.close()


async def refused(server: NatsServer, user: str, subject: str) -> bool:
    """Whether the server refuses the user to publish on the subject."""
    complaints: list[str] = []
    async with client(server, user, complaints) as connection:
        await connection.publish(subject, b"{}")
        await connection.flush()
        await asyncio.sleep(0.02)
    return any("permissions violation for publish" in complaint for complaint in complaints)
