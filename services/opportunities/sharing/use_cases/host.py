"""Other organisations' people at our opportunities: a place like anyone's, with each change told to their home
(NET-02)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.opportunities.listings.tables import organisations
from services.opportunities.listings.use_cases import neighbours
from services.opportunities.places.domain.guests import (
    HOME_REMOVED,
    reason_to_refuse_guest,
    reason_to_refuse_today,
    reasons_not_to_take_off,
)
from services.opportunities.places.tables.guests import guests
from services.opportunities.places.tables.places import places
from services.opportunities.places.use_cases import needs, taking
from services.opportunities.places.use_cases.answering import answer_again, reasons_not_to_take_part, refuse_guest
from services.opportunities.sharing.tables import shares
from services.opportunities.words import domain
from services.opportunities.writing.tables import opportunities, sessions
from services.opportunities.writing.use_cases import lock_opportunity, refuse_personal
from shared.clock import london_datetime
from shared.db import Transaction
from shared.events import ParticipantRef, network
from shared.events.listings import GuestRequest
from shared.messaging import steps
from shared.reasons import Refused, refuse

_FromHome = network.GuestRequested | network.GuestAccepted | network.GuestLeft


async def hear_request(
    tx: Transaction, request: network.GuestRequested, content: GuestRequest, content_version: int
) -> None:
    """A guest asks for a place, or for other needs. They wait for the same lock as everyone, so that a last place goes
    to one person.

    A guest who left before the request arrived gets no place; one who cannot have a place is told why."""
    is_removed = await _is_removed(tx, request.origin)
    opportunity = await _lock_opportunity(tx, request.opportunity_id)
    guest = await _lock_guest(tx, request)
    if guest is None or guest.has_left or content_version <= guest.request_version:
        return
    is_first = guest.request_version == 0
    await _set(tx, guest, request_version=content_version, duty_number=content.duty_number)
    if not is_first:
        await _change_needs(tx, guest, content)
    elif because := HOME_REMOVED if is_removed else await _reason_to_refuse(tx, opportunity, guest):
        await refuse_guest(tx, guest, because)
        await steps.add(
            tx, "guest-refused", about=request.guest_id, opportunity_id=request.opportunity_id, origin=request.origin
        )
    else:
        whom = _reference(request)
        place_id = await taking.take_place(tx, request.opportunity_id, whom, content.needs, "", code=content.code)
        await _set(tx, guest, place_id=place_id)
        await steps.add(
            tx, "guest-requested", about=place_id, opportunity_id=request.opportunity_id, origin=request.origin
        )


async def hear_acceptance(tx: Transaction, accepted: network.GuestAccepted) -> None:
    """A guest accepts the place that came free. If it comes too late it changes nothing: their home has already heard
    what became of the place."""
    await _lock_opportunity(tx, accepted.opportunity_id)
    guest = await _lock_guest(tx, accepted, known=True)
    if guest is None or guest.place_id is None:
        return
    try:
        await taking.accept_offer(tx, guest.place_id, _reference(accepted))
    except Refused:
        await taking.end_offer(tx, guest.place_id)


async def hear_leaving(tx: Transaction, left: network.GuestLeft, policy: domain.Policy) -> None:
    """OPP-05: at any time. Remembered, so that a request which arrives later takes no place."""
    await _lock_opportunity(tx, left.opportunity_id)
    guest = await _lock_guest(tx, left)
    if guest is None or guest.has_left:
        return
    await _set(tx, guest, has_left=True)
    if guest.place_id is not None:
        await taking.leave_place(tx, guest.place_id, _reference(left), policy)
    await steps.add(
        tx, "guest-left", about=guest.place_id or left.guest_id, opportunity_id=left.opportunity_id, origin=left.origin
    )


async def trust(tx: Transaction, origin: str, *, trusted: bool, policy: domain.Policy) -> None:
    """NET-01, OPP-05: its guests who were kept back are offered what is free."""
    await neighbours.trust(tx, origin, trusted=trusted)
    if trusted:
        await taking.offer_freed_places(tx, policy)


async def take_off(
    tx: Transaction, opportunity_id: UUID, place_id: UUID, because: str, policy: domain.Policy, host: domain.Host
) -> None:
    """OPP-05, NET-02: a coordinator takes a guest off. The guest reads why at home, and the next on the waiting list is
    offered the place."""
    opportunity = await lock_opportunity(tx, opportunity_id)
    its = (
        (places.c.id == place_id) & (places.c.opportunity_id == opportunity_id) & (places.c.participant_kind == "guest")
    )
    place = await tx.one(select(places).where(its).with_for_update())
    refuse(reasons_not_to_take_off(place.state, bool(await reasons_not_to_take_part(tx, opportunity_id)), because))
    await refuse_personal(
        tx, opportunity, "reason", because, host, readers="The guest and their organisation read this."
    )
    await tx.execute(update(guests).where(guests.c.place_id == place_id).values(refused_because=because))
    await taking.end_guests_place(tx, opportunity, place, policy)
    await steps.add(tx, "guest-taken-off", about=place_id, opportunity_id=opportunity_id, origin=place.participant_home)


async def hear_removal(tx: Transaction, event: network.OrganisationRemoved, policy: domain.Policy) -> None:
    """The hub's operator removed a home organisation from the network: its guests' places end
    (`rules.place_after_removal` says why), and the next on the waiting list are offered them. `guests.refused_because`
    keeps the reason. The caller has noted the removal."""
    held = select(places.c.opportunity_id).where(
        places.c.participant_kind == "guest", places.c.participant_home == event.removed
    )
    with_guests = opportunities.c.id.in_(held.where(places.c.state.in_(taking.ACTIVE)))
    still_on = (
        select(opportunities)
        .where(opportunities.c.state == "published", with_guests)
        .order_by(opportunities.c.id)
        .with_for_update()
    )
    for opportunity in await tx.all(still_on):
        for place_id in await taking.end_guests_places(tx, opportunity, event.removed, policy):
            await tx.execute(update(guests).where(guests.c.place_id == place_id).values(refused_because=HOME_REMOVED))
            await steps.add(
                tx, "guest-place-ended-with-home", about=place_id, opportunity_id=opportunity.id, origin=event.removed
            )


async def hear_return(tx: Transaction, home: str) -> None:
    """A home organisation is back in the network, and hears the state of its guests' places, including those that ended
    meanwhile (NET-04)."""
    of_home = select(guests).outerjoin(places, places.c.id == guests.c.place_id).where(guests.c.home == home)
    to_tell = of_home.where((guests.c.refused_because != "") | places.c.state.in_(taking.ACTIVE)).order_by(
        guests.c.opportunity_id, guests.c.guest_id
    )
    for guest in await tx.all(to_tell):
        await _lock_opportunity(tx, guest.opportunity_id)
        await answer_again(
            tx, await tx.one(select(guests).where(guests.c.guest_id == guest.guest_id).with_for_update())
        )


async def _is_removed(tx: Transaction, home: str) -> bool:
    """Asked before anything is locked, and held until the end: a removal waits for it, and then finds the place that
    was given."""
    return bool(
        await tx.scalar(
            select(organisations.c.removed).where(organisations.c.origin == home).with_for_update(read=True)
        )
    )


async def _lock_opportunity(tx: Transaction, opportunity_id: UUID) -> Row[Any] | None:
    """Locked before anything else about it, as everywhere. Another organisation wrote the id, so there may be none."""
    return await tx.first(select(opportunities).where(opportunities.c.id == opportunity_id).with_for_update())


async def _lock_guest(tx: Transaction, event: _FromHome, *, known: bool = False) -> Row[Any] | None:
    """The row of a guest, added if new. None, with a note, if they are unknown (and must be known), another
    organisation's, or asked for something else."""
    if not known:
        values = {
            "guest_id": event.guest_id,
            "home": event.origin,
            "opportunity_id": event.opportunity_id,
            "heard_at": tx.now,
        }
        await tx.execute(insert(guests).values(**values).on_conflict_do_nothing())
    guest = await tx.first(select(guests).where(guests.c.guest_id == event.guest_id).with_for_update())
    if guest is None or (guest.home, guest.opportunity_id) != (event.origin, event.opportunity_id):
        await steps.add(tx, "unknown-guest-passed-over", about=event.guest_id, origin=event.origin)
        return None
    return guest


