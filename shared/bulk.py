"""Many rows in one statement, for lists and for catching up after an outage."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, TypeVar

from pydantic_core import to_json
from sqlalchemy import Table, text

from shared.db import Transaction

T = TypeVar("T")
R = TypeVar("R")
A_PIECE = 250
"""How many things to work on before others get a turn."""
_A_FEW = 50
"""Fewer rows than this take less time to write out than starting a thread."""


def parts(things: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Pieces of this size: what one statement takes while others wait."""
    rest = iter(things)
    while part := tuple(islice(rest, size)):
        yield part


async def in_pieces(
    work: Callable[[Sequence[T]], Sequence[R]], things: Sequence[T], told: Callable[[int], None] = lambda _: None
) -> list[R]:
    """Calls work for all things, off the event loop, a piece at a time, in order. told hears how many are done."""
    done: list[R] = []
    for number, piece in enumerate(parts(things, A_PIECE)):
        done += await asyncio.to_thread(work, piece)
        told(min((number + 1) * A_PIECE, len(things)))
    return done


async def put_rows(
    tx: Transaction,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    there: Literal["replace", "newer", "keep", "fail"] = "replace",
) -> None:
    """Insert rows. Each has the same columns, and no two the same key.

    there: what to do with a row whose primary key exists; "newer" replaces an older version of it, "keep" leaves any
    that a unique index refuses.
    """
    if not rows:
        return
    columns = ", ".join(f'"{name}"' for name in rows[0])
    key = [column.name for column in table.primary_key.columns]
    replaced = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0] if name not in key)
    replacing = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {replaced}"
    newer = f"{replacing} WHERE {table.name}.version < excluded.version"
    conflict = {"replace": replacing, "newer": newer, "keep": " ON CONFLICT DO NOTHING", "fail": ""}[there]
    source = f"json_populate_recordset(CAST(NULL AS {table.name}), CAST(:rows AS json))"
    statement = text(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {source}{conflict}")
    await tx.execute(statement, {"rows": _json(rows) if len(rows) <= _A_FEW else await asyncio.to_thread(_json, rows)})


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return to_json(rows).decode()
