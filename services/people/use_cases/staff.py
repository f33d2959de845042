"""What staff do with people's records."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.people import domain
from services.people.domain import CONSENT_VERSION
from services.people.tables import people
from services.people.use_cases import keeping
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import Refused


async def read_contact_details(tx: Transaction, person_id: UUID) -> dict[str, Any]:
    """How to reach someone. Having read it is written down (PRI-03)."""
    columns = (people.c.id, people.c.name, people.c.known_as, people.c.email, people.c.phone, people.c.area, people.c.roles, people.c.paused)
    row = await tx.one(select(*columns, people.c.channels, people.c.format, people.c.discreet).where(people.c.id == person_id))
    await steps.add(tx, "contact-details-read", about=person_id)
    return dict(row._mapping)


async def add_person(tx: Transaction, answers: Mapping[str, Any], *, agreements_held: bool, agreed: bool, areas: Collection[str]) -> UUID:
    """PEO-02: someone without email joins with a coordinator's help, in person or on the phone. They can take over later."""
    reasons = domain.reasons_not_to_add(
        name=answers["name"],
        phone=answers["phone"],
        area=answers["area"],
        areas=areas,
        over_18=answers["over_18"],
        agreements_held=agreements_held,
        agreed=agreed,
    )
    if reasons:
        raise Refused(reasons)
    person_id = await keeping.add(tx, answers, how="person-added")
    await keeping.consent(tx, person_id, "joining", CONSENT_VERSION)
    if not answers["over_18"]:
        await keeping.consent(tx, person_id, "under-18-agreements", CONSENT_VERSION)
    return person_id
