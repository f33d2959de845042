"""A service's invariants, asked at once: most tests ask, and a transaction for each sentence would cost as much as what they test."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from shared.db import Database


async def broken(database: Database, invariants: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The sentences that do not hold, each with the rows that break it."""
    asked = [f"SELECT {number} AS number, to_jsonb(found) AS offender FROM ({sql}) AS found" for number, sql in enumerate(invariants.values())]
    rows = await database.read(lambda tx: tx.all(text(" UNION ALL ".join(asked))))
    found: dict[str, list[dict[str, Any]]] = {}
    for sentence, row in ((list(invariants)[row.number], row) for row in rows):
        found.setdefault(sentence, []).append(row.offender)
    return found
