"""What somebody wrote about their needs, once staff marked it as a safeguarding concern (FB-09)."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select

from services.opportunities.places.tables.places import needs
from services.opportunities.safeguarding.domain import sees_set_aside
from services.opportunities.safeguarding.use_cases import concern_ids, concerns_about, is_set_aside
from shared.db import Transaction


def words_are_set_aside(place_id: Any) -> ColumnElement[bool]:
    """FB-09: in SQL. A place has one text for all of its needs, which is set aside with any of them; what is needed,
    and our answer, are not."""
    of_place = needs.alias("of_place")
    return exists().where(of_place.c.place_id == place_id, is_set_aside(of_place.c.id))


async def concerns_of_theirs(tx: Transaction, place_id: UUID, person_id: UUID) -> list[UUID]:
    """FB-09: the concerns for which a place's words are set aside, for somebody who has them all; none for others."""
    of_place = [row.id for row in await tx.all(select(needs.c.id).where(needs.c.place_id == place_id))]
    who_have_them = [has_it for each in of_place for has_it in await concerns_about(tx, each)]
    if not sees_set_aside(person_id, who_have_them):
        return []
    return sorted({concern for each in of_place for concern in await concern_ids(tx, each)})
