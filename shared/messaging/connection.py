"""How all our programs connect to NATS: services, the gateway at the border, the carrier."""

import asyncio
import contextlib

import nats
import nats.errors
import structlog
from nats.aio.client import Client

_log = structlog.get_logger(__name__)


async def connect(url: str, *, name: str, inbox_prefix: str) -> Client:
    """A connection that reconnects for ever, whatever ends it: a password that is wrong today may be right tomorrow.

    Errors are logged once, and never raised: nats-py would stop reconnecting.
    """
    said = ""

    async def tell(error: Exception) -> None:
        nonlocal said
        if said != (said := type(error).__name__):
            _log.warning("nats-error", connection=name, error=said)

    async def back() -> None:
        nonlocal said
        said = ""

    return await nats.connect(
        url,
        name=name,
        inbox_prefix=inbox_prefix,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,  # pyrefly: ignore - nats-py takes a float
        connect_timeout=5,
        ping_interval=10,
        max_outstanding_pings=2,
        error_cb=tell,
        reconnected_cb=back,
    )


def is_cancelled() -> bool:
    """For loops around nats-py: in Python 3.11 `asyncio.wait_for`, which it uses, loses a cancellation that comes with
    an answer."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Connection:
    """A connection without subscriptions of its own, kept for as long as `keep` runs; made again if nats-py gives
    up."""

    def __init__(self, url: str, *, name: str, inbox_prefix: str) -> None:
        self.url = url
        self.name = name
        self.inbox_prefix = inbox_prefix
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """Raises ConnectionError while there is none."""
        if self._client is None or not self._client.is_connected:
            raise ConnectionError(f"{self.name} is not connected")
        return self._client

    async def connected(self) -> Client:
        """The client, as soon as there is one."""
        while True:
            with contextlib.suppress(ConnectionError):
                return self.client
            await asyncio.sleep(0.1)

    async def state(self) -> str:
        return "ok" if self._client is not None and self._client.is_connected else "NATS is away"

    async def keep(self) -> None:
        """Connect, and again whenever the connection is given up, until cancelled."""
        try:
            while not is_cancelled():
                if self._client is None or self._client.is_closed:
                    try:
                        self._client = await connect(self.url, name=self.name, inbox_prefix=self.inbox_prefix)
                    except (OSError, TimeoutError, nats.errors.Error) as error:
                        _log.warning("nats-not-ready", connection=self.name, error=type(error).__name__)
                await asyncio.sleep(0.25)
        finally:
            if self._client is not None:
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(5):
                        await self._client.close()
