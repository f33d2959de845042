"""The rules of tasks: what opens and settles each, whom it is for, and their order (PEO-05)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.notifications.domain.task_rules import TASKS
from shared.clock import london_date, london_datetime

_MONEY = {
    "decision": "approve-claim",
    "release": "pay-claim",
    "details": "confirm-details",
    "perhaps-gone": "look-for-payments",
}
_OF_RUNS = {"sending": "sending", "earlier-file": "earlier-file", "ending": "run-ending"}


def task_of_money(kind: str) -> str | None:
    """The task, opened by another event, for which `payments` says who may not do it, or that nobody can yet
    (PAY-10)."""
    return _MONEY.get(kind)


def happening_of_money(kind: str, *, waiting: bool, nothing_leaves: bool = False) -> str:
    """What opens and settles the tasks of a payment run (PAY-12). nothing_leaves: the run can only be taken back."""
    if waiting and nothing_leaves:
        return "nothing-leaves"
    return f"{_OF_RUNS[kind]}-{'waits' if waiting else 'done'}"


def tasks_opened_by(happening: str) -> list[str]:
    return [kind for kind, rule in TASKS.items() if happening in rule.opened_by]


def tasks_settled_by(happening: str) -> list[str]:
    return [kind for kind, rule in TASKS.items() if happening in rule.settled_by]


def tasks_ended_by_cancellation() -> list[str]:
    """The tasks that nobody needs to do once the opportunity is cancelled."""
    return [kind for kind, rule in TASKS.items() if rule.ends_with_opportunity]


def kinds_that_are_said() -> list[str]:
    """PEO-05: the tasks that nobody sees until their owner says that somebody can do them now."""
    return [kind for kind, rule in TASKS.items() if rule.only_when_said]


def task_is_open(opened_version: int | None, settled_version: int | None) -> bool:
    """The later version of the claim or item decides, in whatever order the events arrived."""
    return opened_version is not None and (settled_version is None or opened_version > settled_version)


@dataclass(frozen=True, slots=True)
class Addressee:
    """PEO-05: whom a task is for: some people by name, or everyone with a role except some.

    except_for: people who never see it, whatever their roles. deputy: has it too, from reaches_deputy_at on, or at once
    if that is None."""

    people: frozenset[UUID] = frozenset()
    role: str | None = None
    except_for: frozenset[UUID] = frozenset()
    deputy: UUID | None = None
    reaches_deputy_at: datetime | None = None

    def includes(self, person_id: UUID, roles: Collection[str], now: datetime) -> bool:
        if person_id in self.except_for:
            return False
        if person_id == self.deputy:
            return self.reaches_deputy_at is None or now >= self.reaches_deputy_at
        return person_id in self.people or (self.role is not None and self.role in roles)


@dataclass(frozen=True, slots=True)
class Task:
    """An open task.

    due_on: the day of its clock. last_on: the day after which it is late, if that is a different one (a claim has an
    aim and a limit, PAY-07). due_at: the moment, if its clock runs in hours. Each is None without one. name: of the
    person it is about, for staff. day: of its session or arrival. number: shown on its pages."""

    id: UUID
    kind: str
    about: UUID
    addressee: Addressee
    opened_at: datetime
    due_on: date | None = None
    due_at: datetime | None = None
    overdue: bool = False
    title: str = ""
    name: str = ""
    day: date | None = None
    number: int | None = None
    last_on: date | None = None


def without_names(tasks: Sequence[Task], roles: Collection[str]) -> list[Task]:
    """The tasks for these roles without names, for somebody who has not given the second step that the tasks' pages
    need."""
    return [replace(task, name="") if task.addressee.role in roles else task for task in tasks]


def is_theirs(task: Task, person_id: UUID, roles: Collection[str], now: datetime, *, helped: bool = False) -> bool:
    """PEO-05: tasks for this person, or for their roles; but nobody is asked to approve or pay their own claim
    (PAY-10).

    A task for named people is never for a role. helped: a helper is using this person's list (PEO-02), so tasks for the
    person's eyes alone are left out (FB-09)."""
    rule = TASKS[task.kind]
    if helped and rule.own_eyes:
        return False
    if rule.audience is None and task.addressee.role is not None:
        return False
    if rule.ends_when_due and task.due_at is not None and now >= task.due_at:
        return False
    return task.addressee.includes(person_id, roles, now)


def ends_of_clock(task: Task) -> datetime | None:
    """When its clock runs out: at that moment, or at the end of its last day in London."""
    if task.due_at is not None:
        return task.due_at
    return london_datetime(task.due_on + timedelta(days=1), 0) if task.due_on is not None else None


def in_order_of_clock(tasks: Sequence[Task]) -> list[Task]:
    """PEO-05: the clock that runs out first comes first. Tasks without one follow, the longest waiting first. None is
    left out. FB-09: concerns come before all others."""

    def order(task: Task) -> tuple[bool, bool, datetime, datetime]:
        ends = ends_of_clock(task)
        return not TASKS[task.kind].comes_first, ends is None, ends or task.opened_at, task.opened_at

    return sorted(tasks, key=order)


def is_late(task: Task, now: datetime) -> bool:
    """Its clock has run out, or its owner said so (PAY-07)."""
    if task.due_at is not None:
        return task.overdue or now > task.due_at
    last = task.last_on or task.due_on
    return task.overdue or (last is not None and last < london_date(now))


def addressee_of_feedback(needs: str, *, reviewer_role: str | None, not_for: Collection[UUID]) -> Addressee:
    """FB-02, FB-07, NET-02: coordinators answer feedback and read words for another organisation; reopened feedback
    goes to the named reviewer. Never for the giver or whoever answered it before."""
    role = (reviewer_role or "approver") if needs == "review" else "coordinator"
    return Addressee(role=role, except_for=frozenset(not_for))


def tasks_reminded_of() -> list[tuple[str, int]]:
    """The kinds that people are reminded of before they are late, each with its days."""
    return [(kind, rule.remind_days) for kind, rule in TASKS.items() if rule.remind_days is not None]


def is_due_soon(due_on: date, days: int, today: date, reminded_for: date | None) -> bool:
    """FB-03: people are reminded once, this many days before its last day. A late one is only on the first page."""
    return reminded_for != due_on and due_on - timedelta(days=days) <= today <= due_on


def concern_is_theirs_to_see(people: Collection[UUID], deputy: UUID | None) -> bool:
    """FB-09: whether there is anybody who may see it."""
    return bool(people) or deputy is not None


def addressee_in_hand(taken_by: UUID | None, to: Addressee) -> Addressee:
    """FB-09: whoever took a concern in hand writes down what was done, and nobody else is asked to. If they have lost
    it, everyone who has it is asked."""
    return Addressee(frozenset({taken_by})) if taken_by and (taken_by in to.people or taken_by == to.deputy) else to


def addressees_of_concern(
    people: Collection[UUID], deputy: UUID | None, *, run_out: bool
) -> tuple[Addressee, Addressee | None]:
    """FB-09: whose task a concern is: at once the lead's and the deputy's; once its hours run out, that of those who
    should take it over.

    When a concern passes to others, the task leaves those who no longer have it."""
    if not run_out or deputy is None:
        return Addressee(frozenset(people), deputy=deputy), None
    return Addressee(frozenset(people), except_for=frozenset({deputy})), Addressee(
        frozenset({deputy})
    )  # one line for it, not two
