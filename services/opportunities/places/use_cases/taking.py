"""Taking a place, waiting for one, and leaving (OPP-05)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, func, insert, select, update

from services.opportunities.people.domain import reasons_not_to_take_part_before_age
from services.opportunities.people.queries import age_known
from services.opportunities.places.domain.guests import place_after_removal
from services.opportunities.places.domain.needs import how_needs_stand, needs_asked, reasons_not_to_ask
from services.opportunities.places.domain.taking import (
    answer_by,
    mark_of_dates,
    number_to_offer,
    offers_that_lapse,
    place_for_newcomer,
    reasons_not_to_accept,
    reasons_to_look_at_dates_again,
)
from services.opportunities.places.queries.how_full import (
    fullness_of,
    is_newcomer_kept_back,
    kept_back,
    waiting_position,
)
from services.opportunities.places.queries.own import came_anyway
from services.opportunities.places.tables.places import needs, places
from services.opportunities.places.use_cases.answering import answer_guest, reasons_not_to_take_part
from services.opportunities.places.use_cases.bookings import end_needs
from services.opportunities.places.use_cases.needs import ask_for_needs
from services.opportunities.words.domain import PlaceState, Policy
from services.opportunities.writing.queries import next_dates
from services.opportunities.writing.tables import opportunities, sessions, sessions_of
from services.opportunities.writing.use_cases import lock_opportunity
from shared.db import Transaction, actor_values, new_id, participant_of, participant_values
from shared.events import ParticipantRef
from shared.events.opportunities import PlaceLapsed, PlaceLeft, PlaceOffered, PlaceQueued, PlaceTaken
from shared.messaging import outbox, steps
from shared.reasons import Missing, refuse

ACTIVE = ("waiting", "offered", "taken")


async def take_place(
    tx: Transaction,
    opportunity_id: UUID,
    participant: ParticipantRef,
    ticked: Sequence[str],
    words: str,
    *,
    code: str | None = None,
    seen: str | None = None,
) -> UUID:
    """This participant's place: taken, or on the waiting list if it is full. A second click finds the same place.

    code: by which we know another organisation's participant (NET-02). seen: the mark of the dates on their page; None:
    there was no page."""
    opportunity = await lock_opportunity(tx, opportunity_id)
    active = await _active_place(tx, opportunity_id, participant)
    if active is not None:
        return active.id
    await _refuse_if_over(tx, opportunity)
    await refuse_before_age(tx, participant)
    refuse(reasons_not_to_ask(ticked, words))
    await _refuse_unread(tx, opportunity, seen)
    not_yet = await is_newcomer_kept_back(tx, opportunity_id, participant)
    state = place_for_newcomer(await fullness_of(tx, opportunity), kept_back=not_yet)
    asked = needs_asked(ticked, words)
    place_id = await _add_place(tx, opportunity_id, participant, state, words=words, code=code, asks=bool(asked))
    await ask_for_needs(tx, place_id, asked)
    return place_id


async def refuse_before_age(tx: Transaction, participant: ParticipantRef) -> None:
    """PEO-03. Guests were asked by their home organisation."""
    if participant.kind == "person":
        refuse(reasons_not_to_take_part_before_age(await age_known(tx, participant.id)))


async def _refuse_unread(tx: Transaction, opportunity: Row[Any], seen: str | None) -> None:
    """The caller has locked the opportunity's row, as does whoever moves it."""
    if seen is not None:
        now = mark_of_dates(opportunity.mode, await tx.all(sessions_of(opportunity.id)), opportunity.closes_on)
        refuse(reasons_to_look_at_dates_again(seen, now))


async def accept_offer(tx: Transaction, place_id: UUID, participant: ParticipantRef, seen: str | None = None) -> None:
    """Accepts the place that came free. A second click changes nothing. seen: as in `take_place`."""
    opportunity, place = await lock_own_place(tx, place_id, participant)
    if place.state == "taken":
        return
    await _refuse_if_over(tx, opportunity)
    refuse(reasons_not_to_accept(place.state))
    await refuse_before_age(tx, participant)
    await _refuse_unread(tx, opportunity, seen)
    await _change_state(tx, place, "taken")


async def end_offer(tx: Transaction, place_id: UUID) -> None:
    """Ends an offer that still stands, because a yes from elsewhere came too late. The caller has locked the
    opportunity's row."""
    place = await tx.one(select(places).where(places.c.id == place_id).with_for_update())
    if place.state == "offered":
        await _change_state(tx, place, "lapsed")


async def leave_place(tx: Transaction, place_id: UUID, participant: ParticipantRef, policy: Policy) -> None:
    """OPP-05: at any time, without a reason. The next person on the waiting list is offered the place."""
    opportunity, place = await lock_own_place(tx, place_id, participant)
    if place.state not in ACTIVE:
        return
    await _leave(tx, opportunity, place)
    await _offer_free_places(tx, opportunity, policy)


