"""Hears events: parses each alone, handles many in one transaction, acknowledges what was handled, parks poison alone.

If a batch fails, it is repeated one message at a time, so that one bad message never holds back its neighbours. Each
message has its own span, or shares one if there are many.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import nats.errors
import structlog
from nats.aio.msg import Msg
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from shared import db
from shared.db import SYSTEM, Database, Transaction
from shared.messaging import dead_letters
from shared.messaging.handling import Consumers, Received, Unfit, fields_of
from shared.messaging.publishing import acknowledge
from shared.messaging.streams import durable_name, stream_name
from shared.reasons import NotYet

DELAYS = (0.2, 1.0, 3.0, 10.0)
"""Seconds before each further try of a message that failed; after the last, it is parked."""
PATIENCE = 60
"""Deliveries before a message that waits for something (NotYet) is parked: about half an hour."""
LONGEST_WAIT = 30.0
SPAN_EACH = 16
"""Up to this many messages at once have a span each; more share one, which links to each one's origin."""
_propagator = TraceContextTextMapPropagator()
_log = structlog.get_logger(__name__)


def is_away(error: BaseException) -> bool:
    """The database or the network is away. That is not the message's fault, so it is tried for ever."""
    if isinstance(error, DBAPIError):
        return db.is_away(error) or not getattr(error.orig, "sqlstate", None)
    return isinstance(error, (OSError, TimeoutError, nats.errors.Error))


def reason_of(error: Exception) -> str:
    """Why a message is parked, or stays so. Exception texts are left out, because they carry input values."""
    if isinstance(error, NotYet):
        return f"not yet: {error}"
    return str(error) if isinstance(error, Unfit) else f"failed: {type(error).__name__}"


