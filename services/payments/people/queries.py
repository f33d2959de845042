"""What people are called, and who took them in (PAY-10)."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Table, Uuid, func, select

from services.payments.people import tables
from shared.db import Transaction, one_of
from shared.text import number_of, told_apart

SOMEBODY = "A participant (name not here yet)"


async def names(tx: Transaction, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """For staff: an entry for everyone on a page; two people of one name are told apart, and if a card has not come
    yet, the entry says so."""
    people = list(dict.fromkeys(person_ids))
    known = {
        row.person_id: row for row in await tx.all(select(tables.cards).where(one_of(tables.cards.c.person_id, people)))
    }

    def named(person_id: UUID) -> tuple[str, str]:
        card = known.get(person_id)
        by = card.told_apart_by if card is not None else None
        return (card.name if card is not None else SOMEBODY), by or f"our number {number_of(person_id)}"

    return dict(zip(people, told_apart([named(person_id) for person_id in people]), strict=True))


async def introducers_of(tx: Transaction, person_id: UUID) -> frozenset[UUID]:
    """PAY-10: who took this person in, or entered how they are reached or their bank details, while nobody else has
    rung or met them since."""
    return (await introducers_of_each(tx, [person_id]))[person_id]


async def introducers_of_each(tx: Transaction, person_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """The same, for each of these."""
    introductions = tables.unconfirmed_introductions
    theirs = select(introductions.c.person_id, introductions.c.introduced_by)
    found: dict[UUID, set[UUID]] = {person_id: set() for person_id in person_ids}
    for row in await tx.all(theirs.where(one_of(introductions.c.person_id, person_ids))):
        found[row.person_id].add(row.introduced_by)
    return {person_id: frozenset(introducers) for person_id, introducers in found.items()}


@cache
def all_introducers_of(paid: Table) -> Any:
    """A column: who took in the payee of each row (a payable, a payment, a claim or bank details)."""
    introductions = tables.unconfirmed_introductions
    introducers = (
        select(introductions.c.introduced_by)
        .where(introductions.c.person_id == paid.c.participant_id)
        .scalar_subquery()
    )
    return func.array(introducers, type_=ARRAY(Uuid)).label("introducers")


async def everybody_of_finance(tx: Transaction) -> frozenset[UUID]:
    """Everybody with the finance role; nobody as long as we do not know it of everybody."""
    cards = tables.cards
    if await tx.first(select(cards.c.person_id).where(cards.c.finance.is_(None)).limit(1)) is not None:
        return frozenset()
    return frozenset(row.person_id for row in await tx.all(select(cards.c.person_id).where(cards.c.finance)))
