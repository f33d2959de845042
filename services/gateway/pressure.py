"""How much more our services can take: what arrives is sent on no faster than the slowest of those who hear it."""

import asyncio
import time
from collections.abc import Callable, Sequence

from nats.aio.client import Client

from services.gateway.domain import WAITING_AT_MOST, room
from services.gateway.reading import request
from shared.messaging.streams import durable_name, stream_name

STUCK_SECONDS = 30.0
FULL_FROM = 0.5
"""The share of the stream's bytes at which we wait for a service that is away: others must not
fill it."""
_OWNER = "network"


class Pressure:
    def __init__(self, connection: Callable[[], Client | None], services: Sequence[str]) -> None:
        """services: those that may hear what arrives."""
        self._connection = connection
        self._services = services
        self._left = 0
        self._stood: dict[str, tuple[int, float]] = {}
        """Service -> how far it had come, and since when it stands there."""
        self.stuck: set[str] = set()

    async def state(self) -> str:
        return f"not heard by {', '.join(sorted(self.stuck))}" if self.stuck else "ok"

    def sent(self, messages: int) -> None:
        self._left -= messages

    async def room(self) -> int:
        """Events that may be sent on now. Raises ConnectionError. Asks JetStream only once what it allowed last is used
        up by half."""
        if self._left <= WAITING_AT_MOST // 2:
            self._left = await self._ask()
        return max(0, self._left)

    async def _ask(self) -> int:
        client = self._connection()
        if client is None or not client.is_connected:
            raise ConnectionError("NATS is away")
        counts = await asyncio.gather(*(self._waiting(client, service) for service in self._services))
        waiting = {service: count for service, count in zip(self._services, counts, strict=True) if count is not None}
        moving = [count for service, count in waiting.items() if service not in self.stuck]
        if self.stuck and await self._is_half_full(client):
            return 0
        return room(moving)

    async def _waiting(self, client: Client, service: str) -> int | None:
        """What this service has still to handle; None if it hears nothing of the network."""
        stream = stream_name(_OWNER)
        try:
            info = await request(client, f"$JS.API.CONSUMER.INFO.{stream}.{durable_name(service, _OWNER)}", {})
        except LookupError:
            return None
        waiting = info["num_pending"] + info["num_ack_pending"]
        self._notice(service, info["ack_floor"]["stream_seq"], waiting)
        return waiting

    def _notice(self, service: str, handled: int, waiting: int) -> None:
        now = time.monotonic()
        stood, since = self._stood.get(service, (-1, now))
        if handled != stood or waiting < WAITING_AT_MOST:
            self._stood[service] = (handled, now)
            self.stuck.discard(service)
        elif now - since > STUCK_SECONDS:
            self.stuck.add(service)

    async def _is_half_full(self, client: Client) -> bool:
        info = await request(client, f"$JS.API.STREAM.INFO.{stream_name(_OWNER)}", {})
        most = info["config"].get("max_bytes", -1)
        return most > 0 and info["state"]["bytes"] > most * FULL_FROM
