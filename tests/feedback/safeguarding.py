"""A team with a lead and a deputy, and a concern raised."""

from dataclasses import dataclass
from uuid import UUID

from tests.feedback.support import WORDS, World

WHY = "Someone may be hurt."


@dataclass
class Team:
    """Who works here. The lead is no coordinator."""

    lead: UUID
    deputy: UUID
    coordinator: UUID
    admin: UUID


async def raise_concern(world: World, *about: UUID) -> tuple[UUID, UUID]:
    item = await world.value("SELECT item_id FROM items")
    sent = await world.visitor("coordinator").post(
        f"/feedback/staff/{item}/safeguarding", data={"why": WHY, "about": [str(person) for person in about]}
    )
    assert sent.status_code == 303, sent.text[-2000:]
    return item, await world.value("SELECT concern_id FROM concerns")


def concern_page(concern: UUID) -> str:
    return f"/feedback/staff/safeguarding/{concern}"


async def sees(world: World, person: UUID, concern: UUID, *roles: str) -> bool:
    visitor = world.visitor(*roles or ("participant",), person_id=person)
    seen = [
        WORDS in (await visitor.get(concern_page(concern))).text,
        str(concern) in (await visitor.get("/feedback/staff/safeguarding")).text,
    ]
    assert len(set(seen)) == 1
    return seen[0]
