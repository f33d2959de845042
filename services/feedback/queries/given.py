"""What givers read of their feedback, and how it ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, select

from services.feedback.domain.facts import ANSWERS, Ending
from services.feedback.domain.giving import waiting_for_whom
from services.feedback.queries.views import (
    Items,
    ItemView,
    item_view,
    item_views,
    ordinary_for,
    page_of_items,
)
from services.feedback.tables import endings, items, responses
from shared.db import Transaction, one_of


@dataclass(frozen=True, slots=True)
class Ended:
    """One ending of an item. text is what changed, why not, or why it is spam."""

    ending: Ending
    ended_on: date
    text: str
    answered_by: str | None
    response_id: UUID | None
    said: str | None


def _theirs(person_id: UUID, *, helper: UUID | None) -> Any:
    """helper: who works here and sits with them or rings them. Items with the safeguarding lead are left out then, and
    those that came back and are about that very person (FB-09)."""
    theirs = and_(items.c.giver_kind == "person", items.c.giver_id == person_id)
    return and_(theirs, ordinary_for(helper)) if helper else theirs


async def mine(
    tx: Transaction, person_id: UUID, today: date, after: str | None = None, *, helper: UUID | None
) -> Items:
    theirs = item_views().where(_theirs(person_id, helper=helper))
    return await page_of_items(tx, theirs, items.c.received_on, today=today, after=after, newest_first=True)


async def own(tx: Transaction, person_id: UUID, item_id: UUID, today: date, *, helper: UUID | None) -> ItemView:
    return item_view(
        await tx.one(item_views().where(items.c.item_id == item_id, _theirs(person_id, helper=helper))), today
    )


async def by_code(tx: Transaction, code_hash: bytes, today: date) -> ItemView:
    return item_view(await tx.one(item_views().where(items.c.code_hash == code_hash)), today)


async def speaker_of(tx: Transaction, view: ItemView, today: date) -> ItemView | None:
    """The item that this one was joined to."""
    if view.joined_to is None:
        return None
    row = await tx.first(item_views().where(items.c.item_id == view.joined_to))
    return item_view(row, today) if row else None


async def endings_of(tx: Transaction, item_id: UUID) -> list[Ended]:
    """Every ending of the item, oldest first, without those for the safeguarding lead alone."""
    return (await endings_of_all(tx, [item_id])).get(item_id, [])


async def endings_of_all(tx: Transaction, item_ids: Collection[UUID]) -> dict[UUID, list[Ended]]:
    """The endings of each item that has any."""
    query = (
        select(endings, responses.c.text, responses.c.answered_by, responses.c.answered_by_name, responses.c.said)
        .outerjoin(responses, responses.c.response_id == endings.c.response_id)
        .where(one_of(endings.c.item_id, item_ids), endings.c.ending != "safeguarding")
        .order_by(endings.c.ending_id)
    )
    found: dict[UUID, list[Ended]] = {}
    for row in await tx.all(query):
        found.setdefault(row.item_id, []).append(_ended(row))
    return found


async def answers_of(tx: Transaction, item_id: UUID) -> list[Ended]:
    """The answers to an item, for givers whose own item was joined to it."""
    return [ended for ended in await endings_of(tx, item_id) if ended.ending in ANSWERS]


def _ended(row: Row[Any]) -> Ended:
    whom = waiting_for_whom(row.answered_by, row.answered_by_name, reviewer=None) if row.answered_by else None
    return Ended(row.ending, row.ended_on, row.text or row.reason, whom, row.response_id, row.said)


async def response(tx: Transaction, by: UUID, response_id: UUID) -> Row[Any]:
    """An answer. Missing if there is none, or if they may read nothing that it answers (FB-09)."""
    ordinary = select(items.c.item_id).where(items.c.response_id == response_id, ordinary_for(by)).exists()
    return await tx.one(select(responses).where(responses.c.response_id == response_id, ordinary))
