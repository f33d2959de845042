"""Our copies of what others own: titles of opportunities, names of people and of organisations. An older version never
replaces a newer one."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from services.feedback.domain.who_reads import WORKS_HERE
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


async def keep_card(tx: Transaction, person_id: UUID, card: dict[str, Any], said: Collection[str] = ()) -> None:
    """card: version, name, roles and whether they have paused everything, as `people` gave it. An older program of
    `people` does not say the last. said: the roles that the event names, which may be others by now.

    FB-09: roles that somebody had are kept, because a concern may be about them though their role is away."""
    values = {
        "version": card["version"],
        "name": card["name"],
        "roles": list(card["roles"]),
        "paused": card.get("paused", False),
    }
    theirs = cards.c.person_id == person_id
    before = await tx.first(select(cards.c.roles, cards.c.roles_had).where(theirs).with_for_update())
    await keep_newest(tx, cards, {"person_id": person_id}, values)
    had = {*said, *card["roles"], *(before.roles + before.roles_had if before else ())} & WORKS_HERE
    if had - {*(before.roles_had if before else ())}:
        await tx.execute(update(cards).where(theirs).values(roles_had=sorted(had)))
    await leads.follow_if_they_matter(tx, person_id)
