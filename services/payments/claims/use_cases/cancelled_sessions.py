"""Claims for a session that was cancelled shortly before it started (PAY-16): the planned time, and what was spent."""

from datetime import timedelta
from typing import Any
from uuid import uuid5

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from services.payments.claims.domain.claims import no_claim_because
from services.payments.claims.use_cases import ground, records
from services.payments.policy.domain import opens_claims_when_cancelled
from services.payments.policy.queries import rates_for
from services.payments.register import tables
from shared.db import Transaction, actor_values, participant_values
from shared.events.opportunities import PlaceHeld, SessionCancelled
from shared.messaging import steps
from shared.reasons import NotYet


async def hear_cancelled_session(tx: Transaction, event: SessionCancelled) -> None:
    """PAY-16: a claim opens for everyone who had a place. Heard twice, it opens no second one. NET-03: of guests it is
    kept as a register would have them, so that their home can ask us for what we offered."""
    of_it = tables.opportunities.c.opportunity_id == event.opportunity_id
    opportunity = await tx.first(select(tables.opportunities).where(of_it))
    if opportunity is None:
        raise NotYet("the opportunity of this session")
    is_late = opens_claims_when_cancelled(event.starts_at, event.cancelled_at, await rates_for(tx, event.session_date))
    for place in event.guests:
        await _keep(tx, event, opportunity, place, is_late=is_late)
    if not is_late:
        await steps.add(tx, "no-claims", about=event.session_id, because="cancelled-in-time")
        return
    await _keep_session(tx, event)
    for place in event.places:
        new = await _keep(tx, event, opportunity, place, is_late=True)
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


async def _keep(
    tx: Transaction, event: SessionCancelled, opportunity: Row[Any], place: PlaceHeld, *, is_late: bool
) -> Row[Any] | None:
    """None if we have it. Its id follows from session and place, so that each place has one; a guest's from session and
    guest, which both organisations know."""
    is_guest = place.participant.kind == "guest"
    whose = place.participant.id if is_guest else place.place_id
    table, ground_id = tables.attendances, uuid5(event.session_id, str(whose))
    values = {
        "attendance_id": ground_id,
        "version": 1,
        "opportunity_id": event.opportunity_id,
        "session_id": event.session_id,
        "session_date": event.session_date,
        "place_id": place.place_id,
        **participant_values(place.participant),
        **actor_values(tx.actor),
        "present": is_late,
        "no_claim_because": no_claim_because(is_late, is_guest),
        "minutes": event.planned_minutes,
        "planned_minutes": event.planned_minutes,
        "paid": event.paid,
        "recorded_by": event.cancelled_by,
        "recorded_at": tx.now,
        "ground": tables.CANCELLED_SESSION,
        "rate_pence": opportunity.rate_pence,
        "funding": opportunity.funding,
        "expenses_cap_pence": opportunity.expenses_cap_pence,
        **_ids_of_host(event, place),
    }
    new = await tx.first(insert(table).values(values).on_conflict_do_nothing().returning(table))
    if new is not None:
        cancelled = {"attendance_id": ground_id, "person_id": event.cancelled_by}
        await tx.execute(insert(tables.attendance_recorders).values(cancelled).on_conflict_do_nothing())
    return new


def _ids_of_host(event: SessionCancelled, place: PlaceHeld) -> dict[str, Any]:
    """NET-03: what the host is asked by, if it was another organisation's session."""
    if not event.host or event.host_session_id is None:
        return {"host": ""}
    return {
        "host": event.host,
        "guest_id": place.guest_id,
        "host_attendance_id": uuid5(event.host_session_id, str(place.guest_id)),
        "host_opportunity_id": event.host_opportunity_id,
    }
