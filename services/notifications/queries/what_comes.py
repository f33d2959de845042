"""What comes next for somebody, and the outcomes of what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Row, and_, case, cast, exists, func, or_, select, text

from services.notifications.domain.feedback import HEARD_ENDINGS
from services.notifications.queries.people import what_comes_first
from services.notifications.queries.told import HOST
from services.notifications.tables import claims, feedback_items, opportunities, places, sessions, tasks
from shared.clock import end_of_day
from shared.db import Transaction
from shared.promises import first_begins_before

_OPEN = text("tasks.opened_version > coalesce(tasks.settled_version, -1)")
"""Must equal the condition of the index ix_tasks_open."""
_ANSWERS = ("answer-question", "answer-set-aside")
MOST_NEXT = 20
"""The most sessions on the first page; the rest are with all places."""


@dataclass(frozen=True, slots=True)
class Next:
    """A session on which they have a place; or, with closes_on, what they do in their own time until the end of that
    day. host: the organisation, if it is not ours. was_starts_at: when it was to begin before it was moved (OPP-16)."""

    place_id: UUID
    opportunity_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    venue: str
    host: str
    closes_on: date | None = None
    was_starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of something they did. kind: "claim" or "feedback"; state: the claim's, or how the item ended."""

    kind: str
    about: UUID
    title: str
    state: str
    amount_pence: int | None
    changed_at: datetime
    pay_by: date | None = None
    aim_by: date | None = None
    recognition: str | None = None


async def what_is_next(tx: Transaction, person_id: UUID) -> list[Next]:
    theirs = places.c.participant_kind == "person", places.c.participant_id == person_id, places.c.held
    rows = await tx.all(
        select(places.c.place_id, sessions, opportunities.c.title, HOST.label("host"))
        .join(sessions, sessions.c.opportunity_id == places.c.opportunity_id)
        .join(opportunities, opportunities.c.opportunity_id == places.c.opportunity_id)
        .where(*theirs, sessions.c.ends_at > tx.now, ~opportunities.c.cancelled)
        .order_by(sessions.c.starts_at)
        .limit(MOST_NEXT + 1)
    )
    what = opportunities.c.opportunity_id, opportunities.c.title, opportunities.c.closes_on
    in_own_time = await tx.all(
        select(places.c.place_id, *what, HOST.label("host"))
        .join(opportunities, opportunities.c.opportunity_id == places.c.opportunity_id)
        .where(*theirs, opportunities.c.closes_on >= tx.today, ~opportunities.c.cancelled)
        .order_by(opportunities.c.closes_on)
        .limit(MOST_NEXT + 1)
    )
    found = [
        Next(
            row.place_id,
            row.opportunity_id,
            row.title,
            row.starts_at,
            row.ends_at,
            row.venue,
            row.host,
            was_starts_at=None if row.was_starts_at == row.starts_at else row.was_starts_at,
        )
        for row in rows
    ]
    for row in in_own_time:
        closes_at = end_of_day(row.closes_on)
        found.append(
            Next(row.place_id, row.opportunity_id, row.title, closes_at, closes_at, "", row.host, row.closes_on)
        )
    return sorted(found, key=lambda each: each.starts_at)[: MOST_NEXT + 1]


async def what_they_wait_for(tx: Transaction, person_id: UUID) -> Sequence[Row[Any]]:
    """OPP-05: each place that they wait for: place_id, title, host, and starts_at of the next session or closes_on; the
    first so many. A place that is offered to them waits for their answer, and is a task."""
    theirs = places.c.participant_kind == "person", places.c.participant_id == person_id, places.c.waiting
    offered = exists().where(tasks.c.kind == "answer-offer", tasks.c.about == places.c.place_id, _OPEN)
    next_one = func.min(sessions.c.starts_at)
    its = sessions.c.opportunity_id == places.c.opportunity_id, sessions.c.starts_at > tx.now
    what = opportunities.c.title, HOST.label("host"), opportunities.c.closes_on
    return await tx.all(
        select(places.c.place_id, *what, next_one.label("starts_at"))
        .join(opportunities, opportunities.c.opportunity_id == places.c.opportunity_id)
        .outerjoin(sessions, and_(*its))
        .where(*theirs, ~offered, ~opportunities.c.cancelled)
        .group_by(places.c.place_id, opportunities.c.opportunity_id)
        .having(or_(next_one.is_not(None), opportunities.c.closes_on >= tx.today))
        .order_by(func.coalesce(next_one, _closes_at()), places.c.place_id)
        .limit(MOST_NEXT)
    )


def _closes_at() -> ColumnElement[datetime]:
    """When the last day is over, as `clock.end_of_day` says it."""
    return func.timezone("Europe/London", cast(opportunities.c.closes_on + 1, DateTime))


async def what_they_asked(tx: Transaction, person_id: UUID) -> Sequence[Row[Any]]:
    """OPP-22: their questions that wait for an answer, the soonest first: about, title, due_at, and
    begins_before, closes_before: the next session or last day, if it begins or is over before that."""
    of_it = sessions.c.opportunity_id == tasks.c.opportunity_id
    begins_before = first_begins_before(sessions.c.starts_at, tx.now, tasks.c.due_at, of_it).label("begins_before")
    title = func.coalesce(opportunities.c.title, "").label("title")
    is_before = opportunities.c.closes_on >= tx.today, _closes_at() < tasks.c.due_at
    closes = case((and_(*is_before), opportunities.c.closes_on)).label("closes_before")
    return await tx.all(
        select(tasks.c.about, tasks.c.due_at, title, begins_before, closes)
        .outerjoin(opportunities, opportunities.c.opportunity_id == tasks.c.opportunity_id)
        .where(tasks.c.kind.in_((*_ANSWERS, "name-another-lead")), tasks.c.person_id == person_id, _OPEN)
        .order_by(tasks.c.due_at, tasks.c.task_id)
        .limit(MOST_NEXT)
    )


async def what_came_of_it(tx: Transaction, person_id: UUID, most: int = 10) -> list[Outcome]:
    """Claims that have changed and feedback that was answered, newest first."""
    of_claims = await tx.all(
        select(claims, opportunities.c.title)
        .join(opportunities, opportunities.c.opportunity_id == claims.c.opportunity_id)
        .where(
            claims.c.participant_kind == "person",
            claims.c.participant_id == person_id,
            claims.c.state.in_(["submitted", "approved", "withdrawn", "part-paid", "paid", "refused", "declined"]),
        )
        .order_by(claims.c.changed_at.desc())
        .limit(most)
    )
    of_feedback = await tx.all(
        select(feedback_items, func.coalesce(opportunities.c.title, "").label("title"))
        .outerjoin(opportunities, opportunities.c.opportunity_id == feedback_items.c.opportunity_id)
        .where(feedback_items.c.giver_id == person_id, feedback_items.c.ending.in_(HEARD_ENDINGS))
        .order_by(feedback_items.c.changed_at.desc())
        .limit(most)
    )
    waits = bool(await what_comes_first(tx, person_id))
    outcomes = [
        Outcome(
            "claim",
            row.claim_id,
            row.title,
            row.state,
            row.amount_pence,
            row.changed_at,
            None if row.stopped or waits else row.pay_by,
            None if row.stopped or waits else row.aim_by,
            row.recognition,
        )
        for row in of_claims
    ]
    outcomes += [Outcome("feedback", row.item_id, row.title, row.ending, None, row.changed_at) for row in of_feedback]
    return sorted(outcomes, key=lambda outcome: outcome.changed_at, reverse=True)[:most]
