"""PostgreSQL: one database per service, SQLAlchemy Core over asyncpg, one transaction for each thing done.

`Database.run` is the edge: it opens the transaction, commits it, and repeats it whole if PostgreSQL says that it
collided with another (40001, 40P01). Use cases take the `Transaction` and never commit.
"""

import asyncio
import hashlib
import hmac
import json
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import structlog
from opentelemetry import trace
from sqlalchemy import ARRAY, Column, ColumnElement, Executable, MetaData, Row, Select, Text, Uuid, any_, literal, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.clock import BusinessClock, london_date
from shared.events import ParticipantRef
from shared.reasons import Missing, Reason, refuse

T = TypeVar("T")
ATTEMPTS = 5
SENT_BEFORE = "ONCE"
"""The rule that a key belongs to what was first sent with it."""
_RETRY = {"40001", "40P01"}
_log = structlog.get_logger(__name__)


class NoConnection(ConnectionError):
    """No connection to the database could be had: all are in use, or it is away. The transaction never began."""


class TooSlow(TimeoutError):
    """The database did not answer a statement in time. Its transaction is rolled back."""


def is_away(error: BaseException) -> bool:
    """Whether the database is away, has no connection left, or was too slow: the fault of nothing that was asked."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, (NoConnection, TooSlow))
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state[:2] in {"08", "53", "57"} or state == _LOCK_NOT_HAD


_LOCK_NOT_HAD = "55P03"


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): sorts by the millisecond in which it was made. Made here so that PostgreSQL 16 will do."""
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return UUID(int=bits)


def first_id_of(ago: timedelta) -> UUID:
    """Not after any id of new_id() that was made since then."""
    milliseconds = time.time_ns() // 1_000_000 - int(ago.total_seconds() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


def metadata() -> MetaData:
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def one_of(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """column = ANY(array): one parameter, however many values. `in_` has one for each, and PostgreSQL allows 32,767."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def participant_columns(prefix: str = "participant") -> list[Column[Any]]:
    """The three columns of a participant reference: kind ("person" or "guest"), id, home organisation."""
    return [
        Column(f"{prefix}_kind", Text, nullable=False),
        Column(f"{prefix}_id", Uuid, nullable=False),
        Column(f"{prefix}_home", Text, nullable=False),
    ]


def participant_values(ref: ParticipantRef, prefix: str = "participant") -> dict[str, Any]:
    return {f"{prefix}_kind": ref.kind, f"{prefix}_id": ref.id, f"{prefix}_home": ref.home}


def participant_of(row: Row[Any], prefix: str = "participant") -> ParticipantRef:
    values = row._mapping
    return ParticipantRef(kind=values[f"{prefix}_kind"], id=values[f"{prefix}_id"], home=values[f"{prefix}_home"])


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and for whom, if someone is helped (PEO-02). "guest" with no id is a visitor, or
    somebody at another organisation."""

    kind: Literal["person", "system", "operator", "guest"]
    id: UUID | None = None
    acting_for: UUID | None = None


SYSTEM = Actor("system")
VISITOR = Actor("guest")
"""Who has not signed in. The kind is fixed: it stands in rows."""


def actor_columns(prefix: str = "", *, nullable: bool = False) -> list[Column[Any]]:
    """The three columns of who did it, and for whom if somebody was helped (PEO-02). nullable: it may not have been
    done yet."""
    return [
        Column(f"{prefix}actor_kind", Text, nullable=nullable),
        Column(f"{prefix}actor_id", Uuid),
        Column(f"{prefix}acting_for", Uuid),
    ]


def actor_values(actor: Actor, prefix: str = "") -> dict[str, Any]:
    return {f"{prefix}actor_kind": actor.kind, f"{prefix}actor_id": actor.id, f"{prefix}acting_for": actor.acting_for}


@dataclass(frozen=True, slots=True)
class Command:
    """Something that somebody asks for. id is the form's idempotency key if doing it twice would matter."""

    name: str
    actor: Actor
    id: UUID = field(default_factory=new_id)


sent_with: ContextVar[bytes | None] = ContextVar("sent_with", default=None)
"""SHA-256 of what came along with the idempotency key of the form being answered; the reader of forms sets it, for
every service."""

kept_unread: ContextVar[bool] = ContextVar("kept_unread", default=False)
"""Whether the request being answered was kept while somebody signed in and has not been shown to them since: then
nothing is done."""
KEPT_UNREAD = Reason("SIGN-IN", "This was not done yet. Look at it first, and then press.")


may_have_written: ContextVar[bool] = ContextVar("may_have_written", default=False)
"""Whether a transaction of what is being answered has come as far as its commit: what fails before that has written
nothing."""


class Transaction:
    """One piece of work: its connection, why it is done, by whom, and the business time it happens at."""

    def __init__(self, connection: AsyncConnection, cause: UUID, actor: Actor, now: datetime) -> None:
        self.connection = connection
        self.cause = cause
        self.actor = actor
        self.now = now
        self.recorded = False
        """Whether an event or a step was written: then the command that caused it is kept too."""

    @property
    def today(self) -> date:
        return london_date(self.now)

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        try:
            return await self.connection.execute(statement, parameters)
        except TimeoutError as error:
            raise TooSlow from error

    async def one(self, statement: Executable, parameters: Any = None) -> Row[Any]:
        """The one row; Missing if there is none."""
        row = await self.first(statement, parameters)
        if row is None:
            raise Missing
        return row

    async def first(self, statement: Executable, parameters: Any = None) -> Row[Any] | None:
        return (await self.execute(statement, parameters)).first()

    async def all(self, statement: Executable, parameters: Any = None) -> Sequence[Row[Any]]:
        return (await self.execute(statement, parameters)).all()

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        return (await self.execute(statement, parameters)).scalar()


_COMMAND = text("SELECT what, actor_id, acting_for, facts FROM steps WHERE id = :id AND kind = 'command'")
_LOCK_COMMAND = text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 7))")
# now() is when the transaction began: the command comes before what it caused.
_ADD_COMMAND = text(
    "INSERT INTO steps (id, kind, what, actor_kind, actor_id, acting_for, at, business_at, trace_id, span_id, facts)"
    " VALUES (:id, 'command', :what, :actor_kind, :actor_id, :acting_for, now(), :business_at, :trace_id, :span_id, "
    "CAST(:facts AS jsonb))"
)


