"""A session that was moved shortly before it was to start (PAY-16): whoever comes may have lost a fare."""

from sqlalchemy import func, select, update

from services.payments.policy.domain import fares_may_be_lost
from services.payments.policy.queries import rates_for
from services.payments.register import tables
from shared.clock import london_date
from shared.db import Transaction
from shared.events.opportunities import SessionChanged
from shared.messaging import steps
from shared.reasons import NotYet


async def hear_moved_session(tx: Transaction, event: SessionChanged) -> None:
    """PAY-16: keeps the latest start from which it was moved so late. Its opportunity's event, which says when it is
    now, is heard first."""
    of_it = tables.opportunities.c.opportunity_id == event.opportunity_id
    known = await tx.first(select(tables.opportunities.c.version).where(of_it))
    if known is None or known.version < event.opportunity_version:
        raise NotYet("the change of the opportunity of this session")
    rates = await rates_for(tx, london_date(event.was_starts_at))
    if not fares_may_be_lost(event.was_starts_at, event.starts_at, event.moved_at, rates):
        return
    sessions = tables.sessions
    latest = func.greatest(sessions.c.moved_late_from, event.was_starts_at)
    await tx.execute(update(sessions).where(sessions.c.session_id == event.session_id).values(moved_late_from=latest))
    await steps.add(tx, "session-moved-late", about=event.session_id)
