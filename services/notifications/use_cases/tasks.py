"""Tasks (PEO-05): opened by one event and settled by another, in whatever order they arrive."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, update
from sqlalchemy.dialects.postgresql import insert

from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import (
    Addressee,
    tasks_ended_by_cancellation,
    tasks_opened_by,
    tasks_settled_by,
)
from services.notifications.tables import tasks
from shared.db import Transaction, new_id
from shared.messaging import steps


async def follow(
    tx: Transaction,
    happening: str,
    about: UUID,
    version: int,
    *,
    to: Addressee | None = None,
    person_id: UUID | None = None,
    opportunity_id: UUID | None = None,
    due_on: date | None = None,
    due_at: datetime | None = None,
    number: int | None = None,
    but: frozenset[str] = frozenset(),
) -> None:
    """Opens and settles the tasks of this event. version is the claim's, place's or item's.

    to: whom the task is for, if not the role of its rule. person_id: whose it is; or, if it is for a role or for people
    by name, whom it is about, who never has it for their role. due_on: the last day of its clock; due_at: the moment,
    for a clock in hours. number: of a payment run. but: kinds to leave alone."""
    for kind in tasks_opened_by(happening):
        addressee = to or Addressee(role=TASKS[kind].audience)
        clock = {
            "person_id": person_id,
            "opportunity_id": opportunity_id,
            "due_on": due_on,
            "due_at": due_at,
            "number": number,
        }
        await _open(tx, kind, about, version, addressee, clock)
    for kind in (kind for kind in tasks_settled_by(happening) if kind not in but):
        await _settle(tx, kind, about, version)


async def _open(tx: Transaction, kind: str, about: UUID, version: int, to: Addressee, clock: dict[str, Any]) -> None:
    opened = {
        "audience_role": to.role,
        "people": sorted(to.people),
        "except_for": sorted(to.except_for),
        "deputy_id": to.deputy,
        "reaches_deputy_at": to.reaches_deputy_at,
        **clock,
        "opened_version": version,
        "opened_by": tx.cause,
        "opened_at": tx.now,
    }
    await _keep(tx, kind, about, "opened", version, opened)


async def _settle(tx: Transaction, kind: str, about: UUID, version: int) -> None:
    settled = {"settled_version": version, "settled_by": tx.cause, "settled_at": tx.now}
    await _keep(tx, kind, about, "settled", version, settled, audience_role=TASKS[kind].audience)


async def _keep(
    tx: Transaction, kind: str, about: UUID, what: str, version: int, values: dict[str, Any], **of_a_new_one: Any
) -> None:
    """what: "opened" or "settled". Does nothing if a later version has already done so."""
    held = tasks.c[f"{what}_version"]
    new = insert(tasks).values(task_id=new_id(), kind=kind, about=about, **of_a_new_one, **values)
    kept = new.on_conflict_do_update(
        constraint="one_task_of_a_kind_per_thing", set_=values, where=or_(held.is_(None), held < version)
    )
    if (await tx.execute(kept)).rowcount:
        await steps.add(tx, f"task-{what}", about=about, task=kind)


async def settle_those_of(tx: Transaction, opportunity_id: UUID) -> None:
    """The opportunity is cancelled: tasks that only mattered because of it are settled."""
    still_open = tasks.c.opened_version > func.coalesce(tasks.c.settled_version, -1)
    settled = await tx.all(
        update(tasks)
        .where(tasks.c.opportunity_id == opportunity_id, tasks.c.kind.in_(tasks_ended_by_cancellation()), still_open)
        .values(settled_version=tasks.c.opened_version, settled_by=tx.cause, settled_at=tx.now)
        .returning(tasks.c.kind, tasks.c.about)
    )
    for task in settled:
        await steps.add(tx, "task-settled", about=task.about, task=task.kind)
