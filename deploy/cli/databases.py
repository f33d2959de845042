"""`chorus provision` and `chorus migrate`: make databases, roles, NATS accounts and streams, and bring databases up to date.

`chorus up` does both for a local instance. With --admin-url and --nats-url they serve a PostgreSQL and a NATS server of
your own: passwords and addresses then come from the environment.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from deploy import provision as provisioning
from deploy.cli.common import AWAY, FOUND_WRONG, WRONG_USE, Json, err, fail, out, print_json

PASSWORDS = "CHORUS_PASSWORD_"
"""Passwords come as CHORUS_PASSWORD_PEOPLE, CHORUS_PASSWORD_PEOPLE_OWNER, CHORUS_PASSWORD_NATS_PEOPLE, ..."""


def provision(
    admin_url: Annotated[str | None, typer.Option(envvar="CHORUS_ADMIN_URL", help="A PostgreSQL superuser's URL, on the database postgres.")] = None,
    nats_url: Annotated[str | None, typer.Option(envvar="CHORUS_PROVISION_NATS_URL", help="NATS, as its user provision.")] = None,
    nats_config: Annotated[Path | None, typer.Option(help="Write the NATS server's configuration to this file.")] = None,
    organisation: Annotated[str, typer.Option(envvar="CHORUS_ORGANISATION", help="Short name, for the NATS server's name and domain.")] = "sun",
    as_json: Json = False,
) -> None:
    """Make databases, roles, NATS accounts and streams, or bring them to what they should be. Safe to repeat.

    Passwords are read from the environment: CHORUS_PASSWORD_<ROLE> for databases, CHORUS_PASSWORD_NATS_<USER> for NATS.
    """
    if not (admin_url or nats_url or nats_config):
        fail("Say what to provision: --admin-url, --nats-url or --nats-config.", WRONG_USE, as_json=as_json)
    done = []
    try:
        if nats_config:
            text = provisioning.nats_config(organisation, {user: _password(f"NATS_{user}") for user in provisioning.NATS_USERS})
            _write_closed(nats_config, text)
            done.append(f"{nats_config} written")
        if admin_url:
            asyncio.run(provisioning.provision_databases(admin_url, {role: _password(role) for role in provisioning.roles()}))
            done.append(f"databases and roles of {', '.join(provisioning.DATABASES)} are as they should be")
        if nats_url:
            done += asyncio.run(provisioning.provision_streams(nats_url))
    except KeyError as problem:
        fail(f"{problem.args[0]} is missing in the environment.", WRONG_USE, as_json=as_json)
    except (OSError, asyncpg.PostgresError) as problem:
        fail(f"A server refused or does not answer ({type(problem).__name__}): {problem}", AWAY, as_json=as_json)
    _tell(done, as_json)


def migrate(
    database: Annotated[list[str] | None, typer.Argument(help="Which databases. [default: all]", show_default=False)] = None,
    owner_url: Annotated[
        str | None, typer.Option(envvar="CHORUS_OWNER_URL", help="An owner's URL, with {database} and {owner} to be filled in.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring databases to their newest form, as their owners. Several at once wait for each other.

    The password of each owner is CHORUS_PASSWORD_<DATABASE>_OWNER; `{password}` in the URL is filled with it.
    """
    wanted = database or list(provisioning.DATABASES)
    unknown = [name for name in wanted if name not in provisioning.DATABASES]
    if unknown or not owner_url:
        fail(f"There is no database {', '.join(unknown)}." if unknown else "Say where: --owner-url or CHORUS_OWNER_URL.", WRONG_USE, as_json=as_json)
    done = []
    for name in wanted:
        owner = provisioning.owner_of(name)
        try:
            password = _password(owner) if "{password}" in owner_url else ""
            with err.status(f"Migrating {name}"):
                provisioning.migrate(name, owner_url.format(database=name, owner=owner, password=password))
        except KeyError as problem:
            fail(f"{problem.args[0]} is missing in the environment.", WRONG_USE, as_json=as_json)
        except OSError as problem:
            fail(f"PostgreSQL does not answer ({type(problem).__name__}).", AWAY, as_json=as_json)
        except Exception as problem:
            fail(f"{name} was not migrated; it is as it was. {type(problem).__name__}: {problem}", FOUND_WRONG, as_json=as_json)
        done.append(f"{name} is at its newest form")
    _tell(done, as_json)


def _password(role: str) -> str:
    return os.environ[PASSWORDS + role.upper()]


def _write_closed(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _tell(done: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"done": done})
    else:
        for sentence in done:
            out.print(sentence, markup=False)
