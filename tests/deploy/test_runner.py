"""`chorus up`, as someone at a terminal sees it: it starts, says what goes wrong in words, stops everything, and starts
again."""

import json
import os
import queue
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from deploy.cli.main import app
from deploy.local.processes import free_port, started_at
from deploy.local.servers import temporary_directory
from deploy.provisioning.files import server_account
from deploy.provisioning.parts import SERVICES

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(400)


def until(check: Callable[[], Any], within: float = 60) -> Any:
    deadline = time.monotonic() + within
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {within} seconds"
        time.sleep(0.1)
    return answer


class Run:
    """One `chorus up` in a terminal of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli.main", "up", "--directory", str(folder), "--json", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._said: queue.Queue[str] = queue.Queue()
        self.heard: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._said.put(line)

    def said(self) -> str:
        """Everything said on standard error so far, on one line."""
        while not self._said.empty():
            self.heard.append(self._said.get())
        return " ".join("".join(self.heard).split())

    def ready(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.said()
        return json.loads(line)

    def pid_of(self, part: str) -> int:
        folder = self.folder / part if part in ("postgres", "nats", "mail") else self.folder / "logs" / part
        return int((folder / "pid").read_text().split()[0])

    def pids(self) -> list[int]:
        return [
            int(path.read_text().split()[0]) for path in [*self.folder.glob("*/pid"), *self.folder.glob("logs/*/pid")]
        ]

    def wait(self, within: float = 60.0) -> int:
        return self.process.wait(within)


@pytest.fixture
def folder() -> Iterator[Path]:
    with temporary_directory() as directory:
        yield directory / "instance"


@pytest.fixture
def up(folder: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*options: str) -> Run:
        runs.append(Run(folder, *options))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGTERM)
            run.wait()


def chorus(folder: Path, *arguments: str) -> Result:
    """Another command from another window, in this process: an interpreter of its own takes a second of CPU time."""
    return CliRunner().invoke(app, [*arguments, "--directory", str(folder), "--json"])


def test_an_organisation_starts_is_checked_moves_its_clock_and_stops_on_ctrl_c(up: Callable[..., Run], folder: Path):
    run = up("--mode", "test")
    told = run.ready()
    assert httpx.get(told["site"] + "/opportunities").status_code == 200
    assert httpx.get(told["mail"]).status_code == 200
    assert (folder / "instance.json").stat().st_mode & 0o077 == 0
    through = (
        0o711 if server_account() else 0o700
    )  # as root, the account of database and broker passes, and lists nothing
    modes = {
        str(each.relative_to(folder)): stat.S_IMODE(each.stat().st_mode)
        for each in (folder, *folder.glob("*/"), *folder.glob("*/*/"))
        if each.is_dir()
    }
    assert {name for name, mode in modes.items() if mode != 0o700} == (
        {".", "postgres", "nats"} if through == 0o711 else set()
    ), modes
    assert all(mode in (0o700, through) for mode in modes.values()), modes
    assert {"logs", "storage", "mail", "postgres/data", "nats/store"} <= set(modes)

    checked = chorus(folder, "doctor")
    assert (checked.exit_code, json.loads(checked.stdout)["well"]) == (0, True), checked.stdout
    assert all(
        finding["checked"] > 0 for finding in json.loads(checked.stdout)["services"] if finding["service"] != "gateway"
    )

    moved = chorus(folder, "clock", "advance", "3 days")
    assert moved.exit_code == 0, moved.stdout
    assert set(json.loads(moved.stdout)["business_time"]) == {*SERVICES, "gateway"}
    back = chorus(folder, "clock", "advance", "--to", "2020-01-01")
    assert back.exit_code == 1
    assert "error" in json.loads(back.stdout)

    unknown = chorus(folder, "import", "unicorns", str(ROOT / "pyproject.toml"))
    assert unknown.exit_code == 2
    assert "people" in json.loads(unknown.stdout)["error"]

    again = chorus(folder, "up")
    assert again.exit_code == 4
    assert f"already running, as process {run.process.pid}" in json.loads(again.stdout)["error"]

    pids = run.pids()
    assert len(pids) == 6  # postgres, nats, mail, operator, gateway, web
    os.killpg(run.process.pid, signal.SIGINT)  # what Ctrl-C does
    assert run.wait() == 0
    assert [pid for pid in pids if started_at(pid)] == []
    assert "Everything has stopped" in run.said()


@pytest.mark.slow
def test_a_crash_is_reported_in_words_and_a_second_start_works(up: Callable[..., Run], folder: Path):
    first = up("--mode", "test", "--without", "feedback", "--port", str(free_port()))
    site = first.ready()["site"]
    assert httpx.get(site + "/feedback/board").status_code == 503

    os.kill(first.pid_of("nats"), signal.SIGKILL)
    until(lambda: "NATS was ended by signal 9. Pages still work" in first.said())
    assert httpx.get(site + "/opportunities").status_code == 200

    pids = first.pids()
    os.kill(first.pid_of("postgres"), signal.SIGKILL)
    assert first.wait() == 1
    assert "PostgreSQL was ended by signal 9. PostgreSQL holds everything, so the rest is stopped too." in first.said()
    assert [pid for pid in pids if started_at(pid)] == []

    second = up("--separate")
    assert second.ready()["site"] == site  # its address is kept
    assert httpx.get(site + "/feedback/board").status_code == 200
    os.kill(second.pid_of("payments"), signal.SIGKILL)
    until(lambda: "the payments service was ended by signal 9. Everything else goes on" in second.said())
    assert httpx.get(site + "/payments/policy").status_code == 503
    assert httpx.get(site + "/opportunities").status_code == 200
    assert chorus(folder, "doctor").exit_code == 1
    assert chorus(folder, "down").exit_code == 0
    assert second.wait() == 0


@pytest.mark.slow
def test_what_a_killed_runner_started_is_ended_without_it(up: Callable[..., Run]):
    run = up("--mode", "test")
    run.ready()
    pids = run.pids()
    run.process.kill()
    until(lambda: not [pid for pid in pids if started_at(pid)], within=60)


def test_a_part_that_cannot_start_is_said_and_nothing_is_left_running(up: Callable[..., Run], folder: Path):
    run = up(
        "--mode", "test", "--part-port", "postgres=1"
    )  # a port that only root may have, and PostgreSQL is never root
    assert run.wait(120) == 4
    assert run.process.stdout is not None
    assert "did not start on port 1" in json.loads(run.process.stdout.read())["error"]
    assert run.pids() == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["doctor"], 3),
        (["down"], 3),
        (["clock", "show"], 3),
        (["clock", "advance", "soon"], 3),
        (["up", "--without", "nothing"], 2),
        (["up", "--mode", "party"], 2),
        (["up", "--part-port", "web=none"], 2),
        (["import", "people", "/no/such/file.csv"], 2),
    ],
)
def test_exit_codes_say_what_is_wrong(folder: Path, arguments: list[str], code: int):
    assert CliRunner().invoke(app, [*arguments, "--directory", str(folder), "--json"]).exit_code == code
