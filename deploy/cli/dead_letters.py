"""`chorus dead-letters`: messages that a service could not handle, parked with the reason until someone replays
them, or closes one that can never be handled."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.cli.common import (
    AWAY,
    FOUND_WRONG,
    UNSAID,
    WRONG_USE,
    Directory,
    Json,
    Name,
    fail,
    out,
    print_json,
    reached,
    table,
)
from deploy.cli.trace import services_of
from services.operators.gateways import Found, Services, Silent, Told
from shared.messaging.dead_letters import CLOSED_BECAUSE

app = typer.Typer(
    help="Messages that could not be handled: list, inspect, replay and close them.", no_args_is_help=True
)
Because = StrEnum("Because", list(CLOSED_BECAUSE))  # pyrefly: ignore[invalid-argument]
DeadLetter = Annotated[UUID, typer.Argument(help="The message's id, as `list` shows it.")]


@app.command("list")
def list_all(
    replayed_too: Annotated[bool, typer.Option("--all", help="Show the replayed and closed ones too.")] = False,
    name: Name = UNSAID,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """List parked messages of every service. Exit code 1 if any waits, 3 if no service answers."""
    services = services_of(reached(name, directory, as_json=as_json))
    found = asyncio.run(services.all_dead_letters(replayed_too=replayed_too))
    silent = [service for service, dead_letters in found.items() if dead_letters is None]
    if len(silent) == len(found):
        fail("No service answers. The organisation's logs say why.", AWAY, as_json=as_json)
    dead_letters = [
        {"service": service, **dead_letter} for service, parked in found.items() for dead_letter in parked or []
    ]
    if as_json:
        print_json({"dead_letters": dead_letters, "silent": silent})
    else:
        _show(dead_letters, silent)
    raise typer.Exit(FOUND_WRONG if any(not dead_letter["replayed_at"] for dead_letter in dead_letters) else 0)


@app.command()
def inspect(dead_letter: DeadLetter, name: Name = UNSAID, directory: Directory = None, as_json: Json = False) -> None:
    """Show one parked message whole: its reason, headers and data. Exit code 1 if there is none with this id."""
    services = services_of(reached(name, directory, as_json=as_json))
    service, found = asyncio.run(_find(services, dead_letter, as_json))
    if as_json:
        print_json({"service": service, **found})
        return
    for key, value in {"service": service, **found}.items():
        out.print(f"{key:16} {value}", markup=False)


@app.command()
def replay(
    dead_letters: Annotated[list[UUID] | None, typer.Argument(help="The messages' ids, as `list` shows them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Replay all that wait, the oldest first.")] = False,
    name: Name = UNSAID,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Let its service's own handler try again. Exit code 1 if one failed again; it then stays parked."""
    if bool(dead_letters) == every:
        fail("Say which: the ids of parked messages, or --all.", WRONG_USE, as_json=as_json)
    services = services_of(reached(name, directory, as_json=as_json))
    told = asyncio.run(_replay(services, dead_letters, as_json))
    if as_json:
        print_json(
            {
                "replayed": [
                    {"id": dead_letter, "service": service, "done": answer.done, "text": answer.text}
                    for dead_letter, service, answer in told
                ]
            }
        )
    else:
        for dead_letter, service, answer in told:
            out.print(f"{service} {dead_letter}: {answer.text}", style="green" if answer.done else "red", markup=False)
        if not told:
            out.print("No message waits.")
    raise typer.Exit(0 if all(answer.done for _, _, answer in told) else FOUND_WRONG)


@app.command()
def close(
    dead_letter: DeadLetter,
    because: Annotated[
        Because, typer.Option(help="; ".join(f"{slug}: {words}" for slug, words in CLOSED_BECAUSE.items()))
    ],
    name: Name = UNSAID,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Close one that can never be handled: it waits no longer, and nothing is done of what it says. It stays to be
    read. Written in the audit log. Exit code 1 if it waits no longer."""
    services = services_of(reached(name, directory, as_json=as_json))
    service, _ = asyncio.run(_find(services, dead_letter, as_json))
    try:
        answer = asyncio.run(services.close(service, dead_letter, because))
    except Silent:
        fail(f"{service} did not answer. Nothing was changed.", AWAY, as_json=as_json)
    if not answer.done:
        fail(answer.text, FOUND_WRONG, as_json=as_json)
    print_json({"closed": str(dead_letter), "service": service}) if as_json else out.print(answer.text)


async def _replay(services: Services, dead_letters: list[UUID] | None, as_json: bool) -> list[tuple[str, str, Told]]:
    if dead_letters:
        chosen = [(dead_letter, (await _find(services, dead_letter, as_json))[0]) for dead_letter in dead_letters]
    else:
        found = await services.all_dead_letters()
        waiting = [
            (dead_letter["parked_at"], UUID(dead_letter["id"]), service)
            for service, parked in found.items()
            for dead_letter in parked or []
        ]
        chosen = [(dead_letter, service) for _, dead_letter, service in sorted(waiting)]
    told = []
    for dead_letter, service in chosen:
        try:
            told.append((str(dead_letter), service, await services.replay(service, dead_letter)))
        except Silent:
            told.append((str(dead_letter), service, Told(False, "It did not answer. Nothing was changed.")))
    return told


async def _find(services: Services, dead_letter: UUID, as_json: bool) -> tuple[str, Found]:
    """The service that parked it, and the message."""
    silent = []
    for service in services.names:
        try:
            found = await services.dead_letter(service, dead_letter)
        except Silent:
            silent.append(service)
            continue
        if found is not None:
            return service, found
    if silent:
        fail(
            f"No service that answers has a parked message {dead_letter}; {', '.join(silent)} did not answer.",
            AWAY,
            as_json=as_json,
        )
    fail(f"No service has a parked message {dead_letter}.", FOUND_WRONG, as_json=as_json)


def _show(dead_letters: list[dict[str, Any]], silent: list[str]) -> None:
    if dead_letters:
        shown = table("service", "id", "event", "reason", "tries", "parked", "ended")
        for dead_letter in dead_letters:
            how = f"closed: {because}" if (because := dead_letter.get("closed_because")) else "handled"
            ended = f"{dead_letter['replayed_at'][:19]} {how}" if dead_letter["replayed_at"] else ""
            shown.add_row(
                dead_letter["service"],
                dead_letter["id"],
                dead_letter["subject"],
                dead_letter["reason"],
                str(dead_letter["deliveries"]),
                dead_letter["parked_at"][:19],
                ended,
            )
        out.print(shown, markup=False)
    else:
        out.print("No message is parked.", style="green")
    for service in silent:
        out.print(f"{service} did not answer, so its messages are not shown.", style="red")
