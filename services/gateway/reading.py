"""How the gateway reads what arrived: with a user of its own in account NET_BORDER, which alone the hub can see,
confined by the server to what a gateway does there."""

import asyncio
import json
import time
from collections import deque

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.messaging.connection import Connection
from shared.messaging.publishing import PUBLISH_SECONDS

OPEN_SECONDS = 5.0
ASKED = 500
"""Messages a pull asks for at once."""


def border_connection(url: str, organisation: str) -> Connection:
    """Ours to NET_BORDER."""
    return Connection(url, name=f"{organisation}-gateway", inbox_prefix="_INBOX.border")


class Pull:
    """A durable consumer, read by one request that is kept open, so that neither a trickle nor a backlog waits for a
    round trip.

    Messages wait in `received`; no more than twice ASKED of them.
    """

    def __init__(
        self,
        client: Client,
        stream: str,
        durable: str,
        wake: asyncio.Event,
        *,
        api: str = "$JS.API",
        open_seconds: float = OPEN_SECONDS,
    ) -> None:
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
        """What was asked for and comes later is ignored."""
        await self._subscription.unsubscribe()

    async def keep_asking(self) -> None:
        """Ask for more if nothing is asked for. To be called now and then: a request is lost with its connection."""
        now = time.monotonic()
        is_open = self._missing > 0 and now < self._open_until and self._connection == self.client.stats["reconnects"]
        if is_open or len(self.received) > ASKED or now < self._pause_until or not self.client.is_connected:
            return
        self._missing, self._open_until, self._connection = (
            ASKED,
            now + self._open_seconds + 2,
            self.client.stats["reconnects"],
        )
        request = {"batch": ASKED, "expires": int(self._open_seconds * 1e9)}
        await self.client.publish(self.subject, json.dumps(request).encode(), reply=self._inbox)

    async def take(self, most: int) -> list[Msg]:
        """Up to so many messages that are here, in their order."""
        messages = [self.received.popleft() for _ in range(min(most, len(self.received)))]
        await self.keep_asking()
        return messages

    async def _take(self, message: Msg) -> None:
        if (
            message.subject != self._inbox
        ):  # what the server itself says comes under the inbox; a header may say anything
            self.received.append(message)
            self._missing -= 1
            self._wake.set()
        else:
            self._missing = 0
            if (message.headers or {}).get("Status") not in ("404", "408"):
                # the consumer is gone, or the server has a fault: wait before asking again
                self._pause_until = time.monotonic() + 0.5
        if self._missing <= 0:
            await self.keep_asking()


async def request(client: Client, subject: str, payload: dict) -> dict:
    """Asks JetStream one question. Raises ConnectionError with the description of its error; LookupError for a
    missing consumer."""
    try:
        reply = await client.request(
            subject, json.dumps(payload).encode() if payload else b"", timeout=PUBLISH_SECONDS / 2
        )
    except (nats.errors.Error, TimeoutError) as error:
        raise ConnectionError(f"no answer ({type(error).__name__})") from None
    answer = json.loads(reply.data)
    if "error" in answer:
        kind = LookupError if answer["error"].get("code") == 404 else ConnectionError
        raise kind(answer["error"].get("description", "refused"))
    return answer
