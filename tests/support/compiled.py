"""Statements are compiled once in a process of tests, not once for each database.

A service has one engine for as long as it runs, and SQLAlchemy keeps in it what it compiled. Most tests have an engine or two of their own: compiling the
same statements anew was a quarter of their CPU time. What is kept is kept by statement and dialect; all engines of `shared.db` have the same.
"""

from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import db

_compiled: dict[Any, Any] = {}
_create = db.create_async_engine


class _Dialect(PGDialect_asyncpg):
    supports_statement_cache = True

    def __hash__(self) -> int:
        return hash(_Dialect)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Dialect)


def _engine(*arguments: Any, **options: Any) -> AsyncEngine:
    engine = _create(*arguments, **options)
    engine.sync_engine.dialect.__class__ = _Dialect
    engine.sync_engine.update_execution_options(compiled_cache=_compiled)
    return engine


def keep_compiled() -> None:
    """From now on, for every engine that `shared.db` makes."""
    db.create_async_engine = _engine
