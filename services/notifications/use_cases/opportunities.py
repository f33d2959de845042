"""Following an opportunity: our own copy of it, and telling people that it is new, changed, cancelled or over."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, update

from services.notifications.domain.changes import (
    Published,
    calendar_sequence,
    last_day_that_was,
    meetings_that_were,
    sessions_that_are_new,
    what_changed,
)
from services.notifications.domain.due import cancellation_id, has_something_left, is_news
from services.notifications.domain.offers import Offer, time_slots
from services.notifications.queries.dates import dates_of
from services.notifications.queries.hopes import ANSWER_BY
from services.notifications.tables import opportunities, places, sessions
from services.notifications.use_cases import calls, messages, tasks
from shared.copies import keep_newest, keep_parts
from shared.db import Transaction, participant_of
from shared.events import ParticipantRef
from shared.events.opportunities import OpportunityCancelled, OpportunityChanged, OpportunityClosed, OpportunityCreated
from shared.reasons import NotYet

_COPIED = {
    "version",
    "title",
    "summary",
    "kind",
    "mode",
    "area",
    "paid",
    "contact_role",
    "short_notice_reason",
    "host",
    "host_name",
    "closes_on",
}


async def hear_publication(tx: Transaction, event: OpportunityCreated) -> None:
    """NOT-03: keeps what it says. Once, and only if some of it is not over, tells everyone who has not ruled it out."""
    await _keep(tx, event)
    row = await must_know(tx, event.opportunity_id)
    dates = await dates_of(tx, event.opportunity_id)
    if not is_news(announced=row.announced, cancelled=row.cancelled, closed=row.closed, ends=dates.ends, now=tx.now):
        return
    offer = Offer(row.kind, row.mode, row.area, time_slots(meeting.starts_at for meeting in dates.meetings))
    sequence = calendar_sequence(row.version, 0)
    await messages.tell_of_offer(tx, offer, "opportunity-created", about=event.opportunity_id, sequence=sequence)
    await tx.execute(
        update(opportunities).where(opportunities.c.opportunity_id == event.opportunity_id).values(announced=True)
    )


async def hear_change(tx: Transaction, event: OpportunityChanged) -> None:
    """OPP-16, NOT-05: keeps what it says now, and tells everyone who has a place or waits for one what changed, and
    why.

    An opportunity that we have not heard of is kept, and becomes news when its publication arrives: nobody can have a
    place yet."""
    before = await _published(tx, event.opportunity_id)
    kept = await _keep(tx, event)
    if before is None or not kept:
        return
    after = Published(event.title, event.contact_role, await dates_of(tx, event.opportunity_id))
    await calls.news_is_now(tx, event.opportunity_id)
    changed = what_changed(before, after, event.changed)
    row = await must_know(tx, event.opportunity_id)
    if changed and not row.cancelled and has_something_left(before.dates.ends + after.dates.ends, tx.now):
        await calls.overtaken_by_change(tx, event.opportunity_id, changed)
        await _tell_of_change(tx, event, before, after, changed)


async def _tell_of_change(
    tx: Transaction, event: OpportunityChanged, before: Published, after: Published, changed: list[str]
) -> None:
    """People with a place come first: those who also wait for one are told as people with a place. Whoever was offered
    one reads of the offer and until when it stands, not of a waiting list (OPP-05)."""
    closes_was = last_day_that_was(before, after)
    facts = {
        "changed": changed,
        "reason": event.reason,
        "sequence": calendar_sequence(event.version, 0),
        "sessions": _as_facts(after.meetings),
        "were": _as_facts(meetings_that_were(before, after)),
        "added": [str(session_id) for session_id in sessions_that_are_new(before, after)],
        "title_was": before.title if before.title != after.title else "",
        "texts": [each.model_dump() for each in event.texts],
        "contact_was": before.contact_role if before.contact_role != after.contact_role else "",
        "closes_was": closes_was.isoformat() if closes_was is not None else None,
    }
    theirs = await _places_and_hopes(tx, event.opportunity_id)
    for held, answer_by in _in_order((row.held, row.answer_by) for row in theirs):
        people = [participant_of(row) for row in theirs if (row.held, row.answer_by) == (held, answer_by)]
        await messages.tell_everyone(
            tx,
            people,
            event.name,
            about=event.opportunity_id,
            opportunity_id=event.opportunity_id,
            held=held,
            answer_by=_iso(answer_by),
            **facts,
        )


async def _places_and_hopes(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """Of everybody who has a place in it, was offered one or waits for one."""
    of_it = places.c.opportunity_id == opportunity_id
    return await tx.all(select(places, ANSWER_BY).where(of_it, or_(places.c.held, places.c.waiting)))


def _in_order(standings: Iterable[tuple[bool, datetime | None]]) -> list[tuple[bool, datetime | None]]:
    """Each once: a place, the offers, the waiting list."""
    return sorted(set(standings), key=lambda each: (not each[0], each[1] is None, _iso(each[1]) or ""))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _as_facts(meetings: Any) -> list[dict[str, str]]:
    return [
        {
            "session_id": str(meeting.session_id),
            "starts_at": meeting.starts_at.isoformat(),
            "ends_at": meeting.ends_at.isoformat(),
            "venue": meeting.venue,
        }
        for meeting in meetings
    ]


async def hear_cancellation(tx: Transaction, event: OpportunityCancelled) -> None:
    """NOT-02, NOT-05: everyone who has a place, waits for one or asked for one is told, once; reminders and questions
    stop."""
    row = await must_know(tx, event.opportunity_id)
    version = max(row.version, event.version)
    await tx.execute(
        update(opportunities)
        .where(opportunities.c.opportunity_id == event.opportunity_id)
        .values(cancelled=True, version=version)
    )
    theirs = await _places_and_hopes(tx, event.opportunity_id)
    await tasks.settle_those_of(tx, event.opportunity_id)
    await calls.overtaken(tx, event.name, event.opportunity_id)
    holders = _people(participant_of(row) for row in theirs if row.held)
    waited = _people([*event.without_place, *(participant_of(row) for row in theirs if row.waiting)]) - holders
    offers = {row.participant_id: _iso(row.answer_by) for row in theirs if row.answer_by is not None}
    everyone = _people([*event.participants, *map(participant_of, theirs)])
    groups = [(True, None, everyone - waited)]
    groups += [
        (False, answer_by, {each for each in waited if offers.get(each) == answer_by})
        for answer_by in sorted({offers.get(each) for each in waited}, key=str)
    ]
    for held, answer_by, people in groups:
        await messages.tell_people(
            tx,
            people,
            event.name,
            about=event.opportunity_id,
            opportunity_id=event.opportunity_id,
            event_id=cancellation_id(event.opportunity_id),
            reason=event.reason,
            held=held,
            answer_by=answer_by,
            sequence=calendar_sequence(version, 0),
        )


def _people(participants: Iterable[ParticipantRef]) -> set[UUID]:
    """Guests hear from home."""
    return {each.id for each in participants if each.kind == "person"}


async def hear_closing(tx: Transaction, event: OpportunityClosed) -> None:
    """OPP-12: everyone who took part is thanked and, unless staff have already done so, asked whether they want to stay
    involved."""
    await must_know(tx, event.opportunity_id)
    await tx.execute(
        update(opportunities).where(opportunities.c.opportunity_id == event.opportunity_id).values(closed=True)
    )
    it = event.opportunity_id
    said: dict[str, Any] = {"asked_to_stay": event.asked_to_stay, "has_outcome": event.has_outcome}
    await messages.tell_everyone(tx, event.participants, event.name, about=it, opportunity_id=it, **said)


async def must_know(tx: Transaction, opportunity_id: UUID) -> Row[Any]:
    """Our copy of it. Raises NotYet until its publication has reached us."""
    row = await tx.first(select(opportunities).where(opportunities.c.opportunity_id == opportunity_id))
    if row is None:
        raise NotYet("the opportunity's publication")
    return row


async def _keep(tx: Transaction, event: OpportunityCreated) -> bool:
    """False if we hold a later version."""
    whole = {"opportunity_id": event.opportunity_id}
    if not await keep_newest(tx, opportunities, whole, event.model_dump(include=_COPIED)):
        return False
    await keep_parts(tx, sessions, whole, [session.model_dump() for session in event.sessions])
    return True


async def _published(tx: Transaction, opportunity_id: UUID) -> Published | None:
    row = await tx.first(
        select(opportunities).where(opportunities.c.opportunity_id == opportunity_id).with_for_update()
    )
    return Published(row.title, row.contact_role, await dates_of(tx, opportunity_id)) if row is not None else None
