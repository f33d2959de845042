"""What tests of approving and taking back share."""

from typing import Any
from uuid import UUID

from services.payments.claims.use_cases import claims
from shared.events.opportunities import AttendanceRecorded
from tests.payments.support import World, person


class Register:
    """An attendance that is put right again and again."""

    def __init__(self, world: World, event: AttendanceRecorded, claim_id: UUID) -> None:
        self.world, self.event, self.claim_id = world, event, claim_id

    async def says(self, **facts: Any) -> None:
        self.event = self.event.model_copy(update={"version": self.event.version + 1, **facts})
        await self.world.hear(self.event)


async def registered(
    world: World, *, minutes: int = 90, recognition: str = "bank-transfer", miles: int = 0, **facts: Any
) -> Register:
    """A claim that was sent."""
    who = person()
    event = world.attendance(
        await world.opportunity(budget_pence=facts.pop("budget_pence", None)), who, minutes=minutes, **facts
    )
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims WHERE attendance_id = :id", id=event.attendance_id)).id
    await world.account(who, 0)
    if miles:
        await world.do(claims.add_miles, claim_id, miles * 10, "", False, by=who.id)
    await world.do(claims.choose_recognition, claim_id, recognition, by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    return Register(world, event, claim_id)


async def owed(world: World) -> int:
    return (
        await world.row("SELECT coalesce(sum(amount_pence), 0) AS pence FROM payables WHERE state <> 'withdrawn'")
    ).pence


def text_of(sql: str, **values: Any) -> Any:
    from sqlalchemy import text

    return text(sql).bindparams(**values)
