"""Sessions that other organisations cancelled, and who of ours had a place: payments opens claims (PAY-16, NET-03)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.opportunities.listings.tables import listing_sessions, listing_sessions_gone, listings
from services.opportunities.places.domain.guests import had_a_place_when_cancelled
from services.opportunities.places.tables.guests import guest_places
from services.opportunities.writing.domain.drafts import planned_minutes
from shared.clock import london_date
from shared.db import Transaction, one_of, participant_of
from shared.events import network
from shared.events.opportunities import PlaceHeld, SessionCancelled
from shared.messaging import outbox


async def hear_cancelled_sessions(tx: Transaction, events: Sequence[network.OpportunityShared]) -> None:
    """After the listings were brought up to date: says once of each session that its host cancelled while others go on.
    A host of a version before does not say since when, and nobody is paid for its sessions."""
    said = {network.local_id(event.origin, each.session_id): each for event in events for each in event.cancelled}
    gone, its = listing_sessions_gone, listings.c.id == listing_sessions_gone.c.listing_id
    found = select(listings, gone.c.id.label("session_id"), gone.c.starts_at, gone.c.ends_at).join(gone, its)
    of_them = one_of(gone.c.id, said), gone.c.said_at.is_(None), listings.c.told_at.is_not(None)
    for row in await tx.all(found.where(*of_them).order_by(gone.c.id).with_for_update(of=gone)):
        places = select(guest_places).where(guest_places.c.listing_id == row.id).order_by(guest_places.c.id)
        fact = said[row.session_id]
        await _say(tx, row, row.version, row, fact.session_id, fact.cancelled_at, await tx.all(places))
        await tx.execute(update(gone).where(gone.c.id == row.session_id).values(said_at=tx.now))


async def say_sessions_of_cancelled(
    tx: Transaction, listing: Row[Any], version: int, cancelled_at: datetime, places: Sequence[Row[Any]]
) -> None:
    """version: of our own word that the whole is cancelled; places: as they were until then."""
    session_id = listing_sessions.c.id.label("session_id")
    its = select(session_id, *listing_sessions.c).where(listing_sessions.c.listing_id == listing.id)
    for session in await tx.all(its.order_by(listing_sessions.c.starts_at, listing_sessions.c.id)):
        await _say(tx, listing, version, session, session.host_session_id, cancelled_at, places)


async def _say(
    tx: Transaction,
    listing: Row[Any],
    version: int,
    session: Row[Any],
    host_session_id: UUID,
    cancelled_at: datetime,
    places: Sequence[Row[Any]],
) -> None:
    """session: session_id, starts_at and ends_at as our people knew them. Nothing, if it had begun."""
    moment = min(cancelled_at, tx.now)
    if session.starts_at <= moment:
        return
    held = tuple(
        PlaceHeld(place_id=each.id, participant=participant_of(each), guest_id=each.guest_id)
        for each in places
        if had_a_place_when_cancelled(each.state, each.created_at, moment)
    )
    event = SessionCancelled(
        version=version,
        session_id=session.session_id,
        opportunity_id=listing.id,
        session_date=london_date(session.starts_at),
        starts_at=session.starts_at,
        cancelled_at=moment,
        planned_minutes=planned_minutes(session.starts_at, session.ends_at),
        paid=listing.paid,
        places=held,
        cancelled_by=network.organisation_id(listing.origin),
        opportunity_version=version,
        host=listing.origin,
        host_opportunity_id=listing.host_opportunity_id,
        host_session_id=host_session_id,
    )
    await outbox.add(tx, event)
