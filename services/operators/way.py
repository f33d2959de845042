"""The whole way of a claim, joined by causation from the steps that each service keeps in its own rows.

A step says what was done and the id of the command or event that caused it, so the chain is whole even if processes
died on the way. Spans only enrich it. Nothing here knows HTTP or a database: `fetch` does the asking."""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from typing import Any
from uuid import UUID

from services.operators.domain import NOT_A_CLAIM

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MOST_STEPS = 5_000
MOST_ROUNDS = 60


def claim_in(typed: str) -> UUID:
    """The claim named by its number, or by the address of any of its pages. Raises ValueError with what to do."""
    found = _ID.search(typed)
    if found is None:
        raise ValueError(NOT_A_CLAIM.text)
    return UUID(found[0])


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that one service did, received or sent out."""

    id: UUID
    service: str
    kind: str
    what: str
    at: datetime
    about: UUID | None = None
    caused_by: UUID | None = None
    actor_kind: str = "system"
    actor_id: UUID | None = None
    acting_for: UUID | None = None
    business_at: datetime | None = None
    trace_id: str = ""
    span_id: str = ""
    facts: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @property
    def key(self) -> tuple[str, str, UUID]:
        """An event is one step of its publisher and one of each receiver, so its id alone does not name a step."""
        return (self.service, self.kind, self.id)

    @property
    def is_receipt(self) -> bool:
        """A receipt has its event's id, and names the same event as its cause: that is the publication."""
        return self.kind == "event-received"


@dataclass(frozen=True, slots=True)
class Question:
    """Asks for steps with one of these ids, caused by one of these, or about one of these."""

    ids: frozenset[UUID] = frozenset()
    caused_by: frozenset[UUID] = frozenset()
    about: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.ids or self.caused_by or self.about)


@dataclass(frozen=True, slots=True)
class Answer:
    steps: Collection[Step]
    silent: Collection[str] = ()
    """Names of the services that did not answer."""
    more: bool = False
    """There are more steps than a service sends at once."""


