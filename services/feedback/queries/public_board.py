"""The board: answers that everybody may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select

from services.feedback.domain.board import shown_on_board
from services.feedback.domain.facts import ANSWERS, Answer
from services.feedback.domain.giving import is_overdue, waiting_for_whom
from services.feedback.queries.views import about_what, item_views
from services.feedback.tables import items, responses, themes
from shared.db import Transaction, one_of
from shared.paging import page_of

ON_THE_BOARD = 30
"""Answers on one page of the board."""


@dataclass(frozen=True, slots=True)
class BoardEntry:
    """One answer on the public board: what people said, and what came of it."""

    ending: Answer
    said: str
    text: str
    answered_by: str
    abouts: tuple[str, ...]
    opportunity_ids: tuple[UUID, ...]
    themes: tuple[str, ...]
    answered_on: date


@dataclass(frozen=True, slots=True)
class Board:
    """waiting and overdue count every item that has no answer yet, shown or not (FB-03)."""

    entries: tuple[BoardEntry, ...]
    waiting: int
    overdue: int
    answered: int
    themes: tuple[str, ...]
    after: str | None
    """Where the next page of entries begins."""


_ON_BOARD = and_(
    items.c.may_show,
    responses.c.said.is_not(None),
    responses.c.response_id == items.c.response_id,
    responses.c.ending == items.c.ending,
)
"""`shown_on_board` in SQL, for an answer and its item."""


async def board(
    tx: Transaction, today: date, after: str | None = None, *, opportunity: UUID | None = None, theme: str | None = None
) -> Board:
    """FB-06: a page of the answers that may be shown, newest first; how many items wait, and how many too long (FB-03).

    opportunity, theme: only answers to shown items about it, or in it."""
    filters = [_ON_BOARD]
    if opportunity is not None:
        filters.append(and_(_ON_BOARD, items.c.opportunity_id == opportunity))
    if theme is not None:
        filters.append(
            and_(
                _ON_BOARD,
                items.c.theme_id.in_(select(themes.c.theme_id).where(func.lower(themes.c.name) == theme.lower())),
            )
        )
    shown = select(responses).where(
        *(select(items.c.item_id).where(which).correlate(responses).exists() for which in filters)
    )
    answers, next_after = await page_of(
        tx, shown, responses.c.written_on, responses.c.response_id, after=after, most=ON_THE_BOARD, newest_first=True
    )
    waiting = await tx.all(
        select(items.c.due_on, func.count().label("number")).where(items.c.ending.is_(None)).group_by(items.c.due_on)
    )
    answered = await tx.scalar(select(func.count()).where(items.c.ending.in_(ANSWERS)))
    return Board(
        entries=await _entries(tx, [answer.response_id for answer in answers]),
        waiting=sum(day.number for day in waiting),
        overdue=sum(day.number for day in waiting if is_overdue(day.due_on, today)),
        answered=answered,
        themes=tuple(row.name for row in await tx.all(_THEMES_ON_BOARD)),
        after=next_after,
    )


async def _entries(tx: Transaction, response_ids: Sequence[UUID]) -> tuple[BoardEntry, ...]:
    """In the order of response_ids."""
    columns = (
        responses.c.said,
        responses.c.text,
        responses.c.answered_by,
        responses.c.answered_by_name,
        responses.c.written_on,
    )
    query = item_views().add_columns(*columns).join(responses, responses.c.response_id == items.c.response_id)
    groups: dict[UUID, list[Row[Any]]] = {each: [] for each in response_ids}
    for row in await tx.all(
        query.where(_ON_BOARD, one_of(responses.c.response_id, response_ids)).order_by(items.c.item_id)
    ):
        if shown_on_board(row.ending, may_show=row.may_show, wording_checked=row.said is not None):
            groups[row.response_id].append(row)
    return tuple(_entry(group) for group in groups.values() if group)


_THEMES_ON_BOARD = (
    select(themes.c.name)
    .where(
        select(items.c.item_id)
        .join(responses, responses.c.response_id == items.c.response_id)
        .where(items.c.theme_id == themes.c.theme_id, _ON_BOARD)
        .exists()
    )
    .order_by(themes.c.name)
)


def _entry(group: Sequence[Row[Any]]) -> BoardEntry:
    first = group[0]
    return BoardEntry(
        ending=first.ending,
        said=first.said,
        text=first.text,
        answered_by=waiting_for_whom(first.answered_by, first.answered_by_name, reviewer=None),
        abouts=tuple(dict.fromkeys(about_what(row) for row in group)),
        opportunity_ids=tuple(dict.fromkeys(row.opportunity_id for row in group if row.opportunity_id)),
        themes=tuple(dict.fromkeys(row.theme for row in group if row.theme)),
        answered_on=first.written_on,
    )
