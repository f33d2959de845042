"""What needs somebody today: tasks, and people to ring (PEO-05, NOT-08)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, Uuid, and_, any_, case, func, literal, or_, select, text, tuple_

from services.notifications.domain.channels import PHONE
from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import (
    Addressee,
    Task,
    in_order_of_clock,
    is_theirs,
    kinds_that_are_said,
)
from services.notifications.domain.who_may import WHO_FINDS_SOMEBODY, is_left_to_nobody, kinds_stood_in_for, whose_turn
from services.notifications.queries.people import names_apart
from services.notifications.queries.ways import WAY, told_by
from services.notifications.tables import (
    addressee_of,
    calls,
    cards,
    claims,
    opportunities,
    sessions,
    task_limits,
    tasks,
)
from shared.clock import london_date
from shared.db import Transaction
from shared.identity import Role

_OPEN = text("tasks.opened_version > coalesce(tasks.settled_version, -1)")
"""Must equal the condition of the index ix_tasks_open, so that settled tasks cost nothing however old the organisation
is."""


@dataclass(frozen=True, slots=True)
class WhatNeedsThem:
    """PEO-05: in the order of the clocks. tasks: what somebody is to do. left_over: for administrators, what nobody
    here may do."""

    tasks: list[Task]
    left_over: list[Task]


async def needs_today(
    tx: Transaction, person_id: UUID, roles: Collection[str], *, helped: bool = False
) -> WhatNeedsThem:
    """helped: a helper is using this person's list. Other staff's roles come from their cards, the viewer's own from
    their sign-in."""
    works_here = not helped and bool(set(roles) - {Role.PARTICIPANT})
    staff = {**(await _staff(tx) if works_here else {}), person_id: roles}
    finds_somebody = works_here and WHO_FINDS_SOMEBODY in roles
    mine, by_hand = _tasks_of(tx, person_id, roles), "coordinator" in roles and not helped
    rows = await tx.all(_tasks().where(or_(mine, _without_anybody()) if finds_somebody else mine))
    to_tell = await tx.all(_to_tell().where(calls.c.person_id != person_id)) if by_hand or finds_somebody else []
    named = names_apart([*rows, *to_tell])
    found = [_task(row, named.get(row.person_id, "")) for row in rows] + [
        _by_hand(row, named[row.person_id]) for row in to_tell
    ]
    turns = [(task, whose_turn(task, staff, tx.now)) for task in found]
    theirs = [replace(task, addressee=to) for task, to in turns if to is not None]
    return WhatNeedsThem(
        in_order_of_clock([task for task in theirs if is_theirs(task, person_id, roles, tx.now, helped=helped)]),
        in_order_of_clock([task for task in found if finds_somebody and is_left_to_nobody(task, staff, tx.now)]),
    )


async def tasks_for(tx: Transaction, person_id: UUID, roles: Collection[str], *, helped: bool = False) -> list[Task]:
    """PEO-05: the tasks of this person."""
    return (await needs_today(tx, person_id, roles, helped=helped)).tasks


async def _staff(tx: Transaction) -> dict[UUID, list[str]]:
    """Everybody who works here: a small part of all cards."""
    hats = literal([role for role in Role if role is not Role.PARTICIPANT], ARRAY(Text))
    return {
        row.person_id: row.roles
        for row in await tx.all(select(cards.c.person_id, cards.c.roles).where(cards.c.roles.op("&&")(hats)))
    }


_NOT_FOR = tasks.c.except_for.op("||")(func.coalesce(task_limits.c.not_for, literal([], ARRAY(Uuid))))
"""People who may not do it, by the event that opened it and by what `payments` has said since."""


def _tasks_of(tx: Transaction, person_id: UUID, roles: Collection[str]) -> Any:
    """Tasks that may be theirs: by name, by role, or because they stand in for another role."""
    me = literal(person_id)
    for_them = tasks.c.audience_role.in_(list(roles)) | (
        tasks.c.audience_role.is_not(None) & tasks.c.kind.in_(kinds_stood_in_for(roles))
    )
    with_role = and_(for_them, tasks.c.person_id.is_distinct_from(person_id))
    own = and_(tasks.c.person_id == person_id, func.cardinality(tasks.c.people) == 0)
    by_name = and_(tasks.c.audience_role.is_(None), or_(own, me == any_(tasks.c.people)))
    as_deputy = and_(
        tasks.c.deputy_id == person_id, or_(tasks.c.reaches_deputy_at.is_(None), tasks.c.reaches_deputy_at <= tx.now)
    )
    return and_(~(me == any_(_NOT_FOR)), or_(with_role, by_name, as_deputy))


def _without_anybody() -> Any:
    """Tasks that nobody in their role may do, as far as the database can tell; is_left_to_nobody() decides."""
    somebody = cards.alias()
    may = (tasks.c.audience_role == any_(somebody.c.roles)) & ~(somebody.c.person_id == any_(_NOT_FOR))
    there_is = (
        select(somebody.c.person_id)
        .where(may, somebody.c.person_id.is_distinct_from(tasks.c.person_id))
        .correlate(tasks, task_limits)
        .exists()
    )
    return tasks.c.audience_role.is_not(None) & ~there_is


def _tasks() -> Any:
    return (
        select(
            *[column for column in tasks.c if column.name != "except_for"],
            _NOT_FOR.label("except_for"),
            func.coalesce(
                tasks.c.due_on, case((claims.c.stopped, None), else_=func.coalesce(claims.c.aim_by, claims.c.pay_by))
            ).label("clock"),
            case((claims.c.stopped | tasks.c.due_on.is_not(None), None), else_=claims.c.pay_by).label("last_on"),
            func.coalesce(claims.c.overdue, False).label("overdue"),
            func.coalesce(opportunities.c.title, "").label("title"),
            func.coalesce(cards.c.name, "").label("name"),
            cards.c.told_apart_by,
            sessions.c.starts_at,
        )
        .outerjoin(claims, claims.c.claim_id == tasks.c.about)
        .outerjoin(sessions, sessions.c.session_id == func.coalesce(claims.c.session_id, tasks.c.about))
        .outerjoin(opportunities, opportunities.c.opportunity_id == tasks.c.opportunity_id)
        .outerjoin(cards, cards.c.person_id == tasks.c.person_id)
        .outerjoin(task_limits, and_(task_limits.c.kind == tasks.c.kind, task_limits.c.about == tasks.c.about))
        .where(_OPEN, tasks.c.kind.in_(list(TASKS)))
        .where(~func.coalesce(task_limits.c.blocked, tasks.c.kind.in_(kinds_that_are_said())))
    )


def _task(row: Row[Any], name: str) -> Task:
    day = london_date(row.starts_at) if row.starts_at else None
    clock = {"due_on": row.clock, "last_on": row.last_on, "due_at": row.due_at, "overdue": row.overdue}
    return Task(
        row.task_id,
        row.kind,
        row.about,
        addressee_of(row),
        row.opened_at,
        **clock,
        title=row.title,
        name=name,
        day=day,
        number=row.number,
    )


def _to_tell() -> Any:
    """NOT-08: each person to ring or to write to, with how many things to say, by when, and the last try."""
    first = {
        "due_at": func.min(calls.c.due_at),
        "opened_at": func.min(calls.c.opened_at),
        "tried_at": func.max(calls.c.tried_at),
        "count": func.count(),
    }
    return (
        select(
            calls.c.person_id,
            WAY.label("told_by"),
            cards.c.name,
            cards.c.told_apart_by,
            *[column.label(name) for name, column in first.items()],
        )
        .join(cards, cards.c.person_id == calls.c.person_id)
        .where(calls.c.settled_at.is_(None))
        .group_by(calls.c.person_id, "told_by", cards.c.name, cards.c.told_apart_by)
    )


def _by_hand(row: Row[Any], name: str) -> Task:
    to = Addressee(role="coordinator", except_for=frozenset({row.person_id}))
    kind = "ring-person" if row.told_by == PHONE else "post-letters"
    return Task(row.person_id, kind, row.person_id, to, row.opened_at, due_at=row.due_at, name=name)


async def people_to_tell(
    tx: Transaction, way: str, after: tuple[datetime, UUID] | None, most: int
) -> Sequence[Row[Any]]:
    """A page of people to ring, or to write to, the most urgent first. after: the due moment and the id of the last one
    on the page before."""
    found = _to_tell().where(told_by(way)).subquery()
    later = (
        tuple_(found.c.due_at, found.c.person_id) > tuple_(literal(after[0]), literal(after[1]))
        if after
        else literal(True)
    )
    return await tx.all(select(found).where(later).order_by(found.c.due_at, found.c.person_id).limit(most))