async def rows_by(
    tx: Transaction, query: Select[*tuple[Any, ...]], column: ColumnElement[UUID], ids: Iterable[UUID]
) -> dict[UUID, list[Row[Any]]]:
    """By each of these ids: the rows of the query with it in this column, which is one of those selected, in the order
    of the query."""
    of_each: dict[UUID, list[Row[Any]]] = {each: [] for each in ids}
    for row in await tx.all(query.where(one_of(column, of_each))):
        of_each[row._mapping[column]].append(row)
    return of_each


def span_ids() -> dict[str, str | None]:
    """The current trace and span as lower-case hex; None outside any."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {"trace_id": None, "span_id": None}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def _refuse_another(command: Command, inputs: str | None, done: Row[Any]) -> None:
    """A key belongs to what was first sent with it. If either request had no inputs to compare (a tool, an earlier
    program), the rest must match."""
    kept = done.facts.get("inputs")
    same = (command.name, command.actor.id, command.actor.acting_for) == (done.what, done.actor_id, done.acting_for)
    if not same or (inputs and kept and not hmac.compare_digest(inputs, kept)):
        refuse(
            Reason(
                SENT_BEFORE,
                "You sent this form before, with other answers. We kept those, and changed nothing now. Look at what "
                "we have first",
            )
        )


class Database:
    def __init__(
        self, url: str, clock: BusinessClock | None = None, tracer: trace.Tracer | None = None, *, pool_size: int = 3
    ) -> None:
        """url: postgresql://user:password@host:port/name. pool_size: connections kept open when idle; each is a
        PostgreSQL process of some megabytes. Up to sixteen more are opened when needed."""
        self.url = url
        self._digest_key = hashlib.sha256(
            b"chorus inputs of commands:" + (urlsplit(url).password or "").encode()
        ).digest()
        self.clock = clock or BusinessClock()
        self.tracer = tracer or trace.get_tracer(__name__)
        self.after_commit: list[Callable[[], None]] = []
        """Called after each commit that may have written an event: wakes the relay."""
        self.engine: AsyncEngine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=pool_size,
            max_overflow=16,
            pool_use_lifo=True,  # rarely used connections stay small
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"timeout": 5, "command_timeout": 60},
        )

    async def run(self, command: Command, work: Callable[[Transaction], Awaitable[T]], *, once: bool = False) -> T:
        """Do work and commit. Repeats the whole on a serialisation failure or deadlock.

        once: command.id is an idempotency key. A second call with it changes nothing and returns the first one's
        answer, which must be JSON. If a commit's answer was lost, the second call finds that it happened. Refused if
        the key comes back with other inputs, from somebody else, or for something else.
        """
        inputs = self._digest(sent_with.get()) if once else None
        with self.tracer.start_as_current_span(command.name) as span:
            span.set_attribute("chorus.command.id", str(command.id))

            async def attempt() -> T:
                async with self.transaction(command.id, command.actor) as tx:
                    if once:
                        await tx.execute(_LOCK_COMMAND, {"id": str(command.id)})
                        done = await tx.first(_COMMAND, {"id": command.id})
                        if done is not None:
                            _refuse_another(command, inputs, done)
                            return done.facts.get("answer")
                    answer = await work(tx)
                    if once or tx.recorded:
                        await self._add_command(tx, command, {"answer": answer, "inputs": inputs} if once else {})
                    return answer

            return await self.repeating(attempt)

    def hidden(self, whose: str) -> bytes:
        """Hashed as in counts, with a key, because a connection's address would soon be guessed."""
        return hmac.digest(self._digest_key, b"counted:" + whose.encode(), "sha256")

    def _digest(self, inputs: bytes | None) -> str | None:
        """Keyed with a secret that is in no database: a sort code and account number could soon be guessed from a
        plain hash."""
        return hmac.digest(self._digest_key, inputs, "sha256").hex() if inputs else None

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do work in a transaction that can't write."""
        async with self._connected() as connection:
            connection = await connection.execution_options(postgresql_readonly=True)
            async with connection.begin():
                return await work(Transaction(connection, UUID(int=0), SYSTEM, self.clock.now()))

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        """asyncpg's own errors come through as they are while it connects. Raises NoConnection."""
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self.engine.connect())
            except (NoneFree, DBAPIError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise NoConnection(type(error).__name__) from error
            yield connection

    @asynccontextmanager
    async def _transaction(self, cause: UUID, actor: Actor):
        if kept_unread.get():
            refuse(KEPT_UNREAD)
        async with self._connected() as connection, connection.begin():
            tx = Transaction(connection, cause, actor, self.clock.now())
            yield tx
            may_have_written.set(True)
        if tx.recorded:
            for poke in self.after_commit:
                poke()

    def transaction(self, cause: UUID, actor: Actor) -> AbstractAsyncContextManager[Transaction]:
        """A bare transaction, for the consumers' batches; everything else uses run()."""
        return self._transaction(cause, actor)

    async def repeating(self, attempt: Callable[[], Awaitable[T]]) -> T:
        for number in range(1, ATTEMPTS + 1):
            try:
                return await attempt()
            except DBAPIError as error:
                if number == ATTEMPTS or getattr(error.orig, "sqlstate", None) not in _RETRY:
                    raise
                _log.info("transaction-repeated", attempt=number)
                await asyncio.sleep(random.uniform(0.005, 0.02) * 2**number)
        raise AssertionError("unreachable")

    async def _add_command(self, tx: Transaction, command: Command, facts: Mapping[str, Any]) -> None:
        await tx.execute(
            _ADD_COMMAND,
            {
                "id": command.id,
                "what": command.name,
                **actor_values(command.actor),
                "business_at": tx.now,
                "facts": json.dumps(facts),
                **span_ids(),
            },
        )

    async def close(self) -> None:
        await self.engine.dispose()
