"""Long lists in pages, by key: a page begins after the key of the last row before it, so that it costs the same at
any depth, and no row is left out or repeated while others come and go."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, literal, tuple_

from shared.db import Transaction

A_PAGE = 50
"""Rows of an ordinary page."""


async def page_of(
    tx: Transaction,
    query: Select[*tuple[Any, ...]],
    *key: ColumnElement[Any],
    after: str | None,
    most: int | None = None,
    newest_first: bool = False,
) -> tuple[Sequence[Row[Any]], str | None]:
    """The rows after `after`, at most `most` (or A_PAGE), in order of key; and the next page's `after`, None if this is
    the last.

    key: columns that are never null and together identify one row (the last is its id); all ascending, or all
    descending if newest_first. It appears in an address, so it must hold no name nor anything else about a person.
    after: as the page before gave it. Anything else asks for the first page.
    """
    most = most or A_PAGE
    labels = [f"page_key_{number}" for number in range(len(key))]
    query = query.add_columns(*(column.label(label) for column, label in zip(key, labels, strict=True)))
    last = _read(after or "", key)
    if last is not None:
        here, there = (
            tuple_(*key),
            tuple_(*(literal(value, column.type) for value, column in zip(last, key, strict=True))),
        )
        query = query.where(here < there if newest_first else here > there)
    rows = await tx.all(
        query.order_by(*(column.desc() if newest_first else column.asc() for column in key)).limit(most + 1)
    )
    if len(rows) <= most:
        return rows, None
    return rows[:most], "_".join(_said(rows[most - 1]._mapping[label]) for label in labels)


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    text = value.isoformat() if isinstance(value, date) else str(int(value) if isinstance(value, bool) else value)
    if "_" in text:
        raise ValueError("no key of a page: it holds a low line")
    return text


def _read(text: str, key: Sequence[ColumnElement[Any]]) -> list[Any] | None:
    parts = text.split("_")
    if len(parts) != len(key):
        return None
    try:
        return [_value(part, column.type.python_type) for part, column in zip(parts, key, strict=True)]
    except ValueError:
        return None


def _value(text: str, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no moment")
        return moment
    if kind is date:
        return date.fromisoformat(text)
    if kind is UUID:
        return UUID(text)
    if kind in (int, bool):
        number = int(text)
        if abs(number) >= 1 << 31:
            raise ValueError("no number in a key")
        return kind(number)
    if "\x00" in text:
        raise ValueError("no text")
    return text
