"""`chorus organisation`: who is in the network."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.common import AWAY, WRONG_USE, Directory, Json, fail, out, print_json, table
from deploy.cli.hub import HubDirectory, hub_in
from deploy.hub.deployed import DeployedHub
from deploy.hub.hub import Hub
from deploy.hub.registry import Registry
from deploy.local.instance import Instance, default_directory
from deploy.local.processes import answers
from deploy.local.servers import NatsServer
from deploy.provisioning.accounts import nats_config
from deploy.provisioning.border import BORDER_PROVISION, provision_border
from deploy.provisioning.membership import FOLDER, Membership, remove_membership
from deploy.provisioning.names import HubAway, NetworkError

app = typer.Typer(help="Who is in the network of organisations.", no_args_is_help=True)

ShortName = Annotated[
    str, typer.Argument(metavar="NAME", help="The organisation's short name: lower-case letters, digits, hyphens.")
]


@app.command()
def add(
    organisation: ShortName,
    full_name: Annotated[str | None, typer.Option("--name", help="The organisation's name as people know it.")] = None,
    directory: Directory = None,
    to: Annotated[
        Path | None, typer.Option(help="Write what it needs into this folder instead, to carry to another machine.")
    ] = None,
    new_certificate: Annotated[
        bool,
        typer.Option(
            "--new-certificate", help="For one that is in already: the old certificate is refused from then on."
        ),
    ] = False,
    hub: HubDirectory = None,
    as_json: Json = False,
) -> None:
    """Let an organisation into the network: its certificate, its place at the hub, its settings. Nobody else restarts
    or notices.

    It is then a local instance in .chorus/NAME, made if there is none; one that runs joins at once. With --to it is
    somebody else's machine: a folder is written to be carried there.
    Exit code 2 if the name can't be used or is in already, 3 if there is no hub or it does not answer.
    """
    try:
        made = hub_in(hub)
        papers = made.add(organisation, replace=new_certificate)
        if to:
            membership = papers.write(to)
            said = [
                f"{organisation} is in the network. Carry {to} to its machine, over a way that nobody else reads: a "
                "private key is in it.",
                *_CARRIED,
            ]
        else:
            instance = Instance.open(organisation, directory, organisation_name=full_name)
            membership = papers.write(instance.network_folder)
            said = [f"{instance.facts.organisation_name} is in the network.", _take_up(instance, membership)]
    except HubAway as problem:
        fail(str(problem), AWAY, as_json=as_json)
    except NetworkError as problem:
        fail(str(problem), WRONG_USE, as_json=as_json)
    _tell(
        {"added": organisation, "folder": str(membership.certificate.parent), "urls": list(membership.urls)},
        said,
        _has_yet_to_know(made),
        as_json,
    )


_CARRIED = (
    f"There: put it into the instance's folder as `{FOLDER}` and start it again with `chorus up`; in containers, put "
    "it beside",
    f"docker-compose.yml as `{FOLDER}` and run `docker compose up --wait` again. Then delete the copies on the way.",
)


@app.command()
def remove(
    organisation: ShortName, directory: Directory = None, hub: HubDirectory = None, as_json: Json = False
) -> None:
    """Take an organisation out of the network: it is cut off at once, and all others are told.

    Its own data stays with it. What it had shared with others is no longer open there.
    Exit code 2 if it is not in the network, 3 if there is no hub or it does not answer.
    """
    try:
        made = hub_in(hub)
        made.remove(organisation)
    except HubAway as problem:
        fail(str(problem), AWAY, as_json=as_json)
    except NetworkError as problem:
        fail(str(problem), WRONG_USE, as_json=as_json)
    folder = directory or default_directory(organisation)
    said = [f"{organisation} is out of the network."]
    if (folder / "instance.json").exists():
        instance = Instance.existing(organisation, directory)
        remove_membership(instance.network_folder)
        said.append(_take_up(instance, None))
    _tell({"removed": organisation}, said, _has_yet_to_know(made), as_json)


@app.command("list")
def show(hub: HubDirectory = None, as_json: Json = False) -> None:
    """Say who is in the network, since when, until when its certificate holds, and whether it is connected now."""
    try:
        made = hub_in(hub)
        connected = made.connections() if isinstance(made, Hub) and made.running else None
    except (NetworkError, OSError) as problem:
        fail(str(problem), AWAY, as_json=as_json)
    rows: list[dict[str, Any]] = [
        {
            "organisation": name,
            "since": member.since[:10],
            "certificate_until": member.until[:10],
            "connected": None if connected is None else name in connected,
        }
        for name, member in sorted(made.facts.members.items())
    ]
    if as_json:
        print_json({"organisations": rows, "hub_running": connected is not None})
        return
    if connected is None:
        out.print("The hub does not run on this machine now, so nothing is known of who is connected.")
    shown = table("organisation", "since", "certificate until", "connected")
    for row in rows:
        shown.add_row(
            row["organisation"],
            row["since"],
            row["certificate_until"],
            {True: "yes", False: "no", None: "-"}[row["connected"]],
        )
    out.print(shown)


def _has_yet_to_know(made: Registry) -> list[str]:
    """What must be done before the hub takes up the change; nothing if it has."""
    if isinstance(made, DeployedHub):
        where = ", ".join(
            f"{folder} to {node.address}" for node, folder in zip(made.facts.nodes, made.node_folders, strict=True)
        )
        return [f"The hub does not know yet: carry {where}, then run `chorus hub settle`."]
    assert isinstance(made, Hub)
    if made.running:
        return []
    start = f"`chorus hub up --hub {made.directory}`"
    if any(answers(node.port, node.host) for node in made.facts.nodes):
        at = ", ".join(f"{node.host}:{node.port}" for node in made.facts.nodes)
        return [
            f"The hub does not know yet: something answers at {at}, but no process of the hub is known in "
            f"{made.directory}, so it was told nothing. Stop it where it was started, then run {start}: it starts "
            "with the change.",
        ]
    return [f"The hub does not run. It takes up the change, and tells the others, when it next starts: {start}"]


def _take_up(instance: Instance, membership: Membership | None) -> str:
    """A running instance takes up its new membership, or the loss of it, without a restart. Returns what happened."""
    server = NatsServer(
        instance.directory / "nats", port=instance.facts.ports.get("nats", 0), host=instance.facts.nats_host
    )
    if server.living_pid() is None:
        return (
            f"It joins when it starts: chorus up --name {instance.facts.organisation}"
            if membership
            else "It does not run; its membership is taken away."
        )
    asyncio.run(provision_border(instance.nats_url(BORDER_PROVISION), membership))
    server.config = nats_config(instance.facts.organisation, instance.nats_passwords(), membership=membership)
    server.reads = membership.files if membership else ()
    server.reload()
    return (
        "It runs, and joins once the hub knows it."
        if membership
        else "It runs on by itself; what it shares waits with it."
    )


def _tell(answer: dict[str, Any], said: list[str], to_do: list[str], as_json: bool) -> None:
    if as_json:
        print_json(answer | ({"to_do": to_do} if to_do else {}))
        return
    for sentence in said + to_do:
        out.print(sentence, markup=False)
