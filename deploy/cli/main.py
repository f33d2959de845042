"""`chorus`: run, check and feed one organisation from the command line. One module per command; this finds them by
name.

A command's module is imported when it is asked for: some bring libraries that take a second to load.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "demo": "demo:demo",
    "up": "up:up",
    "down": "up:down",
    "doctor": "doctor:doctor",
    "import": "imports:import_file",
    "administrator": "administrator:app",
    "trace": "trace:trace",
    "dead-letters": "dead_letters:app",
    "clock": "clock:app",
    "network": "network:app",
    "organisation": "organisation:app",
    "hub": "hub:app",
    "provision": "own_servers:provision",
    "migrate": "own_servers:migrate",
    "secrets": "preparing:make_secrets",
    "prepare": "preparing:prepare",
}
"""In the order in which `chorus --help` shows them: module of this package, and its function or its group of
commands."""


class Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, what = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"deploy.cli.{module}"), what)
        if isinstance(found, typer.Typer):
            command = typer.main.get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(cmd_name)(found)
            command = typer.main.get_command(alone)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=Commands,
    help="Chorus: opportunities to take part, prompt payment, and an answer to what people said.\n\n"
    "Exit codes: 0 done; 1 something was found wrong; 2 asked in a wrong way; 3 not running; 4 could not be started.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
)


@app.callback()
def chorus() -> None:
    pass


if __name__ == "__main__":
    app()
