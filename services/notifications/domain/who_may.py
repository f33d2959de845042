"""Whose turn a task is, of those who are here; and where nobody here may do it, whose it is to change that (PEO-05,
PAY-10)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import Addressee, Task

Staff = Mapping[UUID, Collection[str]]
"""Everybody who works here, with their roles."""

WHO_FINDS_SOMEBODY = "administrator"
"""They give roles: what nobody here may do is theirs to put right."""


def roles_in_turn(kind: str, role: str) -> tuple[str, ...]:
    """The role that a task is for, and those that stand in where nobody of that one may do it."""
    return (role, *(other for other in TASKS[kind].stands_in if other != role))


def kinds_stood_in_for(roles: Collection[str]) -> list[str]:
    """What may be theirs though it is for another role."""
    return [kind for kind, rule in TASKS.items() if set(rule.stands_in) & set(roles)]


def whose_turn(task: Task, staff: Staff, now: datetime) -> Addressee | None:
    """PEO-05, PAY-10: whom a task is for, as things are: the first of its roles in which somebody here may do it. None:
    nobody here may."""
    if task.addressee.role is None:
        return task.addressee
    for role in roles_in_turn(task.kind, task.addressee.role):
        addressee = replace(task.addressee, role=role)
        if any(addressee.includes(person, roles, now) for person, roles in staff.items()):
            return addressee
    return None


def is_left_to_nobody(task: Task, staff: Staff, now: datetime) -> bool:
    """PEO-05, PAY-10: a role is to be given before anybody can do it. What is for people by name, or for some eyes
    alone, is no such thing (FB-09)."""
    rule = TASKS[task.kind]
    if task.addressee.role is None or rule.audience is None or rule.own_eyes:
        return False
    if rule.ends_when_due and task.due_at is not None and now >= task.due_at:
        return False
    return whose_turn(task, staff, now) is None
