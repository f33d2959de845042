"""Messages that could not be handled, parked one by one in the consumer's own database with the reason, until
someone replays them, or closes one that can never be handled."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Uuid, column, select, table, text

from shared.db import Transaction, new_id
from shared.messaging import steps
from shared.paging import page_of
from shared.reasons import Reason, refuse

A_PAGE = 100
CLOSED_BECAUSE = {
    "stray": "It is no message of ours: somebody tried something out, or it came here by mistake",
    "unreadable": "It cannot be read, and never will be",
    "settled": "What it says was put right in another way, or matters no longer",
}
"""Why nobody will try it again: chosen, never typed, so that it names nobody."""
WAITS_NO_LONGER = Reason("OPS", "It waits no longer: it was handled or closed before.")

_PARK = text(
    "INSERT INTO dead_letters (id, consumer, stream, stream_sequence, subject, event_id, headers, body, reason, "
    "deliveries)"
    " VALUES (:id, :consumer, :stream, :stream_sequence, :subject, :event_id, CAST(:headers AS jsonb), :body, "
    ":reason, :deliveries)"
    " ON CONFLICT (consumer, stream, stream_sequence) DO UPDATE SET reason = excluded.reason, deliveries = "
    "excluded.deliveries,"
    " parked_at = excluded.parked_at, replayed_at = NULL, tried_at = NULL, closed_because = NULL"
)
_DEAD_LETTER = (
    "id",
    "consumer",
    "subject",
    "event_id",
    "reason",
    "deliveries",
    "parked_at",
    "tried_at",
    "replayed_at",
    "closed_because",
)
_TYPES = {"id": Uuid, "parked_at": DateTime(timezone=True)}
_DEAD_LETTERS = table("dead_letters", *(column(name, _TYPES.get(name)) for name in _DEAD_LETTER))
_ONE = text("SELECT * FROM dead_letters WHERE id = :id")
_LOCK = text("SELECT * FROM dead_letters WHERE id = :id FOR UPDATE")
_REPLAYED = text(
    "UPDATE dead_letters SET replayed_at = clock_timestamp(), tried_at = clock_timestamp(), deliveries = deliveries + 1"
    " WHERE id = :id"
)
_FAILED_AGAIN = text(
    "UPDATE dead_letters SET tried_at = clock_timestamp(), deliveries = deliveries + 1, reason = :reason"
    " WHERE id = :id AND replayed_at IS NULL"
)
_CLOSE = text("UPDATE dead_letters SET replayed_at = clock_timestamp(), closed_because = :because WHERE id = :id")


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
    """reason names the kind of failure; exception texts are left out, because they carry input values."""
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


async def waiting(
    tx: Transaction, after: str | None = None, *, replayed_too: bool = False
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of them, the last to be parked first, and where the next page begins."""
    found = (
        select(_DEAD_LETTERS) if replayed_too else select(_DEAD_LETTERS).where(_DEAD_LETTERS.c.replayed_at.is_(None))
    )
    rows, next_after = await page_of(
        tx, found, _DEAD_LETTERS.c.parked_at, _DEAD_LETTERS.c.id, after=after, most=A_PAGE, newest_first=True
    )
    return [{name: row._mapping[name] for name in _DEAD_LETTER} for row in rows], next_after


async def inspect(tx: Transaction, dead_letter_id: UUID) -> dict[str, Any]:
    """The whole dead letter; Missing if there is none."""
    return (await tx.one(_ONE, {"id": dead_letter_id}))._asdict()


async def locked(tx: Transaction, dead_letter_id: UUID) -> dict[str, Any]:
    """One that waits; refused if it was handled or closed meanwhile."""
    dead_letter = (await tx.one(_LOCK, {"id": dead_letter_id}))._asdict()
    if dead_letter["replayed_at"]:
        refuse(WAITS_NO_LONGER)
    return dead_letter


async def mark_replayed(tx: Transaction, dead_letter_id: UUID) -> None:
    await tx.execute(_REPLAYED, {"id": dead_letter_id})


async def failed_again(tx: Transaction, dead_letter_id: UUID, reason: str) -> None:
    """One more try counts, and its reason is the one that stands."""
    await tx.execute(_FAILED_AGAIN, {"id": dead_letter_id, "reason": reason})


async def close(tx: Transaction, dead_letter_id: UUID, because: str) -> None:
    """It waits no longer, and nothing is done of what it says. It stays to be read. because: of CLOSED_BECAUSE."""
    dead_letter = await locked(tx, dead_letter_id)
    await tx.execute(_CLOSE, {"id": dead_letter_id, "because": because})
    await steps.add(tx, "dead-letter-closed", about=dead_letter["event_id"] or dead_letter_id, because=because)
