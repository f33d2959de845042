"""People who came without a place (OPP-11)."""

from uuid import UUID

from sqlalchemy import select

from services.opportunities.people import queries
from services.opportunities.people.domain import reasons_not_to_take_part_before_age
from services.opportunities.people.tables import people
from services.opportunities.people.use_cases.ages import ask_for_age
from services.opportunities.places.use_cases.taking import insert_place, use_up_waiting
from services.opportunities.register.domain import reasons_not_to_record_attendance
from services.opportunities.register.queries import lines_of
from services.opportunities.writing.tables import sessions
from services.opportunities.writing.use_cases import lock_opportunity
from shared.db import Transaction, participant_values
from shared.events import ParticipantRef
from shared.messaging import steps
from shared.reasons import refuse


async def add_walk_in(tx: Transaction, opportunity_id: UUID, session_id: UUID, participant: ParticipantRef) -> UUID:
    """OPP-11: someone who came without a place is on the register of that session, whatever the capacity, because they
    were there.

    It applies to that session alone. A place in coming sessions does not change, nor does one on the waiting list while
    a session is to come."""
    opportunity = await lock_opportunity(tx, opportunity_id)
    session = await tx.one(
        select(sessions).where(sessions.c.id == session_id, sessions.c.opportunity_id == opportunity_id)
    )
    cancelled_at = session.cancelled_at or opportunity.cancelled_at
    refuse(reasons_not_to_record_attendance(opportunity.state, session.starts_at, tx.now, cancelled_at))
    await tx.one(select(people.c.person_id).where(people.c.person_id == participant.id))
    on_it = lines_of(session_id).subquery()
    listed = await tx.scalar(
        select(on_it.c.id).where(
            *(on_it.c[column] == value for column, value in participant_values(participant).items())
        )
    )
    if reasons_not_to_take_part_before_age(await queries.age_known(tx, participant.id)):
        await ask_for_age(tx, participant.id)  # PEO-03: they are here, so they are on it; a coordinator asks their age
    visit = listed or await _add_visit(tx, opportunity_id, session_id, participant)
    await use_up_waiting(tx, opportunity_id, participant)
    return visit


async def _add_visit(tx: Transaction, opportunity_id: UUID, session_id: UUID, participant: ParticipantRef) -> UUID:
    """For one session only: nobody is told of a place, reminded, or counted as taking part."""
    row = await insert_place(tx, opportunity_id, participant, "left", walk_in=True, only_session_id=session_id)
    await steps.add(tx, "walked-in", about=row["id"], opportunity_id=opportunity_id, session_id=session_id)
    return row["id"]
