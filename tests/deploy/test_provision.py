"""Provisioning: who may do what in PostgreSQL, seen by trying it as each of them."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from deploy.provisioning.databases import migrate, provision_databases
from deploy.provisioning.parts import DATABASES, owner_of, roles
from tests.support.servers import PASSWORD, TestPostgres

ROOT = Path(__file__).resolve().parents[2]


# Databases


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("role", roles())
async def test_a_role_is_refused_by_every_other_database(postgres: TestPostgres, role: str):
    own = role.removesuffix("_owner")
    async with connected(postgres.server.url(own, role, PASSWORD)) as connection:
        assert await connection.fetchval("SELECT current_user") == role
    for database in ({*DATABASES} - {own}) | {"postgres", "template1"}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(postgres.server.url(database, role, PASSWORD))


@pytest.mark.parametrize(
    "forbidden",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "ALTER TABLE steps ADD COLUMN more text",
        "DROP TABLE outbox",
        "TRUNCATE steps",
        "ALTER TABLE steps DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "UPDATE steps SET what = 'nothing'",
        "DELETE FROM steps",
        "UPDATE alembic_version SET version_num = '0'",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE notifications_owner",
    ],
)
async def test_a_service_cannot_change_its_own_database(service_database: Callable[[str], str], forbidden: str):
    async with connected(service_database("notifications")) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forbidden)


async def test_a_service_reads_and_writes_rows_of_tables_that_its_owner_makes_later_and_takes_none_away(
    postgres: TestPostgres, service_database: Callable[[str], str]
):
    url = service_database("people")
    async with connected(postgres.owner_url(url)) as owner:
        await owner.execute("CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY, word text)")
    async with connected(postgres.server.url("people", owner_of("people"), PASSWORD)) as owner:
        await owner.execute("CREATE TABLE IF NOT EXISTS later (id serial, word text)")
    async with connected(postgres.server.url("people", "people", PASSWORD)) as connection:
        await connection.execute("INSERT INTO later (word) VALUES ('yes')")
        assert await connection.fetchval("UPDATE later SET word = 'no' RETURNING word") == "no"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM later")
    async with connected(postgres.server.url("people", owner_of("people"), PASSWORD)) as owner:
        await owner.execute("DROP TABLE later")


async def test_rows_that_stand_for_ever_do_so_by_role_as_well_as_by_trigger(
    postgres: TestPostgres, service_database: Callable[[str], str]
):
    url = service_database("payments")
    never_changed = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_are_never_changed'"
    async with connected(url) as connection:
        tables = [row[0] for row in await connection.fetch(never_changed)]
        rights = [
            await connection.fetchval(
                "SELECT has_table_privilege($1, 'UPDATE') OR has_table_privilege($1, 'DELETE')", table
            )
            for table in tables
        ]
    assert "steps" in tables
    assert not any(rights)
    async with connected(postgres.owner_url(url)) as owner:
        await owner.execute(
            "INSERT INTO steps (id, kind, what, actor_kind, business_at) VALUES (gen_random_uuid(), 'command', 'x', "
            "'system', clock_timestamp())"
        )
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute("UPDATE steps SET what = 'y'")


async def test_provisioning_and_migrating_again_changes_nothing(own_postgres: TestPostgres):
    passwords = dict.fromkeys(roles(), PASSWORD)
    url = own_postgres.server.url("notifications", owner_of("notifications"), PASSWORD)
    migrate("notifications", url)
    async with connected(url) as connection:
        before = await connection.fetchval(
            "SELECT string_agg(relname || relacl::text, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = "
            "'public'::regnamespace"
        )
    await provision_databases(own_postgres.server.admin_url(), passwords)
    migrate("notifications", url)
    async with connected(url) as connection:
        after = await connection.fetchval(
            "SELECT string_agg(relname || relacl::text, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = "
            "'public'::regnamespace"
        )
    assert before == after


async def test_a_changed_password_is_taken_over(own_postgres: TestPostgres):
    await provision_databases(own_postgres.server.admin_url(), dict.fromkeys(roles(), "it's another one"))
    async with connected(own_postgres.server.url("feedback", "feedback", "it's another one")):
        pass
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(own_postgres.server.url("feedback", "feedback", PASSWORD))


MIGRATE = "import sys; from deploy.provisioning.databases import migrate; migrate('people', sys.argv[1])"


async def test_migrations_started_at_once_wait_for_each_other(own_postgres: TestPostgres):
    url = own_postgres.server.url("people", owner_of("people"), PASSWORD)
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, url, cwd=ROOT) for _ in range(3)]
    await asyncio.gather(*(asyncio.to_thread(migrate, "people", url) for _ in range(2)))
    assert [await process.wait() for process in processes] == [0, 0, 0]
    async with connected(url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1


async def test_a_migration_that_fails_leaves_the_database_as_it_was(own_postgres: TestPostgres):
    url = own_postgres.server.url("people", owner_of("people"), PASSWORD)
    async with connected(url) as connection:
        await connection.execute("CREATE TABLE steps ()")  # in the way of the first migration
    with pytest.raises(Exception, match="steps"):
        await asyncio.to_thread(migrate, "people", url)
    async with connected(url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1


async def test_pri_03_a_sign_in_that_has_not_run_out_is_not_taken_away_but_goes_with_the_person(
    postgres: TestPostgres, service_database: Callable[[str], str]
):
    """Not even one that has ended: what it did is still asked about."""
    url = service_database("people")
    person, sign_ins = uuid4(), {"2 days": uuid4(), "-2 days": uuid4()}
    async with connected(url) as connection:
        await connection.execute(
            "INSERT INTO people (id, version, name, known_as, phone, area, roles, channels, opted_out, discreet,"
            " format, paused, joined_at) VALUES"
            " ($1, 1, 'Amina', '', '', '', '{participant}', '{in-app}', '{}', false, 'plain', false, now())",
            person,
        )
        for until, sign_in in sign_ins.items():
            await connection.execute(
                "INSERT INTO sessions (id, person_id, began_at, expires_at, ended_at)"
                f" VALUES ($1, $2, now(), now() + interval '{until}', now())",
                sign_in,
                person,
            )
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("DELETE FROM sessions WHERE id = $1", sign_ins["2 days"])
        assert await connection.execute("DELETE FROM sessions WHERE id = $1", sign_ins["-2 days"]) == "DELETE 1"
    async with connected(postgres.owner_url(url)) as owner:
        await owner.execute("DELETE FROM people WHERE id = $1", person)
        assert await owner.fetchval("SELECT count(*) FROM sessions") == 0
