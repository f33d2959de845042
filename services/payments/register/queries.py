"""Attendances."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.payments.register import tables
from shared.db import Transaction


async def attendance_of(tx: Transaction, attendance_id: UUID) -> Row[Any]:
    return await tx.one(select(tables.attendances).where(tables.attendances.c.attendance_id == attendance_id))
