"""A host withdraws or cancels something, and what that means for our people's places there (NOT-05)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from services.opportunities.listings import domain
from services.opportunities.listings.tables import listings, organisations, withdrawals
from services.opportunities.listings.use_cases.held import LOCK, HeldListings, by_listing, held_before
from services.opportunities.listings.use_cases.listings import Values, counted, decided, set_facts
from services.opportunities.places.use_cases.cancelled_elsewhere import say_sessions_of_cancelled
from services.opportunities.places.use_cases.home import cancel_places
from shared.bulk import put_rows
from shared.db import Transaction, participant_of
from shared.events import network
from shared.events.opportunities import OpportunityCancelled
from shared.messaging import outbox, steps


async def hear_withdrawn(
    tx: Transaction, events: Sequence[network.OpportunityWithdrawn], policy: domain.NetworkPolicy
) -> None:
    """It leaves our lists. People with a place keep it, unless it was cancelled: then they are told at once (NOT-05),
    and told why when somebody has checked the reason."""
    await tx.execute(LOCK)
    heard = by_listing(events)
    held = await held_before(tx, heard)
    unknown = []
    for listing_id, versions in heard.items():
        newest = versions[-1]
        before = held.listings.get(listing_id)
        if before is None:
            unknown.append({"listing_id": listing_id, "host_version": max(newest.version, held.version(listing_id))})
        elif newest.version > before.host_version:
            reason, values = _reason_now(tx, before, newest, held, policy)
            if newest.because == "cancelled":
                await _cancel(tx, before, reason, newest.cancelled_at, host_version=newest.version, **values)
            else:
                await set_facts(
                    tx, before, state=newest.because, reason=reason, changed=[], host_version=newest.version, **values
                )
                await decided(tx, before, waiting=values["waiting"])
    await put_rows(tx, withdrawals, unknown)


def _reason_now(
    tx: Transaction,
    listing: Row[Any],
    newest: network.OpportunityWithdrawn,
    held: HeldListings,
    policy: domain.NetworkPolicy,
) -> tuple[str, dict[str, Any]]:
    """(the reason that our people read now, the other waiting words): if a listing's words wait for a check, so does
    its reason (NET-01)."""
    reason = domain.plain(newest.reason)
    waited = domain.Waiting() if newest.because == "cancelled" else domain.Waiting.kept(listing.waiting)
    if not reason or listing.told_at is None:
        return reason, {"waiting": waited.to_keep()}
    if held.looks_first(listing.origin, policy):
        return "", {"waiting": replace(waited, reason=domain.and_reason(waited.reason, reason)).to_keep()}
    return reason, {"waiting": waited.to_keep(), **counted(tx, listing)}


async def _cancel(
    tx: Transaction,
    listing: Row[Any],
    reason: str,
    cancelled_at: datetime | None = None,
    *,
    waiting: Values | None = None,
    **values: Any,
) -> None:
    """cancelled_at: as its host says; None if it does not, and nobody is paid for its sessions (PAY-16)."""
    await set_facts(tx, listing, state="cancelled", reason=reason, changed=[], waiting=waiting, **values)
    await decided(tx, listing, waiting=waiting)
    if listing.state == "cancelled" or listing.told_at is None:
        return
    ended = await cancel_places(tx, listing.id)
    event = OpportunityCancelled(
        version=listing.version + 1,
        opportunity_id=listing.id,
        participants=tuple(map(participant_of, ended)),
        without_place=tuple(participant_of(place) for place in ended if place.state != "taken"),
        reason=reason,
    )
    await outbox.add(tx, event)
    if cancelled_at is not None:
        await say_sessions_of_cancelled(tx, listing, event.version, cancelled_at, ended)
    await steps.add(tx, "listing-cancelled", about=listing.id, origin=listing.origin, places=len(ended))


async def hear_removed(tx: Transaction, event: network.OrganisationRemoved) -> None:
    """The hub's operator removed a host from the network: what it shared ends here, and people with places are told."""
    await tx.execute(LOCK)
    origin = event.removed
    adding = insert(organisations).values(origin=origin, version=0, display_name=origin, url="", removed=True)
    await tx.execute(adding.on_conflict_do_update(index_elements=["origin"], set_={"removed": True}))
    name = await tx.scalar(select(organisations.c.display_name).where(organisations.c.origin == origin))
    still = (listings.c.origin == origin) & (listings.c.state != "cancelled") & (listings.c.last_ends_at > tx.now)
    for listing in await tx.all(select(listings).where(still).order_by(listings.c.id).with_for_update()):
        await _cancel(tx, listing, f"{name} is not in our network any more, so we cannot arrange places there.")
    await steps.add(tx, "organisation-removed", about=event.organisation_id)
