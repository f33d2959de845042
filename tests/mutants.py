"""`make mutants`: are the tests of the rules strong enough to notice when a rule changes?

mutmut changes one small thing at a time in a service's rules (a mutant) and runs the tests of rules. Rules stand in
domain.py or domain/ of the service and of each of its features; their tests are the test_domain*.py in tests/<service>/
and in tests/<service>/<feature>/.
A mutant is killed if a test fails or no longer ends. All of it happens in a copy; the checkout stays as it is.
docs/mutants.md has the figures.

    python -m tests.mutants [SERVICE ...] [--json] [--jobs N] [--minutes N]
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.table import Table

from deploy.provisioning.parts import SERVICES

ROOT = Path(__file__).parents[1]
ENOUGH = 0.9
"""The share of a service's mutants that its tests must kill."""

KILLED = {1, 3}
TIMED_OUT = {36, 24, -24, 152, 255}
"""The exit codes that mutmut keeps of each mutant's tests. Any other means that the mutant stands."""

SETTINGS = """\
[tool.mutmut]
source_paths = {sources}
also_copy = ["services", "shared"]
pytest_add_cli_args_test_selection = ["tests/{service}"]
use_git_change_detection = false
# A busy machine is slow; that must not look like a killed mutant.
timeout_constant = 2.0

[tool.pytest.ini_options]
addopts = "-p no:cacheprovider"
"""


@dataclass(frozen=True)
class Survivor:
    """A changed rule that no test noticed. change: the lines of the file that differ, as a diff."""

    mutant: str
    change: list[str]


@dataclass(frozen=True)
class Figures:
    """What became of the mutants of one service's domain. killed includes those that ran out of time."""

    service: str
    mutants: int
    killed: int
    timed_out: int
    unchecked: int
    seconds: int
    survivors: list[Survivor]

    @property
    def share(self) -> float:
        return self.killed / self.mutants if self.mutants else 0.0

    @property
    def enough(self) -> bool:
        return self.share >= ENOUGH


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if each service's tests kill enough of its mutants, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description="Mutation testing of the rules in every domain."
    )
    parser.add_argument(
        "services", nargs="*", metavar="SERVICE", help=f"of {', '.join(SERVICES)}; all of them if none is named"
    )
    parser.add_argument(
        "--json", action="store_true", help="the figures as JSON on standard output, and nothing else there"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 2, help="mutants tried at one time (default: one for each core)"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=30,
        help="the longest that one service may take (default: 30); what is left then counts as standing",
    )
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.services) - set(SERVICES))
    if unknown:
        parser.error(f"no service is called {', '.join(unknown)}; there are {', '.join(SERVICES)}")
    signal.signal(signal.SIGTERM, _stop)
    console = Console(stderr=options.json, highlight=False)
    figures = []
    for service in options.services or SERVICES:
        console.print(f"{service}: trying every mutant ...")
        figures.append(measure(service, options.jobs, options.minutes * 60))
    _show(figures, console)
    if options.json:
        json.dump(
            [{**asdict(one), "share": round(one.share, 4), "enough": one.enough} for one in figures],
            sys.stdout,
            indent=1,
        )
        print()  # noqa: T201
    return 0 if all(one.enough for one in figures) else 1