class StreamConsumer:
    """One service's consumer of one owner's stream."""

    def __init__(self, service: Any, consumers: Consumers, owner: str) -> None:
        """service has: name, database, nats (its connection), tracer, parked and consumed (counters)."""
        self.service = service
        self.database: Database = service.database
        self.consumers = consumers
        self.owner = owner
        self.name = durable_name(consumers.service, owner)
        self.handling = consumers.handling(service, owner)

    async def take(self, messages: list[Msg]) -> None:
        received = []
        for message in messages:
            parsed = await self._parse_or_park(message)
            if parsed is not None:
                received.append(parsed)
        fresh: list[Received] = []
        alone: list[Received] = []
        for item in received:
            (fresh if item.deliveries == 1 else alone).append(item)
        if len(fresh) > 1 and await self._taken_together(fresh):
            fresh = []
        for item in fresh + alone:
            await self._take_alone(item)

    async def replay(self, dead_letter_id: UUID, actor_step: Callable[[Transaction], Awaitable[Any]]) -> None:
        """Handles a parked message again. Raises what its handler raises; it then stays parked."""
        async with self.database.transaction(dead_letter_id, SYSTEM) as tx:
            dead_letter = await dead_letters.locked(tx, dead_letter_id)
            item = self._parse(dead_letter["subject"], dead_letter["headers"], dead_letter["body"].encode(), None)
            with self._spans([item]):
                await self.handling.handle_again(tx, item)
                await dead_letters.mark_replayed(tx, dead_letter_id)
                await actor_step(tx)

    async def _parse_or_park(self, message: Msg) -> Received | None:
        headers = dict(message.headers or {})
        try:
            return self._parse(message.subject, headers, message.data, message)
        except Unfit as unfit:
            with self._or_later(message):
                await self._park(message, headers, None, reason_of(unfit))
                await message.term()
        return None

    def _parse(self, subject: str, headers: dict[str, str], body: bytes, message: Msg | None) -> Received:
        """Raises Unfit if it cannot be read."""
        try:
            event_id = UUID(headers["ce-id"])
            return Received(event_id, self.handling.read(subject, body), headers, message)
        except ValidationError as error:
            raise Unfit(f"invalid: {fields_of(error)}") from None
        except (KeyError, ValueError):
            raise Unfit("invalid: unknown event type, or no event id") from None

    @contextlib.contextmanager
    def _spans(self, items: Sequence[Received]) -> Iterator[None]:
        """A span for each, in the trace of its origin; for many, one in a trace of its own."""
        groups = [[item] for item in items] if len(items) <= SPAN_EACH else [items]
        for group in groups:
            span = self._span(group)
            for item in group:
                item.span = span
        try:
            yield
        finally:
            for first, *_ in groups:
                first.span.end()

    def _span(self, items: Sequence[Received]) -> trace.Span:
        parents = [
            _propagator.extract({"traceparent": came})
            for came in dict.fromkeys(item.headers.get("traceparent", "") for item in items)
        ]
        sources = [trace.get_current_span(parent).get_span_context() for parent in parents]
        attributes: dict[str, str | int] = {
            "messaging.system": "nats",
            "messaging.operation.type": "process",
            "messaging.consumer.group.name": self.name,
        }
        if len(items) == 1:
            what, parent = items[0].event.name, parents[0]
            attributes |= {
                "messaging.destination.name": items[0].event.subject(),
                "messaging.message.id": str(items[0].event_id),
            }
        else:
            what, parent = f"{len(items)} events", Context()
            attributes |= {
                "messaging.destination.name": stream_name(self.owner),
                "messaging.batch.message_count": len(items),
            }
        links = [Link(source) for source in sources if source.is_valid]
        return self.service.tracer.start_span(
            f"{self.consumers.service} on {what}",
            context=parent,
            kind=SpanKind.CONSUMER,
            links=links,
            attributes=attributes,
        )

    async def _taken_together(self, items: list[Received]) -> bool:
        try:
            with self._spans(items):
                await self.handling.handle(items)
        except Exception as error:
            _log.info("batch-repeated-one-by-one", consumer=self.name, messages=len(items), error=type(error).__name__)
            return False
        await self._acknowledge(items)
        return True

    async def _take_alone(self, item: Received) -> None:
        assert item.message is not None
        with self._or_later(item.message), self._spans([item]):
            try:
                await self.handling.handle([item])
            except NotYet as error:
                if item.deliveries < PATIENCE:
                    await self._again(item, min(LONGEST_WAIT, 0.1 * 2 ** min(item.deliveries, 9)), error)
                else:
                    await self._give_up(item, reason_of(error))
            except Unfit as error:
                await self._give_up(item, reason_of(error))
            except Exception as error:
                if is_away(error):
                    await self._again(item, min(LONGEST_WAIT, 0.25 * 2 ** min(item.deliveries, 8)), error)
                elif item.deliveries <= len(DELAYS):
                    await self._again(item, DELAYS[item.deliveries - 1], error)
                else:
                    await self._give_up(item, reason_of(error))
            else:
                await self._acknowledge([item])

    async def _acknowledge(self, items: Sequence[Received]) -> None:
        messages = [item.message for item in items if item.message is not None]
        self.service.consumed.inc(len(messages))
        with self._or_later(messages[0]):
            client = self.service.nats()
            if client is None:
                raise ConnectionError("NATS is away")
            await acknowledge(client, messages)

    async def _again(self, item: Received, delay: float, error: Exception) -> None:
        assert item.message is not None
        _log.info(
            "message-again-later",
            consumer=self.name,
            event_id=str(item.event_id),
            error=type(error).__name__,
            deliveries=item.deliveries,
        )
        item.span.set_attribute("chorus.again_in_seconds", delay)
        await item.message.nak(delay=delay)

    async def _give_up(self, item: Received, reason: str) -> None:
        assert item.message is not None
        _log.error(
            "message-parked",
            consumer=self.name,
            event_id=str(item.event_id),
            subject=item.event.subject(),
            reason=reason,
        )
        item.span.set_status(trace.StatusCode.ERROR, reason)
        await self._park(item.message, item.headers, item.event_id, reason)
        await item.message.term()

    async def _park(self, message: Msg, headers: dict[str, str], event_id: UUID | None, reason: str) -> None:
        metadata = message.metadata
        async with self.database.transaction(UUID(int=0), SYSTEM) as tx:
            await dead_letters.park(
                tx,
                consumer=self.name,
                stream=stream_name(self.owner),
                sequence=metadata.sequence.stream,
                subject=message.subject,
                event_id=event_id,
                headers=headers,
                body=message.data,
                reason=reason,
                deliveries=metadata.num_delivered,
            )
        self.service.parked.inc()

    @contextlib.contextmanager
    def _or_later(self, message: Msg):
        """If even this fails (database and broker both away), the message stays unacknowledged and is delivered
        again."""
        try:
            yield
        except Exception as error:
            if not is_away(error):
                raise
            _log.warning(
                "message-left-unacknowledged", consumer=self.name, subject=message.subject, error=type(error).__name__
            )
