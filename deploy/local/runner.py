"""Runs one organisation on this machine: PostgreSQL, NATS, a mail catcher, the five services, the gateway, the
operators' app.

Nothing is restarted silently: a part that ends by itself is reported in words, and what makes no sense without it is
stopped. Everything that was started is stopped again.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import httpx

from deploy.local.instance import Instance
from deploy.local.mail import MailCatcher
from deploy.local.preloaded import AVAILABLE, ROOT, Preloaded
from deploy.local.processes import HOST, ChildProcess, ServerError
from deploy.local.servers import NatsServer, PostgresServer
from deploy.provisioning.accounts import nats_config
from deploy.provisioning.membership import Membership
from deploy.provisioning.parts import SERVICES, package_of

READY_WITHIN = 120.0
"""Seconds: far more than it takes, for a slow machine's first start."""

_CONSEQUENCES = {
    "postgres": "PostgreSQL holds everything, so the rest is stopped too.",
    "web": "Nothing can be reached without it, so the rest is stopped too.",
    "nats": "Pages still work; what is done now travels on when NATS is back.",
    "mail": "Mail waits and is tried again; the rest goes on.",
    "operator": "The operators' pages are away; the rest goes on.",
    "gateway": "Pages still work; what is shared with other organisations travels on when it is back.",
}
_FATAL = ("postgres", "web")


