"""Our people at other organisations' opportunities: we ask for them, hear the answers, and tell them (NET-02)."""

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.opportunities.listings.domain import NetworkPolicy, reasons_not_to_take_part_in_listing
from services.opportunities.listings.queries import facts_of
from services.opportunities.listings.tables import listing_sessions, listings
from services.opportunities.people import queries
from services.opportunities.people.domain import reasons_not_to_take_part_before_age
from services.opportunities.places.domain import guests
from services.opportunities.places.domain.needs import NeedsChange
from services.opportunities.places.domain.taking import mark_of_dates, reasons_to_look_at_dates_again
from services.opportunities.places.tables.guests import guest_needs, guest_places
from services.opportunities.places.use_cases.words import say_what_waits
from shared.db import Transaction, actor_values, new_id, participant_values
from shared.events import ParticipantRef
from shared.events.listings import GuestAccepted, GuestLeft, GuestRequested
from shared.events.opportunities import PlaceLeft
from shared.messaging import outbox, steps
from shared.reasons import Missing, refuse


async def ask_for_place(
    tx: Transaction,
    listing_id: UUID,
    participant: ParticipantRef,
    ticked: Sequence[str],
    agreed_to: str,
    policy: NetworkPolicy,
    *,
    seen: str | None = None,
) -> UUID:
    """Asks the host for a place, as a guest with a fresh id and code. agreed_to: the version of the text that the
    person agreed to. seen: the mark of the dates on their page; None: there was no page.

    A second request finds the active one. After its end there is a new one, which nobody can link to the old."""
    listing = await tx.one(select(listings).where(listings.c.id == listing_id).with_for_update())
    active = await tx.first(
        select(guest_places).where(
            guest_places.c.listing_id == listing_id, _of(participant), guest_places.c.state.in_(guests.ACTIVE)
        )
    )
    if active is not None:
        return active.id
    reasons = reasons_not_to_take_part_in_listing(facts_of(listing), tx.now, policy)
    reasons = reasons or reasons_not_to_take_part_before_age(await queries.age_known(tx, participant.id))
    refuse(reasons or guests.reasons_against_agreement(agreed_to))
    await _refuse_unread(tx, listing, seen)
    place = await _add_guest_place(tx, listing, participant, agreed_to)
    await _tick(tx, place.id, guests.ticked_for_guest(ticked))
    await outbox.add(tx, GuestRequested(**_facts(place, 1)))
    await steps.add(
        tx, "guest-place-requested", about=place.id, listing_id=listing_id, host=listing.origin, agreed_to=agreed_to
    )
    return place.id


async def _add_guest_place(tx: Transaction, listing: Row[Any], participant: ParticipantRef, agreed_to: str) -> Row[Any]:
    values = {
        "id": new_id(),
        "version": 1,
        # Wholly random: a UUIDv7 would tell the host when we made it.
        "guest_id": uuid4(),
        "host": listing.origin,
        "listing_id": listing.id,
        "host_opportunity_id": listing.host_opportunity_id,
        **participant_values(participant),
        "state": "requested",
        "agreed_to": agreed_to,
        "agreed_at": tx.now,
        "created_at": tx.now,
        "changed_at": tx.now,
        **actor_values(tx.actor),
    }
    while True:
        adding = (
            upsert(guest_places)
            .values(**values, code=guests.new_code(secrets.choice))
            .on_conflict_do_nothing(constraint="net_02_one_code_each")
        )
        added = await tx.first(adding.returning(guest_places))
        if added is not None:
            return added


async def change_needs(
    tx: Transaction, place_id: UUID, participant: ParticipantRef, ticked: Sequence[str]
) -> NeedsChange:
    """Newly ticked needs are asked for, unticked ones are withdrawn, and the rest keep their answers. The host is
    told."""
    place = await _lock_own(tx, place_id, participant)
    if place.state not in guests.ACTIVE:
        raise Missing
    asked = guests.ticked_for_guest(ticked)
    held = {row.need for row in await tx.all(select(guest_needs).where(guest_needs.c.guest_place_id == place_id))}
    if held == set(asked):
        return "same"
    await tx.execute(
        delete(guest_needs).where(guest_needs.c.guest_place_id == place_id, guest_needs.c.need.not_in(asked))
    )
    await _tick(tx, place_id, [need for need in asked if need not in held])
    version = await _change(tx, place)
    await outbox.add(tx, GuestRequested(**_facts(place, version)))
    await steps.add(tx, "guest-needs-changed", about=place_id, count=len(asked))
    return "asked" if set(asked) - held else "changed"


