"""The contributions to an opportunity, for staff (OPP-18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, select

from services.opportunities.contributions.tables import contribution_records, contributions
from services.opportunities.people.queries import NAME_UNKNOWN, apart_by, participants_called
from services.opportunities.people.tables import people
from services.opportunities.places.tables.places import places
from shared.db import Transaction
from shared.paging import page_of
from shared.text import told_apart


@dataclass(frozen=True, slots=True)
class Contribution:
    id: UUID
    name: str
    way: str
    day: date
    minutes: int
    counts: bool
    version: int


def current() -> Select[Any]:
    """Contributions with their current records and whose they are."""
    holds = and_(
        contribution_records.c.contribution_id == contributions.c.id,
        contribution_records.c.version == contributions.c.version,
    )
    facts = contribution_records.c.minutes, contribution_records.c.counts, people.c.name, apart_by().label("apart")
    return (
        select(contributions, *facts)
        .join(contribution_records, holds)
        .outerjoin(people, people.c.person_id == contributions.c.participant_id)
    )


async def contributions_to(
    tx: Transaction, opportunity_id: UUID, after: str | None = None
) -> tuple[list[Contribution], str | None]:
    """A page of them, the latest day first, and where the next begins."""
    of_it = current().where(contributions.c.opportunity_id == opportunity_id)
    key = contributions.c.day, contributions.c.id
    rows, next_after = await page_of(tx, of_it, *key, after=after, newest_first=True)
    return _shown(rows), next_after


async def with_a_place(tx: Transaction, opportunity_id: UUID, name: str) -> Sequence[Row[Any]]:
    """As `participants_called`, of our people with a place: it is most likely one of them."""
    theirs = select(places.c.participant_id).where(
        places.c.opportunity_id == opportunity_id, places.c.state == "taken", places.c.participant_kind == "person"
    )
    return await tx.all(participants_called(name, None).where(people.c.person_id.in_(theirs)))


async def contribution(tx: Transaction, opportunity_id: UUID, contribution_id: UUID) -> Contribution:
    """Missing if the opportunity has no such contribution."""
    of_it = contributions.c.id == contribution_id, contributions.c.opportunity_id == opportunity_id
    (found,) = _shown([await tx.one(current().where(*of_it))])
    return found


def _shown(rows: Sequence[Row[Any]]) -> list[Contribution]:
    whose = {row.participant_id: (row.name or NAME_UNKNOWN, row.apart) for row in rows}
    names = dict(zip(whose, told_apart(list(whose.values())), strict=True))
    return [
        Contribution(row.id, names[row.participant_id], row.way, row.day, row.minutes, row.counts, row.version)
        for row in rows
    ]
