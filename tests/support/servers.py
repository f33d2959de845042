"""Real PostgreSQL and NATS for tests: started once or per test, never mocked."""

import asyncio
import itertools
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import asyncpg

from deploy.local.servers import NatsServer, PostgresServer
from deploy.provisioning.accounts import NATS_USERS, nats_config
from deploy.provisioning.border import provision_border
from deploy.provisioning.databases import has_migrations, migrate, provision_databases
from deploy.provisioning.parts import owner_of, roles
from deploy.provisioning.streams import provision_streams
from shared.messaging.migrations import MESSAGING_STATEMENTS
from tests.support.emptying import Emptying
from tests.support.lasting import let_go, pids_kept

PASSWORD = "test"
ORGANISATION = "test"
_numbers = itertools.count(1)


def in_thread(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end from synchronous code, whether or not a loop runs here."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result(60)


def as_owner(url: str) -> str:
    """The same database as its owner, who may write rows that the runtime role may not. Whoever changes more than rows
    takes `TestPostgres.owner_url`. url: as the runtime role."""
    service = url.partition("//")[2].partition(":")[0]
    return url.replace(f"//{service}:", f"//{owner_of(service)}:", 1)


@dataclass
class TestPostgres:
    """A server with a migrated template database per service, and copies of them, which tests use one after another."""

    __test__ = False
    running: ClassVar[dict[int, "TestPostgres"]] = {}
    """By port."""
    server: PostgresServer

    def __post_init__(self) -> None:
        self.running[self.server.port] = self
        self._templates: set[str] = set()
        self.made: list[str] = []
        """The databases that were made and are still there, oldest first."""
        self._emptying: dict[str, Emptying] = {}
        """Of each copy that nobody but its service's runtime role has changed."""
        self._used: dict[str, list[str]] = {}
        """The copies of each service that tests have done with."""
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()
        self._connection: asyncpg.Connection | None = None
        """As superuser, kept open: each test needs it, and signing in costs more than what it asks."""

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._thread.submit(self._runner.run, work).result(60)

    async def _admin(self) -> asyncpg.Connection:
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = self._connection = await asyncpg.connect(self.server.admin_url())
        return connection

    @classmethod
    def start(cls, directory: Path, *, fsync: bool = False) -> "TestPostgres":
        postgres = cls(PostgresServer(directory, fsync=fsync).start())
        in_thread(provision_databases(postgres.server.admin_url(), dict.fromkeys(roles(), PASSWORD)))
        return postgres

    def database(self, service: str) -> str:
        """The URL, as the service's runtime role, of a copy of its migrated database, as if fresh."""
        with self._lock:
            used = self._used.setdefault(service, [])
            while used:
                name = used.pop()
                if self._do(self._emptying[name].empty(pids_kept(name))):
                    self.made.append(name)
                    return self.server.url(name, service, PASSWORD)
                self._do(self._drop([name]))
            if service not in self._templates:
                if not has_migrations(service):
                    raise RuntimeError(f"{service} has no migrations yet")
                migrate(service, self.server.url(service, owner_of(service), PASSWORD))
                self._templates.add(service)
            name = f"{service}_{os.getpid()}_{next(_numbers)}"
            self._do(self._copy(service, name))
            self.made.append(name)
        return self.server.url(name, service, PASSWORD)

    def bare_database(self, service: str, *statements: str) -> str:
        """A database with the messaging tables and what statements make, for tests of the mechanism alone."""
        name = f"bare_{service}_{os.getpid()}_{next(_numbers)}"
        self._do(self._bare(service, name, statements))
        self.made.append(name)
        return self.server.url(name, service, PASSWORD)

    def empty_database(self, service: str) -> str:
        """The URL, as the service's runtime role, of a database of its owner's with nothing in it."""
        name = f"empty_{service}_{os.getpid()}_{next(_numbers)}"
        self._do(self._empty(service, name))
        self.made.append(name)
        return self.server.url(name, service, PASSWORD)

    def owner_url(self, url: str) -> str:
        """The same database as its owner, who may change what the runtime role may not: no other test gets it."""
        self._changed(url)
        return as_owner(url)

    def superuser_url(self, url: str) -> str:
        """The same database as the server's superuser: no other test gets it."""
        return self.server.admin_url(self._changed(url))

    def _changed(self, url: str) -> str:
        name = url.rpartition("/")[2]
        emptying = self._emptying.pop(name, None)
        if emptying:
            self._do(emptying.connection.close())
        return name

    def done_with_all_but(self, keep: int) -> None:
        """The databases that came after the first `keep` are for other tests, or dropped: each is some megabytes, and
        there are thousands of tests."""
        names, self.made = self.made[keep:], self.made[:keep]
        for name in names:
            if name in self._emptying:
                self._used[name.partition("_")[0]].append(name)
        dropped = [name for name in names if name not in self._emptying]
        if dropped:
            self._do(self._drop(dropped))

    def ask(self, url: str, sql: str) -> list[asyncpg.Record] | None:
        """Of a database that none but its service has changed, as superuser; None if it must be asked otherwise."""
        emptying = self._emptying.get(url.rpartition("/")[2])
        return self._do(emptying.ask(sql)) if emptying else None

    async def _drop(self, names: list[str]) -> None:
        admin = await self._admin()
        for name in names:
            self._emptying.pop(name, None)
            let_go(name)
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _copy(self, service: str, name: str) -> None:
        admin = await self._admin()
        # As files: a third of the time that it takes through the log.
        await admin.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{service}" OWNER "{owner_of(service)}" STRATEGY file_copy'
        )
        await admin.execute(
            f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC; GRANT CONNECT ON DATABASE "{name}" TO "{service}"'
        )
        self._emptying[name] = await Emptying.of(self.server.admin_url(name), service)

    async def _empty(self, service: str, name: str) -> None:
        await (await self._admin()).execute(f'CREATE DATABASE "{name}" OWNER "{owner_of(service)}"')

    async def _bare(self, service: str, name: str, statements: tuple[str, ...]) -> None:
        await self._empty(service, name)
        owner = await asyncpg.connect(self.server.url(name, owner_of(service), PASSWORD))
        for statement in (*MESSAGING_STATEMENTS, *statements):
            await owner.execute(statement)
        await owner.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{service}"')
        await owner.execute(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{service}"')
        await owner.close()

    def stop(self) -> None:
        """Its data is thrown away: there is nothing to put in order first but our own connection."""
        del self.running[self.server.port]
        self._do(self._leave())
        self._thread.submit(self._runner.close).result(60)
        self._thread.shutdown()
        self.server.kill()

    async def _leave(self) -> None:
        for connection in (self._connection, *(each.connection for each in self._emptying.values())):
            if connection is not None:
                connection.terminate()


def start_nats(directory: Path) -> NatsServer:
    """A NATS server with the organisation's own configuration and streams."""
    passwords: dict[str, str] = dict.fromkeys(NATS_USERS, PASSWORD)
    server = NatsServer(directory, nats_config(ORGANISATION, passwords, max_file="1GB")).start()
    in_thread(provision_streams(server.client_url("provision", PASSWORD), max_bytes=64 * 1024 * 1024))
    in_thread(provision_border(server.client_url("border-provision", PASSWORD), None, max_bytes=64 * 1024 * 1024))
    return server
