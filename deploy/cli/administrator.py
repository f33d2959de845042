"""`chorus administrator`: the first two people who give roles. All others are made by these two, on pages."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import text

from deploy.cli.common import AWAY, DEFAULT, FOUND_WRONG, Directory, Json, Name, fail, instance_of, out, print_json
from deploy.instance import OPERATOR_TOOL
from services.people.use_cases.roles import make_first_administrator
from shared.clock import BusinessClock
from shared.db import Actor, Command, Database
from shared.reasons import Refused

app = typer.Typer(help="The first two people who give roles to others.", no_args_is_help=True)


@app.callback()
def administrator() -> None:
    """The first two people who give roles to others."""


async def make_administrator(people_database_url: str, email: str, name: str) -> str:
    """Make one of the first two administrators; returns their id. Raises Refused, saying why not, once there are two.

    people_database_url: of the database `people`, as its runtime role. The running service publishes what this writes.
    """
    clock = BusinessClock()
    database = Database(people_database_url, clock)
    try:
        offset = await database.read(lambda tx: tx.scalar(text("SELECT offset_seconds FROM business_clock")))
        clock.offset = timedelta(seconds=offset)
        command = Command("make-first-administrator", Actor("operator", OPERATOR_TOOL))
        return str(await database.run(command, lambda tx: make_first_administrator(tx, email.strip(), name.strip())))
    finally:
        await database.close()


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="The address that they sign in with.")],
    full_name: Annotated[str, typer.Option("--full-name", help="Their name. Not needed for somebody we know already.")] = "",
    name: Name = DEFAULT,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Make somebody an administrator, while there are fewer than two. Written in the audit log as done from the command line.

    Administrators give roles. From the second one on they do it on pages: one asks, another confirms.
    Exit code 1 if there are two already, or the address cannot be used; 3 if the database does not answer.
    """
    instance = instance_of(name, directory, as_json=as_json)
    try:
        person_id = asyncio.run(make_administrator(instance.database_url("people"), email, full_name))
    except Refused as refused:
        fail(". ".join(reason.text for reason in refused.reasons) + ".", FOUND_WRONG, as_json=as_json)
    except OSError as problem:
        fail(f"The database does not answer ({type(problem).__name__}). Start the organisation with `chorus up`.", AWAY, as_json=as_json)
    if as_json:
        print_json({"person_id": person_id, "roles": ["administrator"]})
    else:
        out.print(f"{email} is an administrator now, and signs in with a code by email. This is written in the audit log.", markup=False)
        out.print("Two administrators are needed: one asks for a role, the other confirms it, under People, Changes of roles.", markup=False)
