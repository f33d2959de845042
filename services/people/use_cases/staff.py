"""What staff do with people's records."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from services.people.domain.choices import channels_for
from services.people.domain.joining import CONSENT_VERSION, reasons_not_to_add
from services.people.domain.matching import Told, reasons_not_to_add_anew
from services.people.domain.postal import reasons_against_postal_address
from services.people.tables import HAS_LEFT, WITH_US_SINCE, people
from services.people.use_cases import keeping
from services.people.use_cases.finding import near_ones
from shared.db import Transaction, one_of
from shared.messaging import steps
from shared.reasons import Reason, Refused, refuse


async def read_contact_details(tx: Transaction, person_id: UUID) -> dict[str, Any]:
    """How to reach someone. Reading it is written down (PRI-03)."""
    shown = [
        people.c[name]
        for name in (
            *("id", "name", "known_as", "email", "phone", "postal_address", "area"),
            *("roles", "paused", "channels", "over_18"),
        )
    ]
    since = WITH_US_SINCE.label("since"), HAS_LEFT.label("has_left")
    row = await tx.one(select(*shown, people.c.format, people.c.discreet, *since).where(people.c.id == person_id))
    await steps.add(tx, "contact-details-read", about=person_id)
    return dict(row._mapping)


class LooksLike(Refused):
    """They may be somebody we hold; near says who."""

    def __init__(self, reasons: Sequence[Reason], near: Sequence[UUID]) -> None:
        super().__init__(reasons)
        self.near = tuple(near)


async def read_near_ones(tx: Transaction, person_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """What tells people apart, and no more. Reading it is written down (PRI-03)."""
    columns = (
        people.c.id,
        people.c.name,
        people.c.known_as,
        people.c.area,
        func.right(people.c.phone, 3).label("last_digits"),
    )
    rows = await tx.all(select(*columns).where(one_of(people.c.id, person_ids)).order_by(people.c.name, people.c.id))
    await steps.add_all(tx, "near-match-read", [(row.id, {}) for row in rows])
    return [dict(row._mapping) for row in rows]


async def add_person(
    tx: Transaction,
    answers: Mapping[str, Any],
    *,
    agreements_held: bool,
    agreed: bool,
    areas: Collection[str],
    said_not_to_be: Collection[UUID] = (),
) -> UUID:
    """PEO-02: someone without email joins with a coordinator's help, in person or by phone. They can take over later.

    said_not_to_be: near matches that the coordinator saw and ruled out (PEO-04). Raises LooksLike for others."""
    reasons = reasons_not_to_add(
        name=answers["name"],
        phone=answers["phone"],
        area=answers["area"],
        areas=areas,
        over_18=answers["over_18"],
        agreements_held=agreements_held,
        agreed=agreed,
    )
    refuse(reasons + reasons_against_postal_address(answers.get("postal_address", "")))
    await keeping.hold_addresses(tx)  # if two coordinators add one person at once, the second is asked
    near = await near_ones(tx, Told(answers["name"], "", answers["phone"], known_as=answers["known_as"]))
    if reasons := reasons_not_to_add_anew(near, said_not_to_be):
        raise LooksLike(reasons, near)
    channels = ["letter"] if answers.get("postal_address") else list(channels_for(False))
    person_id = await keeping.add(tx, {**answers, "channels": channels}, how="person-added")
    await keeping.consent(tx, person_id, "joining", CONSENT_VERSION)
    if not answers["over_18"]:
        await keeping.consent(tx, person_id, "under-18-agreements", CONSENT_VERSION)
    return person_id
