"""What each test costs: `.venv/bin/python -m pytest -p tests.support.cost --costs FOLDER tests/payments`, then `python
-m tests.support.cost FOLDER`.

CPU seconds, which a busy machine does not change much, of the test process, and of every server under it
(PostgreSQL, NATS, Chromium, services of their own; on Linux alone), and seconds on the wall, for each phase of each
test. What a fixture of the session or module costs stands with the first test that asks for it.
"""

import contextlib
import csv
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

COLUMNS = ("test", "phase", "own", "servers", "wall")


def _under(process: int) -> Iterator[int]:
    """All processes that it began, and those that they did. By hand: psutil would read the whole machine's six times a
    test."""
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield int(child)
                yield from _under(int(child))


def _seconds_of(process: int) -> float:
    with contextlib.suppress(OSError):
        user, system, ended_user, ended_system = (
            Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]
        )
        return (int(user) + int(system) + int(ended_user) + int(ended_system)) / os.sysconf("SC_CLK_TCK")
    return 0.0


class _Costs:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / f"{os.environ.get('PYTEST_XDIST_WORKER', 'one')}-{os.getpid()}.csv").open("w")
        self._write = csv.writer(self._file).writerow
        self._write(COLUMNS)

    def now(self) -> tuple[float, float, float]:
        return time.process_time(), self._servers(), time.monotonic()

    def _servers(self) -> float:
        """CPU seconds of all processes under this one, with those that have ended and were waited for."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime + sum(map(_seconds_of, _under(os.getpid())))

    def measured(self, item: pytest.Item, phase: str) -> Iterator[None]:
        before = self.now()
        try:
            return (yield)
        finally:
            after = self.now()
            self._write(
                (
                    item.nodeid,
                    phase,
                    *(f"{max(0.0, late - early):.4f}" for early, late in zip(before, after, strict=True)),
                )
            )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        return (yield from self.measured(item, "setup"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        return (yield from self.measured(item, "call"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        return (yield from self.measured(item, "teardown"))

    def pytest_sessionfinish(self) -> None:
        self._write(("whole session", "session", f"{time.process_time():.4f}", f"{self._servers():.4f}", "0"))
        self._file.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", metavar="FOLDER", type=Path, help="write what each test costs to a file in this folder")


def pytest_configure(config: pytest.Config) -> None:
    folder = config.getoption("--costs", default=None)
    if folder:
        config.pluginmanager.register(_Costs(Path(config.rootpath, folder)))


def _print_sums(folder: Path, most: int = 40) -> None:
    by_folder: dict[str, list[float]] = defaultdict(lambda: [0.0] * 6)
    by_file: dict[str, list[float]] = defaultdict(lambda: [0.0] * 6)
    by_test: dict[str, list[float]] = defaultdict(lambda: [0.0] * 6)
    for path in folder.glob("*.csv"):
        for row in csv.DictReader(path.open()):
            name, phase = row["test"], row["phase"]
            own, servers, wall = (float(row[part]) for part in COLUMNS[2:])
            if phase == "session":
                print(f"{path.name}: {own:.0f} own, {servers:.0f} servers'")
                continue
            file = name.partition("::")[0]
            column = {"setup": 3, "call": 4, "teardown": 5}[phase]
            for sums, key in ((by_folder, file.rpartition("/")[0]), (by_file, file), (by_test, name)):
                for at, more in ((0, phase == "call"), (1, own), (2, wall), (column, own + servers)):
                    sums[key][at] += more
    for title, sums in (("folder", by_folder), ("file", by_file), ("test", by_test)):
        print(f"\n{'tests':>6} {'CPU':>8} {'own':>8} {'wall':>8} {'setup':>8} {'call':>8} {'after':>8}  {title}")
        ordered = sorted(sums.items(), key=lambda each: -sum(each[1][3:]))
        for name, (tests, own, wall, *phases) in ordered[:most]:
            print(
                f"{tests:6.0f} {sum(phases):8.2f} {own:8.2f} {wall:8.2f} "
                + " ".join(f"{phase:8.2f}" for phase in phases)
                + f"  {name}"
            )


if __name__ == "__main__":
    _print_sums(Path(sys.argv[1]))
