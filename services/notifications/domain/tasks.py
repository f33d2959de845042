"""The rules of tasks: what opens and settles each, whom it is for, and in what order they stand (PEO-05)."""

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
    """The task that something else opens, and of which `payments` says who may not do it, or that nobody can yet
    (PAY-10)."""
    return _MONEY.get(kind)


def happening_of_money(kind: str, *, waiting: bool, nothing_leaves: bool = False) -> str:
    """What opens and settles a task that nothing else does: of a payment run (PAY-12). nothing_leaves: it can only be
    taken back."""
    if waiting and nothing_leaves:
        return "nothing-leaves"
    return f"{_OF_RUNS[kind]}-{'waits' if waiting else 'done'}"


def tasks_opened_by(happening: str) -> list[str]:
    return [kind for kind, rule in TASKS.items() if happening in rule.opened_by]


def tasks_settled_by(happening: str) -> list[str]:
    return [kind for kind, rule in TASKS.items() if happening in rule.settled_by]


def tasks_ended_by_cancellation() -> list[str]:
    """What nobody need do any more once the opportunity is cancelled."""
    return [kind for kind, rule in TASKS.items() if rule.ends_with_opportunity]


def kinds_that_are_said() -> list[str]:
    """PEO-05: what nobody sees before its owner says that somebody could do it now."""
    return [kind for kind, rule in TASKS.items() if rule.only_when_said]


def task_is_open(opened_version: int | None, settled_version: int | None) -> bool:
    """Whatever order the events came in, the later change of the claim or item decides."""
    return opened_version is not None and (settled_version is None or opened_version > settled_version)


@dataclass(frozen=True, slots=True)
class Addressee:
    """PEO-05: whom a task is for: some people by name, or everyone with a role but for some.

    except_for: who never sees it, whatever they are. deputy: has it, too, from reaches_deputy_at on; at once where that
    is None.
    """

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
    """An open task. due_on is the day of its clock, last_on the one after which it is late, where that is another (the
    aim and the limit of a claim, PAY-07), due_at the very moment where its clock runs in hours; None
    where it has none.

    name: of the person it is about, for staff; day: of the session or of the arrival of what it is about. number: what
    its pages call it by.
    """

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
    """Of tasks for these roles nobody is named: to somebody who has not given the second step that their pages ask
    for."""
    return [replace(task, name="") if task.addressee.role in roles else task for task in tasks]


def is_theirs(task: Task, person_id: UUID, roles: Collection[str], now: datetime, *, helped: bool = False) -> bool:
    """PEO-05: someone's own tasks, and those of their roles; but nobody is asked to approve or pay their own claim
    (PAY-10).

    What is for people by name is never for a role. helped: somebody else sits at this person's list and helps (PEO-02);
    what is for this person's eyes alone is not shown (FB-09).
    """
    rule = TASKS[task.kind]
    if helped and rule.own_eyes:
        return False
    if rule.audience is None and task.addressee.role is not None:
        return False
    if rule.ends_when_due and task.due_at is not None and now >= task.due_at:
        return False
    return task.addressee.includes(person_id, roles, now)


def ends_of_clock(task: Task) -> datetime | None:
    """The moment at which its clock runs out: in hours, or with the end of its last day in London."""
    if task.due_at is not None:
        return task.due_at
    return london_datetime(task.due_on + timedelta(days=1), 0) if task.due_on is not None else None


def in_order_of_clock(tasks: Sequence[Task]) -> list[Task]:
    """PEO-05: the clock that runs out first; those without one after them, the longest waiting first. None is left
    out."""

    def order(task: Task) -> tuple[bool, datetime, datetime]:
        ends = ends_of_clock(task)
        return ends is None, ends or task.opened_at, task.opened_at

    return sorted(tasks, key=order)


def is_late(task: Task, now: datetime) -> bool:
    """Its clock has run out, or its owner said so (PAY-07)."""
    if task.due_at is not None:
        return task.overdue or now > task.due_at
    last = task.last_on or task.due_on
    return task.overdue or (last is not None and last < london_date(now))


def addressee_of_feedback(needs: str, *, reviewer_role: str | None, not_for: Collection[UUID]) -> Addressee:
    """FB-02, FB-07, NET-02: a coordinator answers and reads what would cross; what was reopened is the named
    reviewer's; never whoever gave it or answered it before."""
    role = (reviewer_role or "approver") if needs == "review" else "coordinator"
    return Addressee(role=role, except_for=frozenset(not_for))


def tasks_reminded_of() -> list[tuple[str, int]]:
    """The kinds of which people hear before they are late, each with its days."""
    return [(kind, rule.remind_days) for kind, rule in TASKS.items() if rule.remind_days is not None]


def is_due_soon(due_on: date, days: int, today: date, reminded_for: date | None) -> bool:
    """FB-03: whose it is hear of it so many days before its last day, once; of one that is late already the first page
    speaks."""
    return reminded_for != due_on and due_on - timedelta(days=days) <= today <= due_on


def concern_is_theirs_to_see(people: Collection[UUID], deputy: UUID | None) -> bool:
    """FB-09: is there anybody who may see it?"""
    return bool(people) or deputy is not None


def addressee_in_hand(taken_by: UUID | None, to: Addressee) -> Addressee:
    """FB-09: whoever took a concern in hand writes what was done, and no one else is asked to; where they do not have
    it any more, everyone who does."""
    return Addressee(frozenset({taken_by})) if taken_by and (taken_by in to.people or taken_by == to.deputy) else to


def addressees_of_concern(
    people: Collection[UUID], deputy: UUID | None, *, run_out: bool
) -> tuple[Addressee, Addressee | None]:
    """FB-09: whose task a concern is: at once the lead's and the deputy's; and, when its hours have run out, whose it
    is to take it over.

    A task that a person no longer has, because the concern went on to others, is no longer theirs.
    """
    if not run_out or deputy is None:
        return Addressee(frozenset(people), deputy=deputy), None
    return Addressee(frozenset(people), except_for=frozenset({deputy})), Addressee(
        frozenset({deputy})
    )  # one line for it, not two
