"""Reading bank details. PRI-03: it is recorded whenever anybody but their owner reads them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from shared.db import Transaction
from shared.messaging import steps


async def note_details_read(tx: Transaction, rows: Sequence[Row[Any]]) -> None:
    """Masked details count as bank details, too."""
    await steps.add_all(
        tx, "bank-details-read", [(row.participant_id, {"details_id": row.id, "masked": True}) for row in rows]
    )
