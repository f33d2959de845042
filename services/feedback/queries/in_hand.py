"""What staff read: what waits, what has ended, themes. by: who reads, who is shown nothing that a concern said is about
them (FB-09)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, select

from services.feedback.domain.facts import ANSWERS
from services.feedback.queries.views import Items, ItemView, item_view, item_views, ordinary_for, page_of_items
from services.feedback.tables import items, themes
from shared.db import Transaction, one_of


@dataclass(frozen=True, slots=True)
class ThemeView:
    theme_id: UUID
    name: str
    waiting: int
    ended: int


async def waiting(tx: Transaction, by: UUID, today: date, after: str | None = None) -> Items:
    """What waits for an answer, the first clock to run out first (FB-03)."""
    query = item_views().where(items.c.ending.is_(None), ordinary_for(by))
    return await page_of_items(tx, query, items.c.due_on, today=today, after=after)


async def ended(tx: Transaction, by: UUID, today: date, after: str | None = None) -> Items:
    """The last to end first."""
    query = item_views().where(items.c.ending.is_not(None), ordinary_for(by))
    return await page_of_items(tx, query, items.c.ended_on, today=today, after=after, newest_first=True)


async def for_staff(tx: Transaction, by: UUID, item_id: UUID, today: date) -> ItemView:
    """Missing if it is with the safeguarding lead, or came back and is about them (FB-09)."""
    return item_view(await tx.one(item_views().where(items.c.item_id == item_id, ordinary_for(by))), today)


async def some_for_staff(tx: Transaction, by: UUID, item_ids: Collection[UUID], today: date) -> list[ItemView]:
    rows = await tx.all(
        item_views()
        .where(one_of(items.c.item_id, item_ids), ordinary_for(by))
        .order_by(items.c.due_on, items.c.item_id)
    )
    return [item_view(row, today) for row in rows]


async def could_speak_for(tx: Transaction, by: UUID, item_id: UUID, today: date, after: str | None = None) -> Items:
    """Items that this one may be joined to: those about the same first, then the newest."""
    itself = await tx.one(
        select(items.c.about, items.c.about_name, items.c.opportunity_id).where(items.c.item_id == item_id)
    )
    same = and_(
        items.c.about == itself.about,
        items.c.about_name == itself.about_name,
        items.c.opportunity_id.is_not_distinct_from(itself.opportunity_id),
    )
    speaks = items.c.ending.is_(None) | items.c.ending.in_(ANSWERS)
    query = item_views().where(items.c.item_id != item_id, speaks, ordinary_for(by))
    return await page_of_items(tx, query, same, items.c.received_on, today=today, after=after, newest_first=True)


async def all_themes(tx: Transaction, by: UUID) -> list[ThemeView]:
    waiting = func.count(items.c.item_id).filter(items.c.ending.is_(None), ordinary_for(by))
    ended = func.count(items.c.item_id).filter(items.c.ending.is_not(None), ordinary_for(by))
    counts = select(themes.c.theme_id, themes.c.name, waiting.label("waiting"), ended.label("ended")).outerjoin(items)
    rows = await tx.all(counts.group_by(themes.c.theme_id, themes.c.name).order_by(themes.c.name))
    return [ThemeView(row.theme_id, row.name, row.waiting, row.ended) for row in rows]


async def theme(tx: Transaction, by: UUID, theme_id: UUID, today: date, after: str | None = None) -> tuple[str, Items]:
    """Its name and a page of its items, waiting ones first. Missing if there is no such theme."""
    name = (await tx.one(select(themes.c.name).where(themes.c.theme_id == theme_id))).name
    query = item_views().where(items.c.theme_id == theme_id, ordinary_for(by))
    return name, await page_of_items(tx, query, items.c.ending.is_not(None), items.c.due_on, today=today, after=after)
