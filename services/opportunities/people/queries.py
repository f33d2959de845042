"""What staff pages call people, and what we know of them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Text, case, cast, func, select

from services.opportunities.people.tables import people
from shared.db import Transaction, one_of


async def names(tx: Transaction, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """For staff pages: each person's name, or a sentence if it has not arrived."""
    known = await tx.all(select(people.c.person_id, people.c.name).where(one_of(people.c.person_id, person_ids)))
    return dict.fromkeys(person_ids, NAME_UNKNOWN) | {row.person_id: row.name for row in known}


async def age_known(tx: Transaction, person_id: UUID) -> bool | None:
    """PEO-03, as `people` told us. None: not told."""
    return await tx.scalar(select(people.c.age_known).where(people.c.person_id == person_id))


NAME_UNKNOWN = "Name not here yet"


def apart_by() -> ColumnElement[str]:
    """For staff, of a place in `named`: what tells two people of one name apart; "" for a guest, who has a code."""
    number = func.concat("our number ", func.upper(func.right(cast(people.c.person_id, Text), 4)))
    return case((people.c.person_id.is_(None), ""), else_=func.coalesce(people.c.told_apart_by, number))
