"""Rows that any feature locks or queries, and whose matters somebody may change."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, select

from shared.db import Transaction


def owner_of(tx: Transaction) -> UUID | None:
    """Whose matters the actor may change: their own, or those of the person they help (PEO-02)."""
    return tx.actor.acting_for or tx.actor.id


async def locked(tx: Transaction, table: Table, row_id: UUID) -> Row[Any]:
    """The row with this id, locked until the transaction ends. Raises Missing."""
    return await tx.one(select(table).where(table.c.id == row_id).with_for_update())
