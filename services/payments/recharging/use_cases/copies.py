"""Our own copies of the other organisations in the network."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert

from services.payments.recharging import tables
from shared.copies import keep_newest
from shared.db import Transaction
from shared.events.network import OrganisationAnnounced, OrganisationRemoved


async def keep_organisation(tx: Transaction, event: OrganisationAnnounced) -> None:
    """What another organisation calls itself, for finance's pages. An organisation that says so is in the network."""
    values = {"version": event.version, "display_name": event.display_name, "removed": False}
    await keep_newest(tx, tables.organisations, {"name": event.origin}, values)


async def keep_removal(tx: Transaction, event: OrganisationRemoved) -> None:
    """The hub's operator took it out of the network."""
    table = tables.organisations
    adding = insert(table).values(name=event.removed, version=0, display_name=event.removed, removed=True)
    await tx.execute(adding.on_conflict_do_update(index_elements=[table.c.name], set_={"removed": True}))


async def is_removed(tx: Transaction, organisation: str) -> bool:
    return bool(
        await tx.scalar(select(tables.organisations.c.removed).where(tables.organisations.c.name == organisation))
    )


def is_reached(organisation: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an organisation is still in the network."""
    return organisation.not_in(select(tables.organisations.c.name).where(tables.organisations.c.removed))
