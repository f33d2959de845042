"""Every program is tried on what the landings before it left behind: nothing is lost, and the program before still
runs.

How a snapshot is made: take.py.
"""

import gzip
import re
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.local.servers import postgres_programs
from deploy.provisioning.databases import migrate
from deploy.provisioning.parts import DATABASES, SERVICES
from tests.support.servers import TestPostgres, in_thread

SNAPSHOTS = sorted(Path(__file__).parent.glob("*/*.sql.gz"))
LANDINGS = sorted({file.parent for file in SNAPSHOTS})


def _tried(file: Path) -> Any:
    """`make test` upgrades what the first landing left, by every migration since, and the last, whose program may still
    run. `make slow` upgrades what the others left, too."""
    marks = [] if file.parent in (LANDINGS[0], LANDINGS[-1]) else pytest.mark.slow
    return pytest.param(file, id=f"{file.parent.name}-{file.name.partition('.')[0]}", marks=marks)


_COLUMNS = (
    "SELECT table_name, column_name, is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES' AS"
    " may_be_left_out FROM information_schema.columns"
)
_COLUMNS += " WHERE table_schema = 'public'"


_RIGHTS = """
WITH of_columns AS (
  SELECT pg_class.oid AS relid, relname, attname, attnum FROM pg_class
    JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p'))
SELECT relname, attname, 'SELECT' FROM of_columns WHERE has_column_privilege(relid, attnum, 'SELECT') UNION ALL
SELECT relname, attname, 'INSERT' FROM of_columns WHERE has_column_privilege(relid, attnum, 'INSERT') UNION ALL
SELECT relname, attname, 'UPDATE' FROM of_columns WHERE has_column_privilege(relid, attnum, 'UPDATE') UNION ALL
SELECT relname, '', 'DELETE' FROM of_columns WHERE has_table_privilege(relid, 'DELETE') UNION ALL
SELECT relname, tgname, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
 WHERE NOT tgisinternal
"""


async def _rights(url: str) -> set[tuple[str, ...]]:
    """What that role may, and what triggers refuse it: without brackets, which a restore writes otherwise."""
    connection = await asyncpg.connect(url)
    try:
        return {(*row[:2], re.sub(r"[()]", "", row[2])) for row in await connection.fetch(_RIGHTS)}
    finally:
        await connection.close()


def invariants_of(database: str) -> dict[str, str]:
    return import_module(f"services.{database}.invariants").INVARIANTS if database in SERVICES else {}


@pytest.fixture(scope="module", params=list(map(_tried, SNAPSHOTS)))
def upgraded(request: pytest.FixtureRequest, postgres: TestPostgres) -> Any:
    """(database, its URL, its rows by table and its columns before): restored, and brought to the newest form."""
    file: Path = request.param
    database = file.name.partition(".")[0]
    url = postgres.empty_database(database)
    owner = postgres.owner_url(url)
    restore = [
        str(postgres_programs() / "psql"),
        "--quiet",
        "--no-psqlrc",
        "--set",
        "ON_ERROR_STOP=1",
        "--single-transaction",
        owner,
    ]
    subprocess.run(restore, input=gzip.decompress(file.read_bytes()), check=True, capture_output=True, timeout=120)
    before = in_thread(_look(owner))
    migrate(database, owner)
    return database, url, before, in_thread(_look(owner))


async def _look(url: str) -> tuple[dict[str, int], dict[tuple[str, str], bool]]:
    """Rows by table; whether a program that does not know it may leave it out, by column."""
    connection = await asyncpg.connect(url)
    try:
        columns = {(row[0], row[1]): row[2] for row in await connection.fetch(_COLUMNS)}
        tables = sorted({table for table, _ in columns})
        return {table: await connection.fetchval(f'SELECT count(*) FROM "{table}"') for table in tables}, columns
    finally:
        await connection.close()


async def _broken(url: str, invariants: dict[str, str]) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [sentence for sentence, sql in invariants.items() if await connection.fetch(sql)]
    finally:
        await connection.close()


def test_there_is_something_to_upgrade():
    assert {file.name.partition(".")[0] for file in SNAPSHOTS} == set(DATABASES)


def test_an_upgrade_loses_no_row(upgraded: Any):
    _, _, (rows_before, _), (rows_after, _) = upgraded
    assert sum(rows_before.values()) > 1
    fewer = {
        table: (number, rows_after.get(table))
        for table, number in rows_before.items()
        if rows_after.get(table, 0) < number
    }
    assert fewer == {}


def test_the_invariants_hold_on_upgraded_data_for_the_runtime_role(upgraded: Any):
    database, url, _, _ = upgraded
    assert in_thread(_broken(url, invariants_of(database))) == []


def test_the_program_before_runs_on_the_new_form(upgraded: Any):
    """Expand, then contract: nothing that it reads is gone, and nothing new must be written in tables that it knows."""
    _, _, (_, columns_before), (_, columns_after) = upgraded
    gone = sorted(set(columns_before) - set(columns_after))
    old_tables = {table for table, _ in columns_before}
    demanded = sorted(
        column
        for column, optional in columns_after.items()
        if column not in columns_before and column[0] in old_tables and not optional
    )
    assert (gone, demanded) == ([], [])


def test_pri_02_a_service_may_the_same_in_an_upgraded_database_as_in_a_new_one(upgraded: Any, postgres: TestPostgres):
    database, url, _, _ = upgraded
    assert in_thread(_rights(url)) == in_thread(_rights(postgres.database(database)))
