"""Messages that could not be handled, parked alone in the consumer's own database with the reason, until someone replays them."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.db import Transaction, new_id

_PARK = text(
    "INSERT INTO dead_letters (id, consumer, stream, stream_sequence, subject, event_id, headers, body, reason, deliveries)"
    " VALUES (:id, :consumer, :stream, :stream_sequence, :subject, :event_id, CAST(:headers AS jsonb), :body, :reason, :deliveries)"
    " ON CONFLICT (consumer, stream, stream_sequence) DO UPDATE SET reason = excluded.reason, deliveries = excluded.deliveries,"
    " parked_at = excluded.parked_at, replayed_at = NULL"
)
_LIST = text(
    "SELECT id, consumer, subject, event_id, reason, deliveries, parked_at, replayed_at FROM dead_letters"
    " WHERE :all OR replayed_at IS NULL ORDER BY parked_at DESC LIMIT 500"
)
_ONE = text("SELECT * FROM dead_letters WHERE id = :id")
_LOCK = text("SELECT * FROM dead_letters WHERE id = :id FOR UPDATE")
_REPLAYED = text("UPDATE dead_letters SET replayed_at = clock_timestamp() WHERE id = :id")


async def park(
    tx: Transaction,
    *,
    consumer: str,
    stream: str,
    sequence: int,
    subject: str,
    event_id: UUID | None,
    headers: Mapping[str, str],
    body: bytes,
    reason: str,
    deliveries: int,
) -> None:
    """reason names the kind of failure; exception texts are kept out, since they carry input values."""
    await tx.execute(
        _PARK,
        {
            "id": new_id(),
            "consumer": consumer,
            "stream": stream,
            "stream_sequence": sequence,
            "subject": subject,
            "event_id": event_id,
            "headers": json.dumps(dict(headers)),
            "body": body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00"),
            "reason": reason,
            "deliveries": deliveries,
        },
    )


async def waiting(tx: Transaction, *, replayed_too: bool = False) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in await tx.all(_LIST, {"all": replayed_too})]


async def inspect(tx: Transaction, letter_id: UUID) -> dict[str, Any]:
    """The whole letter; Missing if there is none."""
    return dict((await tx.one(_ONE, {"id": letter_id}))._mapping)


async def locked(tx: Transaction, letter_id: UUID) -> dict[str, Any]:
    return dict((await tx.one(_LOCK, {"id": letter_id}))._mapping)


async def mark_replayed(tx: Transaction, letter_id: UUID) -> None:
    await tx.execute(_REPLAYED, {"id": letter_id})
