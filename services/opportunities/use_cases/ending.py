"""Ending an opportunity well (OPP-12)."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from services.opportunities import domain
from services.opportunities.tables import attendance_records, attendances, claims_heard, feedback_heard, opportunities, sessions
from services.opportunities.use_cases.announcing import say_withdrawn
from services.opportunities.use_cases.writing import lock_opportunity
from shared.db import Transaction, participant_of
from shared.events.opportunities import OpportunityClosed
from shared.messaging import outbox, steps
from shared.reasons import Refused


async def ending_facts(tx: Transaction, opportunity_id: UUID) -> domain.EndingFacts:
    """What the rules of ending look at, as known here and now."""
    opportunity = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    of_it = sessions.c.opportunity_id == opportunity_id
    to_come = await tx.scalar(select(func.count()).select_from(sessions).where(of_it, sessions.c.ends_at > tx.now))
    has_register = select(attendances.c.id).where(attendances.c.session_id == sessions.c.id).exists()
    no_register = select(func.count()).select_from(sessions).where(of_it, sessions.c.ends_at <= tx.now, ~has_register)
    claims = await tx.all(select(claims_heard).where(claims_heard.c.opportunity_id == opportunity_id))
    waiting = select(func.count()).select_from(feedback_heard).where(feedback_heard.c.opportunity_id == opportunity_id, feedback_heard.c.waiting)
    return domain.EndingFacts(
        sessions_to_come=to_come,
        sessions_without_register=await tx.scalar(no_register),
        thanked=opportunity.thanked_at is not None,
        asked_to_stay=opportunity.asked_to_stay_at is not None,
        outcome=opportunity.outcome,
        attended_without_claim=await _attended_without_claim(tx, opportunity_id) if opportunity.paid else 0,
        claims=tuple(claim.state for claim in claims),
        feedback_waiting=await tx.scalar(waiting),
    )


def _present(opportunity_id: UUID) -> Any:
    """Attendances of an opportunity whose record that holds says: was there."""
    holds = (attendance_records.c.attendance_id == attendances.c.id) & (attendance_records.c.version == attendances.c.version)
    return (
        select(attendances)
        .join(attendance_records, holds)
        .join(sessions, sessions.c.id == attendances.c.session_id)
        .where(sessions.c.opportunity_id == opportunity_id, attendance_records.c.present)
        .order_by(attendances.c.id)
    )


async def _attended_without_claim(tx: Transaction, opportunity_id: UUID) -> int:
    """A guest's claim is their home organisation's (NET-03)."""
    has_claim = (
        select(claims_heard.c.claim_id)
        .where(
            claims_heard.c.session_id == attendances.c.session_id,
            claims_heard.c.participant_kind == attendances.c.participant_kind,
            claims_heard.c.participant_id == attendances.c.participant_id,
            claims_heard.c.participant_home == attendances.c.participant_home,
        )
        .exists()
    )
    of_ours = attendances.c.participant_kind == "person"
    return len(await tx.all(_present(opportunity_id).where(of_ours, ~has_claim)))


async def write_outcome(tx: Transaction, opportunity_id: UUID, outcome: str) -> None:
    """What came of it; the public page shows it."""
    await _set(tx, opportunity_id, "outcome-written", outcome=outcome)


async def mark_thanked(tx: Transaction, opportunity_id: UUID) -> None:
    await _set(tx, opportunity_id, "people-thanked", thanked_at=tx.now)


async def mark_asked_to_stay(tx: Transaction, opportunity_id: UUID) -> None:
    """People were asked whether they want to stay involved."""
    await _set(tx, opportunity_id, "people-asked-to-stay", asked_to_stay_at=tx.now)


async def _set(tx: Transaction, opportunity_id: UUID, what: str, **values: Any) -> None:
    await lock_opportunity(tx, opportunity_id)
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**values))
    await steps.add(tx, what, about=opportunity_id)


async def finish(tx: Transaction, opportunity_id: UUID) -> None:
    """Staff's word that it is over, at any time. What is still missing stays listed."""
    row = await lock_opportunity(tx, opportunity_id)
    if reasons := domain.reasons_not_to_finish(row.state):
        raise Refused(reasons)
    values = {"state": "finished", "version": row.version + 1, "finished_at": tx.now}
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**values))
    await steps.add(tx, "finished", about=opportunity_id)
    await say_withdrawn(tx, opportunity_id, "closed")


async def close(tx: Transaction, opportunity_id: UUID) -> None:
    """OPP-12: refused with everything that is missing, unless it was marked finished."""
    row = await lock_opportunity(tx, opportunity_id)
    facts = await ending_facts(tx, opportunity_id)
    if reasons := domain.reasons_not_to_close(row.state, facts):
        raise Refused(reasons)
    version = row.version + 1
    values = {"state": "closed", "version": version, "closed_at": tx.now}
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**values))
    participants = tuple(dict.fromkeys(participant_of(row) for row in await tx.all(_present(opportunity_id))))
    await outbox.add(tx, OpportunityClosed(version=version, opportunity_id=opportunity_id, participants=participants))
    await steps.add(tx, "closed", about=opportunity_id, missing=len(domain.missing_before_close(facts)))
    await say_withdrawn(tx, opportunity_id, "closed")
