"""PEO-02: over a helper's pages stands which of two people of one name they help, in every service."""

from typing import Any
from uuid import UUID

import pytest

from shared.db import new_id
from shared.helped import Helped, Names
from shared.text import number_of


def names(service: str, answer: Any) -> Names:
    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert subject == f"people.cards.{service}"
        if isinstance(answer, Exception):
            raise answer
        return {"cards": {payload["person_ids"][0]: answer}}

    return Names(service, requests)


@pytest.mark.parametrize("service", ["opportunities", "payments", "feedback", "notifications"])
async def test_peo_02_the_name_stands_with_what_tells_two_apart(service: str) -> None:
    said = await names(service, {"name": "Sam Hill", "told_apart_by": "Ely, our number 12AB"}).of(new_id())
    assert said == Helped("Sam Hill", "Ely, our number 12AB")


@pytest.mark.parametrize(
    ("service", "answer", "name"),
    [
        ("feedback", {"name": "Sam Hill"}, "Sam Hill"),
        ("feedback", ConnectionError(), ""),
        ("gateway", {"name": "Sam"}, ""),
        ("payments", {"name": ""}, ""),
        ("payments", None, ""),
        ("payments", KeyError("cards"), ""),
    ],
)
async def test_peo_02_our_number_stands_there_whoever_answers_nothing(service: str, answer: Any, name: str) -> None:
    """A program of people before this one, people away, a service that may not ask, a person without a name."""
    person_id: UUID = new_id()
    assert await names(service, answer).of(person_id) == Helped(name, f"our number {number_of(person_id)}")
