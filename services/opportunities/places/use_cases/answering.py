"""Tells a guest's home organisation the whole state of their place, at each change (NET-02)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update

from services.opportunities.listings.tables import organisations
from services.opportunities.places.domain import taking
from services.opportunities.places.domain.guests import Answered, answer_of
from services.opportunities.places.queries.how_full import waiting_position
from services.opportunities.places.tables.guests import guests
from services.opportunities.places.tables.places import places
from services.opportunities.writing.tables import closes_at, opportunities, sessions
from shared.db import Transaction, participant_of
from shared.events import ParticipantRef
from shared.events.listings import GuestAnswered
from shared.messaging import outbox
from shared.reasons import Reason


async def answer_guest(tx: Transaction, participant: ParticipantRef, place_id: UUID) -> None:
    """The only way in which a guest's home is told. Everything that changes a place or its needs calls it; for our own
    people it does nothing.

    The needs themselves are in no event: the gateway asks for them (`use_cases/contents.py`)."""
    if participant.kind != "guest":
        return
    place = await tx.one(select(places).where(places.c.id == place_id))
    answer = answer_of(place.state)
    if answer is None:
        return
    guest = await tx.one(
        select(guests).where(guests.c.guest_id == participant.id, guests.c.home == participant.home).with_for_update()
    )
    if guest.refused_because:
        await _say(tx, guest, "refused", None, None)
    else:
        await _say(tx, guest, answer, await _position(tx, place), place)


async def answer_guests_with_a_place(tx: Transaction, opportunity_id: UUID) -> None:
    """How to join has changed, so guests with a place are told. The caller has locked the opportunity's row."""
    with_a_place = (
        (places.c.opportunity_id == opportunity_id)
        & (places.c.participant_kind == "guest")
        & (places.c.state == "taken")
    )
    for place in await tx.all(select(places).where(with_a_place).order_by(places.c.queue_number)):
        await answer_guest(tx, participant_of(place), place.id)


async def refuse_guest(tx: Transaction, guest: Row[Any], because: str) -> None:
    """There is no place for them, or no longer; because is plain words for the guest. The caller has locked guest."""
    await tx.execute(update(guests).where(guests.c.guest_id == guest.guest_id).values(refused_because=because))
    await _say(tx, guest, "refused", None, None)


async def answer_again(tx: Transaction, guest: Row[Any]) -> None:
    """Repeats the state of a guest's place for a home that is back in the network. The caller has locked guest."""
    if guest.refused_because:
        await _say(tx, guest, "refused", None, None)
    else:
        await answer_guest(tx, ParticipantRef(kind="guest", id=guest.guest_id, home=guest.home), guest.place_id)


async def _say(
    tx: Transaction, guest: Row[Any], answer: Answered, position: int | None, place: Row[Any] | None
) -> None:
    """Says nothing to a home that was removed from the network, because our gateway would not carry it. It hears when
    it is back (`answer_again`)."""
    if await tx.scalar(select(organisations.c.removed).where(organisations.c.origin == guest.home)):
        return
    version = guest.answer_version + 1
    await tx.execute(update(guests).where(guests.c.guest_id == guest.guest_id).values(answer_version=version))
    await outbox.add(
        tx,
        GuestAnswered(
            version=version,
            guest_id=guest.guest_id,
            opportunity_id=guest.opportunity_id,
            to=guest.home,
            state=answer,
            position=position,
            answer_by=place.answer_by if place else None,
            over=answer == "lapsed" and bool(await reasons_not_to_take_part(tx, guest.opportunity_id)),
        ),
    )


async def reasons_not_to_take_part(tx: Transaction, opportunity_id: UUID) -> list[Reason]:
    """OPP-05: whether it is still open, by its present row and sessions."""
    of_sessions = select(func.max(sessions.c.ends_at)).where(sessions.c.opportunity_id == opportunity_id)
    ends_at = func.coalesce(of_sessions.scalar_subquery(), closes_at())
    found = await tx.one(
        select(opportunities.c.state, ends_at.label("ends_at")).where(opportunities.c.id == opportunity_id)
    )
    return taking.reasons_not_to_take_part(found.state, found.ends_at, tx.now)


async def _position(tx: Transaction, place: Row[Any]) -> int | None:
    if place.state != "waiting":
        return None
    return await waiting_position(tx, place.opportunity_id, place.participant_home, place.queue_number)
