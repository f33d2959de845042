"""Our own copies of others' matters: what claims and recharges need of them."""

from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.dialects.postgresql import insert

from services.payments import tables
from shared.copies import keep_newest, keep_parts
from shared.db import Transaction
from shared.events.network import OrganisationAnnounced, OrganisationRemoved
from shared.events.opportunities import OpportunityCreated


async def keep_opportunity(tx: Transaction, event: OpportunityCreated) -> None:
    """Our own copy of what claims need: the title, who pays, the sessions."""
    values = {
        "version": event.version,
        "title": event.title,
        # A listing's commissioner pays its host. Until the host pays us back, what we pay there is our own money.
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


async def keep_organisation(tx: Transaction, event: OrganisationAnnounced) -> None:
    """What another organisation calls itself, for the pages of finance. Who says so is in the network."""
    values = {"version": event.version, "display_name": event.display_name, "removed": False}
    await keep_newest(tx, tables.organisations, {"name": event.origin}, values)


async def keep_removal(tx: Transaction, event: OrganisationRemoved) -> None:
    """The hub's operator took it out of the network."""
    table = tables.organisations
    adding = insert(table).values(name=event.removed, version=0, display_name=event.removed, removed=True)
    await tx.execute(adding.on_conflict_do_update(index_elements=[table.c.name], set_={"removed": True}))


async def is_removed(tx: Transaction, organisation: str) -> bool:
    return bool(await tx.scalar(select(tables.organisations.c.removed).where(tables.organisations.c.name == organisation)))


def is_reached(organisation: ColumnElement[Any]) -> ColumnElement[bool]:
    """That an organisation was not removed from the network."""
    return organisation.not_in(select(tables.organisations.c.name).where(tables.organisations.c.removed))
