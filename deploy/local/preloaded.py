"""Processes of ours that begin with everything imported: one process imports it once, and each of the others is a fork
of that.

    python -m deploy.local.preloaded MODULE...       reads "start ..." and "poll ..." as JSON lines, and answers so

A fork begins within milliseconds instead of seconds, and shares the memory of what was imported. It is made before any
thread, event loop or connection exists, and is a process like any other from then on: its own session, log,
environment, and end. Where forking is not safe (macOS) processes are started in the ordinary way.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from deploy.local.processes import ServerError, started_at
from deploy.provisioning.files import close_folder
from deploy.provisioning.parts import DATABASES, package_of

ROOT = Path(__file__).resolve().parents[2]
AVAILABLE = sys.platform.startswith("linux")
IMPORTED_WITHIN = 120.0
"""Seconds: far more than it takes, for a slow machine's first start."""
_MODULES = (*(f"{package_of(part)}.app" for part in DATABASES), "deploy.local.proxy", "alembic.command", "asyncpg")
"""Not what is run itself: a fork runs it as Python's main module."""


@dataclass(frozen=True)
class ForkRequest:
    """What a fork is to do: `python -m` these arguments, there, with this environment, its output in this log."""

    arguments: list[str]
    environment: dict[str, str]
    log: str
    cwd: str


class ForkedProcess:
    """A process that is not our child: whoever forked it says how it ended. Used like a `subprocess.Popen`."""

    def __init__(self, parent: Preloaded, pid: int) -> None:
        self.pid = pid
        self._parent = parent
        self._began = started_at(pid)
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code once it has ended; negative for a signal."""
        if self._code is None:
            try:
                self._code = self._parent.ask({"poll": self.pid})["code"]
            except ServerError:  # whoever forked it is gone, and with it the exit code
                alive = self._began is not None and started_at(self.pid) == self._began
                self._code = None if alive else -signal.SIGKILL
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            time.sleep(0.02)
        return code

    def send_signal(self, which: signal.Signals) -> None:
        if self.poll() is None:  # then its id is still its own
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, which)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Preloaded:
    """The process that has imported everything. `begin()` starts it without waiting; the first `start()` waits until it
    has."""

    def __init__(self, log: Path, modules: Sequence[str] = _MODULES) -> None:
        self.log = log
        self.modules = modules
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def begin(self) -> None:
        with self._lock:
            if self.pid is not None:
                return
            close_folder(self.log.parent)
            with open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "deploy.local.preloaded", *self.modules],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    cwd=ROOT,
                    start_new_session=True,
                )

    def start(self, arguments: list[str], environment: Mapping[str, str], log: Path, cwd: Path | str) -> ForkedProcess:
        self.begin()
        job = {"arguments": arguments, "environment": dict(environment), "log": str(log), "cwd": str(cwd)}
        return ForkedProcess(self, self.ask({"start": job})["pid"])

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Raises ServerError if the process is gone."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._process and self._process.stdin and self._process.stdout:
                self._process.stdin.write(json.dumps(question) + "\n")
                self._process.stdin.flush()
                return json.loads(self._process.stdout.readline())
        raise ServerError(f"The process that starts the others has ended. Its log is {self.log}.")

    def stop(self) -> None:
        """Its forks keep running: stop them first."""
        with self._lock:
            if self._process is None:
                return
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
            self._process = None


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever an import prints is no answer
    for module in sys.argv[1:]:
        with contextlib.suppress(
            Exception
        ):  # the fork that needs it will fail in the same way, and say so in its own log
            importlib.import_module(module)
    if templating := sys.modules.get("shared.web.templating"):
        with contextlib.suppress(Exception):
            templating.design_system()  # compiled once for all of them: a third of a second each
    gc.collect()
    gc.freeze()  # a collection would touch, and so copy, every page that is shared
    job = _forks(sys.stdin, answers)
    if job is not None:
        runpy.run_module(job.arguments[0], run_name="__main__", alter_sys=True)


def _forks(questions: IO[str], answers: IO[str]) -> ForkRequest | None:
    """Fork when told to. Returns a job in each fork, and None in this process once its questioner is gone."""
    while line := questions.readline():
        question = json.loads(line)
        if job := question.get("start"):
            pid = os.fork()
            if pid == 0:
                answers.close()
                return _become(ForkRequest(**job))
            answer: dict[str, Any] = {"pid": pid}
        else:
            answer = {"code": _exit_code(question["poll"])}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    return None


def _become(job: ForkRequest) -> ForkRequest:
    """A process of its own: its session, its log, its environment, its way to be stopped."""
    os.setsid()
    for restored in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(restored, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log)
    os.environ.clear()
    os.environ.update(job.environment)
    os.chdir(job.cwd)
    sys.argv = ["-m", *job.arguments[1:]]
    return job


def _exit_code(pid: int) -> int | None:
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return -signal.SIGKILL
    return os.waitstatus_to_exitcode(status) if ended else None


if __name__ == "__main__":
    main()
