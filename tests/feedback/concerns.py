"""Concerns that were raised from what staff read, and who owns that."""

from typing import Any
from uuid import UUID

import pytest

from tests.feedback.support import World

QUESTION = "/opportunities/staff/questions/0193a5d2-1f00-7000-8000-000000000001"
WORRY = {"why": "She is afraid to go home."}


class Owner:
    """Who owns what staff read: opportunities or payments."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lets_as: str | None = "coordinator"
        self.found: dict[str, Any] | None = None
        self.is_away = False
        self.reached_by = {"phone": "07700 900456", "email": "amina@example.org"}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        monkeypatch.setattr(world.service, "requests", self.answers)

    async def answers(self, subject: str, question: dict[str, Any]) -> dict[str, Any]:
        if self.is_away:
            raise ConnectionError("away")
        self.asked.append((subject, question))
        if subject == "people.addresses.feedback":
            return {"addresses": dict.fromkeys(question["person_ids"], self.reached_by)}
        return {"as": self.lets_as} if ".set-aside." in subject else {"found": self.found}

    def of_words(self) -> list[tuple[str, dict[str, Any]]]:
        return [each for each in self.asked if ".words." in each[0]]


async def leads(world: World) -> tuple[UUID, UUID]:
    lead = await world.know_person("Lena Lead", "finance")
    deputy = await world.know_person("Dora Deputy", "coordinator")
    await world.name_leads(lead, deputy)
    return lead, deputy


async def raised(world: World) -> dict[str, Any]:
    await world.passes(0)
    return (await world.events("concern-raised"))[-1]


async def concern_page(world: World, person: UUID, concern: str, *roles: str) -> str:
    page = await world.visitor("finance", *roles, person_id=person).get(f"/feedback/staff/safeguarding/{concern}")
    return " ".join(page.text.split()) if page.status_code == 200 else ""
