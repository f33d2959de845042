"""An item of feedback as pages and the API show it. The domain decides whether it is overdue and what it may become."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, any_, exists, func, literal, not_, or_, select

from services.feedback.domain.crossing import seal_of
from services.feedback.domain.ending import reasons_not_to_say_it_does_not_answer, reasons_not_to_withdraw
from services.feedback.domain.facts import Ending, HearBy, Item
from services.feedback.domain.giving import is_overdue, waiting_for_whom
from services.feedback.tables import (
    asked_hosts,
    cards,
    concerns,
    crossings,
    items,
    opportunities,
    organisations,
    themes,
)
from shared.clock import london_date
from shared.db import Transaction
from shared.paging import page_of


@dataclass(frozen=True, slots=True)
class Asked:
    """The host of an item's opportunity, if the giver let it read the item. said: its newest answer, as it came."""

    host: str
    awaited: bool
    ending: Ending | None
    said: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """Exactly the words that would cross to a host, until they are released or kept. agreed: by their giver."""

    host: str
    words: str
    agreed: bool
    act_by: date

    @property
    def seal(self) -> str:
        return seal_of(self.words)


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as it is shown. giver_name is None for an anonymous giver; waiting_for is None once it ended."""

    item_id: UUID
    about: str
    about_name: str
    opportunity_id: UUID | None
    words: str
    received_on: date
    due_on: date
    overdue: bool
    waiting_for: str | None
    ending: Ending | None
    ended_on: date | None
    response_id: UUID | None
    joined_to: UUID | None
    theme: str | None
    theme_id: UUID | None
    anonymous: bool
    giver_name: str | None
    guest_of: str | None
    """The organisation that a guest's feedback came from."""
    asked: Asked | None
    crossing: Crossing | None
    hear_by: HearBy
    may_show: bool
    reopened_on: date | None
    reopened_why: str | None
    dealt_with_on: date | None
    """FB-09: the day on which a safeguarding concern was settled as dealt with."""
    may_withdraw: bool
    may_say_it_does_not_answer: bool


_DEALT_WITH = (
    select(func.max(concerns.c.settled_at))
    .where(concerns.c.item_id == items.c.item_id, concerns.c.outcome == "dealt-with")
    .correlate(items)
    .scalar_subquery()
)


def item_views() -> Select[Any]:
    return (
        select(
            items,
            opportunities.c.title,
            themes.c.name.label("theme"),
            cards.c.name.label("giver_name"),
            func.coalesce(organisations.c.display_name, items.c.giver_home).label("guest_of"),
            asked_hosts.c.host_name.label("asked_host"),
            func.coalesce(asked_hosts.c.awaited, False).label("awaited"),
            asked_hosts.c.heard_ending,
            asked_hosts.c.heard_answer,
            crossings.c.host_name.label("crossing_to"),
            crossings.c.words.label("crossing_words"),
            crossings.c.agreed,
            crossings.c.act_by,
            _DEALT_WITH.label("dealt_with_at"),
        )
        .outerjoin(opportunities, opportunities.c.opportunity_id == items.c.opportunity_id)
        .outerjoin(themes, themes.c.theme_id == items.c.theme_id)
        .outerjoin(cards, (cards.c.person_id == items.c.giver_id) & (items.c.giver_kind == "person"))
        .outerjoin(organisations, organisations.c.name == items.c.giver_home)
        .outerjoin(asked_hosts, asked_hosts.c.item_id == items.c.item_id)
        .outerjoin(crossings, (crossings.c.item_id == items.c.item_id) & (crossings.c.state == "open"))
    )


ORDINARY = items.c.ending.is_distinct_from("safeguarding")


def ordinary_for(reader: UUID) -> ColumnElement[bool]:
    """FB-09: what is not with the safeguarding lead. Of what came back as no concern, nothing that was about this
    reader, unless they gave it."""
    gave_it = and_(items.c.giver_kind == "person", items.c.giver_id == reader)
    about_them = exists().where(concerns.c.item_id == items.c.item_id, literal(reader) == any_(concerns.c.about))
    return and_(ORDINARY, or_(gave_it, not_(about_them)))


def item_view(row: Row[Any], today: date) -> ItemView:
    facts = Item(id=row.item_id, waiting_for=row.waiting_for, ending=row.ending, reopened=row.reopened_on is not None)
    return ItemView(
        item_id=row.item_id,
        about=about_what(row),
        about_name=row.about_name,
        opportunity_id=row.opportunity_id,
        words=row.words,
        received_on=row.received_on,
        due_on=row.due_on,
        overdue=facts.waiting and is_overdue(row.due_on, today),
        waiting_for=waiting_for_whom(row.waiting_for, row.waiting_for_name, reviewer=row.reviewer_role)
        if facts.waiting
        else None,
        ending=row.ending,
        ended_on=row.ended_on,
        response_id=row.response_id,
        joined_to=row.joined_to,
        theme=row.theme,
        theme_id=row.theme_id,
        anonymous=row.giver_id is None,
        giver_name=row.giver_name,
        guest_of=row.guest_of if row.giver_kind == "guest" else None,
        asked=Asked(row.asked_host, row.awaited, row.heard_ending, row.heard_answer or "") if row.asked_host else None,
        crossing=Crossing(row.crossing_to, row.crossing_words, row.agreed, row.act_by)
        if row.crossing_to and facts.waiting
        else None,
        hear_by=row.hear_by,
        may_show=row.may_show,
        reopened_on=row.reopened_on,
        reopened_why=row.reopened_why,
        dealt_with_on=london_date(row.dealt_with_at) if row.ending == "safeguarding" and row.dealt_with_at else None,
        may_withdraw=not reasons_not_to_withdraw(facts),
        may_say_it_does_not_answer=not reasons_not_to_say_it_does_not_answer(facts),
    )


def about_what(row: Row[Any]) -> str:
    return row.title or row.about_name or ("one of our opportunities" if row.about == "opportunity" else "us")


Items = tuple[list[ItemView], str | None]
"""A page of a list, and where the next begins."""


async def page_of_items(
    tx: Transaction, query: Select[Any], *key: Any, today: date, after: str | None, newest_first: bool = False
) -> Items:
    rows, next_after = await page_of(tx, query, *key, items.c.item_id, after=after, newest_first=newest_first)
    return [item_view(row, today) for row in rows], next_after
