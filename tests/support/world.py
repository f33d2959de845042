"""One service as its tests see it: what they do to it, what it hears, and what it has kept. Each service's own world
adds what only it has."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Executable, text
from sqlalchemy.exc import DBAPIError

from shared.db import SYSTEM, Actor, Command, Database, Transaction, new_id
from shared.events import Event
from shared.messaging.handling import Consumers, Registration
from shared.reasons import NotYet
from shared.service import Service
from tests.support.apps import client_of, signed_in
from tests.support.servers import TestPostgres, as_owner

T = TypeVar("T")


class ServiceWorld:
    """A service on a fresh database; with its app, where pages matter."""

    consumers: ClassVar[Consumers]
    invariants: ClassVar[Mapping[str, str]]

    def __init__(self, of: FastAPI | Service | Database) -> None:
        """of: its app; or its service without pages; or its database alone."""
        self._app = of if isinstance(of, FastAPI) else None
        self._service = of.state.service if isinstance(of, FastAPI) else of if isinstance(of, Service) else None
        self.database: Database = of if isinstance(of, Database) else self.service.database
        self.clock = self.database.clock
        self._visitors: list[httpx.AsyncClient] = []

    @property
    def app(self) -> FastAPI:
        assert self._app, "this world has no pages"
        return self._app

    @property
    def service(self) -> Service:
        assert self._service, "this world has a database alone"
        return self._service

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Its app, if it has one, with jobs and consumers, until the test is over. What it leaves behind must keep
        every invariant."""
        async with self.app.router.lifespan_context(self.app) if self._app else contextlib.nullcontext():
            try:
                yield self
                assert await self.broken() == {}
            finally:
                await self.close()

    async def close(self) -> None:
        """For a world that does not run."""
        for each in self._visitors:
            await each.aclose()
        await self.database.close()

    # Business time

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def move(self, **by: float) -> None:
        """Business time goes on: move(days=3). No job runs because of it."""
        self.clock.offset += timedelta(**by)

    def at(self, moment: datetime) -> None:
        """Business time goes on to this moment."""
        self.clock.offset += moment - self.now

    # What happens

    def visitor(
        self, *roles: str, person_id: UUID | None = None, acting_for: UUID | None = None, factor: bool = True
    ) -> httpx.AsyncClient:
        """Somebody with a browser of their own; signed in if they have roles. acting_for: whom they help. factor: their
        second step is given."""
        client = client_of(self.app)
        self._visitors.append(client)
        if roles:
            signed_in(client, *roles, person_id=person_id, acting_for=acting_for, factor=factor)
        return client

    async def do(
        self,
        use_case: Callable[..., Awaitable[Any]],
        *arguments: Any,
        by: UUID | Actor = SYSTEM,
        once: bool = False,
        **named: Any,
    ) -> Any:
        """A use case in a transaction of its own. by: who does it; the id of a person stands for them. once: as
        Database.run has it."""
        actor = Actor("person", by) if isinstance(by, UUID) else by
        return await self.database.run(Command("test", actor), lambda tx: use_case(tx, *arguments, **named), once=once)

    async def hear(self, *events: Event, event_id: UUID | None = None, asking: Any = None) -> UUID:
        """As the consumers do, each event in a transaction of its own, in this order; but no inbox: a repeat reaches
        its handler. asking: who asks others for what a handler needs, if not the service. Returns the last one's id."""
        said = event_id or new_id()
        for event in events:
            said = event_id or new_id()
            registration = self.consumers.registrations[event.subject()]
            arguments: list[Any] = [event, *await self.prepared(registration, event, asking)]
            if registration.many:
                arguments = [[each] for each in arguments]
            await self._heard(said, registration, arguments)
        return said

    async def prepared(self, registration: Registration, event: Event, asking: Any) -> Sequence[Any]:
        """What the handler is given beside the event."""
        if registration.prepare is None:
            return ()
        found = await registration.prepare(asking or self.service, [event])
        if event.aggregate_id not in found:
            raise NotYet("what this event needs from its owner")
        return (found[event.aggregate_id],)

    async def _heard(self, event_id: UUID, registration: Registration, arguments: Sequence[Any]) -> None:
        async def attempt() -> None:
            async with self.database.transaction(event_id, SYSTEM) as tx:
                await registration.use_case(tx, *arguments)

        await self.database.repeating(attempt)

    async def write(self, statement: str | Executable, **parameters: Any) -> None:
        """What no use case does: a row made old, or broken. As the owner: the service itself may not."""
        what = text(statement) if isinstance(statement, str) else statement
        await self.do_as_owner(lambda tx: tx.execute(what, parameters))

    async def do_as_owner(self, work: Callable[[Transaction], Awaitable[Any]]) -> None:
        owner = Database(as_owner(self.database.url), self.clock)
        try:
            await owner.run(Command("test", SYSTEM), work)
        finally:
            await owner.close()

    async def stands(self, *statements: str) -> None:
        """The service itself is refused each of these, by a trigger on rows that are there."""
        for statement in statements:
            with pytest.raises(DBAPIError, match="RestrictViolation"):
                await self.do(Transaction.execute, text(statement))

    # What is kept

    async def read(self, query: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """What a query answers."""
        return await self.database.read(lambda tx: query(tx, *arguments, **named))

    async def rows(self, sql: str, **parameters: Any) -> list[Any]:
        return list(await self.read(Transaction.all, text(sql), parameters))

    async def row(self, sql: str, **parameters: Any) -> Any:
        """The only one."""
        [row] = await self.rows(sql, **parameters)
        return row

    async def value(self, sql: str, **parameters: Any) -> Any:
        """The first column of the first row; None if there is none."""
        rows = await self.rows(sql, **parameters)
        return rows[0][0] if rows else None

    async def events(self, name: str, about: UUID | None = None) -> list[dict[str, Any]]:
        """What it has said under this name ("claim-paid"), oldest first. about: only of this claim, place, person
        ..."""
        said = "SELECT CAST(body AS jsonb) AS body FROM outbox WHERE subject = :subject"
        subject = f"{self.consumers.service}.{name}.v1"
        rows = await self.rows(
            f"{said} AND (CAST(:about AS uuid) IS NULL OR aggregate_id = :about) ORDER BY id",
            subject=subject,
            about=about,
        )
        return [row.body for row in rows]

    async def steps(self, what: str) -> list[Any]:
        """What was written down under this name, oldest first."""
        return await self.rows("SELECT * FROM steps WHERE what = :what ORDER BY at, id", what=what)

    async def broken(self) -> dict[str, list[dict[str, Any]]]:
        """The invariants that do not hold, with the rows that break them. Asked at once: most tests ask."""
        asked = [
            f"SELECT {number} AS number, to_jsonb(found) AS offender FROM ({sql}) AS found"
            for number, sql in enumerate(self.invariants.values())
        ]
        found: dict[str, list[dict[str, Any]]] = {}
        for number, offender in await self._asked(" UNION ALL ".join(asked)):
            found.setdefault(list(self.invariants)[number], []).append(offender)
        return found

    async def _asked(self, sql: str) -> list[tuple[int, dict[str, Any]]]:
        server = TestPostgres.running.get(urlsplit(self.database.url).port or 0)
        rows = server.ask(self.database.url, sql) if server else None
        if rows is None:
            return [(row.number, row.offender) for row in await self.read(Transaction.all, text(sql))]
        return [(row["number"], json.loads(row["offender"])) for row in rows]
