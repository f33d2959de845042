"""Child processes that stop when told, can be killed in a fault test, and never outlive two runs unseen.

Each runs in its own session, so that Ctrl-C reaches it only through us, and writes its output to a log. If we are
killed, the lifeline ends it; should that be killed too, the file with its process id and start time lets the next start
end it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol, Self

from deploy.provisioning.files import can_be_entered, close_folder, server_account

HOST = "127.0.0.1"


class ServerError(RuntimeError):
    """A process could not be started or stopped; the text says what to do."""


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def port_is_free(port: int, host: str = HOST) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def own_address(number: int) -> str:
    """A loopback address for one of several organisations on this machine: 127.0.0.11 for the first, or 127.0.0.1 where
    that is the only one (macOS)."""
    address = f"127.0.0.{10 + number}"
    return address if port_is_free(0, address) else HOST


def answers(port: int, host: str = HOST) -> bool:
    """Whether something accepts connections on a port of this machine."""
    try:
        socket.create_connection((host, port), 0.5).close()
    except OSError:
        return False
    return True


def started_at(pid: int) -> str | None:
    """When a living process began: together with its id, this identifies it for good. None if there is none, or only
    its zombie."""
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else fields[19]
    shown = subprocess.run(
        ["ps", "-p", str(pid), "-o", "stat=,lstart="], capture_output=True, text=True, timeout=10, check=False
    ).stdout.split(None, 1)
    return None if not shown or shown[0].startswith("Z") else shown[1].strip()


def end_process(pid: int, *, first: signal.Signals, within: float) -> None:
    """Ends a process that is not our child, politely and then by force."""
    began = started_at(pid)
    for which, seconds in ((first, within), (signal.SIGKILL, 5.0)):
        if began is None or started_at(pid) != began:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, which)
        deadline = time.monotonic() + seconds
        while started_at(pid) == began and time.monotonic() < deadline:
            time.sleep(0.05)
    if started_at(pid) == began:
        raise ServerError(f"Process {pid} of an earlier run does not end. Stop it by hand, then try again.")


class _Lifeline:
    """A small process beside this one that ends our children if we can't any more."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._owner = 0

    def tell(self, line: str) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None or self._owner != os.getpid():
                program = [sys.executable, "-I", "-S", str(Path(__file__).with_name("lifeline.py"))]
                self._process = subprocess.Popen(
                    program,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    start_new_session=True,
                    cwd="/",
                )
                self._owner = os.getpid()
            assert self._process.stdin is not None
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()


_lifeline = _Lifeline()


class Process(Protocol):
    """What is used of a `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, which: signal.Signals, /) -> None: ...
    def kill(self) -> None: ...


class ChildProcess:
    """One child process, its log and its folder."""

    name = "a process"
    stop_signal = signal.SIGTERM
    as_nobody = False
    """Whether it runs as `nobody` when we are root."""

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory).resolve()
        self.process: Process | None = None

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Of a process that ended by itself; negative for a signal."""
        return self.process.poll() if self.process else None

    def start(self, within: float = 30.0) -> Self:
        raise NotImplementedError

    def stop(self, within: float = 20.0) -> None:
        """Stop in good order; SIGKILL if that takes longer than `within` seconds."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reap()

    def kill(self) -> None:
        """SIGKILL, as a fault would. The zombie is reaped, so that it can't block the next start."""
        if self.process is not None:
            self.process.kill()
            self._reap()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _reap(self) -> None:
        if self.process is None:
            return
        self.process.wait(10)
        _lifeline.tell(f"- {self.process.pid}")
        if self._pid_file.exists() and self._pid_file.read_text().split()[:1] == [str(self.process.pid)]:
            self._pid_file.unlink(missing_ok=True)  # not that of a server started in the same folder since
        self.process = None

    @property
    def _pid_file(self) -> Path:
        return self.directory / "pid"

    def _prepare_directory(self) -> None:
        close_folder(self.directory, servers_pass=self.as_nobody)
        if self.as_nobody and not can_be_entered(self.directory):
            raise ServerError(
                f"{self.name} runs as `nobody` when you are root, and `nobody` cannot enter {self.directory}. "
                "Choose a folder that every user can enter, or do not run as root."
            )

    def _own(self, path: Path) -> None:
        """Give a path to the account that the process runs as."""
        account = server_account()
        if account and self.as_nobody:
            os.chown(path, account.pw_uid, account.pw_gid)

    def _account(self) -> Any:
        """The arguments that make subprocess run something as that account."""
        account = server_account()
        if account is None or not self.as_nobody:
            return {}
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _spawn(self, arguments: list[str], environment: Mapping[str, str] | None = None, cwd: Path | str = "/") -> None:
        environment = (
            {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
            if environment is None
            else environment
        )
        with self._open_log() as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(  # pyrefly: ignore
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environment),
                cwd=cwd,
                start_new_session=True,
                **self._account(),
            )
        self._began(process)

    def _began(self, process: Process) -> None:
        """From now on it is ended with us, or by the next start."""
        self.process = process
        _lifeline.tell(f"+ {process.pid} {self.stop_signal.value}")
        self._pid_file.write_text(f"{process.pid} {started_at(process.pid) or ''}\n")

    def end_earlier_run(self) -> None:
        """End the process that a killed run of ours left behind, if it still lives."""
        pid = self.living_pid()
        if pid is not None:
            end_process(pid, first=self.stop_signal, within=20)

    def living_pid(self) -> int | None:
        """The process that runs in this folder, whoever started it; None if it has ended."""
        try:
            written, _, began = self._pid_file.read_text().strip().partition(" ")
            pid = int(written)
        except (FileNotFoundError, ValueError):
            return None
        if self.process is None or self.process.pid != pid:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return pid if began and started_at(pid) == began else None

    def _open_log(self) -> IO[bytes]:
        return open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def log_since(self, start: int = 0) -> str:
        """The last lines of the log, from a place in it."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(start, self._log_size() - 3000))
            return log.read().decode(errors="replace").strip()


def new_port(among: range, chosen: set[int], host: str) -> int:
    """A random free port: instances that start at the same moment must not all want the first."""
    for _ in range(100):
        port = secrets.choice(among)
        if port not in chosen and port_is_free(port, host):
            return port
    return free_port()
