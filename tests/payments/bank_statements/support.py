"""What tests of the account's statement share."""

from typing import Any
from uuid import UUID

from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements
from tests.payments.support import VAULT, World, brought

ONE = Columns(0, [1], amount=2)
"""A date, words, and one column for what goes out and what comes in."""


async def payment_of(world: World, run_id: UUID) -> Any:
    return await world.row("SELECT * FROM payments WHERE run_id = :id", id=run_id)


async def take(world: World, who: UUID, data: bytes) -> dict[str, Any]:
    """A CSV is given; a camt.053 is read, too."""
    return await world.do((brought if data.startswith(b"<") else bank_statements.take_statement), data, VAULT, by=who)


async def entry(world: World) -> Any:
    return await world.row("SELECT id, because FROM bank_entries WHERE state = 'near'")
