"""What sessions say of themselves (OPP-16, OPP-19). People are told by their opportunity's events, which say the same
of all its sessions: so those are heard first, in whatever order they come."""

from sqlalchemy import delete, update

from services.notifications.tables import sessions
from services.notifications.use_cases.opportunities import must_know
from shared.db import Transaction
from shared.events.opportunities import SessionAdded, SessionCancelled, SessionChanged
from shared.reasons import NotYet


async def hear_session(tx: Transaction, event: SessionAdded | SessionChanged) -> None:
    """OPP-16: keeps when it was to be before it was moved."""
    await _after_its_opportunity(tx, event)
    was = event.was_starts_at if isinstance(event, SessionChanged) else None
    older = sessions.c.session_id == event.session_id, sessions.c.version < event.version
    await tx.execute(update(sessions).where(*older).values(version=event.version, was_starts_at=was))


async def hear_cancelled(tx: Transaction, event: SessionCancelled) -> None:
    """OPP-19: it is gone, though nobody had a place and no change was told. What was cancelled whole keeps its
    dates."""
    if not event.opportunity_version or await _after_its_opportunity(tx, event):
        return
    older = sessions.c.session_id == event.session_id, sessions.c.version < event.version
    await tx.execute(delete(sessions).where(*older))


async def _after_its_opportunity(tx: Transaction, event: SessionAdded | SessionChanged | SessionCancelled) -> bool:
    """Whether its opportunity was cancelled. Raises NotYet until we have heard the opportunity's event."""
    row = await must_know(tx, event.opportunity_id)
    if row.version < event.opportunity_version:
        raise NotYet("the change of its opportunity")
    return row.cancelled
