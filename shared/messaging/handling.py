"""How events are handled: each by its own handler, or everything from one owner in the service's own way."""

import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, overload
from uuid import UUID

from nats.aio.msg import Msg
from opentelemetry import trace
from pydantic import ValidationError

from shared.db import SYSTEM, Transaction
from shared.events import Event
from shared.messaging import inbox
from shared.messaging.streams import durable_name
from shared.reasons import NotYet

E = TypeVar("E", bound=Event)
P = TypeVar("P")
UseCase = Callable[..., Awaitable[object]]
Prepare = Callable[[Any, Sequence[E]], Awaitable[dict[UUID, P]]]


class Unfit(Exception):
    """A message that no retry can help: it is parked at once, with the text as the reason. The text holds no
    personal data."""


def fields_of(error: ValidationError) -> str:
    """The names of the fields that are wrong, never what was in them."""
    fields = {".".join(str(part) for part in problem["loc"]) for problem in error.errors(include_input=False)}
    return ", ".join(sorted(fields)) or "not JSON"


@dataclass(frozen=True, slots=True)
class Registration:
    """What one event leads to."""

    event: type[Event]
    use_case: UseCase
    prepare: Prepare[Any, Any] | None
    many: bool


@dataclass(slots=True)
class Received:
    """One message, parsed."""

    event_id: UUID
    event: Event
    headers: dict[str, str]
    message: Msg | None
    span: trace.Span = trace.INVALID_SPAN
    prepared: Any = None

    @property
    def deliveries(self) -> int:
        return self.message.metadata.num_delivered if self.message else 1


class Handling(Protocol):
    """How the messages of one owner's stream are read and handled. The exception raised decides whether a message is
    tried again or parked."""

    def read(self, subject: str, body: bytes) -> Event:
        """The event of a message. Raises ValidationError, or KeyError for a subject that is not heard."""
        ...

    async def handle(self, items: Sequence[Received]) -> None:
        """All of them, or none: they are acknowledged if this returns. If several fail, they are given again one by
        one."""
        ...

    async def handle_again(self, tx: Transaction, item: Received) -> None:
        """One that was parked, in the transaction that marks it as replayed."""
        ...


MakeHandling = Callable[[Any, str], Handling]
"""(service, the consumer's name) -> how it handles."""


class ByHandlers:
    """Each event by its registered handler, many in one transaction, each once."""

    def __init__(self, service: Any, name: str, registrations: Mapping[str, Registration]) -> None:
        """service has: database, and whatever its preparations use. registrations: by subject."""
        self.service = service
        self.name = name
        self.registrations = registrations

    def read(self, subject: str, body: bytes) -> Event:
        return self.registrations[subject].event.model_validate_json(body)

    async def handle(self, items: Sequence[Received]) -> None:
        await self._prepare(items)

        async def attempt() -> None:
            async with self.service.database.transaction(items[0].event_id, SYSTEM) as tx:
                await self._in_transaction(tx, items)

        await self.service.database.repeating(attempt)

    async def handle_again(self, tx: Transaction, item: Received) -> None:
        await self._prepare([item])
        await self._in_transaction(tx, [item])

    async def _prepare(self, items: Sequence[Received]) -> None:
        by_hook: dict[Prepare[Any, Any], list[Received]] = {}
        for item in items:
            if prepare := self._of(item).prepare:
                by_hook.setdefault(prepare, []).append(item)
        for prepare, group in by_hook.items():
            prepared = await prepare(self.service, [item.event for item in group])
            for item in group:
                if item.event.aggregate_id not in prepared:
                    raise NotYet("what this event needs from its owner")
                item.prepared = prepared[item.event.aggregate_id]

    async def _in_transaction(self, tx: Transaction, items: Sequence[Received]) -> None:
        new = await inbox.take(tx, self.name, [receipt(item) for item in items])
        waiting = [item for item in items if item.event_id in new]
        seen: set[UUID] = set()
        waiting = [item for item in waiting if not (item.event_id in seen or seen.add(item.event_id))]
        while waiting:
            group = self._neighbours(waiting)
            del waiting[: len(group)]
            await self._call(tx, group)

    async def _call(self, tx: Transaction, group: list[Received]) -> None:
        first, registration = group[0], self._of(group[0])
        own = Transaction(tx.connection, first.event_id, SYSTEM, tx.now)
        with trace.use_span(first.span, end_on_exit=False, record_exception=False):
            if registration.many:
                prepared = [[item.prepared for item in group]] if registration.prepare else []
                await registration.use_case(own, [item.event for item in group], *prepared)
            elif registration.prepare:
                await registration.use_case(own, first.event, first.prepared)
            else:
                await registration.use_case(own, first.event)

    def _neighbours(self, items: list[Received]) -> list[Received]:
        """The first item and, if its handler takes many, those of the same kind right after it."""
        registration = self._of(items[0])
        if not registration.many:
            return items[:1]
        return list(itertools.takewhile(lambda item: self._of(item) is registration, items))

    def _of(self, item: Received) -> Registration:
        return self.registrations[item.event.subject()]


