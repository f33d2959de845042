"""The worker's service without its jobs, so that each test hands over when it wants to."""

from typing import Any
from uuid import UUID

from services.notifications.use_cases import delivery, handover
from shared.service import Service
from tests.notifications.support import MailCatcher, People, World, card


class Worker(World):
    """A world with a service around it: NATS connected, no jobs running, so that each test hands over when it wants
    to."""

    def __init__(self, service: Service, people: People, catcher: MailCatcher) -> None:
        super().__init__(service)
        self.people = people
        self.catcher = catcher

    async def person(self, name: str, **what: Any) -> UUID:
        person_id = self.people.add(name)
        await self.card(person_id, card(name, **what))
        return person_id

    async def hand_over(self) -> None:
        await delivery.hand_over(self.service)

    async def states(self) -> list[tuple[str, str, str | None]]:
        rows = await self.rows(
            "SELECT c.name, m.state, m.reason FROM messages m JOIN cards c ON c.person_id = m.participant_id"
        )
        return sorted((row.name, row.state, row.reason) for row in rows)

    async def published(self) -> list[str]:
        return sorted(row.subject for row in await self.rows("SELECT subject FROM outbox"))

    async def time_passes(self, what: str = "due_at") -> None:
        """Machine time for messages: whatever waits for its time has waited long enough."""
        await self.write(
            f"UPDATE messages SET {what} = clock_timestamp() - interval '1 second' WHERE {what} IS NOT NULL"
        )

    async def look_for_left_over(self) -> None:
        await self.do(handover.find_left_over)
