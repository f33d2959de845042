"""What provisioning asks of JetStream, with one connection at a time, every wait bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import nats
import nats.errors
from nats.aio.client import Client
from nats.js.api import StreamConfig
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from deploy.network.names import NetworkError

SECOND = 1_000_000_000
"""Nanoseconds, JetStream's unit of time."""


async def _in_silence(_: Exception) -> None:
    """What goes wrong while connecting is raised; nats-py would print it, too."""


@contextlib.asynccontextmanager
async def connected(servers: str | Sequence[str], inbox: str) -> AsyncIterator[Client]:
    """A connection, or ConnectionError. servers: URLs with user and password."""
    urls = [servers] if isinstance(servers, str) else list(servers)
    connecting = nats.connect(urls, inbox_prefix=inbox, connect_timeout=5, allow_reconnect=False, error_cb=_in_silence)
    try:
        client = await asyncio.wait_for(connecting, 10)
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


async def settle_carrier(client: Client, stream: str, name: str, subject: str, filters: Sequence[str] = (), replicas: int = 0) -> None:
    """The durable consumer that carries a stream over a leaf connection; whoever sources the stream takes it up by its name.

    Made beforehand, so that neither side may ask the other for a consumer. nats-py does not know its way of acknowledging.
    """
    configuration: dict[str, Any] = {
        "durable_name": name,
        "name": name,
        "deliver_subject": subject,
        "ack_policy": "flow_control",
        "deliver_policy": "all",
        "replay_policy": "instant",
        "flow_control": True,
        "idle_heartbeat": SECOND,
        "max_ack_pending": 1000,
    }
    if filters:
        configuration["filter_subjects"] = list(filters)
    if replicas:
        configuration["num_replicas"] = replicas
    question = json.dumps({"stream_name": stream, "config": configuration}).encode()
    answer = json.loads((await client.request(f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{name}", question, timeout=10)).data)
    if problem := answer.get("error"):
        raise NetworkError(f"NATS did not make the consumer {name} of {stream}: {problem.get('description')}")
