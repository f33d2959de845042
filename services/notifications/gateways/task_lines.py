"""From a task to its line on the first page: what to do, in words that no other line has, and where it is done (PEO-05)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from services.notifications import domain
from shared.web.filters import FILTERS

_day = FILTERS["day"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list of what needs someone. count: how many tasks it stands for."""

    task: domain.Task
    words: str
    href: str
    late: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kind of task is done, a page of the service that owns it; and what its line says of a task, or of so many together."""

    page: str
    words: Callable[[domain.Task, int], str]

    @property
    def does_all_at_once(self) -> bool:
        return "{about}" not in self.page


def _about(task: domain.Task, before: str = " for ") -> str:
    day = f", {_day(task.day)}" if task.day else ""
    return f"{before}“{task.title}”{day}" if task.title else ""


def _claim_of(task: domain.Task) -> str:
    return _of(task, "claim") if task.name else "a claim"


def _of(task: domain.Task, what: str) -> str:
    """Whose it is: with what tells two of one name apart, where their name says it."""
    return f"the {what} of {task.name}" if task.name.endswith(")") else f"{task.name}’s {what}"


PLACES: dict[str, Place] = {
    "answer-needs": Place("/opportunities/staff/{about}/needs", lambda task, _: f"Answer what people need{_about(task)}"),
    "fill-in-register": Place("/opportunities/staff/sessions/{about}/register", lambda task, _: f"Write down who was there{_about(task, ': ')}"),
    "session-soon": Place("/opportunities/staff/sessions/{about}", lambda task, _: f"Get ready{_about(task)}"),
    "cancel-bookings": Place("/opportunities/staff/{about}/needs", lambda task, _: f"Cancel what was booked{_about(task)}"),
    "ask-age": Place("/people/staff/people/{about}/age", lambda task, _: f"Ask {task.name or 'someone'} if they are 18 or over, before they take part again"),
    "end-well": Place("/opportunities/staff/{about}/close", lambda task, _: f"Bring to a good end{_about(task, ': ')}"),
    "answer-offer": Place("/opportunities/places/{about}", lambda task, _: f"A place is free for you{_about(task, ' on ')}: say yes or no"),
    "confirm-claim": Place("/payments/claims/{about}", lambda task, _: f"Check your claim{_about(task)}"),
    "check-payment-details": Place("/payments/claims/{about}", lambda task, _: f"We could not pay you{_about(task)}: please check your claim"),
    "approve-claim": Place("/payments/approve/{about}", lambda task, _: f"Look at {_claim_of(task)}{_about(task)}"),
    "chase-claim": Place("/payments/approve/{about}", lambda task, _: f"Find out why {_claim_of(task)} is not paid in full{_about(task)}"),
    "pay-claim": Place("/payments/runs", lambda _, count: f"{'1 claim is' if count == 1 else f'{count} claims are'} ready to be paid"),
    "confirm-details": Place(
        "/payments/confirm-details",
        lambda _, count: f"Ring {'1 person' if count == 1 else f'{count} people'} to confirm new bank details, before we pay into them",
    ),
    "look-for-payments": Place("/payments/runs/{about}", lambda *_: "Look at the account: did the bank pay something that we do not count as paid?"),
    "answer-feedback": Place("/feedback/staff/{about}", lambda task, _: f"Answer what someone told us{_about(task, ' about ')}"),
    "review-feedback": Place("/feedback/staff/{about}", lambda task, _: f"Look again at what someone told us{_about(task, ' about ')}"),
    "release-words": Place("/feedback/staff/{about}/release", lambda task, _: f"Read what would leave us{_about(task, ', about ')}"),
    "agree-words": Place("/feedback/mine/{about}", lambda task, _: f"Read what would be sent of what you told us{_about(task, ' about ')}"),
    "look-at-statement": Place("/payments/recharges/statements/{about}", lambda *_: "A statement that another organisation counts differently"),
    "pay-statement": Place(
        "/payments/recharges",
        lambda _, count: f"{'1 statement of another organisation is' if count == 1 else f'{count} statements of other organisations are'} waiting to be paid",
    ),
    "look-at-listing": Place("/opportunities/staff/network", lambda _, __: "Look at something that another organisation shares, before our people see it"),
    "confirm-roles": Place("/people/staff/roles/{about}", lambda task, _: f"Look at a change of {_of(task, 'roles') if task.name else 'someone’s roles'}"),
    "see-concern": Place("/feedback/staff/safeguarding/{about}", lambda *_: "A safeguarding concern is waiting for you"),
    "take-over-concern": Place("/feedback/staff/safeguarding/{about}", lambda *_: "Nobody has taken a safeguarding concern in hand: please do it now"),
    "end-concern": Place("/feedback/staff/safeguarding/{about}", lambda *_: "A safeguarding concern is in hand: write what was done when it is over"),
    "answer-question": Place("/opportunities/staff/questions/{about}", lambda task, _: f"Answer a question{_about(task, ' about ')}"),
    "ring-person": Place(
        "/notifications/staff/calls",
        lambda task, count: f"Ring {task.name or 'someone'}: no message can reach them" if count == 1 else f"Ring {count} people: no message can reach them",
    ),
    "name-safeguarding-leads": Place("/feedback/staff/safeguarding/leads", lambda *_: "Choose who looks after people’s safety"),
}
"""Every kind of task."""


def lines(tasks: Sequence[domain.Task], now: datetime) -> list[Line]:
    """Each task on its own, but those that one page does together are one line; in the order of their clocks, no two alike."""
    found: list[Line] = []
    for kind, group in groupby(sorted(tasks, key=lambda task: task.kind), key=lambda task: task.kind):
        same, place = domain.in_order_of_clock(list(group)), PLACES[kind]
        if place.does_all_at_once:
            late = any(domain.is_late(task, now) for task in same)
            found.append(Line(same[0], place.words(same[0], len(same)), place.page, late, len(same)))
        else:
            found += [Line(task, place.words(task, 1), place.page.format(about=task.about), domain.is_late(task, now)) for task in same]
    order = {task.id: number for number, task in enumerate(domain.in_order_of_clock([line.task for line in found]))}
    return _told_apart(sorted(found, key=lambda line: order[line.task.id]))


def _told_apart(found: Sequence[Line]) -> list[Line]:
    """Lines that would read alike are numbered: someone who hears the links one after the other knows which is which."""
    alike, seen = Counter(line.words for line in found), Counter[str]()
    told: list[Line] = []
    for line in found:
        seen[line.words] += 1
        several = alike[line.words] > 1
        told.append(replace(line, words=f"{line.words} ({seen[line.words]} of {alike[line.words]})") if several else line)
    return told
