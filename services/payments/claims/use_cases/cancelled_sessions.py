"""Claims for a session that was cancelled shortly before it started (PAY-16): the planned time, and what was spent."""

from datetime import timedelta
from typing import Any
from uuid import uuid5

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from services.payments.claims.use_cases import ground, records
from services.payments.policy.domain import opens_claims_when_cancelled
from services.payments.policy.queries import rates_for
from services.payments.register import tables
from shared.db import Transaction, actor_values, participant_values
from shared.events.opportunities import PlaceHeld, SessionCancelled
from shared.messaging import steps
from shared.reasons import NotYet


async def hear_cancelled_session(tx: Transaction, event: SessionCancelled) -> None:
    """PAY-16: a claim opens for everyone who had a place. Heard twice, it opens no second one."""
    of_it = tables.opportunities.c.opportunity_id == event.opportunity_id
    if await tx.first(select(tables.opportunities.c.version).where(of_it)) is None:
        raise NotYet("the opportunity of this session")
    if not opens_claims_when_cancelled(event.starts_at, event.cancelled_at, await rates_for(tx, event.session_date)):
        await steps.add(tx, "no-claims", about=event.session_id, because="cancelled-in-time")
        return
    await _keep_session(tx, event)
    for place in event.places:
        new = await _keep(tx, event, place)
        if new is not None:
            await ground.add_fee(tx, await records.open_claim(tx, new), new)


async def _keep_session(tx: Transaction, event: SessionCancelled) -> None:
    """The opportunity's newer state, without this session, may have been heard first."""
    session = {
        "session_id": event.session_id,
        "opportunity_id": event.opportunity_id,
        "starts_at": event.starts_at,
        "ends_at": event.starts_at + timedelta(minutes=event.planned_minutes),
        "venue": "",
    }
    await tx.execute(insert(tables.sessions).values(session).on_conflict_do_nothing())


async def _keep(tx: Transaction, event: SessionCancelled, place: PlaceHeld) -> Row[Any] | None:
    """None if we have it. Its id follows from session and place, so that each place has one."""
    table, ground_id = tables.attendances, uuid5(event.session_id, str(place.place_id))
    values = {
        "attendance_id": ground_id,
        "version": 1,
        "opportunity_id": event.opportunity_id,
        "session_id": event.session_id,
        "session_date": event.session_date,
        "place_id": place.place_id,
        **participant_values(place.participant),
        **actor_values(tx.actor),
        "present": True,
        "minutes": event.planned_minutes,
        "planned_minutes": event.planned_minutes,
        "paid": event.paid,
        "recorded_by": event.cancelled_by,
        "recorded_at": tx.now,
        "host": "",
        "ground": tables.CANCELLED_SESSION,
    }
    new = await tx.first(insert(table).values(values).on_conflict_do_nothing().returning(table))
    if new is not None:
        cancelled = {"attendance_id": ground_id, "person_id": event.cancelled_by}
        await tx.execute(insert(tables.attendance_recorders).values(cancelled).on_conflict_do_nothing())
    return new
