"""Who of the present staff should do a task; and if nobody may, who should change that (PEO-05, PAY-10)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import Addressee, Task

Staff = Mapping[UUID, Collection[str]]
"""Everybody who works here, with their roles."""

WHO_FINDS_SOMEBODY = "administrator"
"""They give roles, so it is for them to find somebody when nobody here may do a task."""


def roles_in_turn(kind: str, role: str) -> tuple[str, ...]:
    """The role that a task is for, then those that stand in if nobody in it may do it."""
    return (role, *(other for other in TASKS[kind].stands_in if other != role))


def kinds_stood_in_for(roles: Collection[str]) -> list[str]:
    """Kinds of task that may be theirs although they are for another role."""
    return [kind for kind, rule in TASKS.items() if set(rule.stands_in) & set(roles)]


def whose_turn(task: Task, staff: Staff, now: datetime) -> Addressee | None:
    """PEO-05, PAY-10: the first of a task's roles in which somebody here may do it; None if nobody here may."""
    if task.addressee.role is None:
        return task.addressee
    for role in roles_in_turn(task.kind, task.addressee.role):
        addressee = replace(task.addressee, role=role)
        if any(addressee.includes(person, roles, now) for person, roles in staff.items()):
            return addressee
    return None


def is_left_to_nobody(task: Task, staff: Staff, now: datetime) -> bool:
    """PEO-05, PAY-10: whether somebody must be given a role before anybody can do it. Never so for tasks of named
    people, or for some eyes alone (FB-09)."""
    rule = TASKS[task.kind]
    if task.addressee.role is None or rule.audience is None or rule.own_eyes:
        return False
    if rule.ends_when_due and task.due_at is not None and now >= task.due_at:
        return False
    return whose_turn(task, staff, now) is None
