"""`chorus demo`: start a region of its own, play the story through its pages, then stay up."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.cli.common import (
    FOUND_WRONG,
    INTERRUPTED,
    WRONG_USE,
    Directory,
    Json,
    err,
    fail,
    operator_client,
    out,
    print_json,
)
from deploy.cli.up import addresses, starting, stopping_on_signals, watch
from deploy.demo.play import HERE, Outcome, Scene, Story, Theatre, play
from deploy.demo.story import NETWORK_STEPS, STEPS
from deploy.local.instance import REGION, Instance, default_directory
from deploy.local.processes import ServerError
from deploy.local.region import ORGANISATIONS, LocalOrganisation, Region
from deploy.local.runner import RunningOrganisation
from deploy.provisioning.parts import OURS
from shared.identity import Role

ALONE = LocalOrganisation("demo", "Fenshire Voices")


def demo(
    once: Annotated[
        bool,
        typer.Option(
            "--once",
            help="Play the story, say what was seen, stop everything. Exit code 0 only if every step was seen.",
        ),
    ] = False,
    alone: Annotated[
        bool, typer.Option("--alone", help="One organisation and the first part of the story: no region.")
    ] = False,
    directory: Directory = None,
    port: Annotated[
        int,
        typer.Option(
            help="The port of the first organisation's web address. [default: a free one from 8000 to 8999]",
            show_default=False,
        ),
    ] = 0,
    separate: Annotated[
        bool, typer.Option("--separate", help="Each service in a process of its own, as in production.")
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[ORGANISATION/]SERVICE",
            help="Leave a service out, to see what the story misses. [default: of the first]",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Play the story of three organisations, from an empty page to a closed loop and a settled statement, and show what
    proves each step.

    The demo has its own region, made afresh at each start, with invented people. Everything goes through the pages,
    the mail, the feeds and the bank file that people use. Afterwards it keeps running until Ctrl-C, unless --once is
    given.
    """
    members = [ALONE] if alone else list(ORGANISATIONS)
    left_out = _left_out(without or [], members, as_json)
    started = time.monotonic()
    with stopping_on_signals():
        with starting(as_json):
            folder = directory or default_directory(ALONE.name if alone else REGION)
            _clear(folder)
            region = Region(
                folder,
                members,
                separate=[member.name for member in members] if separate else (),
                without=left_out,
                port=port,
                say=lambda sentence: err.print(sentence, markup=False),
            )
            region.start()
        try:
            steps = STEPS if alone else (*STEPS, *NETWORK_STEPS)
            code = _tell_it(region, steps, started, stays=not once, as_json=as_json)
            if not once:
                code = max(code, watch(region))
        except KeyboardInterrupt:
            code = INTERRUPTED
        finally:
            region.stop()
            err.print("Everything has stopped")
    raise typer.Exit(code)


def _tell_it(region: Region, steps: tuple[Scene, ...], started: float, *, stays: bool, as_json: bool) -> int:
    """Plays the story and reports what was seen. Returns the exit code. started: by the monotonic clock; stays: the
    region keeps running afterwards."""
    ready = time.monotonic() - started
    organisations = region.organisations
    sites = ", ".join(f"{each.instance.facts.organisation_name} at {each.url}" for each in organisations.values())
    err.print(f"Ready after {ready:.1f} seconds: {sites}", markup=False)
    with told(region) as story:
        outcomes = _play(story, steps, quiet=as_json)
        summary = _summary(outcomes, len(steps), ready, time.monotonic() - started)
        if as_json:
            there = {"organisations": {name: addresses(each) for name, each in organisations.items()}} if stays else {}
            print_json(summary | there)
        else:
            _tell(summary)
            if stays:
                invite(region, story)
    return 0 if summary["ok"] else FOUND_WRONG


@contextlib.contextmanager
def told(region: Region) -> Iterator[Story]:
    """The story on a running region; on its first organisation alone if it has only one."""
    with contextlib.ExitStack() as opened:
        places = {
            name: opened.enter_context(_place(organisation)) for name, organisation in region.organisations.items()
        }
        first, *others = places
        story = Story.of_region(places[first], {name: places[name] for name in others})
        story.welcome = lambda name, display_name: opened.enter_context(
            _place(region.join(LocalOrganisation(name, display_name)), Role.COORDINATOR)
        )
        opened.callback(story.close)
        yield story


@contextlib.contextmanager
def _place(organisation: RunningOrganisation, *roles: Role) -> Iterator[Theatre]:
    instance = organisation.instance
    files = HERE / instance.facts.organisation
    with operator_client(instance, *roles, timeout=120) as operator:
        yield Theatre(
            organisation.url,
            instance.facts.ports["imap"],
            instance.facts.passwords["mail"],
            operator,
            files if files.is_dir() else HERE,
            instance.facts.organisation_name,
            instance.database_url("people"),
        )


