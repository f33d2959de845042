"""Reading bank details. PRI-03: that anybody but their owner read them is written down."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from shared.db import Transaction
from shared.messaging import steps


async def note_details_read(tx: Transaction, rows: Sequence[Row[Any]]) -> None:
    """Masked ones are bank details too."""
    await steps.add_all(
        tx, "bank-details-read", [(row.participant_id, {"details_id": row.id, "masked": True}) for row in rows]
    )
