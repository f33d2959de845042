"""What each session says of itself: it was added, moved or cancelled (OPP-16, OPP-19). The caller has locked its
opportunity, and says the same of all its sessions to whoever is told."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from services.opportunities.places.tables.places import places
from services.opportunities.writing.domain.drafts import planned_minutes
from services.opportunities.writing.tables import changes, session_moves, sessions
from shared.clock import london_date
from shared.db import Transaction, actor_values, one_of, participant_of
from shared.events.opportunities import PlaceHeld, SessionAdded, SessionCancelled, SessionChanged
from shared.messaging import outbox


async def say_sessions_added(tx: Transaction, ids: Collection[UUID], opportunity_version: int) -> None:
    for session in await _next_versions(tx, ids):
        await outbox.add(tx, SessionAdded(**_facts(session, opportunity_version)))


async def say_session_moved(tx: Transaction, before: Row[Any], opportunity_version: int) -> None:
    """Remembers when and where it was to be. Says nothing if only how to join it changed, which is not public."""
    [session] = await _next_versions(tx, [before.id])
    was = {"starts_at": before.starts_at, "ends_at": before.ends_at, "venue": before.venue}
    if all(session._mapping[name] == value for name, value in was.items()):
        return
    of_it = {"session_id": session.id, "version": session.version, "moved_at": tx.now}
    await tx.execute(insert(session_moves).values(**of_it, **was, **actor_values(tx.actor)))
    then = {"was_starts_at": before.starts_at, "was_ends_at": before.ends_at, "moved_at": tx.now}
    await outbox.add(tx, SessionChanged(**_facts(session, opportunity_version), **then))


async def say_sessions_cancelled(
    tx: Transaction, opportunity: Row[Any], cancelled: Sequence[Row[Any]], opportunity_version: int | None
) -> None:
    """Says who had a place, so that payments opens claims (PAY-16). opportunity and sessions: locked, and its places as
    they were until now. Leaves out sessions that have begun: they have a register. opportunity_version None: nobody
    had to be told."""
    if tx.actor.id is None:
        raise ValueError("a person cancels a session")
    of_it = places.c.opportunity_id == opportunity.id, places.c.only_session_id.is_(None)
    rows = await tx.all(select(places).where(*of_it, places.c.state == "taken").order_by(places.c.id))
    held = [PlaceHeld(place_id=row.id, participant=participant_of(row)) for row in rows]
    said_with = opportunity_version or await _last_said(tx, opportunity.id)
    to_come = [session.id for session in cancelled if session.starts_at > tx.now]
    for session in await _next_versions(tx, to_come):
        event = SessionCancelled(
            version=session.version,
            session_id=session.id,
            opportunity_id=opportunity.id,
            session_date=london_date(session.starts_at),
            starts_at=session.starts_at,
            cancelled_at=tx.now,
            planned_minutes=planned_minutes(session.starts_at, session.ends_at),
            paid=bool(opportunity.paid),
            places=tuple(each for each in held if each.participant.kind == "person"),
            guests=tuple(each for each in held if each.participant.kind == "guest"),
            cancelled_by=tx.actor.id,
            opportunity_version=said_with,
        )
        await outbox.add(tx, event)


async def _last_said(tx: Transaction, opportunity_id: UUID) -> int:
    """The version that our own services heard last: of its newest change, or of its publication."""
    newest = select(func.max(changes.c.version)).where(changes.c.opportunity_id == opportunity_id)
    return await tx.scalar(newest) or 1


async def _next_versions(tx: Transaction, ids: Collection[UUID]) -> list[Row[Any]]:
    """The sessions, earliest first, each with its next version."""
    of_it = one_of(sessions.c.id, ids)
    rows = await tx.all(update(sessions).where(of_it).values(version=sessions.c.version + 1).returning(sessions))
    return sorted(rows, key=lambda row: (row.starts_at, row.id))


def _facts(session: Row[Any], opportunity_version: int) -> dict[str, Any]:
    return {
        "version": session.version,
        "session_id": session.id,
        "opportunity_id": session.opportunity_id,
        "opportunity_version": opportunity_version,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "venue": session.venue,
    }
