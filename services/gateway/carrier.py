"""Carries an organisation's messages to the hub and back, over the leaf connection of its own NATS server.

OUT is read and said to the hub; what the hub keeps for this organisation is read and put into NETWORK. A message is
acknowledged where it came from only after it was stored where it goes to, a batch is stored whole or one by one, and
what comes twice is known by its id: so none is lost, none stands twice, and their order stays, whatever is killed or
cut.

Not JetStream's own sourcing: it carries on after an outage from where the other side says it stands, which may be later
than what arrived (nats-server 2.15.1; docs/decisions/0013).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.gateway.border import Pull
from shared.messaging.connection import Connection
from shared.messaging.network import CARRIER, HUB, MAX_MESSAGE, OUT, carried_to, said, said_to
from shared.messaging.publishing import Outgoing, publish, publish_atomically

AT_ONCE = 200
FETCH_SECONDS = 2.0
STORE_SECONDS = 4.0
PAUSE_SECONDS = 1.5
OPEN_SECONDS = 1.0
"""How long a request for messages stands: shorter than the pause, so that none of before takes what is sent after a new
beginning."""
HEADERS = frozenset(
    {"ce-id", "ce-time", "ce-type", "ce-specversion", "content-type", "traceparent", "chorus-signature"}
)
"""What is carried of a message's headers, of each at most LONGEST characters: the rest is nobody's business, and some
of it would tell the server what to do."""
LONGEST = 300
_SUBJECT = re.compile(r"\w+\.[^.]+\.(public\.[^.]+|to\.[^.]+\.sealed)\.v1")
_log = structlog.get_logger(__name__)


class NotCarried(Exception):
    """A message did not arrive, or was not stored; it is tried again."""


@dataclass
class Hop:
    """One way: which consumer of which stream is read, over which domain's interface, and where a message of it
    goes."""

    stream: str
    consumer: str
    domain: str | None
    goes_to: Callable[[str], str]
    done: int = 0
    """The number of the last message that was stored; one that comes again is not carried again."""


def hops(organisation: str) -> tuple[Hop, Hop]:
    outward = Hop(OUT, CARRIER, None, lambda subject: said(organisation, subject.removeprefix("out.")))
    inward = Hop(said_to(organisation), organisation, HUB, lambda subject: subject)
    return outward, inward


class Carrier:
    """Runs until it is cancelled. url: the organisation's own server, as its user `border`."""

    def __init__(self, url: str, organisation: str) -> None:
        self.url = url
        self.organisation = organisation

    async def run(self) -> None:
        connection = Connection(
            self.url, name=f"{self.organisation}-carrier", inbox_prefix=carried_to(self.organisation)
        )
        async with asyncio.TaskGroup() as together:
            together.create_task(connection.keep())
            for hop in hops(self.organisation):
                together.create_task(_keep_carrying(connection, hop))


async def _keep_carrying(connection: Connection, hop: Hop) -> None:
    while True:
        client = await connection.connected()
        try:
            await _carry(client, hop)
        except (OSError, TimeoutError, nats.errors.Error, NotCarried) as error:
            _log.debug("carrier-waits", stream=hop.stream, error=type(error).__name__, why=str(error))
        except Exception as error:  # the other way must go on
            _log.error("carrier-failed", stream=hop.stream, error=type(error).__name__)
        await asyncio.sleep(PAUSE_SECONDS)


async def _carry(client: Client, hop: Hop) -> None:
    """Begin after what was acknowledged last, then read and store until something fails."""
    api = f"$JS.{hop.domain}.API" if hop.domain else "$JS.API"
    answer = json.loads(
        (await client.request(f"{api}.CONSUMER.RESET.{hop.stream}.{hop.consumer}", timeout=STORE_SECONDS)).data
    )
    if answer.get("error"):
        raise NotCarried(answer["error"].get("err_code"))
    wake = asyncio.Event()
    pull = Pull(client, hop.stream, hop.consumer, wake, api=api, open_seconds=OPEN_SECONDS)
    await pull.start()
    expected = 1
    try:
        while not client.is_closed:
            wake.clear()
            messages = await pull.take(AT_ONCE)
            if not messages:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), FETCH_SECONDS)
            for message in messages:
                if message.metadata.sequence.consumer != expected:
                    raise NotCarried("one is missing")
                expected += 1
            if messages:
                await _store(client, hop, messages)
                await messages[-1].ack()
    finally:
        with contextlib.suppress(Exception):
            await pull.stop()


async def _store(client: Client, hop: Hop, messages: list[Msg]) -> None:
    """All at once, or one after another until each is there: either way they keep their order."""
    new = [message for message in messages if message.metadata.sequence.stream > hop.done]
    waiting = [outgoing for message in new if (outgoing := _outgoing(hop, message))]
    if len(waiting) < len(new):
        _log.warning("carrier-left-out", stream=hop.stream, messages=len(new) - len(waiting))
    if len(waiting) < 2 or not await _together(client, waiting):
        for outgoing in waiting:
            while not await publish(client, outgoing, within=STORE_SECONDS):
                if client.is_closed:
                    raise NotCarried("the connection was given up")
                await asyncio.sleep(PAUSE_SECONDS)
    hop.done = messages[-1].metadata.sequence.stream


async def _together(client: Client, messages: list[Outgoing]) -> bool:
    """Whether all were stored as one batch. It is refused whole if one of them is there already."""
    try:
        return await asyncio.wait_for(publish_atomically(client, messages), STORE_SECONDS)
    except TimeoutError:
        return False


def _outgoing(hop: Hop, message: Msg) -> Outgoing | None:
    """What is stored where it goes to. None for what no gateway says and no stream would take: it must not hold up the
    others."""
    subject = hop.goes_to(message.subject)
    if len(message.data) > MAX_MESSAGE or not _SUBJECT.fullmatch(subject):
        return None
    headers = {
        name: value
        for name, value in (message.headers or {}).items()
        if name in HEADERS and len(value) <= LONGEST and value.isprintable()
    }
    return Outgoing(subject, message.data, {**headers, "Nats-Msg-Id": _id_of(message)})


def _id_of(message: Msg) -> str:
    """Of its place in the stream that it is read from."""
    return f"{message.metadata.sequence.stream}-{message.metadata.timestamp.timestamp():.6f}"
