"""Reads of what is written: an opportunity, its sessions, and what was changed of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.opportunities.writing.tables import changes, notice_counts, opportunities, sessions
from shared.db import Transaction, one_of


@dataclass(frozen=True, slots=True)
class Planned:
    """An opportunity as it is written: its row, and the sessions that are not cancelled, the first one first."""

    facts: Row[Any]
    sessions: Sequence[Row[Any]]


async def planned_opportunity(tx: Transaction, opportunity_id: UUID) -> Planned:
    """In whatever state, without who has a place."""
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    return Planned(row, (await sessions_of_each(tx, [opportunity_id]))[opportunity_id])


async def changes_of(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """What was changed after it was published, the latest first (OPP-16)."""
    return await tx.all(
        select(changes).where(changes.c.opportunity_id == opportunity_id).order_by(changes.c.version.desc())
    )


async def opportunity_of(tx: Transaction, session_id: UUID) -> UUID:
    """Missing if there is no such session."""
    return (await tx.one(select(sessions.c.opportunity_id).where(sessions.c.id == session_id))).opportunity_id


async def moves_nearer(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """The notice that people had of sessions which were moved nearer or added later, with when each is now (OPP-03)."""
    counted = select(notice_counts, sessions.c.starts_at).join(sessions, sessions.c.id == notice_counts.c.session_id)
    return await tx.all(
        counted.where(
            notice_counts.c.opportunity_id == opportunity_id, notice_counts.c.because.in_(("moved", "added"))
        ).order_by(notice_counts.c.id)
    )


async def sessions_of_each(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """Of each of these opportunities the sessions that were not cancelled, the first one first."""
    of_each: dict[UUID, list[Row[Any]]] = {each: [] for each in ids}
    planned = select(sessions).where(one_of(sessions.c.opportunity_id, ids), sessions.c.cancelled_at.is_(None))
    for session in await tx.all(planned.order_by(sessions.c.starts_at, sessions.c.id)):
        of_each[session.opportunity_id].append(session)
    return of_each
