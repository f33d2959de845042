"""Events are written in the transaction that makes them true; the relay publishes them afterwards."""

from collections.abc import Sequence
from uuid import UUID

from opentelemetry import trace
from sqlalchemy import text

from shared.db import Transaction, new_id
from shared.events import Event
from shared.messaging.steps import link_to_the_last

_ADD = text(
    "INSERT INTO outbox (event_id, subject, aggregate_id, version, body, caused_by, business_at, traceparent)"
    " VALUES (:event_id, :subject, :aggregate_id, :version, :body, :caused_by, :business_at, :traceparent)"
)

_ADD_ALL = text(
    "INSERT INTO outbox (event_id, subject, aggregate_id, version, body, caused_by, business_at, traceparent)"
    " SELECT event_id, subject, aggregate_id, version, body, :caused_by, :business_at, :traceparent"
    " FROM unnest(CAST(:event_ids AS uuid[]), CAST(:subjects AS text[]), CAST(:aggregate_ids AS uuid[]), "
    "CAST(:versions AS integer[]), CAST(:bodies AS text[]))"
    " WITH ORDINALITY AS added (event_id, subject, aggregate_id, version, body, number) ORDER BY number"
)


def traceparent() -> str | None:
    """The W3C traceparent of this moment: the event's creation context."""
    context = trace.get_current_span().get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}" if context.is_valid else None


async def add(tx: Transaction, event: Event, *, caused_by: UUID | None = None) -> UUID:
    """Writes event; returns its id, which is minted here and only here.

    Lock the aggregate's row first, so that the order of ids is the order of commits. caused_by: the event or step
    that caused it; by default the command or event of this transaction.
    """
    event_id = new_id()
    tx.recorded = True
    await tx.execute(
        _ADD,
        {
            "event_id": event_id,
            "subject": event.subject(),
            "aggregate_id": event.aggregate_id,
            "version": event.version,
            "body": event.model_dump_json(),
            "caused_by": caused_by or tx.cause,
            "business_at": tx.now,
            "traceparent": traceparent(),
        },
    )
    return event_id


async def add_all(tx: Transaction, events: Sequence[Event]) -> None:
    """Writes many events, in this order, in one statement, if hundreds are heard at once. Each is caused by
    tx.cause. A job may say them without a step about any of them, so the span links to what each follows."""
    if not events:
        return
    tx.recorded = True
    await link_to_the_last(tx, [event.aggregate_id for event in events])
    await tx.execute(
        _ADD_ALL,
        {
            "event_ids": [new_id() for _ in events],
            "subjects": [event.subject() for event in events],
            "aggregate_ids": [event.aggregate_id for event in events],
            "versions": [event.version for event in events],
            "bodies": [event.model_dump_json() for event in events],
            "caused_by": tx.cause,
            "business_at": tx.now,
            "traceparent": traceparent(),
        },
    )