async def _set(tx: Transaction, guest: Row[Any], **values: Any) -> None:
    await tx.execute(update(guests).where(guests.c.guest_id == guest.guest_id).values(**values))


async def _change_needs(tx: Transaction, guest: Row[Any], content: GuestRequest) -> None:
    """Changes the needs of a place that they still have."""
    whom = ParticipantRef(kind="guest", id=guest.guest_id, home=guest.home)
    place = await tx.first(select(places).where(places.c.id == guest.place_id))
    if place is not None and place.state in taking.ACTIVE:
        await needs.change_needs(tx, place.id, whom, content.needs, "")


async def _reason_to_refuse(tx: Transaction, opportunity: Row[Any] | None, guest: Row[Any]) -> str:
    if opportunity is None:
        return reason_to_refuse_guest(None, False, None, tx.now)
    last_ends_at = await tx.scalar(
        select(func.max(sessions.c.ends_at)).where(sessions.c.opportunity_id == opportunity.id)
    )
    shared = await tx.scalar(select(shares.c.wanted).where(shares.c.opportunity_id == opportunity.id))
    of_it = reason_to_refuse_guest(opportunity.state, bool(shared), last_ends_at, tx.now)
    return of_it or reason_to_refuse_today(await _asked_today(tx, guest))


async def _asked_today(tx: Transaction, guest: Row[Any]) -> int:
    """Requests of the same home before this one."""
    today = guests.c.home == guest.home, guests.c.heard_at >= london_datetime(tx.today, 0)
    asked = select(func.count()).where(*today, guests.c.request_version > 0, guests.c.guest_id != guest.guest_id)
    return await tx.scalar(asked)


def _reference(event: _FromHome) -> ParticipantRef:
    return ParticipantRef(kind="guest", id=event.guest_id, home=event.origin)
