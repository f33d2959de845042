"""What staff pages call people, and what we know of them."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, case, cast, func, select, true, tuple_

from services.opportunities.people.domain import names_standing_in
from services.opportunities.people.tables import people
from shared.copies import PEOPLE_KNOWS_NOBODY
from shared.db import Transaction, one_of


async def names(tx: Transaction, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """For staff pages: each person's name, or a sentence if it has not arrived."""
    known = await tx.all(select(people.c.person_id, people.c.name).where(one_of(people.c.person_id, person_ids)))
    return dict.fromkeys(person_ids, NAME_UNKNOWN) | {row.person_id: row.name for row in known}


async def age_known(tx: Transaction, person_id: UUID) -> bool | None:
    """PEO-03, as `people` told us. None: not told."""
    return await tx.scalar(select(people.c.age_known).where(people.c.person_id == person_id))


async def names_in(tx: Transaction, text: str, *, of_participants: bool = False) -> list[str]:
    """NET-02: `names_standing_in` of all our people, or of participants alone."""
    which = people.c.roles.contains(["participant"]) if of_participants else true()
    rows = await tx.all(select(people.c.name, people.c.told_apart_by).where(which))
    return await asyncio.to_thread(names_standing_in, text, [(row.name, row.told_apart_by or "") for row in rows])


NAME_UNKNOWN = "Name not here yet"


def apart_by() -> ColumnElement[str]:
    """For staff, of a place in `named`: what tells two people of one name apart; "" for a guest, who has a code."""
    number = func.concat("our number ", func.upper(func.right(cast(people.c.person_id, Text), 4)))
    said = func.nullif(people.c.told_apart_by, PEOPLE_KNOWS_NOBODY)
    return case((people.c.person_id.is_(None), ""), else_=func.coalesce(said, number))


MOST_NAMES = 50
"""On one page of people to choose from."""


def participants_called(name: str, after: UUID | None) -> Select[Any, Any, str]:
    """(person_id, name, apart) of our participants, by name; one more than MOST_NAMES if there are more.

    name: part of it, in any case; "" is everybody. after: the last person on the page before."""
    key = func.lower(people.c.name)
    query = select(people.c.person_id, people.c.name, apart_by().label("apart")).where(
        people.c.roles.contains(["participant"])
    )
    if name:
        query = query.where(key.contains(name.lower(), autoescape=True))
    if after is not None:
        last = select(func.lower(people.c.name)).where(people.c.person_id == after).scalar_subquery()
        query = query.where(tuple_(key, people.c.person_id) > tuple_(last, after))
    return query.order_by(key, people.c.person_id).limit(MOST_NAMES + 1)
