"""How many statements a page takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from shared.db import Database


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that run on this database meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
