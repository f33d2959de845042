"""`chorus hub`: the region's hub, which carries what organisations say to each other and holds nothing about anyone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.common import AWAY, NOT_STARTED, WRONG_USE, Json, err, fail, out, print_json
from deploy.cli.up import stopping_on_signals
from deploy.hub.deployed import CLIENT_PORT, DeployedHub
from deploy.hub.hub import Hub
from deploy.hub.registry import Registry, read_facts
from deploy.local.instance import default_directory
from deploy.local.processes import HOST, ServerError
from deploy.local.servers import LAUNCHER
from deploy.provisioning.names import HubAway, NetworkError
from shared.messaging.network import HUB

app = typer.Typer(help="The region's hub: what organisations say to each other goes through it.", no_args_is_help=True)

HubDirectory = Annotated[
    Path | None,
    typer.Option("--hub", envvar="CHORUS_HUB", help="The hub's folder. [default: .chorus/hub]", show_default=False),
]


_TAKES_UP = "This hub runs on this machine; it takes up every change by itself."


def hub_directory(given: Path | None) -> Path:
    return given or default_directory(HUB)


def hub_in(given: Path | None) -> Registry:
    """The hub in a folder, whichever kind it is. Raises HubAway if there is none."""
    folder = hub_directory(given).resolve()
    facts = read_facts(folder)
    return DeployedHub(folder, facts) if facts.deployed else Hub(folder, facts, LAUNCHER)


@app.command()
def up(
    directory: HubDirectory = None,
    hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--host", help="An address of this machine to listen on, the first time. One, or three for three servers."
        ),
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
            made = Hub.open(hub_directory(directory), LAUNCHER, hosts=hosts or (HOST,))
            if made.facts.deployed:
                fail(
                    "This hub's servers run on hosts of their own: deploy/hub/README.md says how.",
                    WRONG_USE,
                    as_json=as_json,
                )
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


@app.command()
def make(
    nodes: Annotated[
        list[str],
        typer.Option(
            "--node", help="The address of a node's host, for organisations and the other nodes. One, or three."
        ),
    ],
    directory: HubDirectory = None,
    as_json: Json = False,
) -> None:
    """Make a hub whose servers run on hosts of their own, in containers: see deploy/hub/README.md.

    Its folder holds the authority's key: keep it where only its keeper reads it, and keep a copy.
    """
    folder = hub_directory(directory)
    if (folder / "hub.json").exists():
        fail(f"There is a hub in {folder} already.", WRONG_USE, as_json=as_json)
    try:
        made = DeployedHub.create(folder, nodes)
    except NetworkError as problem:
        fail(str(problem), WRONG_USE, as_json=as_json)
    _tell_of_folders(
        made,
        "Start each with `docker compose up --wait`, then run `chorus hub settle` on one of the hosts, or through a "
        "tunnel.",
        as_json,
    )


@app.command()
def write(directory: HubDirectory = None, as_json: Json = False) -> None:
    """Write the nodes' folders of a hub on hosts of its own again, as after an upgrade of Chorus."""
    try:
        made = hub_in(directory)
    except HubAway as problem:
        fail(str(problem), AWAY, as_json=as_json)
    if not isinstance(made, DeployedHub):
        fail(_TAKES_UP, WRONG_USE, as_json=as_json)
    made.write_nodes()
    _tell_of_folders(made, "Then run `chorus hub settle`; nothing restarts.", as_json)


@app.command()
def settle(
    at: Annotated[
        list[str] | None,
        typer.Option(help=f"A node's client port. [default: {HOST}:{CLIENT_PORT}]", show_default=False),
    ] = None,
    directory: HubDirectory = None,
    as_json: Json = False,
) -> None:
    """Make the servers of a hub on hosts of its own follow its folder: after the first start, and after each change.

    Carry the nodes' folders to their hosts first. Safe to repeat. Exit code 3 if the servers do not answer.
    """
    try:
        made = hub_in(directory)
        if not isinstance(made, DeployedHub):
            fail(_TAKES_UP, WRONG_USE, as_json=as_json)
        done = made.settle(at or [f"{HOST}:{CLIENT_PORT}"])
    except (HubAway, OSError, TimeoutError) as problem:
        fail(str(problem) or "The hub's servers do not answer.", AWAY, as_json=as_json)
    if as_json:
        print_json({"done": done})
        return
    for sentence in done:
        out.print(sentence, markup=False)


def _tell_of_folders(made: DeployedHub, then: str, as_json: bool) -> None:
    if as_json:
        print_json({"nodes": [str(path) for path in made.node_folders], "urls": list(made.urls)})
        return
    for node, path in zip(made.facts.nodes, made.node_folders, strict=True):
        out.print(f"Carry {path} to {node.address}, as `node` beside docker-compose.yml of deploy/hub.", markup=False)
    out.print(then, markup=False)


def _tell(made: Hub, seconds: float, as_json: bool) -> None:
    if as_json:
        where = {"urls": list(made.urls), "organisations": made.organisations, "folder": str(made.directory)}
        print(json.dumps({"ready": True, "seconds": round(seconds, 1), **where}), flush=True)
        return
    out.print(f"The hub is ready after {seconds:.1f} seconds. Ctrl-C stops it.")
    out.print(f"Organisations reach it at {', '.join(made.urls)}", markup=False)
    out.print(
        f"In the network: {', '.join(made.organisations) or 'nobody yet; `chorus organisation add NAME` lets one in'}",
        markup=False,
    )


def _watch(made: Hub) -> int:
    """Reports when a server ends by itself. Returns 1 when too few are left to continue; Ctrl-C ends it with 0."""
    said: set[str] = set()
    try:
        while True:
            ended = [server for server in made.servers if server.exit_code is not None]
            for server in ended:
                if str(server.directory) not in said:
                    said.add(str(server.directory))
                    err.print(
                        f"The hub's server {server.directory.name} ended. Its log is {server.log}.",
                        style="red",
                        markup=False,
                    )
            if 2 * len(ended) >= len(made.servers):
                return 1
            time.sleep(0.25)
    except KeyboardInterrupt:
        return 0
