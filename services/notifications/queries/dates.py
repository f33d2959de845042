"""When an opportunity is, by our own copy of it."""

from uuid import UUID

from sqlalchemy import select

from services.notifications.domain.changes import Dates
from services.notifications.tables import meetings_of, opportunities, sessions
from shared.db import Transaction


async def dates_of(tx: Transaction, opportunity_id: UUID) -> Dates:
    """Nothing if we have not heard of it."""
    closes_on = select(opportunities.c.closes_on).where(opportunities.c.opportunity_id == opportunity_id)
    rows = await tx.all(
        select(sessions)
        .where(sessions.c.opportunity_id == opportunity_id)
        .order_by(sessions.c.starts_at, sessions.c.session_id)
    )
    return Dates(meetings_of(rows), await tx.scalar(closes_on))
