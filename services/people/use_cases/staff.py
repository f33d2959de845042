"""What staff do with people's records."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from services.people import domain
from services.people.domain import CONSENT_VERSION
from services.people.tables import people
from services.people.use_cases import keeping
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import Refused

_IS_OPERATOR = people.c.roles.contains(["operator"])


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


async def give_roles(tx: Transaction, person_id: UUID, roles: Collection[str]) -> None:
    """The roles someone has from now on. It signs them out, so that nothing goes on under the old ones."""
    await tx.execute(select(people.c.id).where(_IS_OPERATOR).order_by(people.c.id).with_for_update())
    person = await keeping.lock(tx, person_id)
    other_operators = select(func.count()).where(_IS_OPERATOR, people.c.id != person_id)
    reasons = domain.reasons_not_to_give_roles(
        roles,
        has_email=person.email is not None,
        was_operator="operator" in person.roles,
        other_operators=await tx.scalar(other_operators),
    )
    if reasons:
        raise Refused(reasons)
    if set(roles) == set(person.roles):
        return
    await keeping.change(tx, person_id, {"roles": domain.roles_in_order(roles)}, what="roles-changed")
    await keeping.end_sessions_of(tx, person_id)
