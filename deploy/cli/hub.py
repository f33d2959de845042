"""`chorus hub`: the region's hub, which carries what organisations say to each other and holds nothing about anyone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.common import NOT_STARTED, WRONG_USE, Json, err, fail, out
from deploy.cli.up import stopping_on_signals
from deploy.instance import default_directory
from deploy.network.hub import Hub
from deploy.network.names import HUB, NetworkError
from deploy.processes import HOST, ServerError

app = typer.Typer(help="The region's hub: what organisations say to each other goes through it.", no_args_is_help=True)

HubDirectory = Annotated[Path | None, typer.Option("--hub", envvar="CHORUS_HUB", help="The hub's folder. [default: .chorus/hub]", show_default=False)]


def hub_directory(given: Path | None) -> Path:
    return given or default_directory(HUB)


@app.callback()
def hub() -> None:
    """The region's hub: what organisations say to each other goes through it."""


@app.command()
def up(
    directory: HubDirectory = None,
    hosts: Annotated[
        list[str] | None, typer.Option("--host", help="An address of this machine to listen on, the first time. One, or three for three servers.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Start the hub alone and keep it running until Ctrl-C.

    The first time, this makes its folder with its authority, passwords and addresses; later starts use them again.
    With three --host it is three servers that keep every message thrice: any one may fail.
    """
    started = time.monotonic()
    with stopping_on_signals():
        try:
            made = Hub.open(hub_directory(directory), hosts=hosts or (HOST,))
            if made.running:
                fail("The hub is running already.", WRONG_USE, as_json=as_json)
            made.start()
        except NetworkError as problem:
            fail(str(problem), WRONG_USE, as_json=as_json)
        except ServerError as problem:
            fail(str(problem), NOT_STARTED, as_json=as_json)
        try:
            _tell(made, time.monotonic() - started, as_json)
            code = _watch(made)
        finally:
            made.stop()
            err.print("The hub has stopped. What organisations say now waits with them.")
    raise typer.Exit(code)


def _tell(made: Hub, seconds: float, as_json: bool) -> None:
    if as_json:
        where = {"urls": list(made.urls), "organisations": made.organisations, "folder": str(made.directory)}
        print(json.dumps({"ready": True, "seconds": round(seconds, 1), **where}), flush=True)
        return
    out.print(f"The hub is ready after {seconds:.1f} seconds. Ctrl-C stops it.")
    out.print(f"Organisations reach it at {', '.join(made.urls)}", markup=False)
    out.print(f"In the network: {', '.join(made.organisations) or 'nobody yet; `chorus organisation add NAME` lets one in'}", markup=False)


def _watch(made: Hub) -> int:
    """Say when a server ends by itself. Returns 1 when too few are left to go on; Ctrl-C ends it with 0."""
    said: set[str] = set()
    try:
        while True:
            ended = [server for server in made.servers if server.exit_code is not None]
            for server in ended:
                if str(server.directory) not in said:
                    said.add(str(server.directory))
                    err.print(f"The hub's server {server.directory.name} ended. Its log is {server.log}.", style="red", markup=False)
            if 2 * len(ended) >= len(made.servers):
                return 1
            time.sleep(0.25)
    except KeyboardInterrupt:
        return 0