def _left_out(without: list[str], members: list[LocalOrganisation], as_json: bool) -> dict[str, list[str]]:
    names = [member.name for member in members]
    left_out: dict[str, list[str]] = {}
    for given in without:
        organisation, _, service = given.rpartition("/")
        if service not in OURS:
            fail(f"There is no service “{service}”. There are: {', '.join(OURS)}.", WRONG_USE, as_json=as_json)
        if organisation and organisation not in names:
            fail(
                f"There is no organisation “{organisation}”. There are: {', '.join(names)}.", WRONG_USE, as_json=as_json
            )
        left_out.setdefault(organisation or names[0], []).append(service)
    return left_out


def _clear(folder: Path) -> None:
    """The demo's region is made afresh each time. A folder that holds anything else is never touched."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    earlier = Region.existing(folder)
    if earlier.mode != "demo":
        raise ServerError(f"{folder} holds another region. Choose another folder with --directory.")
    for member in earlier.members:
        if (folder / member.name / "instance.json").exists():
            instance = Instance.existing(directory=folder / member.name)
            try:
                instance.hold()
            except ServerError as running:
                raise ServerError(f"{running} Or start this one beside it: `chorus demo --directory FOLDER`.") from None
            instance.release()
    earlier.end_earlier_runs()
    shutil.rmtree(folder)


def _play(story: Story, steps: tuple[Scene, ...], *, quiet: bool) -> list[Outcome]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=quiet) as progress:
        shown = progress.add_task("", total=None)

        def begin(step: Scene) -> None:
            progress.update(shown, description=f"{step.number}. {step.title}")

        def tell(outcome: Outcome) -> None:
            if not quiet:
                _show(outcome)

        return play(story, steps, tell, begin)


def _show(outcome: Outcome) -> None:
    mark = "[green]✓[/]" if outcome.problem is None else "[red]✗[/]"
    out.print(f"{mark} [bold]{outcome.step.number}. {outcome.step.title}[/]  [dim]{outcome.seconds:.1f} s[/]")
    for sentence in outcome.observed:
        out.print(f"    {sentence}", markup=False)
    if outcome.problem:
        out.print(f"    {outcome.problem}", style="red", markup=False)


def _summary(outcomes: list[Outcome], of: int, ready: float, total: float) -> dict[str, Any]:
    seen = sum(outcome.problem is None for outcome in outcomes)
    steps = [outcome.as_json() for outcome in outcomes]
    return {
        "ok": seen == of,
        "seen": seen,
        "of": of,
        "ready_seconds": round(ready, 1),
        "seconds": round(total, 1),
        "steps": steps,
    }


def _tell(summary: dict[str, Any]) -> None:
    style = "green" if summary["ok"] else "red"
    out.print(
        f"{summary['seen']} of {summary['of']} steps were seen from outside, in {summary['seconds']:.0f} seconds with "
        "the start.",
        style=style,
    )


def invite(region: Region, story: Story) -> None:
    """What somebody who wants to look around needs. The servers' ports are in the JSON."""
    out.print("\nIt stays up. Open a site, and sign in as anybody there:")
    first, *_ = region.organisations
    people = {first: story.people} | {name: there.people for name, there in story.neighbours.items()}
    secrets = {
        address: secret for there in (story, *story.neighbours.values()) for address, secret in there.secrets.items()
    }
    for name, organisation in region.organisations.items():
        to_open = {"site": organisation.url, "operators' page": f"{organisation.url}/operator"}
        parts = {_part(part): address for part, address in people.get(name, {}).items()}
        out.print(f"\n[bold]{organisation.instance.facts.organisation_name}[/]")
        for what, where in (to_open | parts).items():
            out.print(f"  {what:28} {where}", markup=False)
            if where in secrets:
                out.print(f"  {'':28} second step: {secrets[where]}", markup=False)
        if not parts:
            out.print("  It has just come: nobody to sign in as yet.")
    out.print(
        "\nThe codes to sign in with come by mail. Everyone's mail: "
        f"{region.organisations[first].instance.url_of('mail')}",
        soft_wrap=True,
    )
    out.print("Type the secret of a second step into any authenticator app: it shows the codes that are asked for.")
    out.print(
        f"On the command line, beside this: chorus doctor {_which(region.organisations[first].instance)}",
        soft_wrap=True,
        markup=False,
    )
    out.print("Ctrl-C stops everything.")


def _which(instance: Instance) -> str:
    """How a command names it: by its name in the usual folder, else by its own."""
    usual = instance.directory.parent in (default_directory(REGION), default_directory(REGION).parent)
    return f"--name {instance.facts.organisation}" if usual else f"--directory {instance.directory}"


def _part(part: str) -> str:
    """What somebody does, including their part in the story if that says more. Anybody who is not staff takes part."""
    words = part.replace("_", " ")
    return words if words.split()[-1] in set(Role) else f"participant ({words})"
