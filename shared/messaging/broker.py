"""FastStream's NATS broker, made to survive what was seen to go wrong."""

import asyncio
import contextlib
import time
import types
from collections.abc import Awaitable, Callable
from typing import Any

import nats.errors
import nats.js.errors
import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from shared.messaging.streams import durable_name, stream_name

FETCH = 500
FETCH_SECONDS = 5.0
ACK_SECONDS = 10.0
"""A message that was not acknowledged by then, because its consumer died, comes again; the inbox stops it if it was handled after all."""
_log = structlog.get_logger(__name__)


class ResilientNatsBroker(NatsBroker):
    """FastStream raises "authorization violation" and its like from the error callback even while reconnecting, which
    ends nats-py's reconnecting for ever (FastStream PR #2981). Here they end only the first connect."""

    def _log_connection_broken(self, error_cb: Any = None) -> Any:
        inner = super()._log_connection_broken(error_cb)

        async def wrapper(error: Exception) -> None:
            try:
                await inner(error)
            except nats.errors.Error:
                if not self.config.connection_state:
                    raise

        return wrapper


def make_broker(url: str, service: str, organisation: str) -> ResilientNatsBroker:
    return ResilientNatsBroker(
        url,
        name=f"{organisation}-{service}",
        inbox_prefix=f"_INBOX.{service}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,  # pyright: ignore[reportArgumentType] - nats-py takes a float
        connect_timeout=5,
        ping_interval=10,
        max_outstanding_pings=2,
        graceful_timeout=10,
        ack_policy=AckPolicy.MANUAL,
        apply_types=False,
        logger=None,
    )


def subscribe(broker: NatsBroker, *, service: str, owner: str, subjects: list[str], take: Callable[[list[Msg]], Awaitable[None]]) -> None:
    """A durable pull subscription of a service to some subjects of an owner's stream; take gets raw messages and acknowledges them."""
    config = ConsumerConfig(ack_wait=ACK_SECONDS, max_ack_pending=4 * FETCH, **_filters(subjects))

    async def raw(message: Any) -> Any:
        return message.raw_message

    subscriber = broker.subscriber(
        subjects[0],
        stream=JStream(stream_name(owner), declare=False),
        durable=durable_name(service, owner),
        config=config,
        pull_sub=PullSub(batch_size=FETCH, batch=True, timeout=FETCH_SECONDS),
        ack_policy=AckPolicy.MANUAL,
        decoder=raw,
        inbox_prefix=f"_INBOX.{service}.".encode(),
        title=durable_name(service, owner),
    )
    subscriber(take)  # pyright: ignore[reportCallIssue, reportArgumentType]
    # FastStream's own loop waits until a batch is full or the time is up; this one returns after one fetch.
    subscriber._consume_pull = types.MethodType(_one_fetch_at_a_time, subscriber)  # pyright: ignore[reportAttributeAccessIssue]


def _filters(subjects: list[str]) -> dict[str, Any]:
    """A single subject stands in the request's own subject too, so that the server can allow a service that one and no other."""
    return {"filter_subject": subjects[0]} if len(subjects) == 1 else {"filter_subjects": subjects}


async def ensure_consumer(broker: NatsBroker, *, service: str, owner: str, subjects: list[str]) -> None:
    """Make or update the durable consumer, so that an event added to a service is heard after an upgrade."""
    config = ConsumerConfig(
        durable_name=durable_name(service, owner),
        name=durable_name(service, owner),
        ack_wait=ACK_SECONDS,
        max_ack_pending=4 * FETCH,
        **_filters(subjects),
    )
    await broker.connection.jetstream(timeout=5).add_consumer(stream_name(owner), config)


async def _one_fetch_at_a_time(self: Any) -> None:
    """While a full batch is handled, the next one is on its way already: more than that waits."""

    async def fetch() -> list[Msg]:
        with contextlib.suppress(nats.errors.Error, nats.js.errors.Error):  # no message in time, or the server is away
            return await self.subscription.fetch(batch=self.pull_sub.batch_size, timeout=self.pull_sub.timeout)
        return []

    ahead: asyncio.Task[list[Msg]] | None = None
    try:
        while self.running:
            started = time.monotonic()
            messages = await (ahead or fetch())
            ahead = asyncio.create_task(fetch()) if len(messages) == self.pull_sub.batch_size else None
            if messages and self.running:
                await self.consume(messages)
            elif time.monotonic() - started < 0.1:
                await asyncio.sleep(0.5)  # a fetch that fails at once (server away, consumer deleted) must not spin
    finally:
        if ahead:
            ahead.cancel()
