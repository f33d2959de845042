"""Names and contact details for whoever mails, rings, writes to people or hands over vouchers, cash and the like
(PAY-12, NOT-01, NOT-08)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from services.people.domain.cards import KNOWN_NUMBER_DAYS
from services.people.queries import POST_CHANGES
from services.people.tables import contact_changes, people
from shared.db import Transaction, one_of


async def how_to_hand(tx: Transaction, person_ids: Collection[UUID]) -> dict[str, dict[str, Any]]:
    """For each person the whole name, and the address and number that we hold ("" for none). The caller writes down
    that they were read (PRI-03)."""
    columns = people.c.id, people.c.name, people.c.email, people.c.phone
    rows = await tx.all(select(*columns).where(one_of(people.c.id, person_ids)))
    return {str(row.id): {"name": row.name, "email": row.email or "", "phone": row.phone} for row in rows}


async def addresses(tx: Transaction, person_ids: Collection[UUID]) -> dict[str, dict[str, str]]:
    """Where to send email. People without an address are left out."""
    rows = await tx.all(
        select(people.c.id, people.c.email).where(one_of(people.c.id, person_ids), people.c.email.is_not(None))
    )
    return {str(row.id): {"email": row.email} for row in rows}


async def phone_numbers(
    tx: Transaction, person_ids: Collection[UUID], held_before: datetime | None = None
) -> dict[str, dict[str, str]]:
    """The numbers of people whom no message reaches (NOT-08). People without one are left out.

    held_before: gives the number held before somebody else entered a new one, shortly before that moment or since
    (PAY-13)."""
    rows = await tx.all(select(people.c.id, people.c.phone).where(one_of(people.c.id, person_ids)))
    numbers = {row.id: row.phone for row in rows}
    if held_before is not None:
        numbers |= await _held_before(tx, "phone", person_ids, held_before)
    return {str(each): {"phone": phone} for each, phone in numbers.items() if phone}


async def _held_before(
    tx: Transaction, kind: Literal["phone", "postal_address"], person_ids: Collection[UUID], moment: datetime
) -> dict[UUID, str]:
    """What they had before the first change of this kind from some weeks before that moment on: of a number by another,
    of a postal address by whoever did it."""
    changes, since = contact_changes, moment - timedelta(days=KNOWN_NUMBER_DAYS)
    of_it = [changes.c.kind == kind, changes.c.changed_at > since, changes.c.old_value != ""]
    if kind == "phone":
        of_it.append(changes.c.changed_by != changes.c.person_id)
    first = select(changes.c.person_id, changes.c.old_value).where(one_of(changes.c.person_id, person_ids), *of_it)
    in_order = first.ext(distinct_on(changes.c.person_id)).order_by(
        changes.c.person_id, changes.c.changed_at, changes.c.id
    )
    return {row.person_id: row.old_value for row in await tx.all(in_order)}


async def postal_addresses(
    tx: Transaction, person_ids: Collection[UUID], held_before: datetime | None = None
) -> dict[str, dict[str, Any]]:
    """Where to post letters, a line each, asked when they are printed; and how often it has changed, so that a letter
    to an earlier one is noticed. People without an address are left out.

    held_before: gives the address held before it changed, shortly before that moment or since (PAY-13)."""
    found = select(people.c.id, people.c.postal_address, POST_CHANGES).where(one_of(people.c.id, person_ids))
    rows = await tx.all(found)
    earlier = await _held_before(tx, "postal_address", person_ids, held_before) if held_before else {}
    said = {row.id: (earlier.get(row.id, row.postal_address), row.post_changes) for row in rows}
    return {
        str(each): {"postal_address": address, "post_changes": changes}
        for each, (address, changes) in said.items()
        if address
    }