class Consumers:
    """What a service hears: one line for each event, with what is done then; or one way of handling everything from
    an owner."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.events: dict[str, type[Event]] = {}
        """By subject."""
        self.registrations: dict[str, Registration] = {}
        self.ways: dict[str, MakeHandling] = {}

    @overload
    def on(self, event: type[E], use_case: Callable[[Transaction, E], Awaitable[object]]) -> None: ...

    @overload
    def on(
        self, event: type[E], use_case: Callable[[Transaction, E, P], Awaitable[object]], *, prepare: Prepare[E, P]
    ) -> None: ...

    @overload
    def on(
        self, event: type[E], use_case: Callable[[Transaction, Sequence[E]], Awaitable[object]], *, many: Literal[True]
    ) -> None: ...

    @overload
    def on(
        self,
        event: type[E],
        use_case: Callable[[Transaction, Sequence[E], Sequence[P]], Awaitable[object]],
        *,
        prepare: Prepare[E, P],
        many: Literal[True],
    ) -> None: ...

    def on(
        self, event: type[E], use_case: UseCase, *, prepare: Prepare[E, Any] | None = None, many: bool = False
    ) -> None:
        """What is done when this event is heard: `use_case(tx, event)`, in the transaction that holds its inbox row.

        prepare: async (service, events) -> {aggregate id: the use case's third argument}, called before the
        transaction, to ask other services. An id that it leaves out is not known yet: the event is tried later.
        many: the use case takes (tx, [event, ...]) and handles neighbouring events of this kind at once; with
        prepare, a list beside it has what was prepared for each.
        """
        if event.owner in self.ways:
            raise ValueError(f"{self.service} handles whatever {event.owner} says in one way")
        self._hear(event)
        self.registrations[event.subject()] = Registration(event, use_case, prepare, many)

    def on_all(self, events: Iterable[type[Event]], handling: MakeHandling) -> None:
        """Hear these events, and handle them in the service's own way: nothing else is heard from their owners."""
        for event in events:
            if any(registration.event.owner == event.owner for registration in self.registrations.values()):
                raise ValueError(f"{self.service} has a handler for what {event.owner} says")
            self._hear(event)
            self.ways[event.owner] = handling

    def include(self, other: "Consumers") -> None:
        """Hear all that the other hears, in the same way."""
        for event in other.events.values():
            self._hear(event)
        self.registrations |= other.registrations
        self.ways |= other.ways

    def handling(self, service: Any, owner: str) -> Handling:
        """How a running service handles this owner's events."""
        name = durable_name(self.service, owner)
        way = self.ways.get(owner)
        return way(service, name) if way else ByHandlers(service, name, self.registrations)

    def _hear(self, event: type[Event]) -> None:
        if event.subject() in self.events:
            raise ValueError(f"{self.service} already hears {event.subject()}")
        self.events[event.subject()] = event

    def owners(self) -> dict[str, list[type[Event]]]:
        """What is heard, by owning service."""
        owners: dict[str, list[type[Event]]] = {}
        for event in self.events.values():
            owners.setdefault(event.owner, []).append(event)
        return owners


def receipt(item: Received) -> inbox.Receipt:
    context = item.span.get_span_context()
    trace_id, span_id = (f"{context.trace_id:032x}", f"{context.span_id:016x}") if context.is_valid else (None, None)
    return inbox.Receipt(item.event_id, item.event.subject(), item.event.aggregate_id, trace_id, span_id)
