"""Saying which sessions were cancelled, and who had a place (OPP-19): payments opens claims for them (PAY-16)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from services.opportunities.places.tables.places import places
from services.opportunities.writing.domain.drafts import planned_minutes
from shared.clock import london_date
from shared.db import Transaction, participant_of
from shared.events.opportunities import PlaceHeld, SessionCancelled
from shared.messaging import outbox


async def say_sessions_cancelled(tx: Transaction, opportunity: Row[Any], cancelled: Sequence[Row[Any]]) -> None:
    """opportunity and sessions: locked, and its places as they were until now. Leaves out sessions that have begun:
    they have a register; and guests, whom nobody pays for a late cancelling yet."""
    if tx.actor.id is None:
        raise ValueError("a person cancels a session")
    of_it = places.c.opportunity_id == opportunity.id, places.c.only_session_id.is_(None)
    taken = places.c.state == "taken", places.c.participant_kind == "person"
    rows = await tx.all(select(places).where(*of_it, *taken).order_by(places.c.id))
    held = tuple(PlaceHeld(place_id=row.id, participant=participant_of(row)) for row in rows)
    for session in cancelled:
        if session.starts_at <= tx.now:
            continue
        event = SessionCancelled(
            version=1,
            session_id=session.id,
            opportunity_id=opportunity.id,
            session_date=london_date(session.starts_at),
            starts_at=session.starts_at,
            cancelled_at=tx.now,
            planned_minutes=planned_minutes(session.starts_at, session.ends_at),
            paid=bool(opportunity.paid),
            places=held,
            cancelled_by=tx.actor.id,
        )
        await outbox.add(tx, event)
