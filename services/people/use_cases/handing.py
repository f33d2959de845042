"""Names and contact details for whoever sends or hands over vouchers, cash and the like (PAY-12)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.people.tables import people
from shared.db import Transaction, one_of


async def how_to_hand(tx: Transaction, person_ids: Collection[UUID]) -> dict[str, dict[str, Any]]:
    """For each person the whole name, and the address and number that we hold ("" for none). The caller writes down
    that they were read (PRI-03)."""
    columns = people.c.id, people.c.name, people.c.email, people.c.phone
    rows = await tx.all(select(*columns).where(one_of(people.c.id, person_ids)))
    return {str(row.id): {"name": row.name, "email": row.email or "", "phone": row.phone} for row in rows}


async def postal_addresses(tx: Transaction, person_ids: Collection[UUID]) -> dict[str, dict[str, str]]:
    """Where to post letters, a line each, asked when they are printed. People without an address are left out."""
    held = one_of(people.c.id, person_ids), people.c.postal_address != ""
    rows = await tx.all(select(people.c.id, people.c.postal_address).where(*held))
    return {str(row.id): {"postal_address": row.postal_address} for row in rows}
