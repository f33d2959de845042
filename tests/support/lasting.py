"""Connections that outlast a test, as a service's do each of its requests.

Opening one, asking what it has to know and planning the same statements anew was a third of what a test of a use case
cost. A connection belongs to its event loop: so all tests have one loop, one after another, emptied between them. Where
another loop runs meanwhile (a module's own, a thread's) its connections are closed as ever.
"""

import asyncio
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.util import await_only

lasting_ports: set[int] = set()
"""Where servers listen that stay while any test uses them."""
STATEMENTS = 400
"""That a kept connection keeps prepared: payments has more than SQLAlchemy's usual hundred."""
MOST = 4
"""Kept of one database and role."""

_Key = tuple[tuple[str, Any], ...]
_kept: dict[_Key, list[Any]] = {}
_keys: WeakKeyDictionary[asyncpg.Connection, _Key] = WeakKeyDictionary()
_told: WeakSet[asyncpg.Connection] = WeakSet()
"""Of those that know how JSON is read."""
_PLAIN = {"host", "port", "user", "password", "database", "timeout", "command_timeout", "ssl"}
"""Who asks for more has a connection of their own."""


class LastingLoop(asyncio.SelectorEventLoop):
    """A loop for the next test, too: closing it takes away what is left of the last one, but the kept connections."""

    free = False

    def close(self) -> None:
        if self.is_running():
            raise RuntimeError("Cannot close a running event loop")
        self._ready.clear()  # pyrefly: ignore
        self._scheduled.clear()  # pyrefly: ignore
        ours = {self._ssock.fileno(), *map(_descriptor, _still_open())}  # pyrefly: ignore
        for descriptor in set(self._selector.get_map() or ()) - ours:  # pyrefly: ignore
            self._selector.unregister(descriptor)  # pyrefly: ignore
        self._default_executor = None
        self._executor_shutdown_called = self._asyncgens_shutdown_called = False
        self.set_exception_handler(None)
        self.set_task_factory(None)
        self.free = True


_loops: list[LastingLoop] = []


def lasting_loop() -> asyncio.AbstractEventLoop:
    """The one that lasts; while it is in use, one that does not."""
    if not _loops:
        _loops.append(LastingLoop())
    elif not _loops[0].free:
        return asyncio.SelectorEventLoop()
    _loops[0].free = False
    return _loops[0]


class KeepingDialect(PGDialect_asyncpg):
    """SQLAlchemy's own, whose connections to lasting servers are kept when their engine has done with them."""

    supports_statement_cache = True

    def connect(self, *arguments: Any, **named: Any) -> Any:
        if not _may_be_kept(named):
            return super().connect(*arguments, **named)
        key = tuple(sorted(named.items()))
        kept = _kept.get(key, [])
        while kept:
            connection = kept.pop()
            if not connection._connection.is_closed():
                return connection
        connection = super().connect(*arguments, **named, prepared_statement_cache_size=STATEMENTS)
        _keys[connection._connection] = key
        return connection

    async def setup_asyncpg_json_codec(self, conn: Any) -> None:
        if conn._connection not in _told:
            await super().setup_asyncpg_json_codec(conn)

    async def setup_asyncpg_jsonb_codec(self, conn: Any) -> None:
        if conn._connection not in _told:
            await super().setup_asyncpg_jsonb_codec(conn)
            _told.add(conn._connection)

    def do_close(self, dbapi_connection: Any) -> None:
        if not self._keep(dbapi_connection):
            super().do_close(dbapi_connection)

    def _keep(self, connection: Any) -> bool:
        raw = connection._connection
        key = _keys.get(raw)
        if key is None or raw.is_closed() or len(_kept.setdefault(key, [])) >= MOST or not _in_lasting_loop():
            return False
        connection.rollback()
        await_only(raw.reset())
        _kept[key].append(connection)
        return True


def _may_be_kept(named: dict[str, Any]) -> bool:
    return named.get("port") in lasting_ports and not set(named) - _PLAIN and _in_lasting_loop()


def _in_lasting_loop() -> bool:
    return _loops[:1] == [asyncio.get_running_loop()]


def _still_open() -> list[Any]:
    return [each for some in _kept.values() for each in some if not each._connection.is_closed()]


def pids_kept(database: str) -> list[int]:
    """Of the server's processes behind kept connections to this database."""
    return [
        each._connection.get_server_pid()
        for each in _still_open()
        if dict(_keys[each._connection])["database"] == database
    ]


def let_go(database: str) -> None:
    """It is to be dropped."""
    for key in [key for key in _kept if dict(key)["database"] == database]:
        del _kept[key]


def _descriptor(connection: Any) -> int:
    return connection._connection._transport.get_extra_info("socket").fileno()