class PythonPart(ChildProcess):
    """A part of ours in a Python process. It is ready when each of its services says so, and is ours: it takes our
    operator's token."""

    def __init__(
        self,
        directory: Path,
        name: str,
        arguments: Sequence[str],
        instance: Instance,
        url: str = "",
        services: Sequence[str] = (),
        preloaded: Preloaded | None = None,
    ) -> None:
        super().__init__(directory)
        self.name = name
        self.arguments = list(arguments)
        self.instance = instance
        self.url = url
        self.services = list(services)
        self.preloaded = preloaded
        self.environment: dict[str, str] = {}

    def start(self, within: float = READY_WITHIN) -> Self:
        self.begin()
        self.wait_until_ready(within)
        return self

    def begin(self) -> None:
        """Start without waiting."""
        if not self.running:
            self._prepare_directory()
            self.end_earlier_run()
            self._began_at = self._log_size()
            environment = self.instance.child_environment(**self.environment)
            if self.preloaded:
                self._began(self.preloaded.start(self.arguments, environment, self.log, ROOT))
            else:
                self._spawn([sys.executable, "-m", *self.arguments], environment, cwd=ROOT)

    def run(self, within: float = READY_WITHIN) -> None:
        """Start one that ends by itself, and wait for that. Raises ServerError with what it said if it went wrong."""
        self.begin()
        assert self.process is not None
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise ServerError(f"{self.name} did not end within {within:.0f} seconds. Its log is {self.log}.") from None
        finally:
            self.kill()
        if code:
            raise ServerError(self.log_since(self._began_at) or f"{self.name} {ending(code)}. Its log is {self.log}.")

    def wait_until_ready(self, within: float = READY_WITHIN) -> None:
        deadline = time.monotonic() + within
        waiting = list(self.services)
        headers = {"authorization": f"Bearer {self.instance.operator_token()}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=3, trust_env=False) as client:
            while self.running:
                waiting = [service for service in waiting if not is_ready(client, service)]
                if not waiting:
                    return
                if time.monotonic() > deadline:
                    raise ServerError(
                        f"{self.name} was not ready within {within:.0f} seconds: {why_not(client, waiting[0])} Its "
                        f"log is {self.log}."
                    )
                time.sleep(0.05)
        raise ServerError(
            f"{self.name} {ending(self.exit_code)} while starting. Its log, {self.log}, ends "
            f"with:\n{self.log_since(self._began_at)}"
        )


def is_ready(client: httpx.Client, service: str) -> bool:
    """Ready, and not some other instance on the same port: only ours accepts a token signed with our key."""
    try:
        return (
            client.get(f"/{service}/health/ready").status_code == 200
            and client.get(f"/{service}/operator/state").status_code == 200
        )
    except httpx.TransportError:
        return False


def why_not(client: httpx.Client, service: str) -> str:
    try:
        response = client.get(f"/{service}/health/ready")
        wrong = [f"{check}: {state}" for check, state in response.json()["checks"].items() if state != "ok"]
        return f"{service}: {'; '.join(wrong)}." if wrong else f"{service} at {client.base_url} is another instance's."
    except (httpx.TransportError, ValueError, KeyError):
        return f"{service} does not answer at {client.base_url}."


def ending(exit_code: int | None) -> str:
    """How a process ended, in words."""
    if exit_code is None:
        return "ended"
    return f"was ended by signal {-exit_code}" if exit_code < 0 else f"stopped by itself with exit code {exit_code}"


class RunningOrganisation:
    """The processes of one instance. Use as a context manager, or call stop() whatever happens.

    separate: each service in a process of its own, as in production. without: services to leave out, or the gateway.
    mail, preloaded: those of the region, if it is one of several organisations; who lends them starts and stops them.
    """

    def __init__(
        self,
        instance: Instance,
        *,
        separate: bool = False,
        without: Iterable[str] = (),
        say: Callable[[str], None] = lambda _: None,
        mail: MailCatcher | None = None,
        preloaded: Preloaded | None = None,
    ) -> None:
        self.instance = instance
        self.separate = separate
        self.without = frozenset(without)
        self.services = [service for service in SERVICES if service not in self.without]
        self.say = say
        self.preloaded = preloaded or (Preloaded(instance.directory / "logs" / "preloaded.log") if AVAILABLE else None)
        self._mail = mail
        self._lent = preloaded is not None
        self.parts: dict[str, ChildProcess] = {}
        self._reported: set[str] = set()

    @property
    def url(self) -> str:
        return self.instance.local_url

    @property
    def mail(self) -> MailCatcher:
        part = self._mail or self.parts["mail"]
        assert isinstance(part, MailCatcher)
        return part

    def start(self) -> Self:
        """Start everything and wait until it is ready. Stops what it started if any part fails."""
        self.instance.hold()
        try:
            self.end_earlier_runs()
            for sentence in self.instance.settle_ports(
                taken_by_us=frozenset(self._mail.ports.values() if self._mail else ())
            ):
                self.say(sentence)
            self.instance.write_settings(separate=self.separate)
            self._make_parts()
            if self.preloaded:
                self.preloaded.begin()
            self._start_servers()
            self._make_ready()
            self._join()
            self._begin_ours()
            self._wait_for_ours()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop everything in good order: those who use a server before the server."""
        servers, operator = ("mail", "nats", "postgres"), ("operator",)  # which takes the services' last spans
        ours = [name for name in self.parts if name not in (*servers, *operator)]
        with contextlib.ExitStack() as last_first:  # each group is stopped whatever went wrong before
            last_first.callback(self.instance.release)
            if self.preloaded and not self._lent:
                last_first.callback(self.preloaded.stop)
            for group in (servers, operator, ours):
                last_first.callback(all_at_once, [self.parts[name].stop for name in group if name in self.parts])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ended_by_themselves(self) -> list[str]:
        """A sentence for each part that ended since the last call and was not told to."""
        sentences = []
        for name, part in self.parts.items():
            if part.process is not None and part.exit_code is not None and name not in self._reported:
                self._reported.add(name)
                so = _CONSEQUENCES.get(name, f"Everything else goes on; pages under /{name} are away.")
                sentences.append(f"{part.name} {ending(part.exit_code)}. {so} Its log is {part.log}.")
            elif part.running:
                self._reported.discard(name)
        return sentences

    @property
    def can_go_on(self) -> bool:
        return all(self.parts[name].exit_code is None for name in _FATAL if name in self.parts)

    def _folder(self, part: str) -> Path:
        return self.instance.directory / part

    def _make_parts(self) -> None:
        instance, ports = self.instance, self.instance.facts.ports
        self.parts["postgres"] = PostgresServer(
            self._folder("postgres"), ports["postgres"], fsync=instance.facts.mode != "test"
        )
        self.parts["nats"] = NatsServer(
            self._folder("nats"), self._nats_config(None), ports["nats"], instance.facts.nats_host
        )
        if self._mail is None:
            self.parts["mail"] = MailCatcher(
                self._folder("mail"),
                password=instance.facts.passwords["mail"],
                smtp_port=ports["smtp"],
                imap_port=ports["imap"],
                http_port=ports["mail"],
            )
        if self.separate:
            for service in self.services:
                self.parts[service] = self._part(service, f"the {service} service", [package_of(service)], [service])
        self.parts["operator"] = self._part("operator", "the operators' app", [package_of("operator")], ["operator"])
        if "gateway" not in self.without:
            self.parts["gateway"] = self._part("gateway", "the gateway", [package_of("gateway")], ["gateway"])
        without = [word for part in sorted(self.without) for word in ("--without", part)]
        arguments = [
            "deploy.local.front",
            str(instance.directory),
            *without,
            *(["--separate"] if self.separate else []),
        ]
        self.parts["web"] = self._part("web", "the web process", arguments, self.services)

    def _nats_config(self, membership: Membership | None) -> str:
        return nats_config(self.instance.facts.organisation, self.instance.nats_passwords(), membership=membership)

    def _join(self) -> None:
        """Take up the leaf connection once the streams are there: the hub would ask for one that is missing, and ask
        again only seconds later."""
        nats, membership = self.parts["nats"], self.instance.membership()
        assert isinstance(nats, NatsServer)
        if membership:
            nats.config, nats.reads = self._nats_config(membership), membership.files
            nats.reload()

    def _part(self, part: str, name: str, arguments: Sequence[str], services: Sequence[str]) -> PythonPart:
        made = PythonPart(
            self.instance.directory / "logs" / part,
            name,
            arguments,
            self.instance,
            self.instance.url_of(part),
            services,
            self.preloaded,
        )
        if part != "web":
            made.environment = {
                "CHORUS_ENV_FILE": str(self.instance.env_file(part)),
                "CHORUS_HOST": HOST,
                "CHORUS_PORT": str(self.instance.facts.ports[part]),
            }
        return made

    def end_earlier_runs(self) -> None:
        """A run that was killed leaves its children behind: they hold ports and data."""
        for pid_file in sorted(self.instance.directory.glob("logs/*/pid")):
            ChildProcess(pid_file.parent).end_earlier_run()
        for name in ("mail", "nats", "postgres"):
            left = ChildProcess(self._folder(name))
            left.stop_signal = PostgresServer.stop_signal if name == "postgres" else left.stop_signal
            left.end_earlier_run()

    def _start_servers(self) -> None:
        self.say("Starting PostgreSQL, NATS and the mail catcher")
        all_at_once(self.parts[name].start for name in ("postgres", "nats", "mail") if name in self.parts)

    def _make_ready(self) -> None:
        """In a process of its own: this one stays small, and those of several organisations run at once."""
        self.say("Making databases and streams, or bringing them to their newest form")
        folder = self.instance.directory
        arguments = ["deploy.local.making_ready", str(folder)]
        PythonPart(
            folder / "logs" / "databases", "making the databases", arguments, self.instance, preloaded=self.preloaded
        ).run()

    def _ours(self) -> list[PythonPart]:
        return [part for part in self.parts.values() if isinstance(part, PythonPart)]

    def _begin_ours(self) -> None:
        for part in self._ours():
            part.begin()

    def _wait_for_ours(self) -> None:
        self.say("Waiting until every service is ready")
        deadline = time.monotonic() + READY_WITHIN
        for part in self._ours():
            part.wait_until_ready(max(1.0, deadline - time.monotonic()))


def all_at_once(actions: Iterable[Callable[[], object]]) -> None:
    """Do all at once; raise the first error after all have ended."""
    with ThreadPoolExecutor(8) as threads:
        futures: list[Future[object]] = [threads.submit(action) for action in actions]
    for future in futures:
        future.result()
