"""Makes an organisation's databases, roles, NATS accounts and streams. Every function may be repeated: it changes only what differs.

Nobody else declares a stream, a role or a database. Services make their own durable consumers.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
from nats.js.api import DiscardPolicy, StorageType, StreamConfig

from deploy.network import border
from deploy.network.jetstream import connected, settle_stream
from deploy.network.membership import Membership
from deploy.network.text import user
from shared.events.people import SessionEnded
from shared.messaging.streams import durable_name, stream_name, stream_subjects

SERVICES = ("people", "opportunities", "payments", "feedback", "notifications")
DATABASES = (*SERVICES, "operator", "gateway")
NATS_USERS = (*SERVICES, "operator", "gateway", "provision", "sys", *border.BORDER_USERS)
STREAM_OWNERS = (*SERVICES, "network")
"""What arrives over the network has a stream too: the gateway writes it."""
CROSSING = ("opportunities", "payments", "feedback")
"""The services that speak to other organisations, through the gateway."""

DAY = 24 * 60 * 60
STREAM_MAX_AGE = 30 * DAY
STREAM_MAX_BYTES = 256 * 1024 * 1024
DUPLICATE_WINDOW = 10 * 60

_ASKS = {
    **{service: [f"people.cards.{service}"] for service in ("opportunities", "payments", "feedback")},
    "notifications": ["people.cards.notifications", "people.addresses.notifications", "opportunities.answers.notifications"],
    "gateway": ["opportunities.contents.gateway", "feedback.contents.gateway"],
}
"""What each may ask of another, and nobody else may."""
_ASKS["opportunities"].append("gateway.contents.opportunities")
_ASKS["feedback"].append("gateway.contents.feedback")
_ANSWERS = {
    "people": ["people.cards.*", "people.addresses.*"],
    "opportunities": ["opportunities.contents.gateway", "opportunities.answers.notifications"],
    "feedback": ["feedback.contents.gateway"],
    "gateway": ["gateway.contents.*"],
}

_ALEMBIC = threading.Lock()
"""Alembic keeps its context in globals: one migration at a time in a process; between processes PostgreSQL's lock decides."""


def package_of(part: str) -> str:
    """Where the code of a service, the gateway or the operators' app is. `operator` names a part of an organisation, for example its database."""
    return "services.operators" if part == "operator" else f"services.{part}"


def owner_of(database: str) -> str:
    """The role that owns a database's tables and alone may change them: migrations run as it."""
    return f"{database}_owner"


def roles() -> list[str]:
    """Every database role of an organisation; each needs a password."""
    return [role for database in DATABASES for role in (database, owner_of(database))]


# Databases


async def provision_databases(admin_url: str, passwords: Mapping[str, str], databases: Sequence[str] = DATABASES) -> None:
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
    await connection.execute(f'{verb} ROLE "{role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {quoted}')


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
            ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{runtime}";
            ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO "{runtime}";
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

    configuration = Config(Path(__file__).parent / "migrations" / "alembic.ini", ini_section=database)
    configuration.attributes["url"] = owner_url
    configuration.attributes["runtime_role"] = database
    with _ALEMBIC, ThreadPoolExecutor(1) as thread:
        thread.submit(command.upgrade, configuration, "head").result()


def has_migrations(database: str) -> bool:
    """Whether this checkout has that part (an organisation may leave one out)."""
    versions = Path(__file__).parents[1] / package_of(database).replace(".", "/") / "migrations" / "versions"
    return any(versions.glob("*.py"))


# NATS


def nats_config(
    organisation: str, passwords: Mapping[str, str], *, membership: Membership | None = None, max_file: str = "6GB", monitor: str | None = None
) -> str:
    """The server's configuration for one organisation: its private account APP, account NET with what leaves and arrives, and SYS.

    passwords: by user, for each of NATS_USERS; the text holds them, so keep it readable by the server alone.
    membership: joins NET to the hub; without one, what is shared waits. monitor: host:port of the server's own pages, if wanted.
    """
    users = [user(service, passwords[service], _service_permissions(service)) for service in (*SERVICES, "gateway")]
    users.append(user("operator", passwords["operator"], _operator_permissions()))
    users.append(user("provision", passwords["provision"], _provision_permissions()))
    return f"""# Made by `chorus provision`; changes here are lost.
server_name: {json.dumps(organisation)}
max_payload: 1MB
{f"http: {monitor}" if monitor else ""}
jetstream {{ domain: {json.dumps(organisation)}, max_file: {max_file}, max_mem: 64MB, sync_interval: always }}
system_account: SYS
accounts {{
  SYS {{ users: [ {user("sys", passwords["sys"]).strip()} ] }}
  # Private: no leaf node is ever bound to it, and it imports and exports nothing.
  APP {{
    jetstream: enabled
    users: [
      {"      ".join(users)}    ]
  }}
  {border.account(organisation, passwords)}
}}
{border.leaf(membership) if membership else ""}
"""


