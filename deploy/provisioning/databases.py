"""Makes an organisation's databases and roles, and brings databases to their newest form. Every function may be
repeated: it changes only what differs.

Nobody else makes a role or a database.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from deploy.provisioning.parts import DATABASES, owner_of, package_of

if TYPE_CHECKING:
    from sqlalchemy import MetaData

ALEMBIC_INI = Path(__file__).parent / "migrations" / "alembic.ini"
_ALEMBIC = threading.Lock()
"""Alembic keeps its context in globals: one migration at a time in a process; between processes PostgreSQL's lock
decides."""


async def provision_databases(
    admin_url: str, passwords: Mapping[str, str], databases: Sequence[str] = DATABASES
) -> None:
    """One database each, with an owner role and a runtime role; no other role may connect.

    admin_url: a superuser's, on the database `postgres`. passwords: by role name, see `roles()`.
    """
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        for database in databases:
            for role in (owner_of(database), database):
                await _ensure_role(connection, role, passwords[role])
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
                await connection.execute(f'CREATE DATABASE "{database}" OWNER "{owner_of(database)}"')
            await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
            await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{database}"')
        await connection.execute("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        await connection.execute("REVOKE CONNECT ON DATABASE template1 FROM PUBLIC")
    finally:
        await connection.close()
    for database in databases:
        await _grant_inside(admin_url.rpartition("/")[0] + f"/{database}", database)


async def _ensure_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    known = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if known else "CREATE"
    quoted = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(
        f'{verb} ROLE "{role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {quoted}'
    )


async def _grant_inside(url: str, runtime: str) -> None:
    """The runtime role reads and writes rows of tables that the owner makes, now and later, and nothing else."""
    owner = owner_of(runtime)
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(
            f"""
            ALTER SCHEMA public OWNER TO "{owner}";
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            GRANT USAGE ON SCHEMA public TO "{runtime}";
            ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA public GRANT SELECT, INSERT, UPDATE
              ON TABLES TO "{runtime}";
            ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA public GRANT USAGE, SELECT
              ON SEQUENCES TO "{runtime}";
            """
        )
    finally:
        await connection.close()


def migrate(database: str, owner_url: str) -> None:
    """Bring one database to its newest migration, as its owner. Several at once wait for each other.

    Synchronous; runs in a thread of its own, so that it may be called while an event loop runs.
    """
    from alembic import command  # slow to import, and most commands do not migrate
    from alembic.config import Config

    configuration = Config(ALEMBIC_INI, ini_section=database)
    configuration.attributes["url"] = owner_url
    configuration.attributes["runtime_role"] = database
    with _ALEMBIC, ThreadPoolExecutor(1) as thread:
        thread.submit(command.upgrade, configuration, "head").result()


def tables_of(database: str) -> MetaData | None:
    """The tables as the program of that part knows them. None for the operators' app, which has none but in SQL."""
    from sqlalchemy import MetaData

    module = f"{package_of(database)}.tables"
    if find_spec(module) is None:
        return None
    return next(value for value in vars(import_module(module)).values() if isinstance(value, MetaData))


def has_migrations(database: str) -> bool:
    """Whether this checkout has that part (an organisation may leave one out)."""
    versions = Path(__file__).parents[2] / package_of(database).replace(".", "/") / "migrations" / "versions"
    return any(versions.glob("*.py"))
