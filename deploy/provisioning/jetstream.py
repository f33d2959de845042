"""What provisioning asks of JetStream, with one connection at a time, every wait bounded."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import nats
import nats.errors
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

ACK_SECONDS = 10.0
MAX_UNDER_WAY = 2000
PATIENCE = 10.0
"""Seconds until we give up a server that does not answer: it may just be starting."""


async def _in_silence(_: Exception) -> None:
    """Errors while connecting are raised; nats-py would print them, too."""


@contextlib.asynccontextmanager
async def connected(servers: str | Sequence[str], inbox: str) -> AsyncIterator[Client]:
    """A connection, or ConnectionError. servers: URLs with user and password."""
    urls = [servers] if isinstance(servers, str) else list(servers)
    connecting = nats.connect(urls, inbox_prefix=inbox, connect_timeout=5, allow_reconnect=False, error_cb=_in_silence)
    try:
        client = await asyncio.wait_for(connecting, PATIENCE)
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise ConnectionError(f"NATS does not answer, or refuses us ({type(error).__name__}).") from error
    try:
        yield client
    finally:
        await asyncio.wait_for(client.close(), 5)


async def settle_stream(streams: JetStreamContext, wanted: StreamConfig) -> str:
    """Make the stream, or bring it to what is wanted. Returns a line that says which."""
    assert wanted.name
    try:
        await streams.stream_info(wanted.name)
    except NotFoundError:
        await streams.add_stream(wanted)
        return f"stream {wanted.name} made"
    await streams.update_stream(wanted)
    return f"stream {wanted.name} is as it should be"


def read_by_carrier(name: str) -> ConsumerConfig:
    """The consumer of a stream that is to be carried: in order, each batch acknowledged by its last message."""
    return ConsumerConfig(
        name=name, durable_name=name, ack_policy=AckPolicy.ALL, ack_wait=ACK_SECONDS, max_ack_pending=MAX_UNDER_WAY
    )
