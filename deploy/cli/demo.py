"""`chorus demo`: start an organisation of its own, play the story through its pages, then stay up."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.cli.common import FOUND_WRONG, INTERRUPTED, NOT_STARTED, Directory, Json, err, fail, operator_client, out, print_json
from deploy.cli.up import addresses, stopping_on_signals, watch
from deploy.demo.play import Outcome, Place, Step, Story, play
from deploy.demo.story import STEPS
from deploy.instance import Instance, default_directory
from deploy.processes import ServerError
from deploy.provision import SERVICES
from deploy.runner import Organisation

NAME = "demo"
ORGANISATION_NAME = "Fenshire Voices"


def demo(
    once: Annotated[bool, typer.Option("--once", help="Play the story, say what was seen, stop everything. Exit code 0 only if every step was seen.")] = False,
    directory: Directory = None,
    port: Annotated[int, typer.Option(help="The web address's port. [default: a free one from 8000 to 8999]", show_default=False)] = 0,
    separate: Annotated[bool, typer.Option("--separate", help="Each service in a process of its own, as in production.")] = False,
    without: Annotated[list[str] | None, typer.Option(metavar="SERVICE", help="Leave a service out, to see what the story misses.")] = None,
    as_json: Json = False,
) -> None:
    """Play one claim's whole way, from an empty page to a closed loop, and show what proves each step.

    The demo has an organisation of its own, made anew at each start, with invented people. Everything goes through the
    pages, the mail and the bank file that people use. Afterwards it stays up until Ctrl-C, unless --once is given.
    """
    for service in without or []:
        if service not in SERVICES:
            fail(f"There is no service “{service}”. There are: {', '.join(SERVICES)}.", 2, as_json=as_json)
    started = time.monotonic()
    with stopping_on_signals():
        try:
            instance = _new_instance(directory, port)
            organisation = Organisation(instance, separate=separate, without=without or [], say=lambda sentence: err.print(sentence, markup=False))
            organisation.start()
        except ServerError as problem:
            fail(str(problem), NOT_STARTED, as_json=as_json)
        except KeyboardInterrupt:
            fail("Stopped while starting; everything has stopped.", INTERRUPTED, as_json=as_json)
        code = 0
        try:
            ready = time.monotonic() - started
            err.print(f"{ORGANISATION_NAME} is ready after {ready:.1f} seconds: {organisation.url}", markup=False)
            outcomes, story = _play(instance, organisation, quiet=as_json)
            seen = all(outcome.problem is None for outcome in outcomes) and len(outcomes) == len(STEPS)
            code = 0 if seen else FOUND_WRONG
            _summary(outcomes, ready, time.monotonic() - started, as_json)
            if not once:
                _invite(organisation, story)
                code = max(code, watch(organisation))
        except KeyboardInterrupt:
            code = INTERRUPTED
        finally:
            organisation.stop()
            err.print("Everything has stopped")
    raise typer.Exit(code)


def _new_instance(directory: Path | None, port: int) -> Instance:
    """The demo's own instance, made anew. A folder that holds something else is never touched."""
    folder = directory or default_directory(NAME)
    if (folder / "instance.json").exists():
        earlier = Instance.existing(NAME, folder)
        if earlier.facts.mode != "demo" or earlier.facts.organisation != NAME:
            raise ServerError(f"{folder} holds another organisation. Choose another folder with --directory.")
        earlier.hold()  # refuses while it runs
        Organisation(earlier).end_earlier_runs()
        earlier.release()
        shutil.rmtree(folder)
    return Instance.open(NAME, folder, organisation_name=ORGANISATION_NAME, mode="demo", ports={"web": port})


def _play(instance: Instance, organisation: Organisation, *, quiet: bool) -> tuple[list[Outcome], Story]:
    with operator_client(instance, timeout=120) as operator:
        place = Place(organisation.url, instance.facts.ports["imap"], instance.facts.passwords["mail"], operator)
        story = Story.read(place)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        try:
            with Progress(*columns, console=err, transient=True, disable=quiet) as progress:
                shown = progress.add_task("", total=None)

                def begin(step: Step) -> None:
                    progress.update(shown, description=f"{step.number}. {step.title}")

                def tell(outcome: Outcome) -> None:
                    if not quiet:
                        _show(outcome)

                return play(story, STEPS, tell, begin), story
        finally:
            story.close()


def _show(outcome: Outcome) -> None:
    mark = "[green]✓[/]" if outcome.problem is None else "[red]✗[/]"
    out.print(f"{mark} [bold]{outcome.step.number}. {outcome.step.title}[/]  [dim]{outcome.seconds:.1f} s[/]")
    for sentence in outcome.observed:
        out.print(f"    {sentence}", markup=False)
    if outcome.problem:
        out.print(f"    {outcome.problem}", style="red", markup=False)


def _summary(outcomes: list[Outcome], ready: float, total: float, as_json: bool) -> None:
    seen = sum(outcome.problem is None for outcome in outcomes)
    if as_json:
        steps = [outcome.as_json() for outcome in outcomes]
        print_json({"ok": seen == len(STEPS), "seen": seen, "of": len(STEPS), "ready_seconds": round(ready, 1), "seconds": round(total, 1), "steps": steps})
        return
    style = "green" if seen == len(STEPS) else "red"
    out.print(f"{seen} of {len(STEPS)} steps were seen from outside, in {total:.0f} seconds with the start.", style=style)


def _invite(organisation: Organisation, story: Story) -> None:
    out.print("\nIt stays up. Open:")
    for what, where in addresses(organisation).items():
        out.print(f"  {what:10} {where}", markup=False)
    out.print("\nSign in with one of these addresses; the code comes by mail, which you read at the mail address above:")
    for part, address in story.facts["people"].items():
        out.print(f"  {part.replace('_', ' '):18} {address}", markup=False)
    out.print("\nCtrl-C stops everything.")
