"""`chorus secrets` and `chorus prepare`: what an organisation in containers needs before its servers start."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.common import WRONG_USE, Json, fail, out, print_json
from deploy.cli.own_servers import MissingPassword, password_of, variable_of
from deploy.provisioning import accounts
from deploy.provisioning.accounts import NATS_USERS
from deploy.provisioning.files import write_closed
from deploy.provisioning.keys import make_keys, make_sign_in_keys
from deploy.provisioning.membership import Membership
from deploy.provisioning.names import NetworkError
from deploy.provisioning.parts import roles

_TO_FILL_IN = """\
# Fill these in.
CHORUS_ORGANISATION=sun
CHORUS_ORGANISATION_NAME=
CHORUS_PUBLIC_URL=
CHORUS_DUTY_NUMBER=
CHORUS_COUNCIL_NUMBER=
CHORUS_POSTAL_ADDRESS=
CHORUS_AREAS=
CHORUS_SMTP_HOST=
CHORUS_SMTP_PORT=587
CHORUS_SMTP_SECURITY=starttls
CHORUS_SMTP_USER=
CHORUS_SMTP_PASSWORD=
CHORUS_MAIL_FROM=
CHORUS_PAYER_NAME=
CHORUS_PAYER_SORT_CODE=
CHORUS_PAYER_ACCOUNT_NUMBER=

# Made by `chorus secrets`. Keep them, and keep them to yourself.
"""


def secret_names() -> list[str]:
    """Every secret that docker-compose.yml takes from the environment."""
    users = [*roles(), *(f"nats_{user}" for user in NATS_USERS), "postgres"]
    return [*map(variable_of, users), "CHORUS_TRACE_TOKEN"]


def make_secrets(
    file: Annotated[Path, typer.Argument(help="The file to write, for example .env beside docker-compose.yml.")],
    as_json: Json = False,
) -> None:
    """Write a new environment file with random passwords, for docker-compose.yml. Never overwrites an existing file."""
    if file.exists():
        fail(
            f"{file} is there already, and its passwords are in use. Move it away first if you mean to start again.",
            WRONG_USE,
            as_json=as_json,
        )
    write_closed(file, _TO_FILL_IN + "".join(f"{name}={secrets.token_urlsafe(24)}\n" for name in secret_names()))
    print_json({"written": str(file)}) if as_json else out.print(
        f"{file} is written. Fill in its first lines.", markup=False
    )


def prepare(
    public_keys: Annotated[
        Path | None, typer.Option(help="Folder for the public keys of sign-in tokens, which every service reads.")
    ] = None,
    private_keys: Annotated[
        Path | None, typer.Option(help="Folder for the key that signs sign-in tokens, which people alone reads.")
    ] = None,
    bank_keys: Annotated[
        Path | None, typer.Option(help="Folder for the keys of bank details, which payments alone reads.")
    ] = None,
    network_keys: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the keys that other organisations know this one by, which the gateway alone reads."
        ),
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option(help="Folder with the membership of the network; if there is none in it, what is shared waits."),
    ] = None,
    nats_config: Annotated[
        Path | None, typer.Option(help="File for the NATS server's configuration, with its users' passwords.")
    ] = None,
    nats_monitor: Annotated[
        str | None, typer.Option(help="Where the NATS server shows its own pages, host:port.")
    ] = None,
    organisation: Annotated[
        str, typer.Option(envvar="CHORUS_ORGANISATION", help="Short name of the organisation.")
    ] = "sun",
    as_json: Json = False,
) -> None:
    """Make keys and the NATS server's configuration before the servers start. Existing keys are kept. Safe to
    repeat."""
    if bool(public_keys) != bool(private_keys):
        fail("--public-keys and --private-keys belong together.", WRONG_USE, as_json=as_json)
    done = []
    if public_keys and private_keys:
        make_sign_in_keys(private_keys, public_keys)
        done.append("the keys of sign-in tokens are there")
    if bank_keys:
        make_keys("payments", bank_keys)
        done.append("the keys of bank details are there")
    if network_keys:
        make_keys("gateway", network_keys)
        done.append("the keys of the network are there")
    if nats_config:
        membership = _write_nats_config(nats_config, organisation, network, nats_monitor, as_json=as_json)
        done.append(
            f"{nats_config} is written" + (f", with the way to {', '.join(membership.urls)}" if membership else "")
        )
    if as_json:
        print_json({"done": done})
    else:
        for sentence in done:
            out.print(sentence, markup=False)


def _write_nats_config(
    file: Path, organisation: str, network: Path | None, monitor: str | None, *, as_json: bool
) -> Membership | None:
    """Includes the membership by which it reaches the hub, if there is one."""
    try:
        passwords = {user: password_of(f"nats_{user}") for user in NATS_USERS}
        membership = Membership.read(network) if network else None
    except (MissingPassword, NetworkError) as problem:
        fail(str(problem), WRONG_USE, as_json=as_json)
    if membership and membership.organisation != organisation:
        fail(
            f"The membership in {network} is {membership.organisation}'s; this organisation is {organisation}.",
            WRONG_USE,
            as_json=as_json,
        )
    write_closed(file, accounts.nats_config(organisation, passwords, membership=membership, monitor=monitor))
    return membership
