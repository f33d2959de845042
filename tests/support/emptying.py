"""A database that a test has used, made again as it was when it was copied: a fraction of what dropping it and copying
another takes. Its connection, which stays open, also asks what most tests ask at their end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

USES = 40
"""No worker tidies up in tests: after so many, what was deleted is in the way of what is there."""

_TABLES = """
SELECT format('%I', relname) AS name, has_table_privilege($1, oid, 'UPDATE') AS written
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
_SEQUENCES = "SELECT format('%I', sequencename) AS name FROM pg_sequences WHERE schemaname = 'public'"
_OTHERS = """
SELECT count(*), count(*) FILTER (WHERE state <> 'idle') AS busy, count(pg_terminate_backend(pid)) AS ended
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL($1::int[])
"""

SMALL = 4 << 20
"""Bytes in all tables. What was planned on empty ones is kept for so much."""
_SIZE = """
SELECT coalesce(sum(pg_relation_size(oid)), 0) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""


@dataclass
class Emptying:
    """Empties one database through a connection of its own, which stays open: it keeps the plans of all its
    statements."""

    connection: asyncpg.Connection
    uses: int = 1
    planned: dict[str, PreparedStatement] = field(default_factory=dict)

    @classmethod
    async def of(cls, url: str, role: str) -> "Emptying":
        """url: of a database that nobody has used yet, as superuser. role: who will."""
        connection = await asyncpg.connect(url)
        statements: list[str] = []
        for table in await connection.fetch(_TABLES, role):
            name = table["name"]
            rows = await connection.fetchval(f"SELECT jsonb_agg(row) FROM {name} AS row")
            if rows is None or table["written"]:
                statements.append(f"DELETE FROM {name};")
            if rows is not None and table["written"]:
                statements.append(
                    f"INSERT INTO {name} SELECT * FROM jsonb_populate_recordset(NULL::{name}, $rows${rows}$rows$);"
                )
        for sequence in await connection.fetch(_SEQUENCES):
            name = sequence["name"]
            last, called = await connection.fetchrow(f"SELECT last_value, is_called FROM {name}")  # pyrefly: ignore
            statements.append(f"PERFORM setval('{name}', {last}, {called});")
        # What keeps history from being deleted, and one row from going without another, is for the services.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(
            f"CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN {' '.join(statements)} END $f$"
        )
        return cls(connection)

    async def empty(self, idle: Sequence[int]) -> bool:
        """Whether it can be used again. Not while somebody still does something in it. idle: pids of connections that
        are kept for who uses it next."""
        if self.uses >= USES:
            return False
        self.uses += 1
        while (others := await self.connection.fetchrow(_OTHERS, idle)) and others["count"]:
            if others["busy"]:
                return False
        await self.connection.execute("SELECT pg_temp.empty()")
        return True

    async def ask(self, sql: str) -> list[asyncpg.Record] | None:
        """What this finds, planned once for all tests: planning payments' invariants takes thirty milliseconds. None
        if it must be asked otherwise."""
        if self.connection.is_closed() or (await self.connection.fetchval(_SIZE) or 0) > SMALL:
            return None
        if sql not in self.planned:
            self.planned[sql] = await self.connection.prepare(sql)
        return await self.planned[sql].fetch()
