"""`chorus administrator`: the first two people who give roles, and the way back in for one who lost their second step.

Everything else about roles and second steps is done by two of them, on pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import typer
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from deploy.cli.common import AWAY, FOUND_WRONG, UNSAID, Directory, Json, Name, fail, out, print_json, reached
from deploy.client.administrators import make_administrator, take_second_step_away
from deploy.local.processes import ServerError
from shared.reasons import Refused

app = typer.Typer(
    help="The first two people who give roles to others, and the way back in for one of them.", no_args_is_help=True
)

_WHAT_RESET_DOES = """This takes away how {email} confirms that it is them: the code from their app, their recovery codes and their passkeys.
They are signed out everywhere, and set up a new second step the next time they sign in with a code by email.
They and all administrators are told, and it is written in the audit log as done at this machine.
Ring them first, on a number that you know: whoever reads their email could ask you for this."""  # noqa: E501


@app.callback()
def administrator() -> None:
    """The first two people who give roles to others, and the way back in for one of them."""


def _run(name: str, directory: Directory, work: Callable[[str], Awaitable[str]], *, as_json: bool) -> UUID:
    """On the database of people that this machine, or this container, reaches. Ends with a sentence where it cannot."""

    async def asked(url: str) -> str:
        return await work(url)

    try:
        return UUID(asyncio.run(asked(reached(name, directory, as_json=as_json).database_url("people"))))
    except Refused as refused:
        fail(". ".join(reason.text for reason in refused.reasons) + ".", FOUND_WRONG, as_json=as_json)
    except ServerError as problem:
        fail(str(problem), AWAY, as_json=as_json)
    except (OSError, DBAPIError, PostgresError) as problem:
        kind = type(getattr(problem, "orig", None) or problem).__name__
        fail(f"The database does not answer ({kind}). Start the organisation first.", AWAY, as_json=as_json)


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="The address that they sign in with.")],
    full_name: Annotated[
        str, typer.Option("--full-name", help="Their name. Not needed for somebody we know already.")
    ] = "",
    name: Name = UNSAID,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Make somebody an administrator, while there are fewer than two. Written in the audit log as done from the command
    line.

    Administrators give roles. From the second one on they do it on pages: one asks, another confirms.
    Exit code 1 if there are two already, or the address cannot be used; 3 if the database does not answer.
    """
    person_id = _run(name, directory, lambda url: make_administrator(url, email, full_name), as_json=as_json)
    if as_json:
        print_json({"person_id": person_id, "roles": ["administrator"]})
    else:
        out.print(
            f"{email} is an administrator now, and signs in with a code by email. This is written in the audit log.",
            markup=False,
        )
        out.print(
            "Two administrators are needed: one asks for a role, the other confirms it, under People, Changes of "
            "roles.",
            markup=False,
        )


@app.command("reset-second-step")
def reset_second_step(
    email: Annotated[str, typer.Argument(help="The address that they sign in with.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you mean it.")] = False,
    name: Name = UNSAID,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Take somebody's second step away who lost their phone and their recovery codes, where no two other administrators
    can.

    They are signed out and set up a new one at their next sign-in. They and all administrators are told; it is written
    in the audit log. Exit code 1 if two others can do it on their pages, or there is nothing to take away; 3 if the
    database does not answer.
    """
    if not (yes or as_json):
        out.print(_WHAT_RESET_DOES.format(email=email), markup=False)
        typer.confirm("Did you ring them, and take it away now?", abort=True)
    person_id = _run(name, directory, lambda url: take_second_step_away(url, email), as_json=as_json)
    if as_json:
        print_json({"person_id": person_id, "second_step": None})
    else:
        out.print(
            f"The second step of {email} is taken away. They set up a new one the next time they sign in.", markup=False
        )
        out.print("They and all administrators are told. This is written in the audit log.", markup=False)
