"""Following someone's place: what they hear of it, and whether they have it, wait for it or neither."""

from typing import Any

from sqlalchemy import Row, select

from services.notifications.domain.changes import calendar_sequence
from services.notifications.domain.due import gives_something_back, has_something_left, waits_for_more
from services.notifications.queries.dates import dates_of
from services.notifications.tables import places
from services.notifications.use_cases import calls, messages, tasks
from services.notifications.use_cases.opportunities import must_know
from shared.copies import keep_newest
from shared.db import Transaction, participant_values
from shared.events.opportunities import (
    AccessNeedAnswered,
    PlaceLapsed,
    PlaceLeft,
    PlaceOffered,
    PlaceQueued,
    PlaceRefused,
    PlaceTaken,
)
from shared.messaging import steps

PlaceEvent = PlaceTaken | PlaceQueued | PlaceOffered | PlaceLapsed | PlaceLeft | PlaceRefused


async def hear_taken(tx: Transaction, event: PlaceTaken) -> None:
    """Tells them that they have a place, with a calendar entry; but not after somebody who walked in has gone home
    again."""
    opportunity = await must_know(tx, event.opportunity_id)
    newest = await _keep(tx, event, held=True)
    await tasks.follow(tx, event.name, event.place_id, event.version)
    dates = await dates_of(tx, event.opportunity_id)
    if newest and has_something_left(dates.ends, tx.now):
        await _tell(tx, event, opportunity, help_asked=event.help_asked)


async def hear_queued(tx: Transaction, event: PlaceQueued) -> None:
    """OPP-05: on the waiting list. Told once, when someone begins to wait, not each time they move up."""
    opportunity = await must_know(tx, event.opportunity_id)
    known = await tx.first(select(places.c.waiting).where(places.c.place_id == event.place_id))
    newest = await _keep(tx, event, waiting=True)
    if newest and not (known is not None and known.waiting):
        await _tell(tx, event, opportunity, position=event.position)


async def hear_offered(tx: Transaction, event: PlaceOffered) -> None:
    """OPP-05: a place came free for someone on the waiting list, who has until answer_by to say yes or no."""
    opportunity = await must_know(tx, event.opportunity_id)
    newest = await _keep(tx, event, waiting=True)
    if opportunity.cancelled:
        return
    await tasks.follow(
        tx,
        event.name,
        event.place_id,
        event.version,
        person_id=event.participant.id,
        opportunity_id=event.opportunity_id,
        due_at=event.answer_by,
    )
    if newest and event.answer_by > tx.now:
        await _tell(tx, event, opportunity, answer_by=event.answer_by.isoformat())


async def hear_lapsed(tx: Transaction, event: PlaceLapsed) -> None:
    """OPP-05: the time to answer is over. They hear that the place went to somebody else and that they can ask again;
    or, if the opportunity ended while they hoped for a place, that it did."""
    opportunity = await must_know(tx, event.opportunity_id)
    newest = await _keep(tx, event)
    await tasks.follow(tx, event.name, event.place_id, event.version)
    dates = await dates_of(tx, event.opportunity_id)
    if newest and (event.over or has_something_left(dates.ends, tx.now)):
        await _tell(tx, event, opportunity, over=event.over)


async def hear_left(tx: Transaction, event: PlaceLeft) -> None:
    """They gave back what remained of it. People who were only waiting have nothing to give back, and hear nothing
    (OPP-05)."""
    opportunity = await must_know(tx, event.opportunity_id)
    newest = await _keep(tx, event)
    await tasks.follow(tx, event.name, event.place_id, event.version)
    dates = await dates_of(tx, event.opportunity_id)
    if (
        newest
        and event.given_back
        and gives_something_back(dates.starts, tx.now)
        and not await _holds_another(tx, event)
    ):
        await _tell(tx, event, opportunity)


async def _holds_another(tx: Transaction, event: PlaceLeft) -> bool:
    """They came back, and we heard of that first, so nothing is taken out of their calendar."""
    same = [places.c[column] == value for column, value in participant_values(event.participant).items()]
    return bool(
        await tx.first(
            select(places.c.place_id).where(places.c.opportunity_id == event.opportunity_id, *same, places.c.held)
        )
    )


async def hear_refused(tx: Transaction, event: PlaceRefused) -> None:
    """There is no place for them, or none any more. The reason is only on the place's page, because a host's words may
    be about a person."""
    opportunity = await must_know(tx, event.opportunity_id)
    newest = await _keep(tx, event)
    await tasks.follow(tx, event.name, event.place_id, event.version)
    if newest:
        await _tell(tx, event, opportunity, had_place=event.had_place)


async def hear_need_answered(tx: Transaction, event: AccessNeedAnswered) -> None:
    """OPP-07: they hear before they travel, once for several answers, or twice if a later one is a no. Each answer is
    on their own page."""
    opportunity = await must_know(tx, event.opportunity_id)
    await tx.execute(select(places.c.place_id).where(places.c.place_id == event.place_id).with_for_update())
    person, it = event.participant.id, event.opportunity_id
    if await messages.who_is_still_to_hear(tx, [person], event.name, it, event.place_id, not_met=event.not_met):
        await steps.add(tx, "told-with-the-answer-before", about=event.place_id)
        return
    await _tell(tx, event, opportunity, not_met=event.not_met)
    dates = await dates_of(tx, event.opportunity_id)
    await messages.mail_later(tx, waits_for_more(dates.starts, tx.now))


async def _keep(tx: Transaction, event: PlaceEvent, *, held: bool = False, waiting: bool = False) -> bool:
    """False if we already know something later about this place."""
    values = {
        "version": event.version,
        "opportunity_id": event.opportunity_id,
        **participant_values(event.participant),
        "held": held,
        "waiting": waiting,
        "changed_on": tx.today,
    }
    kept = await keep_newest(tx, places, {"place_id": event.place_id}, values)
    if kept and event.participant.kind == "person":
        await calls.overtaken(tx, event.name, event.opportunity_id, event.participant.id)
    return kept


async def _tell(tx: Transaction, event: PlaceEvent | AccessNeedAnswered, opportunity: Row[Any], **facts: Any) -> None:
    """Tells them. Of a cancelled opportunity they hear only that: earlier news of their place no longer matters."""
    if opportunity.cancelled:
        return
    await messages.tell(
        tx,
        event.participant,
        event.name,
        about=event.opportunity_id,
        opportunity_id=event.opportunity_id,
        place_id=event.place_id,
        sequence=calendar_sequence(opportunity.version, event.version),
        **facts,
    )
