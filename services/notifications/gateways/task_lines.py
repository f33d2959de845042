"""Turns tasks into lines on the first page: what to do, in words unlike any other line, and where to do it (PEO-05)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import Task, in_order_of_clock, is_late
from shared.text import number_of
from shared.web.filters import FILTERS

_day = FILTERS["day"]
_IF_NAMED = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list of tasks. count: how many tasks it stands for."""

    task: Task
    words: str
    href: str
    late: bool
    count: int = 1


def words(task: Task, count: int = 1) -> str:
    """The words for one task, or for several together."""
    rule = TASKS[task.kind]
    day = f", {_day(task.day)}" if task.day else ""
    said = {
        "title": f"“{task.title}”{day}",
        "name": task.name or "someone",
        "their_claim": _of(task, "claim") if task.name else "a claim",
        "their_roles": _of(task, "roles") if task.name else "someone’s roles",
        "count": count,
        "number": task.number or "",
        "code": number_of(task.about),
    }
    chosen = rule.many if rule.many and count != 1 else rule.words
    return _IF_NAMED.sub(r"\1" if task.title else "", chosen).format(**said)


def _of(task: Task, what: str) -> str:
    """The owner's name, with what tells two people of one name apart if the name needs it."""
    return f"the {what} of {task.name}" if task.name.endswith(")") else f"{task.name}’s {what}"


def lines(tasks: Sequence[Task], now: datetime) -> list[Line]:
    """Each task on its own line, except that tasks done together on one page share one; in the order of their clocks,
    no two alike."""
    found: list[Line] = []
    for kind, group in groupby(sorted(tasks, key=lambda task: task.kind), key=lambda task: task.kind):
        same, rule = in_order_of_clock(list(group)), TASKS[kind]
        if rule.does_all_at_once:
            late = any(is_late(task, now) for task in same)
            found.append(Line(same[0], words(same[0], len(same)), rule.page, late, len(same)))
        else:
            found += [Line(task, words(task), rule.page.format(about=task.about), is_late(task, now)) for task in same]
    order = {task.id: number for number, task in enumerate(in_order_of_clock([line.task for line in found]))}
    return _told_apart(sorted(found, key=lambda line: order[line.task.id]))


WHERE_ROLES_ARE_GIVEN = "/people/staff/people"


def without_anybody(tasks: Sequence[Task], now: datetime) -> list[Line]:
    """PAY-10, PEO-05: for administrators: what nobody here may do, and which role to give for it. A line for each kind
    and role, in the order of their clocks. No line names a person: administrators need not know about anybody's
    claim."""
    found: list[Line] = []
    same: dict[tuple[str, str], list[Task]] = {}
    for task in in_order_of_clock(tasks):
        same.setdefault((task.kind, task.addressee.role or ""), []).append(task)
    for (kind, role), each in same.items():
        wait = f" ({len(each)} wait)" if len(each) > 1 else ""
        said = f"Nobody here may {TASKS[kind].undone}{wait}. Give the role “{role.capitalize()}” to one more person"
        found.append(Line(each[0], said, WHERE_ROLES_ARE_GIVEN, any(is_late(task, now) for task in each), len(each)))
    return found


def _told_apart(found: Sequence[Line]) -> list[Line]:
    """Numbers lines that would read alike, so that people who hear the links one by one can tell them apart."""
    alike, seen = Counter(line.words for line in found), Counter[str]()
    told: list[Line] = []
    for line in found:
        seen[line.words] += 1
        several = alike[line.words] > 1
        told.append(
            replace(line, words=f"{line.words} ({seen[line.words]} of {alike[line.words]})") if several else line
        )
    return told
