"""Our copies of what others own: titles of opportunities, names of people and of organisations. An older version never
replaces a newer one."""

from typing import Any
from uuid import UUID

from services.feedback.tables import cards, opportunities, organisations
from services.feedback.use_cases import leads
from shared.copies import keep_newest
from shared.db import Transaction
from shared.events.opportunities import OpportunityCreated, OrganisationNamed


async def keep_opportunity(tx: Transaction, event: OpportunityCreated) -> None:
    """Keeps its title and, if it is another organisation's, the host's id for it."""
    values = event.model_dump(include={"version", "title", "host", "host_name", "host_opportunity_id"})
    await keep_newest(tx, opportunities, {"opportunity_id": event.opportunity_id}, values)


async def keep_organisation(tx: Transaction, event: OrganisationNamed) -> None:
    """NET-01: what our people call another organisation, whatever it calls itself."""
    await keep_newest(
        tx, organisations, {"name": event.origin}, {"version": event.version, "display_name": event.display_name}
    )


async def keep_card(tx: Transaction, person_id: UUID, card: dict[str, Any]) -> None:
    """card: version, name, roles and whether they have paused everything, as `people` gave it. An older program of
    `people` does not say the last."""
    values = {
        "version": card["version"],
        "name": card["name"],
        "roles": list(card["roles"]),
        "paused": card.get("paused", False),
    }
    await keep_newest(tx, cards, {"person_id": person_id}, values)
    await leads.follow_if_they_matter(tx, person_id)
