"""Cards, kept as `people` gives them. A later version wins, in whatever order they arrive."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, update

from services.opportunities.people.tables import people
from services.opportunities.people.use_cases.ages import ages_are_known
from shared.copies import ask_again_about_cards, fill_in, keep_newest
from shared.db import Transaction
from shared.service import Service

SAID_LATER = ("age_known", "reached_by_message", "told_apart_by")


async def keep_card(tx: Transaction, person_id: UUID, card: dict[str, Any]) -> None:
    """card: as `people.cards.opportunities` gives it. Fields that an older `people` does not send are None: age_known
    (PEO-03), reached_by_message (NOT-08), told_apart_by."""
    later = {name: card.get(name) for name in SAID_LATER}
    values = {"version": card["version"], "name": card["name"], "roles": card["roles"]}
    values["by_letter"] = card.get("by_letter", False)  # an older `people` knows of no letters
    await keep_newest(tx, people, {"person_id": person_id}, values | later)
    same = (people.c.person_id == person_id) & (people.c.version == card["version"])
    for name, said in later.items():
        if said is not None:
            await tx.execute(update(people).where(same, people.c[name].is_(None)).values({name: said}))
    if later["age_known"]:
        await ages_are_known(tx, [person_id])


async def ask_who_is_reached(service: Service) -> None:
    """Asks `people` about cards from before they said whether a message reaches somebody, whether their age is known,
    and what tells them apart (NOT-08, PEO-03)."""
    await ask_again_about_cards(
        service, people, or_(*(people.c[name].is_(None) for name in SAID_LATER)), _keep_the_rest
    )


async def _keep_the_rest(tx: Transaction, cards: dict[UUID, dict[str, Any]]) -> None:
    for name in SAID_LATER:
        await fill_in(tx, people, people.c[name], {person_id: card.get(name) for person_id, card in cards.items()})
    await ages_are_known(tx, [person_id for person_id, card in cards.items() if card.get("age_known")])
