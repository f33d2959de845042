"""What was said last of somebody: a row each, with a version that rises whenever it is said anew."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from shared.db import Transaction, participant_values
from shared.events import ParticipantRef


async def keep(tx: Transaction, table: Table, participant: ParticipantRef, **facts: Any) -> int:
    """Returns the version."""
    new = insert(table).values(**participant_values(participant), version=1, **facts)
    again = {**facts, "version": table.c.version + 1}
    kept = new.on_conflict_do_update(index_elements=[table.c.participant_id], set_=again)
    return await tx.scalar(kept.returning(table.c.version))
