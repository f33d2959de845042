"""What comes next for somebody, and the outcomes of what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, func, select, text

from services.notifications.domain.feedback import HEARD_ENDINGS
from services.notifications.queries.people import what_comes_first
from services.notifications.queries.told import HOST
from services.notifications.tables import claims, feedback_items, opportunities, places, sessions, tasks
from shared.db import Transaction
from shared.promises import first_begins_before

_OPEN = text("tasks.opened_version > coalesce(tasks.settled_version, -1)")
"""Must equal the condition of the index ix_tasks_open."""
_ANSWERS = ("answer-question", "answer-set-aside")
MOST_NEXT = 20
"""The most sessions on the first page; the rest are with all places."""


@dataclass(frozen=True, slots=True)
class Next:
    """A session on which they have a place. host: the organisation, if it is not ours."""

    place_id: UUID
    opportunity_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    venue: str
    host: str


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
    rows = await tx.all(
        select(places.c.place_id, sessions, opportunities.c.title, HOST.label("host"))
        .join(sessions, sessions.c.opportunity_id == places.c.opportunity_id)
        .join(opportunities, opportunities.c.opportunity_id == places.c.opportunity_id)
        .where(
            places.c.participant_kind == "person",
            places.c.participant_id == person_id,
            places.c.held,
            sessions.c.ends_at > tx.now,
        )
        .where(~opportunities.c.cancelled)
        .order_by(sessions.c.starts_at)
        .limit(MOST_NEXT + 1)
    )
    return [
        Next(row.place_id, row.opportunity_id, row.title, row.starts_at, row.ends_at, row.venue, row.host)
        for row in rows
    ]


async def what_they_wait_for(tx: Transaction, person_id: UUID) -> Sequence[Row[Any]]:
    """OPP-05: each place that they wait for: place_id, title, host, and starts_at of the next session; the first so
    many. A place that is offered to them waits for their answer, and is a task."""
    theirs = places.c.participant_kind == "person", places.c.participant_id == person_id, places.c.waiting
    offered = exists().where(tasks.c.kind == "answer-offer", tasks.c.about == places.c.place_id, _OPEN)
    next_one = func.min(sessions.c.starts_at)
    return await tx.all(
        select(places.c.place_id, opportunities.c.title, HOST.label("host"), next_one.label("starts_at"))
        .join(opportunities, opportunities.c.opportunity_id == places.c.opportunity_id)
        .join(sessions, sessions.c.opportunity_id == places.c.opportunity_id)
        .where(*theirs, ~offered, ~opportunities.c.cancelled, sessions.c.starts_at > tx.now)
        .group_by(places.c.place_id, opportunities.c.opportunity_id)
        .order_by(next_one, places.c.place_id)
        .limit(MOST_NEXT)
    )


async def what_they_asked(tx: Transaction, person_id: UUID) -> Sequence[Row[Any]]:
    """OPP-22: their questions that wait for an answer, the soonest first: about, title, due_at, and
    begins_before: the next session, if it begins before that."""
    of_it = sessions.c.opportunity_id == tasks.c.opportunity_id
    begins_before = first_begins_before(sessions.c.starts_at, tx.now, tasks.c.due_at, of_it).label("begins_before")
    title = func.coalesce(opportunities.c.title, "").label("title")
    return await tx.all(
        select(tasks.c.about, tasks.c.due_at, title, begins_before)
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
