"""What begins before a promised answer, so that whoever asked is told to ring (OPP-22)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select


def begins_before(starts: Iterable[datetime], now: datetime, due_at: datetime) -> datetime | None:
    """OPP-22: the next session, if it begins before we promise to answer; None if they hear in time."""
    return min((starts_at for starts_at in starts if now < starts_at < due_at), default=None)


def first_begins_before(
    starts_at: ColumnElement[datetime], now: datetime, due_at: Any, *its: ColumnElement[bool]
) -> Any:
    """`begins_before` in SQL. its: which rows are meant. due_at: a moment, or a column of the query around it."""
    return select(func.min(starts_at)).where(*its, starts_at > now, starts_at < due_at).scalar_subquery()