async def say_whom_for(tx: Transaction, place_id: UUID, participant: ParticipantRef, speaks_for: str) -> None:
    """OPP-24: whom they speak for, of SPEAKS_FOR; "" takes it back. Missing if the place is somebody else's, or has
    ended."""
    _, place = await lock_own_place(tx, place_id, participant)
    if place.state not in ACTIVE:
        raise Missing
    await tx.execute(update(places).where(places.c.id == place_id).values(speaks_for=speaks_for))
    await steps.add(tx, "speaks-for-written", about=place_id)


async def _leave(tx: Transaction, opportunity: Row[Any], place: Row[Any]) -> None:
    await end_needs(tx, opportunity.id, [place])
    await _change_state(tx, place, "left", given_back=place.state == "taken")


async def end_guests_place(tx: Transaction, opportunity: Row[Any], place: Row[Any], policy: Policy) -> None:
    """The next on the waiting list is offered it. The caller has locked both rows, and written why."""
    await _leave(tx, opportunity, place)
    await _offer_free_places(tx, opportunity, policy)


async def end_guests_places(tx: Transaction, opportunity: Row[Any], home: str, policy: Policy) -> list[UUID]:
    """Ends the places of a home organisation that was removed from the network. All of them end before anything is
    offered, so that none is offered to another of its guests. The caller has locked the opportunity's row. Returns the
    places that ended."""
    ahead = await tx.first(select(next_dates(tx.now, [opportunity.id])))
    of_home = (
        (places.c.opportunity_id == opportunity.id)
        & (places.c.participant_kind == "guest")
        & (places.c.participant_home == home)
    )
    active = await tx.all(
        select(places).where(of_home, places.c.state.in_(ACTIVE)).order_by(places.c.queue_number).with_for_update()
    )
    ending = [place for place in active if place_after_removal(place.state, ahead is not None) != place.state]
    for place in ending:
        await _leave(tx, opportunity, place)
    await _offer_free_places(tx, opportunity, policy)
    return [place.id for place in ending]


async def end_waiting(tx: Transaction, opportunity_id: UUID) -> None:
    """It is over, so nobody waits for a place or has to answer an offer. The caller has locked the opportunity's row
    and written that it is over.

    People who came all the same, without a place, are not told that they did not get one (OPP-11)."""
    hoping = select(places, came_anyway().label("came")).where(
        places.c.opportunity_id == opportunity_id, places.c.state.in_(("waiting", "offered"))
    )
    for place in await tx.all(hoping.order_by(places.c.queue_number).with_for_update(of=places)):
        if place.came:
            await _change_state(tx, place, "left", given_back=False)
        else:
            await _change_state(tx, place, "lapsed")


async def use_up_waiting(tx: Transaction, opportunity_id: UUID, participant: ParticipantRef) -> None:
    """OPP-11: they came, and there is no later session to wait for, so their waiting ends. The caller has locked the
    opportunity's row."""
    ahead = (
        sessions.c.opportunity_id == opportunity_id,
        sessions.c.starts_at > tx.now,
        sessions.c.cancelled_at.is_(None),
    )
    place = await _active_place(tx, opportunity_id, participant)
    if (
        place is not None
        and place.state in ("waiting", "offered")
        and await tx.first(select(sessions.c.id).where(*ahead).limit(1)) is None
    ):
        await _change_state(tx, place, "left", given_back=False)


async def offer_freed_places(tx: Transaction, policy: Policy) -> None:
    """The job: offers whose time is over go to the next person on the waiting list."""
    waiting = select(places.c.opportunity_id).where(places.c.state == "waiting", ~kept_back(places))
    of_it = places.c.opportunity_id == opportunities.c.id
    late = exists().where(of_it, places.c.state == "offered", places.c.answer_by <= tx.now)
    held = (
        select(func.count())
        .where(of_it, (places.c.state == "offered") | ((places.c.state == "taken") & ~places.c.walk_in))
        .scalar_subquery()
    )
    to_offer = late | opportunities.c.capacity.is_(None) | (opportunities.c.capacity > held)
    found = select(opportunities).where(opportunities.c.state == "published", opportunities.c.id.in_(waiting), to_offer)
    open_with_list = found.order_by(opportunities.c.id).with_for_update(of=opportunities)
    for opportunity in await tx.all(open_with_list):
        offers = await tx.all(
            select(places).where(places.c.opportunity_id == opportunity.id, places.c.state == "offered")
        )
        full = await fullness_of(tx, opportunity)
        late = offers_that_lapse([(place.id, place.answer_by) for place in offers], full.waiting, tx.now)
        for place in offers:
            if place.id in late:
                await _change_state(tx, place, "lapsed")
        await _offer_free_places(tx, opportunity, policy)


