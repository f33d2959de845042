"""`chorus up` and `chorus down`: run one organisation on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Annotated

import typer
from rich.status import Status

from deploy.cli.common import (
    AWAY,
    INTERRUPTED,
    NOT_STARTED,
    UNSAID,
    WRONG_USE,
    Directory,
    Json,
    Name,
    err,
    fail,
    instance_of,
    out,
    print_json,
    table,
    usual_name,
)
from deploy.local.instance import DEFAULT_NAME, PUBLIC_URL, SMTP, Instance
from deploy.local.processes import HOST, ServerError
from deploy.local.region import Region
from deploy.local.runner import RunningOrganisation
from deploy.provisioning.names import NetworkError, checked_name
from deploy.provisioning.parts import OURS

_NOT_REAL = (
    "This is a {mode}, not a real organisation: its account and telephone number are invented, its mail goes no "
    "further than this machine unless you chose a mail server, its limits are wide, and its business time can be "
    "moved. To run a real one, make a new one: chorus up --name NAME --mode production"
)
PARTS = ("web", "operator", "postgres", "nats", "smtp", "imap", "mail", *OURS)


def up(
    name: Name = UNSAID,
    directory: Directory = None,
    organisation_name: Annotated[str | None, typer.Option(help="The organisation's name as people know it.")] = None,
    port: Annotated[
        int,
        typer.Option(
            help="The web address's port. [default: the one it had; at first a free one from 8000 to 8999]",
            show_default=False,
        ),
    ] = 0,
    ports: Annotated[
        list[str] | None,
        typer.Option("--part-port", metavar="PART=PORT", help=f"Another part's port; parts: {', '.join(PARTS)}."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="SERVICE", help="Leave a service out; may be repeated.")
    ] = None,
    separate: Annotated[
        bool, typer.Option("--separate", help="Each service in a process of its own, as in production.")
    ] = False,
    mode: Annotated[
        str | None,
        typer.Option(
            help="demo, test or production. A demo has an invented account and telephone number, and its business time "
            "can be moved; production asks for your own. [default: the one it had; at first demo]",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start one organisation and keep it running until Ctrl-C.

    The first time, this makes its folder with settings, keys and databases; later starts use them again.
    No port need be free: the addresses in use are printed, and given as JSON with --json.
    """
    for service in without or []:
        if service not in OURS:
            fail(f"There is no service “{service}”. There are: {', '.join(OURS)}.", WRONG_USE, as_json=as_json)
    if mode not in (None, "demo", "test", "production"):
        fail("--mode must be demo, test or production.", WRONG_USE, as_json=as_json)
    if name:
        try:
            checked_name(name)
        except NetworkError as why:
            fail(str(why), WRONG_USE, as_json=as_json)
    started = time.monotonic()
    with stopping_on_signals():
        with starting(as_json):
            instance = Instance.open(
                name or (DEFAULT_NAME if directory else usual_name()),
                directory,
                organisation_name=organisation_name,
                mode=mode,
                ports={"web": port} | _part_ports(ports or [], as_json),
            )
            organisation = _started(instance, separate, without or [], as_json)
        try:
            _tell(organisation, time.monotonic() - started, as_json)
            code = watch(organisation)
        finally:
            err.print("Stopping everything")
            organisation.stop()
            err.print("Everything has stopped")
    raise typer.Exit(code)


def down(name: Name = UNSAID, directory: Directory = None, as_json: Json = False) -> None:
    """Stop an organisation that runs in another window, and wait until it has stopped."""
    instance = instance_of(name, directory, as_json=as_json)
    pid = instance.runner_pid()
    if pid is None:
        fail(f"{instance.facts.organisation_name} is not running.", AWAY, as_json=as_json)
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 60
    while instance.runner_pid() is not None:
        if time.monotonic() > deadline:
            fail(f"Process {pid} has not stopped within a minute.", AWAY, as_json=as_json)
        time.sleep(0.1)
    print_json({"stopped": pid}) if as_json else out.print(f"{instance.facts.organisation_name} has stopped.")


