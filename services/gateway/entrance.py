"""Where a message of the network comes in, the first time or when it is tried again: believed or refused, then sent on
into our own stream."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import text

from services.gateway import announcing, organisations, parking, sealed_messages
from services.gateway.arriving import Admitted, Unheard, read
from services.gateway.domain import Verdict
from shared.db import SYSTEM, Transaction
from shared.messaging.consumer import SPAN_EACH
from shared.messaging.handling import Unfit
from shared.messaging.publishing import Outgoing, publish, publish_atomically

if TYPE_CHECKING:
    from services.gateway.gateway import Gateway

ATOMIC_FROM = 16
_ARRIVED = text(
    "INSERT INTO steps (id, kind, what, about, actor_kind, business_at, trace_id, span_id, facts)"
    " VALUES (:id, 'change', :what, :about, 'system', :business_at, :trace_id, :span_id, jsonb_build_object('origin', "
    "CAST(:origin AS text)))"
    " ON CONFLICT (id) DO NOTHING"
)
_propagator = TraceContextTextMapPropagator()


class Entrance:
    def __init__(self, gateway: "Gateway") -> None:
        self.gateway = gateway
        self.us = gateway.settings.organisation
        self.source = f"/chorus/{self.us}/gateway"

    async def admit(self, subject: str, headers: dict[str, str], body: bytes) -> Admitted:
        """What the message becomes. What gateways say of themselves takes effect here, before the next message is
        read."""
        admitted = read(subject, headers, body, us=self.us, ring=self.gateway.ring)
        if admitted.announcement is not None:
            await self._hear(admitted.announcement)
        if admitted.first_signed_by is not None:
            await self._in_transaction(lambda tx: organisations.signs(tx, str(admitted.first_signed_by)))
        if (removal := admitted.removal) is not None:
            await self._in_transaction(lambda tx: announcing.remove(tx, removal))
        return admitted

    async def _hear(self, said: announcing.Announcement) -> None:
        decided = announcing.verdict(self.gateway.ring, said)
        if decided is Verdict.OLDER:
            raise Unheard("an announcement that a newer one has replaced")
        if decided is not Verdict.SAME:
            held = self.gateway.ring.organisations.get(said.organisation)
            await self._in_transaction(lambda tx: announcing.take(tx, said, decided, held))
        if decided is Verdict.REFUSE:
            raise Unfit(
                f"announces keys that the ones we know of {said.organisation} have not signed: compare "
                f"{said.public.fingerprint} by telephone"
            )

    async def _in_transaction(self, work) -> None:
        async with self.gateway.database.transaction(UUID(int=0), SYSTEM) as tx:
            await work(tx)
        await self.gateway.ring.load()

    async def send_on(self, origin: str, items: Sequence[Admitted], tx: Transaction | None = None) -> list[bool]:
        """Which of them JetStream has stored, now or before. tx: in which sealed messages are written down, if not in a
        transaction of their own."""
        with self._spans(origin, items) as spans:
            addressed = [(item, span) for item, span in zip(items, spans, strict=True) if item.is_addressed]
            if addressed:
                async with (
                    contextlib.nullcontext(tx)
                    if tx
                    else self.gateway.database.transaction(UUID(int=0), SYSTEM) as writing
                ):
                    await self._write_down(writing, origin, addressed)
            return await self._publish(
                [item.outgoing(self.source, _traceparent(span)) for item, span in zip(items, spans, strict=True)]
            )

    async def _write_down(self, tx: Transaction, origin: str, addressed: Sequence[tuple[Admitted, Span]]) -> None:
        """The sealed messages, and that each came: the step has the event's id, so that what follows from it has its
        cause here."""
        await sealed_messages.keep(
            tx, [item.sealed_message for item, _ in addressed if item.sealed_message is not None]
        )
        rows = []
        for item, span in addressed:
            context = span.get_span_context()
            rows.append(
                {
                    "id": item.event_id,
                    "what": f"{item.subject.split('.')[1]}-arrived",
                    "about": item.aggregate_id,
                    "business_at": tx.now,
                    "trace_id": f"{context.trace_id:032x}",
                    "span_id": f"{context.span_id:016x}",
                    "origin": origin,
                }
            )
        await tx.execute(_ARRIVED, rows)

    async def _publish(self, outgoing: list[Outgoing]) -> list[bool]:
        client = self.gateway.nats()
        if client is None or not client.is_connected:
            raise ConnectionError("NATS is away")
        if len(outgoing) >= ATOMIC_FROM and await publish_atomically(client, outgoing):
            return [True] * len(outgoing)
        return list(await asyncio.gather(*(publish(client, message) for message in outgoing)))

    @contextlib.contextmanager
    def _spans(self, origin: str, items: Sequence[Admitted]):
        """A span for each message, of a new trace that links to the sender's; in a long turn, one for all of them."""
        spans: list[Span] = []
        try:
            if len(items) <= SPAN_EACH:
                spans += [self._span(origin, item.subject.split(".")[1], [item]) for item in items]
                yield spans
            else:
                spans.append(self._span(origin, f"{len(items)} events", items))
                yield spans * len(items)
        finally:
            for span in spans:
                span.end()

    def _span(self, origin: str, what: str, items: Sequence[Admitted]) -> Span:
        links = []
        for item in items:
            if item.traceparent:
                context = get_current_span(_propagator.extract({"traceparent": item.traceparent})).get_span_context()
                links += [Link(context)] if context.is_valid else []
        attributes = {"messaging.system": "nats", "messaging.operation.type": "process", "chorus.origin": origin}
        return self.gateway.tracer.start_span(
            f"gateway on {what}", context=Context(), kind=SpanKind.CONSUMER, links=links, attributes=attributes
        )


class Replayer:
    """Tries a parked message of one origin again."""

    def __init__(self, entrance: Entrance, origin: str) -> None:
        self.entrance = entrance
        self.origin = origin

    async def replay(self, dead_letter_id: UUID, actor_step: Callable[[Transaction], Awaitable[Any]]) -> None:
        async with self.entrance.gateway.database.transaction(dead_letter_id, SYSTEM) as tx:
            item = await self.entrance.admit(*await parking.taken_out(tx, dead_letter_id))
            if not all(await self.entrance.send_on(self.origin, [item], tx)):
                raise ConnectionError("not stored in NETWORK")
            await actor_step(tx)


def _traceparent(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
