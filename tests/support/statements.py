"""How many statements a page takes, and how many rows it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event

from shared.db import Database

_counts: ContextVar[bool] = ContextVar("counts", default=False)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that run on this database because of what is done meanwhile, and none of a job that had begun
    before."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if _counts.get():
            seen.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    token = _counts.set(True)
    try:
        yield seen
    finally:
        _counts.reset(token)
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def rows_read(database: Database) -> Iterator[list[int]]:
    """The rows that each SELECT on this database gives back meanwhile."""
    seen: list[int] = []

    def note(_connection: object, cursor: Any, statement: str, *_: object) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            seen.append(cursor.rowcount)

    engine = database.engine.sync_engine
    event.listen(engine, "after_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "after_cursor_execute", note)
