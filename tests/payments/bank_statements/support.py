"""What tests of the account's statement share."""

from typing import Any
from uuid import UUID

from tests.payments.support import World


async def payment_of(world: World, run_id: UUID) -> Any:
    return await world.row("SELECT * FROM payments WHERE run_id = :id", id=run_id)
