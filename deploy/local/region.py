"""Runs a region on this machine: the hub and several organisations, each a whole instance of its own, joined over
mutual TLS.

<folder>/region.json        its organisations
<folder>/hub                the hub: its certificates and streams
<folder>/mail, logs         one mail catcher for all, and the process that the organisations' processes are forks of
<folder>/<organisation>     an instance, with its membership in network/

Whoever ends by itself is reported in words, with whose it is. The others go on: that is what the network is for.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from deploy.hub.hub import Hub
from deploy.local.instance import CHORUS, Instance
from deploy.local.mail import MailCatcher
from deploy.local.preloaded import AVAILABLE, Preloaded
from deploy.local.processes import ChildProcess, ServerError, own_address
from deploy.local.runner import RunningOrganisation, all_at_once, ending
from deploy.local.servers import LAUNCHER, NatsServer
from deploy.provisioning.files import close_folder, write_closed


@dataclass(frozen=True)
class LocalOrganisation:
    """An organisation: its short name, what people call it, and its colours."""

    name: str
    display_name: str
    look: str = "brick"


ORGANISATIONS = (
    LocalOrganisation("sun", "SUN", "teal"),
    LocalOrganisation("viewpoint", "Viewpoint", "plum"),
    LocalOrganisation("suffolk", "Suffolk User Forum", "forest"),
)
_HUB, _FIRST = 0, 1
"""Numbers of loopback addresses: the hub's, and the first organisation's."""


class Region:
    """The processes of a region. Use as a context manager, or call stop() whatever happens.

    A single organisation has no hub. without: what to leave out, by organisation. separate: organisations whose
    services have a process each. port: of the first organisation's site.
    """

    def __init__(
        self,
        directory: Path,
        members: Sequence[LocalOrganisation] = ORGANISATIONS,
        *,
        mode: str = "demo",
        separate: Collection[str] = (),
        without: Mapping[str, Iterable[str]] | None = None,
        port: int = 0,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.directory = directory.resolve()
        self.members = list(members)
        self.mode = mode
        self.separate = frozenset(separate)
        self.without = {name: frozenset(parts) for name, parts in (without or {}).items()}
        self.port = port
        self.say = say
        self.organisations: dict[str, RunningOrganisation] = {}
        self.preloaded = Preloaded(self.directory / "logs" / "preloaded.log") if AVAILABLE else None
        self.mail = MailCatcher(self.directory / "mail", password=secrets.token_urlsafe(24))
        self._hub: Hub[NatsServer] | None = None
        self._reported: set[str] = set()

    @classmethod
    def existing(cls, directory: Path) -> Self:
        """A region that was made before. Raises ServerError, with what to do, if there is none."""
        path = directory / "region.json"
        if not path.exists():
            raise ServerError(
                f"{directory} holds no region. `chorus demo` makes one in a folder that is empty or its own."
            )
        written = json.loads(path.read_text())
        return cls(directory, [LocalOrganisation(**member) for member in written["members"]], mode=written["mode"])

    @property
    def hub(self) -> Hub[NatsServer]:
        assert self._hub is not None, "there is a hub once a region of several has begun"
        return self._hub

    def start(self) -> Self:
        """Start everything at once and wait until it is ready. Stops what it started if any part fails."""
        try:
            self._begin()
            shared = [self.mail.start, *([self._hub.start] if self._hub else [])]
            all_at_once([*shared, *(each.start for each in self.organisations.values())])
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        with contextlib.ExitStack() as last_first:
            if self.preloaded:
                last_first.callback(self.preloaded.stop)
            last_first.callback(self.mail.stop)
            if self._hub:
                last_first.callback(self._hub.stop)
            last_first.callback(all_at_once, [each.stop for each in self.organisations.values()])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def join(self, member: LocalOrganisation) -> RunningOrganisation:
        """One more organisation, while the others run: only the hub hears of it from us."""
        organisation = self._made(member)
        self.members.append(member)
        self._save()
        organisation.start()
        return organisation

    def ended_by_themselves(self) -> list[str]:
        """A sentence for each part that ended since the last call and was not told to, with whose it is."""
        sentences = [
            f"{each.instance.facts.organisation_name}: {sentence}"
            for each in self.organisations.values()
            for sentence in each.ended_by_themselves()
        ]
        for part, so in self._shared_parts():
            if part.process is not None and part.exit_code is not None and str(part.directory) not in self._reported:
                self._reported.add(str(part.directory))
                sentences.append(f"{part.name} {ending(part.exit_code)}. {so} Its log is {part.log}.")
            elif part.running:
                self._reported.discard(str(part.directory))
        return sentences

    @property
    def can_go_on(self) -> bool:
        """An organisation that cannot continue is stopped; the region ends with the last of them."""
        for organisation in self.organisations.values():
            if organisation.parts and not organisation.can_go_on:
                organisation.stop()
                organisation.parts = {}
        return any(organisation.parts for organisation in self.organisations.values())

    def end_earlier_runs(self) -> None:
        """A run that was killed leaves its children behind: they hold ports and data."""
        for folder in (self.directory / "mail", *self.directory.glob("hub/nats/*")):
            ChildProcess(folder).end_earlier_run()
        for member in self.members:
            if (self.directory / member.name / "instance.json").exists():
                RunningOrganisation(Instance.existing(directory=self.directory / member.name)).end_earlier_runs()

    def _begin(self) -> None:
        """What must be there before anything starts: the process with everything imported, the hub's certificates, each
        one's membership."""
        self.say("Making " + ", ".join(member.display_name for member in self.members))
        if self.directory.parent.name == CHORUS:
            close_folder(self.directory.parent, servers_pass=True)
        close_folder(self.directory, servers_pass=True)
        if self.preloaded:
            self.preloaded.begin()
        if len(self.members) > 1:
            self._hub = Hub.open(self.directory / "hub", LAUNCHER, hosts=[own_address(_HUB)])
        for member in self.members:
            self._made(member)
        self._save()

    def _made(self, member: LocalOrganisation) -> RunningOrganisation:
        number = _FIRST + len(self.organisations)
        folder = self.directory / member.name
        instance = Instance.open(
            member.name,
            folder,
            organisation_name=member.display_name,
            mode=self.mode,
            nats_host=own_address(number),
            look=member.look,
            ports=self.mail.ports | {"web": self.port if number == _FIRST else 0},
        )
        instance.facts.passwords["mail"] = self.mail.password
        instance.save()
        if self._hub and instance.membership() is None:
            self._hub.add(member.name, replace=True).write(instance.network_folder)
        say = self._saying(member)
        without = self.without.get(member.name, ())
        organisation = RunningOrganisation(
            instance,
            separate=member.name in self.separate,
            without=without,
            say=say,
            mail=self.mail,
            preloaded=self.preloaded,
        )
        self.organisations[member.name] = organisation
        return organisation

    def _saying(self, member: LocalOrganisation) -> Callable[[str], None]:
        return lambda sentence: self.say(f"{member.display_name}: {sentence}")

    def _save(self) -> None:
        written = {"mode": self.mode, "members": [asdict(member) for member in self.members]}
        write_closed(self.directory / "region.json", json.dumps(written, indent=2) + "\n")

    def _shared_parts(self) -> list[tuple[ChildProcess, str]]:
        hub = [
            (server, "The organisations work on; what they share travels on when it is back.")
            for server in (self._hub.servers if self._hub else [])
        ]
        return [*hub, (self.mail, "Mail waits and is tried again; the rest goes on.")]