def watch(running: RunningOrganisation | Region) -> int:
    """Reports when a part ends by itself. Returns 1 when nothing can continue; Ctrl-C ends it with 0."""
    try:
        while True:
            for sentence in running.ended_by_themselves():
                err.print(sentence, style="red", markup=False)
            if not running.can_go_on:
                return 1
            time.sleep(0.25)
    except KeyboardInterrupt:
        return 0


@contextlib.contextmanager
def starting(as_json: bool) -> Iterator[None]:
    """Ends the program, with the reason, if what starts inside it fails to start or is stopped meanwhile."""
    try:
        yield
    except ServerError as problem:
        fail(str(problem), NOT_STARTED, as_json=as_json)
    except KeyboardInterrupt:
        fail("Stopped while starting; everything has stopped.", INTERRUPTED, as_json=as_json)


def _started(instance: Instance, separate: bool, without: list[str], as_json: bool) -> RunningOrganisation:
    with out.status("Starting") if not as_json else contextlib.nullcontext() as status:
        organisation = RunningOrganisation(instance, separate=separate, without=without, say=_says(status))
        organisation.start()
    return organisation


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[None]:
    """SIGTERM and a closed window end the run as Ctrl-C does; a second Ctrl-C while stopping changes nothing."""
    seen = False

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal seen
        if not seen:
            seen = True
            raise KeyboardInterrupt

    before = {which: signal.signal(which, stop) for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def addresses(organisation: RunningOrganisation) -> dict[str, str]:
    """What to open, by what it is."""
    instance = organisation.instance
    told = instance.told("notifications")
    public, server = told[PUBLIC_URL], f"{told[SMTP[0]]}:{told.get(SMTP[1], '587')}"
    catcher = server == f"{HOST}:{instance.facts.ports['smtp']}"
    return {
        "site": organisation.url,
        **({} if public == organisation.url else {"public address": public}),
        "operators": f"{organisation.url}/operator",
        **({"mail": instance.url_of("mail")} if catcher else {"mail server": server}),
        "postgres": f"127.0.0.1:{instance.facts.ports['postgres']}",
        "nats": f"127.0.0.1:{instance.facts.ports['nats']}",
        **({part: f"{HOST}:{instance.facts.ports[part]}" for part in ("smtp", "imap")} if catcher else {}),
        "folder": str(instance.directory),
    }


def _tell(organisation: RunningOrganisation, seconds: float, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                {
                    "ready": True,
                    "mode": organisation.instance.facts.mode,
                    "seconds": round(seconds, 1),
                    **addresses(organisation),
                }
            ),
            flush=True,
        )
        return
    shown = table("what", "where", show_header=False, box=None, padding=(0, 2))
    for what, where in addresses(organisation).items():
        shown.add_row(what, where)
    facts = organisation.instance.facts
    out.print(f"{facts.organisation_name} is ready after {seconds:.1f} seconds. Ctrl-C stops it.", markup=False)
    out.print(shown)
    for sentence in what_comes_next(organisation.instance):
        out.print(sentence, markup=False)


def what_comes_next(instance: Instance) -> list[str]:
    """What somebody should know who started it for the first time."""
    facts = instance.facts
    return [
        *([] if facts.mode == "production" else [_NOT_REAL.format(mode=facts.mode)]),
        "If nobody signs in yet, make two administrators, in another window: "
        f'chorus administrator add EMAIL --full-name "NAME" {instance.how_to_name_it}',
    ]


def _says(status: Status | None) -> Callable[[str], None]:
    """Progress: on the spinner and as lines that stay; on standard error when standard output is JSON."""

    def say(sentence: str) -> None:
        if status is None:
            err.print(sentence, markup=False)
        else:
            status.update(sentence)
            out.print(sentence, markup=False)

    return say


def _part_ports(given: list[str], as_json: bool) -> dict[str, int]:
    ports = {}
    for item in given:
        part, _, number = item.partition("=")
        if part not in PARTS or not number.isdigit() or not 0 < int(number) < 65536:
            fail(f"“{item}” is not PART=PORT. Parts: {', '.join(PARTS)}.", WRONG_USE, as_json=as_json)
        ports[part] = int(number)
    return ports
