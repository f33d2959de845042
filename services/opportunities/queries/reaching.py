"""How those with a place hear of what changes (NOT-08)."""

from uuid import UUID

from sqlalchemy import func, select

from services.opportunities.domain import Reach
from services.opportunities.tables import people, places
from shared.db import Transaction

_ACTIVE = ("waiting", "offered", "taken")


async def reach_of(tx: Transaction, opportunity_id: UUID) -> Reach:
    """Of everyone who has, waits for or was offered a place, from the cards that we keep."""
    ours = places.c.participant_kind == "person"
    reached = people.c.reached_by_message
    row = await tx.one(
        select(
            func.count().filter(ours, reached.is_(True)).label("by_message"),
            func.count().filter(ours, reached.is_(False)).label("by_phone"),
            func.count().filter(ours, reached.is_(None)).label("unknown"),
            func.count().filter(~ours).label("guests"),
        )
        .select_from(places.outerjoin(people, people.c.person_id == places.c.participant_id))
        .where(places.c.opportunity_id == opportunity_id, places.c.state.in_(_ACTIVE))
    )
    return Reach(row.by_message, row.by_phone, row.unknown, row.guests)