async def lock_own_place(tx: Transaction, place_id: UUID, participant: ParticipantRef) -> tuple[Row[Any], Row[Any]]:
    """(opportunity, place), locked in that order. Missing if it is somebody else's."""
    found = await tx.one(select(places.c.opportunity_id).where(places.c.id == place_id))
    opportunity = await lock_opportunity(tx, found.opportunity_id)
    place = await tx.one(select(places).where(places.c.id == place_id).with_for_update())
    if participant_of(place) != participant:
        raise Missing
    return opportunity, place


async def _active_place(tx: Transaction, opportunity_id: UUID, participant: ParticipantRef) -> Row[Any] | None:
    return await tx.first(
        select(places).where(
            places.c.opportunity_id == opportunity_id,
            places.c.participant_kind == participant.kind,
            places.c.participant_id == participant.id,
            places.c.participant_home == participant.home,
            places.c.state.in_(ACTIVE),
        )
    )


async def _refuse_if_over(tx: Transaction, opportunity: Row[Any]) -> None:
    refuse(await reasons_not_to_take_part(tx, opportunity.id))


async def _add_place(
    tx: Transaction,
    opportunity_id: UUID,
    participant: ParticipantRef,
    state: PlaceState,
    *,
    words: str,
    code: str | None,
    asks: bool,
) -> UUID:
    row = await insert_place(tx, opportunity_id, participant, state, needs_words=words.strip(), guest_code=code)
    place_id, queue_number = row["id"], row["queue_number"]
    facts = {"version": 1, "place_id": place_id, "opportunity_id": opportunity_id, "participant": participant}
    if state == "taken":
        await outbox.add(tx, PlaceTaken(**facts, help_asked="waits" if asks else "no"))
    else:
        position = await waiting_position(tx, opportunity_id, participant.home, queue_number)
        await outbox.add(tx, PlaceQueued(**facts, position=position))
    await answer_guest(tx, participant, place_id)
    await steps.add(tx, f"place-{state}", about=place_id, opportunity_id=opportunity_id)
    return place_id


async def insert_place(
    tx: Transaction, opportunity_id: UUID, participant: ParticipantRef, state: PlaceState, **values: Any
) -> dict[str, Any]:
    """Returns the new row. The caller has locked the opportunity's row."""
    last = await tx.scalar(select(func.max(places.c.queue_number)).where(places.c.opportunity_id == opportunity_id))
    row = {
        "id": new_id(),
        "version": 1,
        "opportunity_id": opportunity_id,
        **participant_values(participant),
        "state": state,
        "queue_number": (last or 0) + 1,
        "created_at": tx.now,
        "changed_at": tx.now,
        **actor_values(tx.actor),
        **values,
    }
    await tx.execute(insert(places).values(**row))
    return row


async def _change_state(
    tx: Transaction, place: Row[Any], state: PlaceState, *, given_back: bool = True, **values: Any
) -> None:
    """Sets the place's new state, with the event that tells other services. given_back: as in `PlaceLeft`."""
    version = place.version + 1
    changed: dict[str, Any] = {"state": state, "version": version, "changed_at": tx.now, "answer_by": None, **values}
    await tx.execute(update(places).where(places.c.id == place.id).values(**changed))
    facts = {
        "version": version,
        "place_id": place.id,
        "opportunity_id": place.opportunity_id,
        "participant": participant_of(place),
    }
    if state == "taken":
        states = await tx.all(select(needs.c.state).where(needs.c.place_id == place.id))
        await outbox.add(tx, PlaceTaken(**facts, help_asked=how_needs_stand([row.state for row in states])))
    elif state == "left":
        await outbox.add(tx, PlaceLeft(**facts, given_back=given_back))
    elif state == "lapsed":
        await outbox.add(tx, PlaceLapsed(**facts, over=bool(await reasons_not_to_take_part(tx, place.opportunity_id))))
    elif state == "offered":
        await outbox.add(tx, PlaceOffered(**facts, answer_by=changed["answer_by"]))
    await answer_guest(tx, participant_of(place), place.id)
    await steps.add(tx, f"place-{state}", about=place.id, opportunity_id=place.opportunity_id)


async def _offer_free_places(tx: Transaction, opportunity: Row[Any], policy: Policy) -> None:
    """OPP-05: in the order of the waiting list. The caller has locked the opportunity's row."""
    if opportunity.state != "published":
        return
    ahead = await tx.first(select(next_dates(tx.now, [opportunity.id])))
    if ahead is None:
        return
    number = number_to_offer(await fullness_of(tx, opportunity))
    front = (
        select(places)
        .where(places.c.opportunity_id == opportunity.id, places.c.state == "waiting", ~kept_back(places))
        .order_by(places.c.queue_number)
        .limit(number)
    )
    for place in await tx.all(front):
        await _change_state(tx, place, "offered", answer_by=answer_by(tx.now, ahead.starts_at, policy))
