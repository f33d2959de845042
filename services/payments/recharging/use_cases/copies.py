"""Our own copies of the other organisations in the network."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert

from services.payments.recharging import tables
from shared.copies import keep_newest
from shared.db import Transaction
from shared.events.network import OrganisationAnnounced, OrganisationRemoved
from shared.events.opportunities import OrganisationNamed


async def keep_organisation(tx: Transaction, event: OrganisationAnnounced) -> None:
    """An organisation that announces itself is in the network. What it calls itself is not what we call it
    (`keep_name`)."""
    values = {"version": event.version, "removed": False}
    await keep_newest(tx, tables.organisations, {"name": event.origin}, values, first={"display_name": event.origin})


async def keep_name(tx: Transaction, event: OrganisationNamed) -> None:
    """NET-01: what our people call another organisation, for finance's pages."""
    table = tables.organisations
    adding = insert(table).values(
        name=event.origin, version=0, display_name=event.display_name, named_version=event.version
    )
    said = {"display_name": adding.excluded.display_name, "named_version": adding.excluded.named_version}
    newer = table.c.named_version < adding.excluded.named_version
    await tx.execute(adding.on_conflict_do_update(index_elements=[table.c.name], set_=said, where=newer))


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
