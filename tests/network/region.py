"""A hub and organisations as real servers, each on its own loopback address, with the configurations that deploy/
generates."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Self
from weakref import WeakKeyDictionary

import nats
import nats.js.errors
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from deploy.hub.hub import Hub
from deploy.local.servers import LAUNCHER, NatsServer
from deploy.provisioning.accounts import NATS_USERS, nats_config
from deploy.provisioning.border import provision_border
from deploy.provisioning.membership import Membership
from deploy.provisioning.streams import provision_streams
from services.gateway import app as gateway_app
from services.gateway import carrier, following, ingress
from services.gateway.carrier import Carrier
from services.gateway.keys import new_network_keys, parse_keys
from tests.support.apps import eventually
from tests.support.servers import PASSWORD, in_thread

_addresses = (f"127.{os.getpid() % 200 + 20}.{number // 250}.{number % 250 + 1}" for number in itertools.count())


def address() -> str:
    """A loopback address that nobody else of this run has."""
    return next(_addresses)


@contextlib.contextmanager
def next_door() -> Iterator[None]:
    """Meanwhile whoever asks again, or looks for what is new, does so as often as suits one machine, and not a line
    between towns."""
    waits = (
        (carrier, "PAUSE_SECONDS", 0.5),
        (following, "OPEN_SECONDS", 0.2),
        (following, "POLL_SECONDS", 0.1),
        (ingress, "LOOK_SECONDS", 0.1),
        (gateway_app, "LOOK_SECONDS", 0.4),
    )
    with pytest.MonkeyPatch.context() as patch:
        for module, name, seconds in waits:
            patch.setattr(module, name, seconds)
        yield


class Member:
    """One organisation's NATS server."""

    def __init__(
        self,
        name: str,
        directory: Path,
        membership: Membership | None,
        *,
        max_bytes: int = 64 << 20,
        carry: bool = False,
    ) -> None:
        """carry: with a carrier, where no gateway runs that has one."""
        self.name = name
        self.carry = carry
        self.keys = parse_keys(new_network_keys())
        self.max_bytes = max_bytes
        self.server = NatsServer(directory, host=address())
        self.carrier = CarrierThread(self)
        self.join(membership)

    def join(self, membership: Membership | None) -> None:
        self.membership = membership
        self.server.config = self._config(membership)
        self.server.reads = membership.files if membership else ()

    def start(self) -> Self:
        self.server.start()
        in_thread(provision_streams(self.server.client_url("provision", PASSWORD), max_bytes=16 << 20))
        self.provision_border()
        if self.carry:
            self.carrier.start()
        return self

    def stop(self) -> None:
        self.carrier.stop()
        self.server.kill()

    def _config(self, membership: Membership | None) -> str:
        return nats_config(self.name, dict.fromkeys(NATS_USERS, PASSWORD), membership=membership, max_file="1GB")

    def provision_border(self) -> None:
        in_thread(
            provision_border(
                self.server.client_url("border-provision", PASSWORD), self.membership, max_bytes=self.max_bytes
            )
        )

    def connect(
        self, user: str = "border", complaints: list[str] | None = None
    ) -> contextlib.AbstractAsyncContextManager[Client]:
        return connected(self.server.client_url(user, PASSWORD), f"_INBOX.{user}", complaints)


class CarrierThread:
    """An organisation's carrier in a loop of its own: to the tests it is another process."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        keys = self.member.keys
        carrier = Carrier(self.member.server.client_url("border", PASSWORD), self.member.name, lambda: keys)
        self._task = self._loop.create_task(carrier.run())
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)

    def stop(self) -> None:
        if self._thread:
            self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(15)
            self._thread = None


class Region:
    """A hub with members. `add` lets one in while the others run."""

    def __init__(
        self,
        directory: Path,
        members: Iterable[str] = ("sun", "viewpoint", "suffolk"),
        *,
        nodes: int = 1,
        bytes_each: int = 16 << 20,
        carry: bool = False,
    ) -> None:
        self.directory = directory
        self.carry = carry
        self.hub = Hub.open(directory / "hub", LAUNCHER, hosts=[address() for _ in range(nodes)], bytes_each=bytes_each)
        self.members: dict[str, Member] = {}
        self._first = tuple(members)

    def start(self) -> Self:
        try:
            papers = {name: self.hub.add(name) for name in self._first}
            self.hub.start()
            for name in self._first:
                folder = self.directory / name
                self.members[name] = Member(
                    name, folder, papers[name].write(folder / "network"), carry=self.carry
                ).start()
        except BaseException:
            self.stop()
            raise
        return self

    def add(self, name: str) -> Member:
        folder = self.directory / name
        self.members[name] = Member(
            name, folder, self.hub.add(name).write(folder / "network"), carry=self.carry
        ).start()
        return self.members[name]

    def stop(self) -> None:
        for member in self.members.values():
            member.stop()
        self.hub.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def administrator(self) -> contextlib.AbstractAsyncContextManager[Client]:
        """The hub's own user."""
        return connected(self.hub.client_urls(), "_INBOX.provision")


