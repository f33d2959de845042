"""The way in: what other organisations said, read from NETWORK in turns and sent on into our own stream
(NET-04).

Each origin has a durable consumer of its own and gets a turn of at most TURN messages, so that a flood of one delays
the others by about a batch; and no more is sent on than those who hear it have room for. A message is acknowledged once
JetStream has stored what it became; should we die in between, it is stored again under the same id.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from services.gateway.arriving import Admitted, Unheard
from services.gateway.domain import origin_of
from services.gateway.entrance import Entrance, Replayer
from services.gateway.parking import Parking, name_of
from services.gateway.pressure import Pressure
from services.gateway.reading import Pull, request
from shared.messaging.connection import is_cancelled
from shared.messaging.consumer import PATIENCE, is_away
from shared.messaging.handling import Unfit
from shared.messaging.network import NETWORK
from shared.messaging.publishing import acknowledge
from shared.reasons import NotYet

if TYPE_CHECKING:
    from services.gateway.gateway import Gateway

TURN = 500
"""Messages of one origin before the next has its turn."""
ACK_SECONDS = 30.0
LOOK_SECONDS = 0.5
"""How often it looks for organisations that spoke for the first time."""
ORIGINS_AT_MOST = 200
_log = structlog.get_logger(__name__)


def durable_of(origin: str) -> str:
    return f"gateway-{origin}"


class Ingress:
    def __init__(self, gateway: "Gateway") -> None:
        self.gateway = gateway
        self.entrance = Entrance(gateway)
        self.pressure = Pressure(gateway.nats, gateway.settings.services)
        self.parking = Parking(gateway)
        self.pulls: dict[str, Pull] = {}
        self._travelling: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    # The loop

    async def run(self, client: Client) -> None:
        """Until the connection is given up."""
        self.pulls = {}
        ticking = asyncio.create_task(self._tick(client))
        try:
            while not client.is_closed and not ticking.done():
                self._wake.clear()
                if not await self._one_turn_each():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(1.0):
                            await self._wake.wait()
        finally:
            await self._travelled()
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    async def _tick(self, client: Client) -> None:
        looked, away = 0.0, ""
        while not client.is_closed and not is_cancelled():
            try:
                for pull in list(self.pulls.values()):
                    await pull.keep_asking()
                if time.monotonic() - looked > LOOK_SECONDS:
                    await self._look_for_origins(client)
                    looked, away = time.monotonic(), ""
            except (OSError, LookupError, TimeoutError, nats.errors.Error) as error:
                if away != (
                    away := type(error).__name__
                ):  # said once: without a hub there is no NETWORK, for as long as it takes
                    _log.warning("network-not-ready", error=away)
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(0.25)

    async def _look_for_origins(self, client: Client) -> None:
        """Those that have a message in the stream. The first time, each gets its durable consumer."""
        info = await request(client, f"$JS.API.STREAM.INFO.{NETWORK}", {"subjects_filter": "network.>"})
        origins = sorted({origin for subject in info["state"].get("subjects") or {} if (origin := origin_of(subject))})
        for origin in origins:
            if origin not in self.pulls and len(self.pulls) < ORIGINS_AT_MOST:
                config = ConsumerConfig(
                    name=durable_of(origin),
                    durable_name=durable_of(origin),
                    filter_subject=f"network.{origin}.>",
                    ack_wait=ACK_SECONDS,
                    max_ack_pending=4 * TURN,
                )
                await client.jetstream(timeout=5).add_consumer(NETWORK, config)
                pull = Pull(client, NETWORK, durable_of(origin), self._wake)
                await pull.start()
                self.pulls[origin] = pull
                self.gateway.stream_consumers[name_of(origin)] = Replayer(self.entrance, origin)

    async def _one_turn_each(self) -> bool:
        """Whether there was anything to do. While one turn's events travel, the next turn's messages are read."""
        waiting = [origin for origin, pull in self.pulls.items() if pull.received]
        for origin in waiting:
            messages = await self.pulls[origin].take(min(TURN, await self._room()))
            self.pressure.sent(len(messages))
            admitted = await self._admit_all(origin, messages)
            await self._travelled()
            self._travelling = asyncio.create_task(self._send_on(origin, admitted))
        if not waiting:
            await self._travelled()
        return bool(waiting)

    async def _travelled(self) -> None:
        if self._travelling is not None:
            await self._travelling
            self._travelling = None

    async def _room(self) -> int:
        """How many may be sent on; waits until it is at least one."""
        while True:
            try:
                if room := await self.pressure.room():
                    return room
            except (OSError, KeyError) as error:
                _log.warning("services-do-not-answer", error=type(error).__name__)
            await asyncio.sleep(0.1)

    # One turn

    async def _admit_all(self, origin: str, messages: Sequence[Msg]) -> list[tuple[Msg, Admitted]]:
        """Nothing that is in a message ends this: each is sent on, tried later, or refused by itself."""
        admitted = []
        for message in messages:
            try:
                if (item := await self._admit_or_refuse(origin, message)) is not None:
                    admitted.append((message, item))
            except Exception as error:
                _tell_of(error, "message-again-later", origin, 1)
                await self._later([message], 1.0)
        return admitted

    async def _admit_or_refuse(self, origin: str, message: Msg) -> Admitted | None:
        try:
            return await self.entrance.admit(message.subject, message.headers or {}, message.data)
        except NotYet as error:
            tries = message.metadata.num_delivered
            if tries < PATIENCE:
                await self._later([message], min(30.0, 0.1 * 2 ** min(tries, 9)))
            else:
                await self.parking.refuse(origin, message, f"not yet: {error}")
        except Unheard:
            self.gateway.refused.labels(origin).inc()
            await acknowledge(self.gateway.border.client, [message])
        except Unfit as error:
            await self.parking.refuse(origin, message, str(error))
        return None

    # On into our own stream

    async def _send_on(self, origin: str, admitted: Sequence[tuple[Msg, Admitted]]) -> None:
        """Acknowledge what JetStream has stored; what it has not comes again."""
        stored: list[bool] = []
        try:
            stored = await self.entrance.send_on(origin, [item for _, item in admitted]) if admitted else []
            done = [message for (message, _), ok in zip(admitted, stored, strict=True) if ok]
            if done:
                await acknowledge(self.gateway.border.client, done)
        except Exception as error:
            _tell_of(error, "turn-again-later", origin, len(admitted))
        self.gateway.arrived.labels(origin).inc(sum(stored))
        await self._later(
            [message for number, (message, _) in enumerate(admitted) if not (stored and stored[number])], 1.0
        )

    async def _later(self, messages: Sequence[Msg], seconds: float) -> None:
        """If even this can't be said, they come again by themselves."""
        for message in messages:
            with contextlib.suppress(OSError, nats.errors.Error):
                await message.nak(delay=seconds)


def _tell_of(error: Exception, what: str, origin: str, messages: int) -> None:
    log = _log.warning if is_away(error) else _log.error
    log(what, origin=origin, messages=messages, error=type(error).__name__)
