"""The connection to the account NET, which alone the hub can see: a user of its own, confined by the server to what a gateway does there."""

import asyncio
import contextlib
import json
import time
from collections import deque

import nats
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.messaging.publishing import PUBLISH_SECONDS

INBOX = "_INBOX.border"
OPEN_SECONDS = 5.0
ASKED = 500
"""Messages a pull asks for at once."""
_log = structlog.get_logger(__name__)


class Border:
    """Keeps one connection for as long as it runs; made anew should nats-py give it up."""

    def __init__(self, url: str, organisation: str) -> None:
        self.url = url
        self.name = f"{organisation}-gateway"
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """Raises ConnectionError while there is none."""
        if self._client is None or not self._client.is_connected:
            raise ConnectionError("the account NET is away")
        return self._client

    async def state(self) -> str:
        return "ok" if self._client is not None and self._client.is_connected else "NATS is away"

    async def keep(self) -> None:
        """Connect, and again whenever the connection is given up, until cancelled."""
        try:
            while True:
                if self._client is None or self._client.is_closed:
                    try:
                        self._client = await nats.connect(
                            self.url,
                            name=self.name,
                            inbox_prefix=INBOX,
                            max_reconnect_attempts=-1,
                            reconnect_time_wait=0.25,  # pyright: ignore[reportArgumentType] - nats-py takes a float
                            connect_timeout=5,
                            ping_interval=10,
                            max_outstanding_pings=2,
                            allow_reconnect=True,
                            error_cb=_tell,
                        )
                    except (OSError, TimeoutError, nats.errors.Error) as error:
                        _log.warning("border-not-ready", error=type(error).__name__)
                await asyncio.sleep(0.25)
        finally:
            if self._client is not None:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(self._client.close(), 5)


async def _tell(error: Exception) -> None:
    _log.warning("border-error", error=type(error).__name__)


class Pull:
    """A durable consumer, read by one request that is kept open, so that neither a trickle nor a backlog waits for a round trip.

    Messages wait in `received`; no more than twice ASKED of them.
    """

    def __init__(self, client: Client, stream: str, durable: str, wake: asyncio.Event, *, api: str = "$JS.API", open_seconds: float = OPEN_SECONDS) -> None:
        self.client = client
        self.subject = f"{api}.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self.received: deque[Msg] = deque()
        self._inbox = client.new_inbox()
        self._wake = wake
        self._open_seconds = open_seconds
        self._missing = 0
        self._open_until = 0.0
        self._connection = 0
        """Which of the client's connections the request was made on: a later one knows nothing of it."""
        self._pause_until = 0.0

    async def start(self) -> None:
        self._subscription = await self.client.subscribe(self._inbox, cb=self._take)
        await self.keep_asking()

    async def stop(self) -> None:
        """What was asked for and comes later is not taken any more."""
        await self._subscription.unsubscribe()

    async def keep_asking(self) -> None:
        """Ask for more if nothing is asked for. To be called now and then: a request is lost with its connection."""
        now = time.monotonic()
        is_open = self._missing > 0 and now < self._open_until and self._connection == self.client.stats["reconnects"]
        if is_open or len(self.received) > ASKED or now < self._pause_until or not self.client.is_connected:
            return
        self._missing, self._open_until, self._connection = ASKED, now + self._open_seconds + 2, self.client.stats["reconnects"]
        request = {"batch": ASKED, "expires": int(self._open_seconds * 1e9)}
        await self.client.publish(self.subject, json.dumps(request).encode(), reply=self._inbox)

    async def take(self, most: int) -> list[Msg]:
        """Up to so many messages that are here, in their order."""
        messages = [self.received.popleft() for _ in range(min(most, len(self.received)))]
        await self.keep_asking()
        return messages

    async def _take(self, message: Msg) -> None:
        if message.subject != self._inbox:  # what the server itself says comes under the inbox; a header may say anything
            self.received.append(message)
            self._missing -= 1
            self._wake.set()
        else:
            self._missing = 0
            if (message.headers or {}).get("Status") not in ("404", "408"):
                self._pause_until = time.monotonic() + 0.5  # the consumer is gone, or the server has a fault: no spinning
        if self._missing <= 0:
            await self.keep_asking()


async def request(client: Client, subject: str, payload: dict) -> dict:
    """One question to JetStream. Raises ConnectionError with its error's description; that of a missing consumer is LookupError."""
    try:
        reply = await client.request(subject, json.dumps(payload).encode() if payload else b"", timeout=PUBLISH_SECONDS / 2)
    except (nats.errors.Error, TimeoutError) as error:
        raise ConnectionError(f"no answer ({type(error).__name__})") from None
    answer = json.loads(reply.data)
    if "error" in answer:
        kind = LookupError if answer["error"].get("code") == 404 else ConnectionError
        raise kind(answer["error"].get("description", "refused"))
    return answer
