"""`chorus network`: which keys we and other organisations are known by, to compare by telephone; turning ours, and
trusting theirs."""

from __future__ import annotations

from typing import Annotated, Any

import httpx
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
from deploy.cli.containers import Containers
from deploy.client.answers import answer_of
from deploy.local.instance import Instance
from deploy.provisioning.files import write_closed
from services.gateway.keys import parse_keys, turned
from services.gateway.settings import NETWORK_KEYS

app = typer.Typer(help="The network: keys of this and of other organisations.", no_args_is_help=True)


@app.callback()
def network() -> None:
    """The network: keys of this and of other organisations."""


@app.command()
def keys(
    turn: Annotated[
        bool,
        typer.Option(
            "--turn", help="First make a new pair of ours. The old ones stay, to read what is sealed to them."
        ),
    ] = False,
    trust: Annotated[
        str | None, typer.Option(help="The organisation whose refused keys you believe from now on.")
    ] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="With --trust: the thirty digits that the organisation itself read to you.")
    ] = None,
    name: Name = UNSAID,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """List the fingerprints of our keys and of others', as they are pinned.

    Compare them by telephone with the organisation itself, on a number that you knew before. Exit code 1 if one
    announced keys that are refused, 3 if the gateway does not answer.
    """
    instance = reached(name, directory, as_json=as_json)
    if bool(trust) != bool(fingerprint):
        fail("Say both: --trust ORGANISATION and --fingerprint “12345 67890 ...”.", WRONG_USE, as_json=as_json)
    if turn:
        _turn(instance, as_json)
    with _client(instance) as client:
        if trust and fingerprint:
            _trust(client, trust, " ".join(fingerprint.split()), as_json)
        found = _found(client, instance, as_json, turned_now=turn)
    if as_json:
        print_json(found)
    else:
        _show(found)
    raise typer.Exit(FOUND_WRONG if any(other["refused"] for other in found["others"]) else 0)


def _client(instance: Instance | Containers) -> httpx.Client:
    headers = {"authorization": f"Bearer {instance.operator_token()}", "accept": "application/json"}
    return httpx.Client(base_url=instance.url_of("gateway"), headers=headers, timeout=10, trust_env=False)


def _turn(instance: Instance | Containers, as_json: bool) -> None:
    path = instance.directory / NETWORK_KEYS.name
    try:
        write_closed(path, turned(path.read_text()))
    except (OSError, ValueError) as problem:
        fail(f"The keys were not turned; the old ones stay in use. {problem}", FOUND_WRONG, as_json=as_json)
    if not as_json:
        out.print(
            "Our keys are turned. The gateway takes them on and announces them within seconds, signed with the ones "
            "before."
        )


def _trust(client: httpx.Client, organisation: str, fingerprint: str, as_json: bool) -> None:
    try:
        response = client.post(f"/gateway/operator/keys/{organisation}/trust", json={"fingerprint": fingerprint})
    except httpx.TransportError:
        fail("The gateway does not answer. Nothing was changed.", AWAY, as_json=as_json)
    if response.status_code == 404:
        fail(f"No keys of {organisation} are refused.", FOUND_WRONG, as_json=as_json)
    if response.status_code != 200:
        told = [error["text"] for error in (answer_of(response) or {}).get("errors", [])]
        fail(
            " ".join(told) or f"The gateway answered {response.status_code}. Nothing was changed.",
            FOUND_WRONG,
            as_json=as_json,
        )


def _found(client: httpx.Client, instance: Instance | Containers, as_json: bool, *, turned_now: bool) -> dict[str, Any]:
    try:
        response = client.get("/gateway/operator/keys")
    except httpx.TransportError:
        fail("The gateway does not answer. Its log says why.", AWAY, as_json=as_json)
    found = answer_of(response)
    if response.status_code != 200 or not found:
        fail(f"The gateway answered {response.status_code}.", AWAY, as_json=as_json)
    if turned_now:  # it may not have read the file yet
        found["fingerprint"] = parse_keys(
            (instance.directory / NETWORK_KEYS.name).read_text()
        ).current.public.fingerprint
    return found


def _show(found: dict[str, Any]) -> None:
    out.print(f"{found['organisation']} (we ourselves): {found['fingerprint']}", markup=False)
    if not found["others"]:
        out.print("No other organisation has announced itself yet.")
        return
    shown = table("organisation", "name", "address", "fingerprint", "first seen", "state", "public events")
    for other in found["others"]:
        state = (
            "left the network"
            if other["removed"]
            else "announced other keys, refused"
            if other["refused"]
            else "pinned"
        )
        signs = "signed" if other["signs"] else "not signed yet"
        shown.add_row(
            other["organisation"],
            other["display_name"],
            other["url"],
            other["fingerprint"],
            other["first_seen"][:10],
            state,
            signs,
        )
    out.print(shown, markup=False)
    for other in found["others"]:
        if other["refused"]:
            out.print(
                f"{other['organisation']} (calls itself “{other['display_name']}”) announced keys "
                "that the ones we know of it have not signed: "
                f"{other['refused']}\n"
                f"Telephone it. If it reads you these digits: chorus network keys --trust {other['organisation']} "
                "--fingerprint “...”",
                style="red",
                markup=False,
            )
