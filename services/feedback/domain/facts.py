"""What feedback is: what it is about, who answers it, how it ends."""

from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

About = Literal["opportunity", "provider", "funder", "us"]
Answerer = Literal["us", "provider", "funder"]
Answer = Literal["used", "not-used", "thanked"]
Ending = Literal["used", "not-used", "thanked", "joined", "withdrawn", "spam", "safeguarding"]
HearBy = Literal["email", "in-app", "none", "code"]

ABOUTS: tuple[About, ...] = get_args(About)
ANSWERERS: tuple[Answerer, ...] = get_args(Answerer)
ANSWERS: tuple[Answer, ...] = get_args(Answer)
ENDINGS: tuple[Ending, ...] = get_args(Ending)

LONGEST_WORDS = 5_000
LONGEST_NAME = 120
LONGEST_ANSWER = 3_000


@dataclass(frozen=True, slots=True)
class Item:
    """What the rules need to know of a feedback item.

    ending is None while it waits. answered_by: the people who wrote its answers so far. joined_to: the item that speaks
    for it. may_show: the giver's consent to the public board. with_host: the other organisation whose opportunity it is
    about was asked to answer. reviewer_role: who looks again once it is reopened. kept_from: whom a concern that was
    raised from it is about (FB-09)."""

    id: UUID
    waiting_for: Answerer
    ending: Ending | None = None
    reopened: bool = False
    may_show: bool = False
    giver_id: UUID | None = None
    joined_to: UUID | None = None
    answered_by: frozenset[UUID] = frozenset()
    with_host: bool = False
    reviewer_role: str | None = None
    kept_from: frozenset[UUID] = frozenset()

    @property
    def waiting(self) -> bool:
        return self.ending is None
