"""A service's broker: what it hears, in batches, and what it answers."""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import structlog
from faststream import BaseMiddleware
from faststream.nats import NatsResponse, NatsRouter, PullSub
from nats.js.api import ConsumerConfig

from shared.events import Event
from shared.messaging.borrowed import Broker, Take
from shared.messaging.streams import durable_name, stream_name

FETCH = 500
FETCH_SECONDS = 5.0
ACK_SECONDS = 10.0
"""A message that is not acknowledged by then, because its consumer died, is delivered again; the inbox drops it if
it was handled after all."""
Answer = Callable[[Any], Awaitable[dict[str, Any]]]
"""JSON both ways."""
_log = structlog.get_logger(__name__)


def make_broker(url: str, service: str, organisation: str) -> Broker:
    return Broker(url, name=f"{organisation}-{service}", inbox_prefix=_inbox(service))


def subscribe(broker: Broker, *, service: str, owner: str, events: Sequence[type[Event]], take: Take) -> None:
    """Hear some events of an owner's stream, once the broker has started; take gets raw messages and acknowledges
    them."""
    pull = PullSub(batch_size=FETCH, batch=True, timeout=FETCH_SECONDS)
    config = _config(service, owner, events)
    broker.hear(events, take, stream=stream_name(owner), config=config, inbox_prefix=f"{_inbox(service)}.", pull=pull)


async def ensure_consumer(broker: Broker, *, service: str, owner: str, events: Sequence[type[Event]]) -> None:
    """Make or update the durable consumer, so that an event added to a service is heard after an upgrade."""
    await broker.connection.jetstream(timeout=5).add_consumer(stream_name(owner), _config(service, owner, events))


def _config(service: str, owner: str, events: Sequence[type[Event]]) -> ConsumerConfig:
    """With a single subject, the request's own subject contains it, so that the server can allow a service just that
    one."""
    subjects = [event.subject() for event in events]
    filters: dict[str, Any] = {"filter_subject": subjects[0]} if len(subjects) == 1 else {"filter_subjects": subjects}
    name = durable_name(service, owner)
    return ConsumerConfig(name=name, durable_name=name, ack_wait=ACK_SECONDS, max_ack_pending=4 * FETCH, **filters)


def _inbox(service: str) -> str:
    return f"_INBOX.{service}"


class SayingWhatFailed(BaseMiddleware):
    """Whoever asked is told at once that there is no answer, and what kind of failure it was; no more than that,
    because texts carry values."""

    async def consume_scope(self, call_next: Any, msg: Any) -> Any:
        try:
            return await call_next(msg)
        except Exception as error:
            _log.error("request-failed", subject=msg.raw_message.subject, error=type(error).__name__)
            return as_json({"error": type(error).__name__})


def answering(service: str, answers: Iterable[tuple[str, Answer]]) -> NatsRouter:
    """Request-reply: each subject with its answer. If several processes of the service run, one of them answers."""
    router = NatsRouter(middlewares=(SayingWhatFailed,))
    for subject, answer in answers:
        router.subscriber(subject, queue=service, title=subject)(_as_json(answer))
    return router


def _as_json(answer: Answer) -> Callable[[Any], Awaitable[NatsResponse]]:
    async def respond(request: Any) -> NatsResponse:
        return as_json(await answer(request))

    return respond


def as_json(answer: dict[str, Any]) -> NatsResponse:
    return NatsResponse(json.dumps(answer, default=str).encode(), headers={"content-type": "application/json"})
