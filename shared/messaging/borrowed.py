"""Everything that we use of FastStream and nats-py beyond what they promise: it is all here, and nothing else touches
it.

FastStream's batch subscriber waits until a batch is full or the time is up, and its broker ends nats-py's
reconnecting after an "authorization violation" (FastStream PR #2981). Neither has a setting, so two of its classes
have subclasses here, and one of these is made without the factory, which knows only FastStream's own. `BORROWED`
lists what this relies on; a test compares each with how it was when this was written, so that we see an upgrade's
change before it runs.
"""

import asyncio
import contextlib
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import nats.errors
import nats.js.errors
from faststream import AckPolicy
from faststream._internal.broker import BrokerUsecase
from faststream._internal.broker.registrator import Registrator
from faststream._internal.endpoint.subscriber import SubscriberSpecification
from faststream._internal.endpoint.subscriber.call_item import CallsCollection
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.subscriber.config import NatsSubscriberConfig, NatsSubscriberSpecificationConfig
from faststream.nats.subscriber.factory import create_subscriber
from faststream.nats.subscriber.specification import NatsSubscriberSpecification
from faststream.nats.subscriber.usecases import BatchPullStreamSubscriber
from faststream.specification.schema import Message, Operation, SubscriberSpec
from faststream.specification.schema.bindings import ChannelBinding
from faststream.specification.schema.bindings import nats as nats_bindings
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from shared.events import Event
from shared.messaging.connection import connect

BORROWED: tuple[Any, ...] = (
    NatsBroker._connect,
    BrokerUsecase.connect,
    Registrator.subscriber,
    create_subscriber,
    BatchPullStreamSubscriber,
    NatsSubscriberConfig,
    NatsSubscriberSpecificationConfig,
    SubscriberSpecification.__init__,
    NatsSubscriberSpecification.get_schema,
    CallsCollection.add_call,
    Client._send_command,
    Client._flush_pending,
)
Take = Callable[[list[Msg]], Awaitable[None]]


class Broker(NatsBroker):
    """FastStream's broker on a connection made like all of ours."""

    def __init__(self, url: str, *, name: str, inbox_prefix: str) -> None:
        super().__init__(url, graceful_timeout=10, ack_policy=AckPolicy.MANUAL, apply_types=False, logger=None)
        self.client: Client | None = None
        """None before the first connection; kept until `stop`."""
        self._how = (url, name, inbox_prefix)

    async def _connect(self) -> Client:
        url, name, inbox_prefix = self._how
        self.client = await connect(url, name=name, inbox_prefix=inbox_prefix)
        self.config.connect(self.client)
        return self.client

    async def stop(self, *error: Any) -> None:  # pyrefly: ignore[bad-override]
        self.client = None
        await super().stop(*error)

    def hear(
        self,
        events: Sequence[type[Event]],
        take: Take,
        *,
        stream: str,
        config: ConsumerConfig,
        inbox_prefix: str,
        pull: PullSub,
    ) -> None:
        """A durable pull subscription to these events of one stream; take gets raw messages and acknowledges them."""
        subject, calls = events[0].subject(), CallsCollection[Any]()
        specification = EventsSpecification(self.config, calls=calls, subject=subject, events=events)
        subscriber = BatchSubscriber(
            NatsSubscriberConfig(
                subject=subject,
                sub_config=config,
                extra_options={"durable": config.durable_name, "stream": stream, "inbox_prefix": inbox_prefix.encode()},
                no_reply=True,
                _outer_config=self.config,  # pyrefly: ignore - as FastStream's registrator does
                _ack_policy=AckPolicy.MANUAL,
            ),
            specification,
            calls,
            stream=JStream(stream, declare=False),
            pull_sub=pull,
        )
        Registrator.subscriber(self, subscriber)
        subscriber.add_call(parser_=None, decoder_=_raw, dependencies_=())
        subscriber(take)


class BatchSubscriber(BatchPullStreamSubscriber):
    """Hands on what one fetch brought. While a full batch is handled, the next one is on its way already; nothing
    beyond that is fetched."""

    async def _consume_pull(self) -> None:
        ahead: asyncio.Task[list[Msg]] | None = None
        try:
            while self.running:
                started = time.monotonic()
                messages = await (ahead or self._fetch())
                ahead = asyncio.create_task(self._fetch()) if len(messages) == self.pull_sub.batch_size else None
                if messages and self.running:
                    await self.consume(messages)
                elif time.monotonic() - started < 0.1:
                    await asyncio.sleep(0.5)  # a fetch that fails at once (server away, consumer deleted) must not spin
        finally:
            if ahead:
                ahead.cancel()

    async def _fetch(self) -> list[Msg]:
        assert self.subscription
        with contextlib.suppress(nats.errors.Error, nats.js.errors.Error):  # no message in time, or the server is away
            return await self.subscription.fetch(batch=self.pull_sub.batch_size, timeout=self.pull_sub.timeout)
        return []


class EventsSpecification(NatsSubscriberSpecification):
    """A channel for each event, because each has its own schema. FastStream has one for each subscription."""

    __slots__ = ("events",)

    def __init__(self, outer: Any, *, calls: Any, subject: str, events: Sequence[type[Event]]) -> None:
        config = NatsSubscriberSpecificationConfig(
            subject=subject, queue=None, title_=None, description_=None, include_in_schema=True
        )
        super().__init__(outer, config, calls)
        self.events = events

    def get_schema(self) -> dict[str, SubscriberSpec]:
        return {event.subject(): self._of(event) for event in self.events}

    def _of(self, event: type[Event]) -> SubscriberSpec:
        """The schema is named by its subject, because two owners may have classes of the same name."""
        subject = event.subject()
        message = Message(title=f"{subject}:Message", payload={**event.model_json_schema(), "title": subject})
        binding = ChannelBinding(nats=nats_bindings.ChannelBinding(subject=subject, queue=None))
        return SubscriberSpec(
            address=subject,
            description=inspect.getdoc(event),
            operation=Operation(message=message, bindings=None),
            bindings=binding,
        )


async def _raw(message: Any) -> Any:
    """Decodes nothing: each message is parsed alone, so that one that is not an event fails alone."""
    return message.raw_message


async def write(client: Client, messages: Sequence[bytes]) -> None:
    """Hands encoded messages to nats-py's own writer, and starts it. Raises nats.errors.Error as its publish does:
    if there is no connection, or if a message is too big, which would make the server end the connection."""
    if not client.is_connected:
        raise nats.errors.ConnectionClosedError
    if max(map(len, messages), default=0) > client.max_payload:
        raise nats.errors.MaxPayloadError
    await client._send_command(b"".join(messages))
    await client._flush_pending()
