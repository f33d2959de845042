"""One organisation's local instance: a folder with its settings, keys, passwords and data, made once and kept.

<folder>/instance.json             organisation, mode, addresses and passwords
<folder>/<service>.env             what each service is told (CHORUS_...); add your own lines, they are kept
<folder>/session-keys.json         public keys of sign-in tokens (JWKS); session-signing-key.json is the private one
<folder>/network-keys.json         what other organisations know this one by; turned with `chorus network keys --turn`
<folder>/network/ how it reaches the hub, once it has been made a member; without it, what is shared waits
<folder>/postgres, nats, mail, storage/<service>, logs
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from joserfc.jwk import OKPKey

from deploy.client.tools import token_for_tools
from deploy.local import telling
from deploy.local.processes import HOST, ServerError, new_port, port_is_free
from deploy.local.servers import ROOT_HOME
from deploy.provisioning.accounts import NATS_USERS
from deploy.provisioning.files import can_be_entered, close_folder, write_closed
from deploy.provisioning.keys import SIGNS_TOKENS, key_file, make_keys, make_sign_in_keys
from deploy.provisioning.membership import FOLDER as NETWORK_FOLDER
from deploy.provisioning.membership import Membership
from deploy.provisioning.parts import DATABASES, SERVICES, owner_of, roles
from shared.identity import Role, load_signing_key

DEFAULT_NAME = "sun"
REGION = "region"
"""The folder of `chorus demo`, with an instance for each of its organisations."""
WEB_PORTS = range(8000, 9000)
OTHER_PORTS = range(20_000, 30_000)
"""Where new ports are taken from: below those that systems lend to outgoing connections, so that a kept port stays
free."""
PUBLIC_URL, MAIL_FROM = "CHORUS_PUBLIC_URL", "CHORUS_MAIL_FROM"
NUMBERS = DUTY_NUMBER, COUNCIL_NUMBER = "CHORUS_DUTY_NUMBER", "CHORUS_COUNCIL_NUMBER"
SMTP = ("CHORUS_SMTP_HOST", "CHORUS_SMTP_PORT", "CHORUS_SMTP_SECURITY", "CHORUS_SMTP_USER", "CHORUS_SMTP_PASSWORD")
CHORUS = ".chorus"
"""The folder that `chorus up` and `chorus demo` choose by themselves."""


_HEAD = "# Made by `chorus up`. Passwords, paths and ports are renewed at each start; other lines are yours."


def default_directory(name: str, root: Path | None = None) -> Path:
    """`.chorus/<name>` beside the checkout; elsewhere if we are root and the servers' account can't get there."""
    wanted = (root or Path.cwd()).resolve() / CHORUS / name
    parent = next(folder for folder in wanted.parents if folder.exists())
    if can_be_entered(parent):
        return wanted
    return ROOT_HOME / "instances" / f"{name}-{hashlib.sha256(str(wanted).encode()).hexdigest()[:8]}"


def made_here() -> list[str]:
    """The organisations that `chorus up` made in this folder's `.chorus`, whether they run or not."""
    folders = sorted(default_directory(DEFAULT_NAME).parent.glob("*/instance.json"))
    names = [json.loads(path.read_text())["organisation"] for path in folders]
    return [name for name, path in zip(names, folders, strict=True) if default_directory(name) == path.parent]


@dataclass
class Facts:
    """What instance.json holds."""

    organisation: str
    organisation_name: str
    mode: str
    nats_host: str = HOST
    """The loopback address of its NATS server: where several organisations run on one machine, each has one of its
    own."""
    look: str = "teal"
    ports: dict[str, int] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    """What we last wrote as public address and mail server: anything else in an env file is its operator's own
    choice and stays."""


