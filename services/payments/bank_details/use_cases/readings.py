"""Reading bank details. PRI-03: it is recorded whenever anybody but their owner reads them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.payments.bank_details import queries as confirming
from services.payments.bank_details.queries import Waiting
from services.payments.owing import queries as owing
from services.payments.owing.use_cases import note_details_read
from shared.db import Transaction
from shared.reasons import Missing


async def open_details(tx: Transaction, owner: UUID) -> Row[Any] | None:
    """Somebody's bank details, masked, for them and whoever helps them."""
    details = await owing.current_details(tx, owner)
    if details is not None and tx.actor.id != owner:
        await note_details_read(tx, [details])
    return details


async def open_details_to_confirm(tx: Transaction) -> list[Waiting]:
    """PAY-13: all bank details that wait to be confirmed, masked, for approvers and finance."""
    return await _open(tx, None)


async def open_one_to_confirm(tx: Transaction, details_id: UUID) -> Waiting | None:
    """PAY-13: as `open_details_to_confirm`, of these alone; None if they do not wait."""
    return next(iter(await _open(tx, details_id)), None)


async def _open(tx: Transaction, details_id: UUID | None) -> list[Waiting]:
    if tx.actor.id is None:
        raise Missing
    waiting = await confirming.details_to_confirm(tx, tx.actor.id)
    opened = [each for each in waiting if details_id in (None, each.id)]
    await note_details_read(tx, [each.row for each in opened if each.person_id != tx.actor.id])
    return opened