def measure(service: str, jobs: int, seconds: float) -> Figures:
    """Try every mutant of the service's domain, in a copy that is thrown away."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chorus-mutants-") as folder:
        copy = Path(folder)
        _copy(service, copy)
        log = copy / "mutmut.log"
        try:
            code = _mutmut(copy, log, seconds, "run", "--max-children", str(jobs))
        except subprocess.TimeoutExpired:
            code = 0  # what was not tried says so itself
        results = _results(copy)
        if code or not results:
            raise SystemExit(f"mutmut failed on {service}:\n{_end_of(log)}")
        _make_sure_that_nothing_fails_unmutated(copy, service)
        standing = [name for name, result in results.items() if result not in KILLED | TIMED_OUT]
        return Figures(
            service=service,
            mutants=len(results),
            killed=len(results) - len(standing),
            timed_out=sum(result in TIMED_OUT for result in results.values()),
            unchecked=sum(result is None for result in results.values()),
            seconds=round(time.monotonic() - began),
            survivors=[Survivor(name, _change(copy, name)) for name in standing if results[name] is not None],
        )


def _copy(service: str, copy: Path) -> None:
    """The service, what it stands on and the tests of its domain; no conftest.py, which would start servers."""
    without = shutil.ignore_patterns("__pycache__", "templates", "static", "migrations")
    shutil.copytree(ROOT / "shared", copy / "shared", ignore=without)
    shutil.copytree(ROOT / "services" / service, copy / "services" / service, ignore=without)
    shutil.copy2(ROOT / "services/__init__.py", copy / "services")
    tests = copy / "tests" / service
    tests.mkdir(parents=True)
    for path in sorted((ROOT / "tests" / service).rglob("test_domain*.py")):
        there = tests / path.relative_to(ROOT / "tests" / service)
        there.parent.mkdir(exist_ok=True)
        shutil.copy2(path, there)
        (there.parent / "__init__.py").touch()
    (copy / "tests/__init__.py").touch()
    (tests / "__init__.py").touch()
    found = domains(copy / "services" / service)
    (copy / "pyproject.toml").write_text(
        SETTINGS.format(service=service, sources=json.dumps([str(path.relative_to(copy)) for path in found]))
    )
    for path in (each for domain in found for each in ([domain] if domain.is_file() else domain.rglob("*.py"))):
        # mutmut passes over decorated functions, and a remembered answer would be that of no mutant.
        path.write_text(path.read_text().replace("@cache\n", ""))


def domains(service: Path) -> list[Path]:
    """Where a service has its rules: domain.py or domain/, its own and each feature's."""
    return sorted(
        path
        for folder in (service, *service.glob("*/"))
        for path in (folder / "domain", folder / "domain.py")
        if path.exists()
    )


def _make_sure_that_nothing_fails_unmutated(copy: Path, service: str) -> None:
    """mutmut names the tests to run for a mutant one by one. A name that pytest did not know would look like a killed
    mutant."""
    names, log = copy / "names", copy / "unmutated.log"
    names.write_text("\n".join(json.loads((copy / "mutants/mutmut-stats.json").read_text())["duration_by_test"]))
    if _run(copy / "mutants", log, 600, sys.executable, "-m", "pytest", "-q", "--rootdir=.", f"@{names}"):
        raise SystemExit(f"The tests of {service} fail by their names, without any mutant:\n{_end_of(log)}")


def _mutmut(copy: Path, output: Path, seconds: float, *arguments: str) -> int:
    return _run(copy, output, seconds, str(Path(sys.executable).with_name("mutmut")), *arguments)


def _run(folder: Path, output: Path, seconds: float, *command: str) -> int:
    """Run a command in the copy; it and all that it started are gone afterwards, whatever happens."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": "", "MUTANT_UNDER_TEST": ""}
    with output.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            return process.wait(seconds)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _results(copy: Path) -> dict[str, int | None]:
    """The exit code of the tests for each mutant, None where they have not been run."""
    results: dict[str, int | None] = {}
    for path in sorted((copy / "mutants").rglob("*.py.meta")):
        results |= json.loads(path.read_text())["exit_code_by_key"]
    return results


def _change(copy: Path, mutant: str) -> list[str]:
    output = copy / "change.diff"
    _mutmut(copy, output, 120, "show", mutant)
    return [line for line in output.read_text().splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def _show(figures: Sequence[Figures], console: Console) -> None:
    for one in figures:
        for survivor in one.survivors:
            console.print(f"\n{survivor.mutant}", *survivor.change, sep="\n", markup=False, soft_wrap=True)
        if one.timed_out:
            console.print(f"\n{one.service}: {one.timed_out} of the killed ran out of time")
        if one.unchecked:
            console.print(f"\n{one.service}: no time was left for {one.unchecked}")
    table = Table("Service", "Mutants", "Killed", "Survived", "Share", "Seconds", "")
    for one in figures:
        numbers = (one.mutants, one.killed, one.mutants - one.killed, f"{one.share:.1%}", one.seconds)
        table.add_row(one.service, *map(str, numbers), "enough" if one.enough else "[bold red]too few[/]")
    console.print(table)


def _end_of(log: Path) -> str:
    """The last of what mutmut said, without its spinner."""
    return "\n".join(log.read_text(errors="replace").replace("\r", "\n").splitlines()[-30:])


def _stop(number: int, _frame: object) -> NoReturn:
    """Ending us ends mutmut and removes the copy, too."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
