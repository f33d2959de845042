"""The tables that a program knows and those that its migrations make are the same; who changes one has to change the
other.

`alembic check` knows nothing of checks, of partial indexes' conditions and of names, and rules are in these: so the
catalogues are compared as well.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.provisioning.databases import ALEMBIC_INI, tables_of
from deploy.provisioning.parts import DATABASES
from shared.messaging.migrations import COUNTING_TABLES, MESSAGING_TABLES
from tests.support.servers import TestPostgres

PARTS = [part for part in DATABASES if part != "operator"]
"""The operators' app has no tables but in SQL."""

_CATALOGUE = text(
    """
    SELECT relname, concat('constraint ', CASE WHEN contype IN ('c', 'u', 'x') THEN conname END),
      pg_get_constraintdef(pg_constraint.oid)
      FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
     WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f', 'u', 'c', 'x')
    UNION ALL
    SELECT tablename, concat('index ', indexname), indexdef
      FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint
        WHERE contype = 'p')
    UNION ALL
    SELECT table_name, concat('column ', column_name), concat_ws(', ', udt_name, is_nullable, column_default,
      is_identity, generation_expression)
      FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
    """
)
"""(table, what, how it is defined). Keys and references are compared without their names, which nobody reads; the
others' name rules."""


async def catalogue(url: str, to_make: MetaData | None = None) -> set[tuple[str, str, str]]:
    """What is in a database, after making tables there, without what every service has from shared.messaging."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        if to_make is not None:
            await connection.run_sync(to_make.create_all)
        rows = (await connection.execute(_CATALOGUE)).all()
    await engine.dispose()
    return {
        (table, what, definition)
        for table, what, definition in rows
        if table not in MESSAGING_TABLES | COUNTING_TABLES | {"alembic_version"}
    }


def test_every_part_but_the_operators_app_has_tables() -> None:
    assert [part for part in DATABASES if tables_of(part) is not None] == PARTS


@pytest.mark.parametrize("part", PARTS)
def test_alembic_finds_nothing_to_migrate(postgres: TestPostgres, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_OWNER_URL", postgres.owner_url(postgres.database(part)))
    with ThreadPoolExecutor(1) as thread:  # env.py runs an event loop of its own
        thread.submit(command.check, Config(ALEMBIC_INI, ini_section=part)).result()


@pytest.mark.parametrize("part", PARTS)
async def test_tables_made_from_the_program_are_those_that_migrations_make(postgres: TestPostgres, part: str) -> None:
    migrated = await catalogue(postgres.database(part))
    made = await catalogue(postgres.owner_url(postgres.empty_database(part)), tables_of(part))
    assert len(migrated) > 10
    assert sorted(migrated - made) == [], "migrated, but unknown to the program"
    assert sorted(made - migrated) == [], "known to the program, but never migrated"
