"""A connection comes back whatever ended it: a server that was away, or one that refused us."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.servers import NatsServer
from deploy.provisioning.accounts import NATS_USERS, nats_config
from shared.messaging.broker import make_broker
from shared.messaging.connection import Connection
from tests.messaging.support import SEEN, Listener, place_taken, tell, teller
from tests.support.apps import eventually, running
from tests.support.servers import ORGANISATION, PASSWORD


def restart(server: NatsServer, password: str) -> None:
    server.kill()
    server.config = nats_config(ORGANISATION, dict.fromkeys(NATS_USERS, password), max_file="1GB")
    server.start()


@contextlib.contextmanager
def refusing(server: NatsServer) -> Iterator[None]:
    """It knows other passwords than ours until this ends."""
    restart(server, "another")
    yield
    restart(server, PASSWORD)


@contextlib.asynccontextmanager
async def kept(connection: Connection) -> AsyncIterator[None]:
    keeping = asyncio.create_task(connection.keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def refused(server: NatsServer, times: int = 2) -> None:
    before = server.log.read_text().count("authentication error")

    async def so_often() -> bool:
        return server.log.read_text().count("authentication error") >= before + times

    await eventually(so_often, within=60)


def border(server: NatsServer) -> Connection:
    return Connection(server.client_url("border", PASSWORD), name="test", inbox_prefix="_INBOX.border")


async def test_what_was_refused_at_first_is_let_in_once_it_may(nats_server: NatsServer):
    connection, broker = (
        border(nats_server),
        make_broker(nats_server.client_url("payments", PASSWORD), "payments", "test"),
    )
    restart(nats_server, "another")
    connecting = asyncio.create_task(broker.connect())
    async with kept(connection):
        await refused(nats_server)
        assert await connection.state() == "NATS is away" and broker.client is None
        with pytest.raises(ConnectionError):
            connection.client  # noqa: B018
        restart(nats_server, PASSWORD)
        client = await asyncio.wait_for(connection.connected(), 60)
        assert client.is_connected and await connection.state() == "ok"
        await asyncio.wait_for(connecting, 60)
    assert broker.client is not None and broker.client.is_connected
    await broker.stop()
    assert broker.client is None


async def test_it_ends_although_nats_py_swallows_the_cancellation(monkeypatch: pytest.MonkeyPatch):
    begun = asyncio.Event()

    async def swallows(*_: object, **__: object) -> None:
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise OSError

    monkeypatch.setattr("shared.messaging.connection.connect", swallows)
    keeping = asyncio.create_task(Connection("", name="test", inbox_prefix="").keep())
    await begun.wait()
    keeping.cancel()
    ended, _ = await asyncio.wait([keeping], timeout=10)
    keeping.cancel()
    assert ended


async def test_a_connection_that_is_refused_when_it_comes_back_is_tried_until_it_is_not(nats_server: NatsServer):
    connection = border(nats_server)
    async with kept(connection):
        client = await asyncio.wait_for(connection.connected(), 60)
        with refusing(nats_server):
            await refused(nats_server)
        assert await asyncio.wait_for(connection.connected(), 60) is client


async def test_a_service_hears_again_after_its_server_refused_it(folder: Path, postgres, nats_server: NatsServer):
    service, app = teller(folder, postgres.bare_database("opportunities"), nats_server)
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats_server)
    async with running(app), running(listener.app):
        first, second = place_taken(), place_taken()
        await tell(service, first)
        await eventually(lambda: _seen(listener, 1), within=60)
        with refusing(nats_server):
            await refused(nats_server, times=4)
            await tell(service, second)
        await eventually(lambda: _seen(listener, 2), within=60)
    assert await listener.seen() == [first.place_id, second.place_id]


async def _seen(listener: Listener, count: int) -> bool:
    return len(await listener.seen()) >= count
