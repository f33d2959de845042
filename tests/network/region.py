"""A hub and organisations as real servers, each on its own loopback address, with the configurations that deploy/ generates."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Self

import nats
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from deploy.network.border import provision_border
from deploy.network.hub import Hub
from deploy.network.membership import Membership
from deploy.provision import NATS_USERS, nats_config, provision_streams
from deploy.servers import NatsServer
from tests.support.apps import eventually
from tests.support.servers import PASSWORD, in_thread

_addresses = (f"127.{os.getpid() % 200 + 20}.{number // 250}.{number % 250 + 1}" for number in itertools.count())


def address() -> str:
    """A loopback address that nobody else of this run has."""
    return next(_addresses)


class Member:
    """One organisation's NATS server."""

    def __init__(self, name: str, directory: Path, membership: Membership | None, *, max_bytes: int = 64 << 20) -> None:
        self.name = name
        self.max_bytes = max_bytes
        self.server = NatsServer(directory, host=address())
        self.join(membership)

    def join(self, membership: Membership | None) -> None:
        self.membership = membership
        self.server.config = self._config(membership)
        self.server.reads = membership.files if membership else ()

    def start(self) -> Self:
        """First alone, to be provisioned, then bound to the hub: what the hub asks for on connecting is there."""
        self.server.config = self._config(None)
        self.server.start()
        in_thread(provision_streams(self.server.client_url("provision", PASSWORD), max_bytes=16 << 20))
        self.provision_border()
        self.join(self.membership)
        self.server.reload()
        return self

    def _config(self, membership: Membership | None) -> str:
        return nats_config(self.name, dict.fromkeys(NATS_USERS, PASSWORD), membership=membership, max_file="1GB")

    def provision_border(self) -> None:
        in_thread(provision_border(self.server.client_url("border-provision", PASSWORD), self.membership, max_bytes=self.max_bytes))

    def connect(self, user: str = "border", complaints: list[str] | None = None) -> contextlib.AbstractAsyncContextManager[Client]:
        return connected(self.server.client_url(user, PASSWORD), f"_INBOX.{user}", complaints)


class Region:
    """A hub with members. `add` lets one in while the others run."""

    def __init__(self, directory: Path, members: Iterable[str] = ("sun", "viewpoint", "suffolk"), *, nodes: int = 1, bytes_each: int = 16 << 20) -> None:
        self.directory = directory
        self.hub = Hub.open(directory / "hub", hosts=[address() for _ in range(nodes)], bytes_each=bytes_each)
        self.members: dict[str, Member] = {}
        self._first = tuple(members)

    def start(self) -> Self:
        try:
            papers = {name: self.hub.add(name) for name in self._first}
            self.hub.start()
            for name in self._first:
                folder = self.directory / name
                self.members[name] = Member(name, folder, papers[name].write(folder / "network")).start()
        except BaseException:
            self.stop()
            raise
        return self

    def add(self, name: str) -> Member:
        folder = self.directory / name
        self.members[name] = Member(name, folder, self.hub.add(name).write(folder / "network")).start()
        return self.members[name]

    def stop(self) -> None:
        for member in self.members.values():
            member.server.kill()
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
        connect_timeout=5,  # pyright: ignore[reportArgumentType]
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


async def arrived(client: Client, count: int, within: float = 20) -> list[tuple[str, str]]:
    """Everything in NETWORK, subject and text, in order, once there are at least so many."""

    async def enough() -> bool:
        return await held(client, "NETWORK") >= count

    await eventually(enough, within=within)
    return await everything(client)


async def everything(client: Client, name: str | None = None) -> list[tuple[str, str]]:
    """All that NETWORK holds now, read as the gateway reads."""
    wanted = await held(client, "NETWORK")
    stream = client.jetstream(timeout=5)
    name = name or f"gateway-look-{next(_looks)}"
    await stream.add_consumer("NETWORK", ConsumerConfig(name=name, durable_name=name, inactive_threshold=60, ack_wait=30))
    subscription = await stream.pull_subscribe_bind(name, "NETWORK")
    found: list[Msg] = []
    while len(found) < wanted:
        got = await subscription.fetch(min(500, wanted - len(found)), timeout=5)
        for message in got:
            await message.ack()
        found += got
    await subscription.unsubscribe()
    return [(message.subject, message.data.decode()) for message in found]


_looks = itertools.count()


def without_permissions(config: Path | str, *users: str) -> str:
    """The configuration with these users, or all, allowed everything: what an attacker in control of the server would write."""
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


async def stored(client: Client, stream: str) -> list[tuple[str, str]]:
    """All that a stream of the hub holds, asked by its administrator."""
    context = client.jetstream(timeout=5)
    state = (await context.stream_info(stream)).state
    messages = [await context.get_msg(stream, number) for number in range(state.first_seq, state.last_seq + 1)] if state.messages else []
    return [(str(message.subject), (message.data or b"").decode()) for message in messages]


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
    """Long enough for what is on its way on one machine to have arrived: used only where nothing is to be waited for."""
    await asyncio.sleep(0.3)
