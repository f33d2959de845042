"""What every command has in common: which instance, how to answer, how to fail.

Exit codes: 0 done; 1 looked and found something wrong; 2 asked in a wrong way; 3 the instance is not running or does
not answer; 4 it could not be started.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console
from rich.table import Column, Table

from deploy.cli.containers import Containers
from deploy.local.instance import DEFAULT_NAME, Instance, made_here
from deploy.local.processes import ServerError
from shared.identity import Role

FOUND_WRONG, WRONG_USE, AWAY, NOT_STARTED, INTERRUPTED = 1, 2, 3, 4, 130

Name = Annotated[
    str,
    typer.Option(
        "--name",
        envvar="CHORUS_INSTANCE",
        help="Short name of the organisation. [default: the one that runs, or the only one there is, or sun]",
        show_default=False,
    ),
]
Directory = Annotated[
    Path | None,
    typer.Option(
        "--directory",
        envvar="CHORUS_DIRECTORY",
        help="The instance's folder. [default: .chorus/NAME]",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output, and nothing else there.")]
UNSAID = ""
"""No organisation was named."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def table(*headers: str, **more: Any) -> Table:
    """A table that folds what is too long for its column. Rich would cut it, and nobody can use half an id."""
    return Table(*(Column(header, overflow="fold") for header in headers), **more)


def fail(sentence: str, code: int, *, as_json: bool = False) -> NoReturn:
    """Say what is wrong and what to do about it, and end with the code."""
    if as_json:
        print(json.dumps({"error": sentence}))
    else:
        err.print(sentence, style="red", markup=False)
    raise typer.Exit(code)


def reached(name: str, directory: Path | None, *, as_json: bool = False) -> Instance | Containers:
    """The organisation that a command talks to: the one around this container, or an instance on this machine."""
    if directory is None and (around := Containers.around()):
        return around
    instance = instance_of(name, directory, as_json=as_json)
    if instance.runner_pid() is None:
        fail(
            f"{instance.facts.organisation_name} is not running. Start it with `{instance.start_command}`.",
            AWAY,
            as_json=as_json,
        )
    return instance


def instance_of(name: str, directory: Path | None, *, as_json: bool = False) -> Instance:
    """The instance of that folder or name. If none is named, the one that runs (a demo's, say), if there is only
    one."""
    running = [] if directory else Instance.running()
    meant = [instance for instance in running if name in (UNSAID, instance.facts.organisation)]
    if name or not running:
        try:
            return Instance.existing(name or (DEFAULT_NAME if directory else usual_name()), directory)
        except ServerError as problem:
            if not running:
                fail(str(problem), AWAY, as_json=as_json)
    if len(meant) == 1:
        return meant[0]
    listed = "".join(
        f"\n  --directory {instance.directory}   {instance.facts.organisation_name}" for instance in meant or running
    )
    fail(f"Which organisation? These run now; say which with:{listed}", WRONG_USE, as_json=as_json)


def usual_name() -> str:
    """The organisation that is meant if none is named. Raises ServerError if it could be one of several."""
    made = made_here()
    if len(made) > 1 and DEFAULT_NAME not in made:
        raise ServerError("Which organisation? Say which with:" + "".join(f"\n  --name {name}" for name in made))
    return made[0] if len(made) == 1 else DEFAULT_NAME


def operator_client(instance: Instance | Containers, *roles: Role, timeout: float = 30.0) -> httpx.Client:
    """A client for the instance's services that signs in as the operator's tool."""
    return httpx.Client(
        base_url=instance.url_of("web"),
        transport=instance.transport() if isinstance(instance, Containers) else None,
        headers={"authorization": f"Bearer {instance.operator_token(*roles)}", "accept": "application/json"},
        timeout=timeout,
        trust_env=False,
    )


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, default=str))
