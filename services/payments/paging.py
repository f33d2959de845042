"""Long lists in pages, by key: a page begins after the day and the id of the last row before it, so that it costs
the same at any depth and nothing is left out while the list grows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of the page before: its day in the list's order, and its id."""

    day: date
    id: UUID

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}_{self.id}"

    @classmethod
    def read(cls, text: str | None) -> "Cursor | None":
        """Reads an address; None for the first page, and for anything that is not a place in a list."""
        day, _, row_id = (text or "").partition("_")
        try:
            return cls(date.fromisoformat(day), UUID(row_id))
        except ValueError:
            return None


def next_cursor(rows: Sequence[Row[Any]], most: int, day_of: Callable[[Row[Any]], date]) -> Cursor | None:
    """rows: most rows, and one more if there are more; then the next page begins after the last one shown."""
    return Cursor(day_of(rows[most - 1]), rows[most - 1].id) if len(rows) > most else None