def _service_permissions(service: str) -> dict[str, object]:
    """It says its own events, asks its own questions, and keeps one durable consumer on each other owner's stream.

    None on its own: a message of its own making may lack the header that keeps it out of other streams
    (Nats-Expected-Stream, see the relay), and a pull may name any subject for the answer.

    Its replies have an inbox of their own: on a shared one, every service could read the addresses that people answers.
    """
    says = "network" if service == "gateway" else service
    publish = [*stream_subjects(says), *_ASKS.get(service, []), "$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.*"]
    for owner in STREAM_OWNERS:
        if owner == says:
            continue
        consumer = f"{stream_name(owner)}.{durable_name(service, owner)}"
        publish += [f"$JS.API.CONSUMER.{verb}.{consumer}" for verb in ("INFO", "MSG.NEXT", "CREATE", "DURABLE.CREATE")]
        publish += [f"$JS.API.CONSUMER.CREATE.{consumer}.>", f"$JS.ACK.{consumer}.>"]
    permissions: dict[str, object] = {
        "publish": {"allow": publish},
        "subscribe": {"allow": [f"_INBOX.{service}.>"]},
    }
    if answers := _ANSWERS.get(service):
        permissions["subscribe"] = {"allow": [f"_INBOX.{service}.>", *answers]}
        permissions["allow_responses"] = {"max": 1, "expires": "1m"}
    if service == "gateway":  # it sends on no faster than those who hear it can take
        publish += [f"$JS.API.CONSUMER.INFO.{stream_name('network')}.*"]
    return permissions


def _operator_permissions() -> dict[str, object]:
    """Sees how streams and consumers stand; publishes nothing, and reads no event but which sessions ended."""
    ended = SessionEnded.owner
    consumer = f"{stream_name(ended)}.{durable_name('operator', ended)}"
    looks = [
        "INFO",
        "STREAM.NAMES",
        "STREAM.LIST",
        "STREAM.INFO.*",
        "CONSUMER.NAMES.*",
        "CONSUMER.LIST.*",
        "CONSUMER.INFO.*.*",
    ]
    return {
        "publish": {
            "allow": [
                *(f"$JS.API.{look}" for look in looks),
                f"$JS.API.CONSUMER.CREATE.{consumer}.{SessionEnded.subject()}",
                f"$JS.API.CONSUMER.MSG.NEXT.{consumer}",
                f"$JS.ACK.{consumer}.>",
            ]
        },
        "subscribe": {"allow": ["_INBOX.operator.>"]},
    }


def _provision_permissions() -> dict[str, object]:
    """Declares streams; can neither delete nor purge one, nor read or write what is in it."""
    may = [
        "INFO",
        "STREAM.NAMES",
        "STREAM.LIST",
        "STREAM.INFO.*",
        "STREAM.CREATE.*",
        "STREAM.UPDATE.*",
    ]
    return {
        "publish": {"allow": [f"$JS.API.{verb}" for verb in may]},
        "subscribe": {"allow": ["_INBOX.provision.>"]},
    }


def stream_config(service: str, max_bytes: int = STREAM_MAX_BYTES) -> StreamConfig:
    return StreamConfig(
        name=stream_name(service),
        description="What arrived over the network" if service == "network" else f"What {service} says",
        subjects=stream_subjects(service),
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=STREAM_MAX_AGE,
        max_bytes=max_bytes,
        duplicate_window=DUPLICATE_WINDOW,
        allow_atomic=True,
        deny_delete=True,
        deny_purge=True,
    )


async def provision_streams(provision_url: str, *, max_bytes: int = STREAM_MAX_BYTES) -> list[str]:
    """Make or update the private streams, one for each of STREAM_OWNERS. provision_url: with the user `provision`.

    Returns what was done, a line each.
    """
    async with connected(provision_url, "_INBOX.provision") as client:
        streams = client.jetstream(timeout=10)
        return [await settle_stream(streams, stream_config(owner, max_bytes)) for owner in STREAM_OWNERS]