class Instance:
    """A made instance; `Instance.open` makes or opens one."""

    def __init__(self, directory: Path, facts: Facts) -> None:
        self.directory = directory
        self.facts = facts
        self._lock: int | None = None

    @classmethod
    def open(
        cls,
        name: str = DEFAULT_NAME,
        directory: Path | None = None,
        *,
        organisation_name: str | None = None,
        mode: str | None = None,
        nats_host: str | None = None,
        look: str | None = None,
        ports: Mapping[str, int] | None = None,
    ) -> Instance:
        """Open the instance, making it the first time. Given ports, address and mode replace the kept ones."""
        folder = (directory or default_directory(name)).resolve()
        if folder.parent.name == CHORUS:
            close_folder(folder.parent, servers_pass=True)
        close_folder(folder, servers_pass=True)
        for ours in ("logs", "storage"):
            close_folder(folder / ours)
        path = folder / "instance.json"
        facts = (
            Facts(**json.loads(path.read_text()))
            if path.exists()
            else Facts(name, organisation_name or name.capitalize(), mode or "demo")
        )
        if organisation_name:
            facts.organisation_name = organisation_name
        if mode:
            facts.mode = mode
        if look:
            facts.look = look
        if nats_host:
            facts.nats_host = nats_host
        facts.ports |= {part: port for part, port in (ports or {}).items() if port}
        for secret in (*roles(), *(f"nats:{user}" for user in NATS_USERS), "mail", "trace"):
            facts.passwords.setdefault(secret, secrets.token_urlsafe(24))
        instance = cls(folder, facts)
        instance._make_keys()
        instance.save()
        return instance

    @classmethod
    def existing(cls, name: str = DEFAULT_NAME, directory: Path | None = None) -> Instance:
        """Open an instance that was made before: in this folder, or the only one below it (the folder of a demo of one
        organisation). Raises ServerError, with what to do, if there is none."""
        folder = (directory or default_directory(name)).resolve()
        if not (folder / "instance.json").exists():
            below = [path.parent for path in sorted(folder.glob("*/instance.json"))]
            if len(below) == 1:
                return cls.existing(directory=below[0])
            if below:
                raise ServerError(
                    f"There is no instance in {folder} itself. There is below it; add one of these:\n  "
                    + "\n  ".join(f"--directory {each}" for each in below)
                )
            there = "".join(f"\n  --name {each}" for each in made_here())
            raise ServerError(
                f"There is no instance in {folder}. Make one with `chorus up`, or name its folder with --directory: a "
                "demo that was started with --directory FOLDER needs it here, too, as in `chorus doctor --directory "
                f"FOLDER`.{there and f' These were made here:{there}'}"
            )
        return cls(folder, Facts(**json.loads((folder / "instance.json").read_text())))

    @classmethod
    def running(cls) -> list[Instance]:
        """The instances that run now in the folders that `chorus up` and `chorus demo` choose by themselves."""
        folders = sorted(
            {
                *default_directory(DEFAULT_NAME).parent.glob("*/instance.json"),
                *default_directory(REGION).glob("*/instance.json"),
            }
        )
        found = [cls(path.parent, Facts(**json.loads(path.read_text()))) for path in folders]
        return [instance for instance in found if instance.runner_pid() is not None]

    # Addresses

    @property
    def local_url(self) -> str:
        """Where it answers on this machine, whatever address people are given."""
        return f"http://localhost:{self.facts.ports['web']}"

    @property
    def start_command(self) -> str:
        """What somebody types to start it."""
        return f"chorus up {self.how_to_name_it}"

    @property
    def how_to_name_it(self) -> str:
        """The option with which a command finds this organisation."""
        usual = self.directory == default_directory(self.facts.organisation)
        return f"--name {self.facts.organisation}" if usual else f"--directory {self.directory}"

    def url_of(self, part: str) -> str:
        return f"http://{HOST}:{self.facts.ports[part]}"

    def database_url(self, database: str, role: str | None = None) -> str:
        role = role or database
        return f"postgresql://{role}:{self.facts.passwords[role]}@{HOST}:{self.facts.ports['postgres']}/{database}"

    def owner_url(self, database: str) -> str:
        return self.database_url(database, owner_of(database))

    def nats_url(self, user: str) -> str:
        return f"nats://{user}:{self.facts.passwords[f'nats:{user}']}@{self.facts.nats_host}:{self.facts.ports['nats']}"

    def nats_passwords(self) -> dict[str, str]:
        return {user: self.facts.passwords[f"nats:{user}"] for user in NATS_USERS}

    @property
    def network_folder(self) -> Path:
        """Where `chorus organisation add` writes what makes it a member."""
        return self.directory / NETWORK_FOLDER

    def membership(self) -> Membership | None:
        return Membership.read(self.network_folder)

    def env_file(self, service: str) -> Path:
        return self.directory / f"{service}.env"

    # Ports

    def settle_ports(self, taken_by_us: frozenset[int] = frozenset()) -> list[str]:
        """Give every part a free port, keeping the ones it had where nobody took them. Returns a sentence for each that
        changed."""
        changed = []
        chosen = set()
        for part in ("web", "operator", "postgres", "nats", "smtp", "imap", "mail", "gateway", *SERVICES):
            port = self.facts.ports.get(part)
            host = self.facts.nats_host if part == "nats" else HOST
            if port and port not in chosen and (port in taken_by_us or port_is_free(port, host)):
                self.facts.ports[part] = port
            else:
                self.facts.ports[part] = new_port(WEB_PORTS if part == "web" else OTHER_PORTS, chosen, host)
                if port:
                    changed.append(f"Port {port} ({part}) is taken: {self.facts.ports[part]} is used instead.")
            chosen.add(self.facts.ports[part])
        self.save()
        return changed

    # Settings

    def save(self) -> None:
        write_closed(self.directory / "instance.json", json.dumps(asdict(self.facts), indent=2) + "\n")

    def write_settings(self, *, separate: bool = False) -> None:
        """Write each service's env file. separate: each service listens on its own port, not behind the web port.

        Lines that somebody added stay, notes too, and so do a public address, a sender's address and a mail server that
        somebody chose; what depends on ports and passwords is ours. Raises ServerError if two files choose differently,
        or if production would start with what nobody chose.
        """
        before = {part: self.told(part) for part in DATABASES}
        if self.facts.mode == "production":
            before = {part: telling.without_wide_limits(kept) for part, kept in before.items()}
        chosen = _chosen(before, self.facts.written)
        files: dict[str, dict[str, str]] = {}
        for part, kept in before.items():
            close_folder(self.directory / "storage" / part)
            ours = (
                telling.suggested(self, part, kept.get(PUBLIC_URL, ""))
                | kept
                | telling.renewed(self, part, separate=separate)
            )
            said = {key: chosen[key] for key in chosen if key in NUMBERS or key == PUBLIC_URL or SMTP[0] in ours}
            files[part] = values = ours | said
            lines = [_HEAD, *self._notes(part), *(f"{key}={_quoted(value)}" for key, value in sorted(values.items()))]
            write_closed(self.env_file(part), "".join(f"{line}\n" for line in lines))
        sender = {"mail_from": telling.sender_of(self)}
        self.facts.written = telling.as_variables(telling.on_this_machine(self) | sender)
        self.save()
        if self.facts.mode == "production" and (missing := telling.to_choose(self, files)):
            raise ServerError(
                f"{self.facts.organisation_name} cannot run in production yet. In {self.directory} this is blank or "
                "invented:\n  "
                + "\n  ".join(missing)
                + "\nWrite what is true (of several files, one is enough for all but the areas), then start again with "
                f"`{self.start_command}`. To only try it: `{self.start_command} --mode demo`."
            )

    def _notes(self, part: str) -> list[str]:
        """Comments that somebody wrote into a service's env file."""
        path = self.env_file(part)
        with path.open() if path.exists() else StringIO() as lines:
            said = [each.original.string.strip() for each in parse_stream(lines) if each.key is None]
        notes = [line for each in said for line in each.split("\n") if line.startswith("#")]
        return [line for line in notes if line != _HEAD]

    def told(self, part: str) -> dict[str, str]:
        """What its env file says now; nothing if there is none."""
        path = self.env_file(part)
        return (
            {key: value or "" for key, value in dotenv_values(path, interpolate=False).items()} if path.exists() else {}
        )

    def child_environment(self, **more: str) -> dict[str, str]:
        """For a service's process: spans go to the operators' receiver, unless OTLP settings already name another
        collector."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CHORUS_")}
        if not any(key in environment for key in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = self.url_of("operator")
            environment["OTEL_EXPORTER_OTLP_HEADERS"] = f"x-chorus-trace-token={self.facts.passwords['trace']}"
        return environment | more

    # Keys and tools

    def _make_keys(self) -> None:
        make_sign_in_keys(self.directory, self.directory)
        for part in DATABASES:
            make_keys(part, self.directory)

    def signing_key(self) -> OKPKey:
        return load_signing_key(self.directory / key_file(*SIGNS_TOKENS))

    def operator_token(self, *more_roles: Role, life: timedelta = timedelta(minutes=10)) -> str:
        """For the command line: signed with the instance's own key, so only who may read that can make one."""
        return token_for_tools(self.signing_key(), self.facts.organisation, *more_roles, life=life)

    # One runner at a time

    def hold(self) -> None:
        """Holds the instance for this process until it ends. Raises ServerError if another process runs it."""
        lock = os.open(self.directory / "runner.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(lock, 20).decode().strip()
            os.close(lock)
            raise ServerError(
                f"The instance in {self.directory} is already running, as process {holder}. Stop it with Ctrl-C there, "
                f"or with `chorus down --directory {self.directory}`."
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def runner_pid(self) -> int | None:
        """The process that runs the instance now, or None."""
        path = self.directory / "runner.lock"
        if not path.exists():
            return None
        lock = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return int(os.read(lock, 20).decode().strip() or 0) or None
        finally:
            os.close(lock)
        return None


def _chosen(files: Mapping[str, Mapping[str, str]], written: Mapping[str, str]) -> dict[str, str]:
    """The public address, the sender's address, the duty number and the mail server that the instance's operator chose,
    from its env files.

    A mail server is chosen as a whole: its name, port, security and password belong together.
    """
    chosen: dict[str, tuple[str, str]] = {}
    for part, values in files.items():
        alone = (PUBLIC_URL, MAIL_FROM, *NUMBERS)
        theirs = [key for key in alone if values.get(key) and not _is_ours(key, values, written)]
        if any(values.get(key) and not _is_ours(key, values, written) for key in SMTP):
            theirs += [key for key in SMTP if values.get(key)]
        for key in theirs:
            said, where = chosen.setdefault(key, (values[key], part))
            if said != values[key]:
                raise ServerError(
                    f"{key} is {said} in {where}.env and {values[key]} in {part}.env. Write the same in both, then "
                    "start again."
                )
    return {key: value for key, (value, _) in chosen.items()}


def _is_ours(key: str, values: Mapping[str, str], written: Mapping[str, str]) -> bool:
    if key == COUNCIL_NUMBER:
        return False
    if key == DUTY_NUMBER:
        return values[key] == telling.INVENTED["duty_number"]
    if key in written:
        return values[key] == written[key]
    # Made before we kept this: what a start on this machine alone looks like.
    if key == MAIL_FROM:
        return values[key].endswith(".example.org")
    return values[key].startswith("http://localhost:") if key == PUBLIC_URL else values.get(SMTP[0]) == HOST


def _quoted(value: Any) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