Fetch = Callable[[Question], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Way:
    """What is known of a claim's way, in order of time, each cause before its effects."""

    steps: tuple[Step, ...]
    silent: tuple[str, ...] = ()
    cut_short: bool = False

    @property
    def loose(self) -> tuple[Step, ...]:
        """Steps whose cause nobody has."""
        return tuple(
            step
            for step in self.steps
            if step.caused_by is not None and not _is_known(step.caused_by, step, self._ids, self._origins)
        )

    @property
    def _ids(self) -> set[UUID]:
        return {step.id for step in self.steps}

    @property
    def _origins(self) -> set[UUID]:
        return {step.id for step in self.steps if not step.is_receipt}

    @property
    def roots(self) -> tuple[Step, ...]:
        """Where the way begins: steps without a cause."""
        return tuple(step for step in self.steps if step.caused_by is None)

    @property
    def circular(self) -> tuple[Step, ...]:
        """Steps that cannot be reached from any root although every cause is there: they can only cause each other."""
        reached = _reached_from(self.steps, {step.id for step in (*self.roots, *self.loose)})
        return tuple(step for step in self.steps if step.id not in reached)

    @property
    def whole(self) -> bool:
        """Whether every step leads back to a beginning, all services answered, and nothing was cut short."""
        return bool(self.steps) and not self.loose and not self.circular and not self.silent and not self.cut_short

    def chapters(self) -> list[tuple[Step, ...]]:
        """A chapter for each beginning, with all steps that lead back to it, in order of time."""
        beginning: dict[UUID, UUID] = {}
        found: dict[UUID, list[Step]] = {}
        for step in self.steps:  # in order, so that a cause gets its beginning before its effects need it
            first = beginning.setdefault(step.id, beginning.get(step.caused_by, step.id) if step.caused_by else step.id)
            found.setdefault(first, []).append(step)
        return [tuple(steps) for steps in found.values()]

    @property
    def trace_ids(self) -> frozenset[str]:
        return frozenset(step.trace_id for step in self.steps if step.trace_id)

    def problems(self) -> tuple[str, ...]:
        """What is missing, in words for the page."""
        words = [f"{name} did not answer; its part is missing." for name in self.silent]
        words += [f"{step.service}: the cause of “{step.what}” was not found." for step in self.loose]
        if self.circular:
            words.append(f"{len(self.circular)} steps name each other as their cause, so their beginning is not known.")
        if self.cut_short:
            words.append(f"There are more than the {len(self.steps)} steps that are shown.")
        return tuple(words)


OF_CONCERNS = frozenset({"set-aside", "returned-to-view", "set-aside-read", "set-aside-answered-for", "word-wanted"})
"""FB-09: that a safeguarding concern was raised from a claim is not an operator's to know, nor who has it."""
_TASKS_OF_CONCERNS = frozenset({"judge-miles", "name-another-lead"})


def tells_of_concern(step: Step) -> bool:
    return step.what in OF_CONCERNS or step.facts.get("task") in _TASKS_OF_CONCERNS


async def way_of_claim(fetch: Fetch, claim_id: UUID) -> Way:
    """The claim's whole way; no steps if this is the id of anything else: an operator follows claims, and not a person
    or a concern (FB-09)."""
    way = await whole_way(fetch, claim_id)
    is_claim = any(step.about == claim_id and step.what.startswith("claim-") for step in way.steps)
    return way if is_claim else Way((), silent=way.silent)


async def whole_way(fetch: Fetch, claim_id: UUID) -> Way:
    """The steps about the claim, everything that these led to, and everything that led to any of them.

    Other effects of an ancestor are left out: one attendance form or payment run concerns other people's claims too."""
    search = _Search(fetch)
    own = await search.ask(Question(about=frozenset({claim_id})), keep=lambda step: not tells_of_concern(step))
    await search.follow(own, lambda steps: Question(caused_by=frozenset(step.id for step in steps)))
    await search.follow(search.found.values(), search.unknown_causes, keep=search.leads_here)
    return Way(steps=in_order(search.found.values()), silent=tuple(sorted(search.silent)), cut_short=search.cut_short)


class _Search:
    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.found: dict[tuple[str, str, UUID], Step] = {}
        self.silent: set[str] = set()
        self.cut_short = False

    async def ask(self, question: Question, keep: Callable[[Step], bool] = lambda step: True) -> list[Step]:
        """The steps of the answer that were not known before."""
        answer = await self._fetch(question)
        self.silent.update(answer.silent)
        self.cut_short |= answer.more
        fresh = [step for step in answer.steps if step.key not in self.found and keep(step)]
        room = MOST_STEPS - len(self.found)
        if len(fresh) > room:
            self.cut_short, fresh = True, fresh[:room]
        self.found.update((step.key, step) for step in fresh)
        return fresh

    async def follow(
        self,
        start: Iterable[Step],
        question: Callable[[Iterable[Step]], Question],
        keep: Callable[[Step], bool] = lambda step: True,
    ) -> None:
        """Asks about each new step until an answer brings nothing new."""
        steps = list(start)
        for _ in range(MOST_ROUNDS):
            asked = question(steps)
            if not asked or self.cut_short:
                return
            steps = await self.ask(asked, keep)
        self.cut_short = bool(steps)

    def unknown_causes(self, steps: Iterable[Step]) -> Question:
        ids = {step.id for step in self.found.values()}
        origins = {step.id for step in self.found.values() if not step.is_receipt}
        causes = {
            step.caused_by
            for step in steps
            if step.caused_by is not None and not _is_known(step.caused_by, step, ids, origins)
        }
        return Question(ids=frozenset(causes))

    def leads_here(self, step: Step) -> bool:
        """For an event that led here, leaves out receipts by services where it led elsewhere."""
        return not step.is_receipt or any(
            other.service == step.service and other.caused_by == step.id for other in self.found.values()
        )


def _is_known(cause: UUID, step: Step, ids: set[UUID], origins: set[UUID]) -> bool:
    return cause in (origins if step.is_receipt else ids)


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """By machine time, but never an effect before its cause, because the clocks of two processes may differ a
    little."""
    waiting = sorted(steps, key=_moment)
    ids = {step.id for step in waiting}
    origins = {step.id for step in waiting if not step.is_receipt}
    effects: dict[UUID, list[Step]] = {}
    for step in waiting:
        itself = step.caused_by == step.id and not step.is_receipt
        if step.caused_by is not None and not itself and _is_known(step.caused_by, step, ids, origins):
            effects.setdefault(step.caused_by, []).append(step)
    held = {step.key for caused in effects.values() for step in caused}
    ready = [(_moment(step), step) for step in waiting if step.key not in held]
    ordered: dict[tuple[str, str, UUID], Step] = {}
    for first in waiting:  # a ring of causes has no beginning, so it is entered at its earliest step
        if not ready and first.key not in ordered:
            ready = [(_moment(first), first)]
        while ready:
            _, step = heappop(ready)
            if step.key in ordered:
                continue
            ordered[step.key] = step
            for effect in effects.pop(step.id, ()):
                heappush(ready, (_moment(effect), effect))
    return tuple(ordered.values())


def _moment(step: Step) -> tuple[datetime, int, str, str, UUID]:
    return (step.at, _RANK.get(step.kind, 2), step.service, step.kind, step.id)


_RANK = {"command": 0, "event-received": 1, "change": 2, "event-published": 3}


def _reached_from(steps: Collection[Step], beginnings: set[UUID]) -> set[UUID]:
    """The ids that can be reached from the beginnings, by following causes."""
    effects: dict[UUID, set[UUID]] = {}
    for step in steps:
        if step.caused_by is not None:
            effects.setdefault(step.caused_by, set()).add(step.id)
    reached: set[UUID] = set()
    waiting = set(beginnings)
    while waiting:
        reached |= waiting
        waiting = {effect for cause in waiting for effect in effects.get(cause, ())} - reached
    return reached
