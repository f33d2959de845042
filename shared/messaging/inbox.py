"""Each consumer hears each event once: the row is written in the transaction that handles it. Rows never expire."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from shared.db import Transaction

_ADD = text(
    "INSERT INTO inbox (consumer, event_id, subject, aggregate_id, trace_id, span_id)"
    " SELECT :consumer, * FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:aggregates AS uuid[]),"
    " CAST(:traces AS text[]), CAST(:spans AS text[])) ON CONFLICT DO NOTHING RETURNING event_id"
)


@dataclass(frozen=True, slots=True)
class Receipt:
    event_id: UUID
    subject: str
    aggregate_id: UUID
    trace_id: str | None
    span_id: str | None


async def take(tx: Transaction, consumer: str, receipts: Sequence[Receipt]) -> set[UUID]:
    """Writes the receipts; returns the ids that this consumer had not heard before."""
    rows = await tx.all(
        _ADD,
        {
            "consumer": consumer,
            "ids": [receipt.event_id for receipt in receipts],
            "subjects": [receipt.subject for receipt in receipts],
            "aggregates": [receipt.aggregate_id for receipt in receipts],
            "traces": [receipt.trace_id for receipt in receipts],
            "spans": [receipt.span_id for receipt in receipts],
        },
    )
    return {row.event_id for row in rows}
