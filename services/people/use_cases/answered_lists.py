"""The answers about a given list: who is who (PEO-04)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.people.use_cases.importing import ListedPerson
from services.people.use_cases.lists import PersonRow


class Answered:
    """The rows of a list after the answers on the page: left out, somebody we hold, or somebody new."""

    def __init__(self, asked: Sequence[Row[Any]]) -> None:
        self._by_row: dict[int, list[Row[Any]]] = {}
        for each in asked:
            self._by_row.setdefault(each.row, []).append(each)

    def rows(self, rows: Sequence[PersonRow]) -> list[ListedPerson]:
        return [found for row in rows if (found := self._meant(row, self._by_row.get(row.number, ()))) is not None]

    def _meant(self, row: PersonRow, asked: Sequence[Row[Any]]) -> ListedPerson | None:
        if any(each.like_row and each.answer == "same" for each in asked):
            return None
        of_held = next((each for each in asked if not each.like_row), None)
        not_these, no_address = said_of_row(of_held) if of_held else ([], False)
        listed = (row.without_address() if no_address else row).listed()
        told = replace(
            listed.told,
            is_person=of_held.person_id if of_held else None,
            not_these=frozenset(not_these),
            apart=frozenset(each.like_row for each in asked if each.like_row),
        )
        return replace(listed, told=told)


def said_of_row(asked: Row[Any]) -> tuple[list[UUID], bool]:
    """Which people we hold a row is not, by all answers so far; and whether it comes in without its address."""
    new = asked.answer == "new"
    return [*asked.said_not, *(asked.near if new else ())], asked.said_no_address or (new and asked.by_address)
