"""What hosts tell us of our people: their places, answers to their needs, and that they were there (NET-02, OPP-07,
OPP-11)."""

from typing import Any

from sqlalchemy import Row, delete, select, update

from services.opportunities.places.domain import guests, needs
from services.opportunities.places.tables.guests import guest_needs, guest_places
from services.opportunities.places.use_cases.words import hold_words, say_what_waits
from shared.db import Transaction, participant_of
from shared.events import Event, network
from shared.events.listings import GuestAnswer
from shared.events.opportunities import (
    AccessNeedAnswered,
    PlaceLapsed,
    PlaceLeft,
    PlaceOffered,
    PlaceQueued,
    PlaceRefused,
    PlaceTaken,
)
from shared.messaging import outbox, steps


async def hear_answer(
    tx: Transaction, answer: network.GuestAnswered, content: GuestAnswer, content_version: int
) -> None:
    """The state of a place, as the host says. No other organisation can answer for it; an older answer changes nothing
    (NET-04)."""
    place = await lock_known(tx, answer)
    if place is None or not guests.is_news(answer.version, place.answer_version, place.state):
        return
    if lacks := guests.reasons_against_answer(answer.state, answer.position, answer.answer_by):
        raise ValueError(f"an answer without {', '.join(lacks)}")
    content, waiting = await hold_words(tx, place, content)
    needs_answered = await _keep_needs(tx, place, content)
    version = place.version + 1
    told: list[Event] = []
    facts = {"place_id": place.id, "opportunity_id": place.listing_id, "participant": participant_of(place)}
    states = await tx.all(select(guest_needs.c.state).where(guest_needs.c.guest_place_id == place.id))
    if answer.state != place.state:
        help_asked = needs.how_needs_stand([row.state for row in states])
        told.append(_news(answer, version, facts, help_asked, had_place=place.state == "taken"))
    if needs_answered:
        version += len(told)
        not_met = any(row.state == "not-met" for row in states)
        told.append(AccessNeedAnswered(version=version, not_met=not_met, **facts))
    values = {
        "version": version,
        "changed_at": tx.now,
        "answer_version": answer.version,
        "content_version": content_version,
        "waiting": waiting,
    }
    await tx.execute(
        update(guest_places).where(guest_places.c.id == place.id).values(**values, **_standing(answer, content, place))
    )
    if answer.state not in guests.ACTIVE:
        await tx.execute(delete(guest_needs).where(guest_needs.c.guest_place_id == place.id))
    for event in told:
        await outbox.add(tx, event)
    await say_what_waits(tx, place, version, waiting)
    await steps.add(
        tx, f"guest-place-{answer.state}", about=place.id, listing_id=place.listing_id, answer_version=answer.version
    )


def _standing(answer: network.GuestAnswered, content: GuestAnswer, place: Row[Any]) -> dict[str, Any]:
    joining = (
        {str(network.local_id(place.host, each.session_id)): each.how for each in content.joining}
        if answer.state == "taken"
        else {}
    )
    return {
        "state": answer.state,
        "position": answer.position if answer.state == "waiting" else None,
        "answer_by": answer.answer_by if answer.state == "offered" else None,
        "accepted_at": place.accepted_at if answer.state == "offered" else None,
        "reason": content.reason if answer.state == "refused" else "",
        "joining": joining,
        "duty_number": content.duty_number,
    }


def _news(
    answer: network.GuestAnswered, version: int, facts: dict[str, Any], help_asked: needs.HelpAsked, *, had_place: bool
) -> Event:
    """The event for our other services when a place's state has changed."""
    match answer.state:
        case "taken":
            return PlaceTaken(version=version, **facts, help_asked=help_asked)
        case "waiting":
            return PlaceQueued(version=version, **facts, position=answer.position or 1)
        case "offered":
            assert answer.answer_by
            return PlaceOffered(version=version, **facts, answer_by=answer.answer_by)
        case "lapsed":
            return PlaceLapsed(version=version, **facts, over=answer.over)
        case "left":
            return PlaceLeft(version=version, **facts)
        case "refused":
            return PlaceRefused(version=version, **facts, had_place=had_place)


async def _keep_needs(tx: Transaction, place: Row[Any], content: GuestAnswer) -> bool:
    """Writes the answers to the person's needs; the host cannot add needs in their name. True if an answer is news."""
    before = {
        row.need: (row.state, row.reason)
        for row in await tx.all(select(guest_needs).where(guest_needs.c.guest_place_id == place.id))
    }
    after: dict[str, tuple[str, str]] = {each.need: (each.state, each.reason) for each in content.needs}
    for need, (state, reason) in after.items():
        of_it = (guest_needs.c.guest_place_id == place.id) & (guest_needs.c.need == need)
        await tx.execute(update(guest_needs).where(of_it).values(state=state, reason=reason))
    return guests.answered_anew(before, after)


async def lock_known(tx: Transaction, event: network.GuestAnswered | network.GuestAttended) -> Row[Any] | None:
    """Locks the place that a host speaks of; None, with a note, if it is not that host's. We know every guest before
    any host does."""
    place = await tx.first(select(guest_places).where(guest_places.c.guest_id == event.guest_id).with_for_update())
    if place is not None and (place.host, place.host_opportunity_id) == (event.origin, event.opportunity_id):
        return place
    await steps.add(tx, "guest-of-another-passed-over", about=event.guest_id, origin=event.origin)
    return None
