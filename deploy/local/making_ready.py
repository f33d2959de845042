"""Brings one instance's databases and streams to what they should be, in a process of its own: what it imports is
needed once.

python -m deploy.local.making_ready FOLDER exit code 1, and a sentence on standard error, if something could not be done
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import asyncpg

from deploy.local.instance import Instance
from deploy.local.processes import ServerError
from deploy.local.servers import PostgresServer
from deploy.provisioning.border import BORDER_PROVISION, provision_border
from deploy.provisioning.databases import has_migrations, migrate, provision_databases
from deploy.provisioning.parts import DATABASES
from deploy.provisioning.streams import PROVISION, provision_streams
from shared.text import counted


def make_ready(instance: Instance) -> None:
    """Databases, roles, streams, then each database's newest form. Raises ServerError with a sentence; safe to
    repeat."""
    server = PostgresServer(instance.directory / "postgres", instance.facts.ports["postgres"])
    try:
        asyncio.run(provision_databases(server.admin_url(), instance.facts.passwords))
        asyncio.run(provision_streams(instance.nats_url(PROVISION)))
        asyncio.run(provision_border(instance.nats_url(BORDER_PROVISION), instance.membership()))
    except Exception as problem:
        raise ServerError(f"Databases and streams could not be made ({type(problem).__name__}). {problem}") from problem
    for database in DATABASES:
        if not has_migrations(database):
            continue
        try:
            migrate(database, instance.owner_url(database))
        except Exception as problem:
            raise ServerError(
                f"The database of {database} could not be brought to its newest form; it is as it was. {problem}"
            ) from problem
    if instance.facts.mode == "production":
        asyncio.run(refuse_moved_time(instance))


async def refuse_moved_time(instance: Instance) -> None:
    """Business time decides every deadline and date of payment, and never moves back."""
    for database in filter(has_migrations, DATABASES):
        connection = await asyncpg.connect(instance.database_url(database), timeout=10)
        try:
            ahead = await connection.fetchval("SELECT offset_seconds FROM business_clock")
        finally:
            await connection.close()
        if ahead:
            raise ServerError(
                f"{instance.facts.organisation_name} cannot run in production: its business time was moved ahead by "
                f"{counted(-(-ahead // 86400), 'day')}, as only a demo's may be, and never moves back. Make a new "
                "organisation with `chorus up --name NAME --mode production`, or go on with this one as a demo: "
                f"`{instance.start_command} --mode demo`."
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path)
    instance = Instance.existing(directory=parser.parse_args().folder)
    try:
        make_ready(instance)
    except ServerError as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
