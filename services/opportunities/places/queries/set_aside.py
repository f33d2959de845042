"""What somebody wrote about their needs, once staff marked it as a safeguarding concern (FB-09)."""

from typing import Any

from sqlalchemy import ColumnElement, exists

from services.opportunities.places.tables.places import needs
from services.opportunities.safeguarding.use_cases import is_set_aside


def words_are_set_aside(place_id: Any) -> ColumnElement[bool]:
    """FB-09: in SQL. A place has one text for all of its needs, which is set aside with any of them; what is needed,
    and our answer, are not."""
    of_place = needs.alias("of_place")
    return exists().where(of_place.c.place_id == place_id, is_set_aside(of_place.c.id))
