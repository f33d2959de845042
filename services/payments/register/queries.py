"""Attendances, and who recorded them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.payments.register import tables
from shared.db import Transaction


async def recorders_of(tx: Transaction, attendance_id: UUID) -> frozenset[UUID]:
    """PAY-10, PAY-17: everyone who recorded or corrected it."""
    recorders = tables.attendance_recorders
    return frozenset(row.person_id for row in await tx.all(select(recorders.c.person_id).where(recorders.c.attendance_id == attendance_id)))


async def attendance_of(tx: Transaction, attendance_id: UUID) -> Row[Any]:
    return await tx.one(select(tables.attendances).where(tables.attendances.c.attendance_id == attendance_id))
