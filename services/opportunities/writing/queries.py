"""Reads of what is written: an opportunity, its sessions, and its changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Subquery, func, select, union_all

from services.opportunities.writing.tables import (
    changes,
    closes_at,
    notice_counts,
    opportunities,
    session_moves,
    sessions,
)
from shared.clock import london_date
from shared.db import Transaction, one_of, rows_by


@dataclass(frozen=True, slots=True)
class Planned:
    """An opportunity as it is written: its row, and the sessions that are not cancelled, earliest first."""

    facts: Row[Any]
    sessions: Sequence[Row[Any]]


async def planned_opportunity(tx: Transaction, opportunity_id: UUID) -> Planned:
    """In any state, without the people who have a place."""
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    return Planned(row, (await sessions_of_each(tx, [opportunity_id]))[opportunity_id])


def next_dates(now: datetime, of: Collection[UUID] | None = None) -> Subquery:
    """(opportunity_id, starts_at): when the next session of each opportunity begins, or its closing day's last minute.
    of: these opportunities; None: all."""
    coming = [sessions.c.starts_at > now, sessions.c.cancelled_at.is_(None)]
    closing = [opportunities.c.state == "published", closes_at() > now]
    last_minute = closes_at() - timedelta(minutes=1)  # nobody reads "midnight" as the end of the day before
    if of is not None:
        coming.append(one_of(sessions.c.opportunity_id, of))
        closing.append(one_of(opportunities.c.id, of))
    first = func.min(sessions.c.starts_at).label("starts_at")
    met = select(sessions.c.opportunity_id, first).where(*coming).group_by(sessions.c.opportunity_id)
    return union_all(met, select(opportunities.c.id, last_minute).where(*closing)).subquery()


async def changes_of(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """What was changed after it was published, latest first (OPP-16)."""
    return await tx.all(
        select(changes).where(changes.c.opportunity_id == opportunity_id).order_by(changes.c.version.desc())
    )


async def moves_of(tx: Transaction, opportunity_id: UUID) -> dict[UUID, Row[Any]]:
    """OPP-16: of each of its sessions that was moved, when and where it was to be before it was moved last."""
    its = select(session_moves).join(sessions, sessions.c.id == session_moves.c.session_id)
    of_it = its.where(sessions.c.opportunity_id == opportunity_id).order_by(session_moves.c.version)
    return {row.session_id: row for row in await tx.all(of_it)}


async def cancelled_sessions_of(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """OPP-19: its sessions that will not happen while others do, earliest first."""
    of_it = sessions.c.opportunity_id == opportunity_id, sessions.c.cancelled_at.is_not(None)
    return await tx.all(select(sessions).where(*of_it).order_by(sessions.c.starts_at, sessions.c.id))


async def cancelled_sessions_of_each(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """OPP-19: the sessions of each opportunity that were cancelled."""
    gone = select(sessions).where(sessions.c.cancelled_at.is_not(None)).order_by(sessions.c.starts_at, sessions.c.id)
    return await rows_by(tx, gone, sessions.c.opportunity_id, ids)


async def opportunity_of(tx: Transaction, session_id: UUID) -> UUID:
    """Missing if there is no such session."""
    return (await tx.one(select(sessions.c.opportunity_id).where(sessions.c.id == session_id))).opportunity_id


@dataclass(frozen=True, slots=True)
class Notice:
    """OPP-03: the notice that people had of a session. because: "published", "moved" or "added"; on: the day of that;
    day: the session's day then."""

    because: str
    on: date
    day: date
    days: int


async def notice_given(tx: Transaction, row: Row[Any]) -> list[Notice]:
    """Each count of notice, in order. row: the opportunity, which has the first one if it was published before counts
    were kept."""
    counted = select(notice_counts).where(notice_counts.c.opportunity_id == row.id).order_by(notice_counts.c.id)
    found = [(each.because, london_date(each.counted_at), each.days_given) for each in await tx.all(counted)]
    if not found and row.published_at is not None and row.notice_days_given is not None:
        found = [("published", london_date(row.published_at), row.notice_days_given)]
    return [Notice(because, on, on + timedelta(days=days), days) for because, on, days in found]


async def sessions_of_each(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """The sessions of each opportunity that are not cancelled, earliest first."""
    planned = select(sessions).where(sessions.c.cancelled_at.is_(None)).order_by(sessions.c.starts_at, sessions.c.id)
    return await rows_by(tx, planned, sessions.c.opportunity_id, ids)
