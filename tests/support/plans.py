"""Which tables PostgreSQL can only read from end to end for what somebody asks of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from shared.db import Database

_SETTINGS = ("SET LOCAL enable_seqscan = off", "SET LOCAL enable_mergejoin = off", "SET LOCAL enable_hashjoin = off")
"""On an empty database nothing is worth an index: so whatever can be had without reading a table whole, is."""
_PARTIAL = "SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL"
_SCANS = ("Index Scan", "Index Only Scan", "Bitmap Index Scan")


@dataclass
class Asked:
    """Statements with what they were asked with, as the driver had them."""

    statements: list[tuple[str, Any]] = field(default_factory=list)

    async def read_whole(self, database: Database) -> set[str]:
        """The tables that are read from end to end, be it by an index that holds all their rows."""
        found: set[str] = set()
        for node, partial in await self._nodes(database):
            if node["Node Type"] == "Seq Scan" or (
                node["Node Type"] in _SCANS and "Index Cond" not in node and node["Index Name"] not in partial
            ):
                found.add(node.get("Relation Name") or node["Index Name"])
        return found

    async def in_order_of(self, database: Database) -> set[str]:
        """The indexes that give the rows as they are wanted; "sort" where rows are sorted first."""
        nodes = [node for node, _ in await self._nodes(database)]
        sorts = {"sort" for node in nodes if "Sort" in node["Node Type"]}
        return sorts | {node["Index Name"] for node in nodes if "Index Name" in node}

    async def _nodes(self, database: Database) -> list[tuple[dict[str, Any], set[str]]]:
        found: list[tuple[dict[str, Any], set[str]]] = []
        async with database.engine.begin() as connection:
            for setting in _SETTINGS:
                await connection.exec_driver_sql(setting)
            partial = {row[0] for row in await connection.exec_driver_sql(_PARTIAL)}
            for statement, parameters in self.statements:
                [[plan]] = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
                found += [
                    (node, partial)
                    for node in _all_of((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
                ]
        return found


def _all_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from _all_of(below)


@contextmanager
def asked_of(database: Database) -> Iterator[Asked]:
    """What this database is asked meanwhile."""
    asked, engine = Asked(), database.engine.sync_engine

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.split(maxsplit=1)[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            asked.statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)