async def _refuse_unread(tx: Transaction, listing: Row[Any], seen: str | None) -> None:
    """The caller has locked the listing's row, as do updates from its host."""
    if seen is not None:
        of_it = select(listing_sessions).where(listing_sessions.c.listing_id == listing.id)
        planned = await tx.all(of_it.order_by(listing_sessions.c.starts_at, listing_sessions.c.id))
        refuse(reasons_to_look_at_dates_again(seen, mark_of_dates(listing.mode, planned)))


async def accept_offer(tx: Transaction, place_id: UUID, participant: ParticipantRef, seen: str | None = None) -> None:
    """Accepts the place that came free; the host has the last word. A second click changes nothing. seen: as in
    `ask_for_place`."""
    of_it = select(guest_places.c.listing_id).where(guest_places.c.id == place_id, _of(participant)).scalar_subquery()
    listing = await tx.one(select(listings).where(listings.c.id == of_it).with_for_update(read=True))
    place = await _lock_own(tx, place_id, participant)
    if place.state == "taken" or (place.state == "offered" and place.accepted_at):
        return
    reasons = guests.reasons_not_to_accept_as_guest(place.state)
    refuse(reasons or reasons_not_to_take_part_before_age(await queries.age_known(tx, participant.id)))
    await _refuse_unread(tx, listing, seen)
    version = await _change(tx, place, accepted_at=tx.now)
    await outbox.add(tx, GuestAccepted(**_facts(place, version)))
    await steps.add(tx, "guest-place-accepted", about=place_id, listing_id=place.listing_id)


async def leave_place(tx: Transaction, place_id: UUID, participant: ParticipantRef) -> None:
    """OPP-05: at any time, without a reason. What the host needed to know is forgotten here, and no longer told to
    anybody."""
    place = await _lock_own(tx, place_id, participant)
    if place.state not in guests.ACTIVE:
        return
    version = await _end(tx, place, "left")
    await outbox.add(tx, GuestLeft(**_facts(place, version)))
    if place.state != "requested":  # nobody here has heard of one that was only asked for
        facts = {
            "version": version,
            "place_id": place_id,
            "opportunity_id": place.listing_id,
            "participant": participant,
        }
        await outbox.add(tx, PlaceLeft(**facts, given_back=place.state == "taken"))
    await steps.add(tx, "guest-place-left", about=place_id, listing_id=place.listing_id)


async def cancel_places(tx: Transaction, listing_id: UUID) -> Sequence[Row[Any]]:
    """The host cancelled it, so our people's places there end. Returns those to tell, as they were."""
    active = await _lock_active(tx, listing_id)
    for place in active:
        await _end(tx, place, "cancelled")
        await steps.add(tx, "guest-place-cancelled", about=place.id, listing_id=listing_id)
    return active


async def _lock_active(tx: Transaction, listing_id: UUID) -> Sequence[Row[Any]]:
    active = select(guest_places).where(
        guest_places.c.listing_id == listing_id, guest_places.c.state.in_(guests.ACTIVE)
    )
    return await tx.all(active.order_by(guest_places.c.id).with_for_update())


async def _lock_own(tx: Transaction, place_id: UUID, participant: ParticipantRef) -> Row[Any]:
    """Missing if it is somebody else's."""
    return await tx.one(select(guest_places).where(guest_places.c.id == place_id, _of(participant)).with_for_update())


def _of(participant: ParticipantRef) -> Any:
    return (
        (guest_places.c.participant_kind == participant.kind)
        & (guest_places.c.participant_id == participant.id)
        & (guest_places.c.participant_home == participant.home)
    )


def _facts(place: Row[Any], version: int) -> dict[str, Any]:
    """The facts in every message to the host, by ids that it knows."""
    return {
        "version": version,
        "guest_id": place.guest_id,
        "opportunity_id": place.host_opportunity_id,
        "to": place.host,
    }


async def _tick(tx: Transaction, place_id: UUID, asked: Sequence[str]) -> None:
    for need in asked:
        await tx.execute(insert(guest_needs).values(guest_place_id=place_id, need=need))


async def _end(tx: Transaction, place: Row[Any], state: guests.GuestPlaceState) -> int:
    await tx.execute(delete(guest_needs).where(guest_needs.c.guest_place_id == place.id))
    version = await _change(tx, place, state=state, answer_by=None, position=None, joining={}, waiting=None)
    await say_what_waits(tx, place, version, None)
    return version


async def _change(tx: Transaction, place: Row[Any], **values: Any) -> int:
    """Returns the place's new version."""
    version = place.version + 1
    await tx.execute(
        update(guest_places).where(guest_places.c.id == place.id).values(version=version, changed_at=tx.now, **values)
    )
    return version