@contextlib.asynccontextmanager
async def connected(urls: str | list[str], inbox: str, complaints: list[str] | None = None) -> AsyncIterator[Client]:
    async def heard(problem: Exception) -> None:
        if complaints is not None:
            complaints.append(str(problem).lower())

    client = await nats.connect(
        urls,
        inbox_prefix=inbox,
        error_cb=heard,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.1,
        connect_timeout=5,  # pyrefly: ignore
    )
    try:
        yield client
    finally:
        await client.close()


async def say(client: Client, what: str, kind: str = "public.opportunity-shared.v1") -> None:
    """As the gateway: what leaves, acknowledged."""
    await client.jetstream().publish(f"out.{kind}", what.encode(), timeout=10)


async def held(client: Client, stream: str) -> int:
    """How many messages a stream holds; 0 while it can't be asked."""
    try:
        return (await client.jetstream(timeout=2).stream_info(stream)).state.messages
    except Exception:
        return 0


async def arrived(client: Client, count: int, within: float = 60) -> list[tuple[str, str]]:
    """Everything in NETWORK, subject and text, in order, once there are at least so many."""

    async def enough() -> bool:
        return await held(client, "NETWORK") >= count

    await eventually(enough, within=within)
    return await everything(client)


async def everything(client: Client) -> list[tuple[str, str]]:
    """All that NETWORK holds now, read as the gateway reads: with a durable consumer, one for each connection."""
    wanted = await held(client, "NETWORK")
    stream = client.jetstream(timeout=5)
    if client not in _read:
        name = f"gateway-look-{next(_looks)}"
        await stream.add_consumer("NETWORK", ConsumerConfig(name=name, durable_name=name, ack_wait=30))
        _read[client] = (name, [])
    name, found = _read[client]
    if len(found) < wanted:
        subscription = await stream.pull_subscribe_bind(name, "NETWORK")
        while len(found) < wanted:
            for message in await subscription.fetch(min(500, wanted - len(found)), timeout=5):
                await message.ack()
                found.append((message.subject, message.data.decode()))
        await subscription.unsubscribe()
    return list(found)


_read: WeakKeyDictionary[Client, tuple[str, list[tuple[str, str]]]] = WeakKeyDictionary()
_looks = itertools.count()


def without_permissions(config: Path | str, *users: str) -> str:
    """The configuration with these users, or all, allowed everything: what an attacker in control of the server would
    write."""
    lines = str(config).splitlines()
    for number, line in enumerate(lines):
        if line.strip().startswith('{"user"'):
            block = json.loads(line)
            if not users or block["user"] in users:
                block.pop("permissions", None)
                lines[number] = json.dumps(block)
    return "\n".join(lines) + "\n"


@contextlib.asynccontextmanager
async def allowed_everything(server: NatsServer, *users: str) -> AsyncIterator[None]:
    """Meanwhile these users of the server, or all, may do anything in their account."""
    config = server.config
    server.config = without_permissions(config, *users)
    await asyncio.to_thread(server.reload)
    try:
        yield
    finally:
        server.config = config
        await asyncio.to_thread(server.reload)


async def answer_to(client: Client, subject: str, question: object = None, within: float = 0.5) -> str:
    """What a request gets: its answer, or the name of what went wrong."""
    try:
        data = b"" if question is None else json.dumps(question).encode()
        return (await client.request(subject, data, timeout=within)).data.decode()
    except Exception as error:
        return type(error).__name__


async def heard_by(client: Client, subject: str = ">") -> list[str]:
    """A list that fills with the subjects that the client hears from now on."""
    heard: list[str] = []

    async def note(message: Msg) -> None:
        heard.append(message.subject)

    await client.subscribe(subject, cb=note)
    await client.flush()
    return heard


async def quiet() -> None:
    """Long enough for what is on its way on one machine to have arrived: used only where nothing is to be waited
    for."""
    await asyncio.sleep(0.3)
