"""`chorus provision` and `chorus migrate`: databases, roles and streams on servers of your own. `chorus up` does both
for a local instance.

Passwords come from the environment: CHORUS_PASSWORD_<ROLE> for databases, CHORUS_PASSWORD_NATS_<USER> for NATS.
`chorus secrets` makes them.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import asyncpg
import typer

from deploy.cli.common import AWAY, FOUND_WRONG, WRONG_USE, Json, err, fail, out, print_json
from deploy.provisioning.border import provision_border
from deploy.provisioning.databases import migrate as migrate_database
from deploy.provisioning.databases import provision_databases
from deploy.provisioning.membership import Membership
from deploy.provisioning.names import NetworkError
from deploy.provisioning.parts import DATABASES, owner_of, roles
from deploy.provisioning.streams import provision_streams

PASSWORD = "CHORUS_PASSWORD_"

AdminUrl = Annotated[
    str | None, typer.Option(envvar="CHORUS_ADMIN_URL", help="URL of a PostgreSQL superuser, on the database postgres.")
]


def provision(
    admin_url: AdminUrl = None,
    nats_url: Annotated[
        str | None, typer.Option(envvar="CHORUS_PROVISION_NATS_URL", help="URL of NATS, with the user provision.")
    ] = None,
    border_nats_url: Annotated[
        str | None, typer.Option(envvar="CHORUS_BORDER_NATS_URL", help="URL of NATS, with the user border-provision.")
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option(envvar="CHORUS_NETWORK", help="Folder with the membership of the network, if there is one."),
    ] = None,
    and_migrate: Annotated[
        bool, typer.Option("--migrate", help="Afterwards, bring the databases to their newest form.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make databases, roles and streams, or bring them to what they should be. Safe to repeat.

    Exit code 3 if a server refuses or does not answer.
    """
    if not (admin_url or nats_url or border_nats_url):
        fail(
            "Say what to provision: --admin-url, --nats-url, --border-nats-url or several.", WRONG_USE, as_json=as_json
        )
    done: list[str] = []
    try:
        if admin_url:
            passwords = {role: password_of(role) for role in roles()}
            with err.status("Making databases and roles"):
                asyncio.run(provision_databases(admin_url, passwords))
            done.append(f"databases and roles of {', '.join(DATABASES)} are as they should be")
        if nats_url:
            done += asyncio.run(provision_streams(nats_url))
        if border_nats_url:
            done += asyncio.run(provision_border(border_nats_url, Membership.read(network) if network else None))
    except (MissingPassword, NetworkError) as problem:
        fail(str(problem), WRONG_USE, as_json=as_json)
    except (OSError, asyncpg.PostgresError) as problem:
        fail(f"A server refused or does not answer ({type(problem).__name__}): {problem}", AWAY, as_json=as_json)
    if and_migrate and admin_url:
        done += _migrate(list(DATABASES), admin_url, as_json)
    _tell(done, as_json)


def migrate(
    databases: Annotated[
        list[str] | None, typer.Argument(help="Which databases. [default: all]", show_default=False)
    ] = None,
    admin_url: AdminUrl = None,
    as_json: Json = False,
) -> None:
    """Bring databases to their newest form. Several at once wait for each other; one that fails stays as it was.

    Of --admin-url only the host and port are used: each database is migrated as its owner, with
    CHORUS_PASSWORD_<DATABASE>_OWNER. Exit code 1 if a migration fails.
    """
    wanted = databases or list(DATABASES)
    unknown = [name for name in wanted if name not in DATABASES]
    if unknown:
        fail(
            f"There is no database {', '.join(unknown)}. There are: {', '.join(DATABASES)}.", WRONG_USE, as_json=as_json
        )
    if not admin_url:
        fail("Say where PostgreSQL is: --admin-url or CHORUS_ADMIN_URL.", WRONG_USE, as_json=as_json)
    _tell(_migrate(wanted, admin_url, as_json), as_json)


class MissingPassword(Exception):
    """A password is not in the environment; the text names the variable."""


def variable_of(role: str) -> str:
    """The name of the environment variable with a role's password."""
    return PASSWORD + role.upper().replace("-", "_")


def password_of(role: str) -> str:
    name = variable_of(role)
    if not os.environ.get(name):
        raise MissingPassword(f"{name} is missing in the environment. `chorus secrets` makes all of them.")
    return os.environ[name]


def owner_url(admin_url: str, database: str) -> str:
    """The same server, as the database's owner."""
    server = admin_url.rpartition("@")[2].partition("/")[0]
    owner = owner_of(database)
    return f"postgresql://{owner}:{quote(password_of(owner), safe='')}@{server}/{database}"


def _migrate(databases: list[str], admin_url: str, as_json: bool) -> list[str]:
    done = []
    for database in databases:
        try:
            with err.status(f"Migrating {database}"):
                migrate_database(database, owner_url(admin_url, database))
        except MissingPassword as problem:
            fail(str(problem), WRONG_USE, as_json=as_json)
        except OSError as problem:
            fail(f"PostgreSQL does not answer ({type(problem).__name__}).", AWAY, as_json=as_json)
        except Exception as problem:
            fail(
                f"{database} was not migrated; it is as it was. {type(problem).__name__}: {problem}",
                FOUND_WRONG,
                as_json=as_json,
            )
        done.append(f"{database} is at its newest form")
    return done


def _tell(done: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"done": done})
    else:
        for sentence in done:
            out.print(sentence, markup=False)
