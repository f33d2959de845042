"""The other organisations of the network: what our people call them, and whether their listings come in unchecked
(NET-01)."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, func, select, update

from services.opportunities.listings import domain
from services.opportunities.listings.queries import called_so, sessions_of_each
from services.opportunities.listings.tables import listings, organisations
from services.opportunities.listings.use_cases.held import LOCK
from services.opportunities.listings.use_cases.listings import facts_now
from shared.copies import keep_newest
from shared.db import Transaction, one_of
from shared.events import network
from shared.events.opportunities import ListingHeld, ListingSettled, OpportunityChanged, OrganisationNamed
from shared.messaging import outbox, steps
from shared.reasons import refuse


async def hear_announced(tx: Transaction, event: network.OrganisationAnnounced, us: domain.Called) -> bool:
    """Keeps another organisation's name and address. True if it had been removed from the network and is back."""
    await tx.execute(LOCK)
    before = await tx.first(select(organisations).where(organisations.c.origin == event.origin).with_for_update())
    if before is not None and event.version <= before.version:
        return False
    said = domain.SaidOfItself(domain.plain(event.display_name) or event.origin, event.url)
    shown = await _shown_now(tx, said, event.origin, before, us)
    values = {"version": event.version, "removed": False, "fingerprint": event.fingerprint, "signs": event.signs}
    await keep_newest(tx, organisations, {"origin": event.origin}, values | shown, first={"known_since": tx.now})
    await _say_if_it_waits(tx, event, before, shown["waiting"])
    if before is None or not before.named_version or before.display_name != shown["display_name"]:
        await _say_name(tx, event.origin)
    return before is not None and before.removed


async def _shown_now(
    tx: Transaction, said: domain.SaidOfItself, origin: str, before: Row[Any] | None, us: domain.Called
) -> dict[str, Any]:
    """What our people read of it from now on, and what waits for a coordinator."""
    read = domain.SaidOfItself(before.display_name, before.url) if before is not None and before.version else None
    trusted = before is not None and before.trusted_at is not None
    alike = domain.is_like_anothers(said.display_name, origin, [us, *await called_so(tx)])
    if not domain.is_to_be_looked_at(said, read, trusted=trusted, alike=alike):
        return {**asdict(said), "waiting": None}
    waited = before.waiting if before is not None else None
    refused = bool(waited) and waited["refused"] and waited["said"] == asdict(said)
    return {
        **asdict(read or domain.SaidOfItself(origin, "")),
        "waiting": {"said": asdict(said), "refused": refused},
    }


async def _say_if_it_waits(
    tx: Transaction, event: network.OrganisationAnnounced, before: Row[Any] | None, waiting: dict[str, Any] | None
) -> None:
    facts = {"version": event.version, "listing_id": event.organisation_id, "origin": event.origin}
    if waiting and not waiting["refused"]:
        await outbox.add(tx, ListingHeld(**facts))
    elif before is not None and before.waiting:
        await outbox.add(tx, ListingSettled(**facts))


async def _say_name(tx: Transaction, origin: str) -> None:
    """Our other services call it so, too, and know what it shares by that name."""
    table, of_it = organisations, organisations.c.origin == origin
    later = func.greatest(table.c.named_version, table.c.version) + 1
    row = await tx.one(update(table).where(of_it).values(named_version=later).returning(table))
    facts = {"origin": origin, "display_name": row.display_name, "organisation_id": network.organisation_id(origin)}
    await outbox.add(tx, OrganisationNamed(version=row.named_version, **facts))
    await _say_what_it_shares(tx, origin, row.display_name)


async def _say_what_it_shares(tx: Transaction, origin: str, name: str) -> None:
    """Nothing of it has changed but its host's name, so no person is told."""
    told = listings.c.told_at.is_not(None) & (listings.c.state != "cancelled") & (listings.c.last_ends_at > tx.now)
    of_it = select(listings.c.id).where(listings.c.origin == origin, told).order_by(listings.c.id).with_for_update()
    ids = [each.id for each in await tx.all(of_it)]
    planned = await sessions_of_each(tx, ids)
    later = update(listings).where(one_of(listings.c.id, ids)).values(version=listings.c.version + 1)
    facts = [
        facts_now(each._mapping, [session._mapping for session in planned[each.id]], name)
        for each in await tx.all(later.returning(listings))
    ]
    await outbox.add_all(tx, [OpportunityChanged(**each, changed=(), reason="") for each in facts])


async def decide_name(tx: Transaction, origin: str, *, shown: bool, read: int) -> None:
    """NET-01: an organisation calls itself something that waits: our people read that from now on, or what they have
    read so far. read: the version that was read."""
    known = await tx.one(select(organisations).where(organisations.c.origin == origin).with_for_update())
    if not known.waiting:
        return
    refuse(domain.reasons_not_to_decide(known.version, read))
    said = known.waiting["said"]
    values = {**said, "waiting": None} if shown else {"waiting": {"said": said, "refused": True}}
    await tx.execute(update(organisations).where(organisations.c.origin == origin).values(**values))
    if shown:
        await _say_name(tx, origin)
    about = network.organisation_id(origin)
    await outbox.add(tx, ListingSettled(version=known.version, listing_id=about, origin=origin))
    await steps.add(
        tx, "organisation-name-shown" if shown else "organisation-name-not-shown", about=about, origin=origin
    )


async def trust(tx: Transaction, origin: str, *, trusted: bool) -> None:
    """NET-01: from now on, an organisation's listings come in unchecked, up to a day's worth; or each is checked again.
    Raises Missing."""
    known = await tx.one(select(organisations).where(organisations.c.origin == origin).with_for_update())
    if (known.trusted_at is not None) != trusted:
        await tx.execute(
            update(organisations).where(organisations.c.origin == origin).values(trusted_at=tx.now if trusted else None)
        )
        await steps.add(
            tx,
            "organisation-trusted" if trusted else "organisation-not-trusted",
            about=network.organisation_id(origin),
            origin=origin,
        )
