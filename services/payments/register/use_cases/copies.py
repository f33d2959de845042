"""Our own copies of opportunities, as far as claims and recharges need them."""

from sqlalchemy import exists

from services.payments.register import tables
from shared.copies import keep_newest, keep_parts
from shared.db import Transaction
from shared.events.opportunities import OpportunityCreated


async def keep_opportunity(tx: Transaction, event: OpportunityCreated) -> None:
    """Keeps what claims need: the title, who pays, the sessions."""
    values = {
        "version": event.version,
        "title": event.title,
        # A listing's commissioner pays its host. Until the host pays us back, we spend our own money there.
        "commissioner": "" if event.host else event.commissioner,
        "budget_pence": event.budget_pence,
        "paid": event.paid,
        "contact_role": event.contact_role,
        "mode": event.mode,
        "host": event.host,
        "host_name": event.host_name,
        "rate_pence": event.rate_pence,
        "funding": event.funding,
        "expenses_cap_pence": event.expenses_cap_pence,
    }
    whole = {"opportunity_id": event.opportunity_id}
    if await keep_newest(tx, tables.opportunities, whole, values):
        spoken_of = exists().where(tables.attendances.c.session_id == tables.sessions.c.session_id)
        await keep_parts(tx, tables.sessions, whole, [session.model_dump() for session in event.sessions], spoken_of)
