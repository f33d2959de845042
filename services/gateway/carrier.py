"""Carries an organisation's messages to the hub and back, over the leaf connection of its own NATS server.

OUT is read and said to the hub; what the hub keeps for this organisation is read and put into NETWORK. A batch is
stored whole or one by one, and what comes twice is known by its id: so none is lost, none stands twice, and their order
stays, whatever is killed or cut.

How far the way out has come is what was acknowledged in OUT, after the hub had stored it. How far the way in has come
is what stands in NETWORK: each message there has its number at the hub in its id. An acknowledgement at the hub is
housekeeping: another member can have one sent in our name (services/gateway/README.md), and it loses nothing.

Not JetStream's own sourcing: it carries on after an outage from where the other side says it stands, which may be later
than what arrived (nats-server 2.15.1; docs/decisions/0013).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.gateway.reading import Pull
from shared.foreign import json_in
from shared.messaging.connection import Connection
from shared.messaging.network import CARRIER, HUB, MAX_MESSAGE, NETWORK, OUT, carried_to, said, said_to
from shared.messaging.publishing import Outgoing, publish, publish_atomically

AT_ONCE = 200
FETCH_SECONDS = 2.0
STORE_SECONDS = 4.0
PAUSE_SECONDS = 1.5
OPEN_SECONDS = 1.0
"""How long a request for messages stands: shorter than the pause, so that none of before takes what is sent after a new
beginning."""
LOOK_AGAIN_SECONDS = 120.0
"""After so long without a message the way in begins again: one that was lost on its way to us while another member had
it acknowledged would else be missed only when the next comes."""
HEADERS = frozenset(
    {"ce-id", "ce-time", "ce-type", "ce-specversion", "content-type", "traceparent", "chorus-signature"}
)
"""What is carried of a message's headers, of each at most LONGEST characters: the rest is nobody's business, and some
of it would tell the server what to do."""
LONGEST = 300
NO_MESSAGE = 10037
"""JetStream's number for a message that is not there."""
_ID = re.compile(rb"^Nats-Msg-Id: (?P<id>(?P<number>\d{1,18})-\d+\.\d{6})\r$", re.MULTILINE)
_SUBJECT = re.compile(r"\w+\.[^.]+\.(public\.[^.]+|to\.[^.]+\.sealed)\.v1")
_log = structlog.get_logger(__name__)


class NotCarried(Exception):
    """A message did not arrive, or was not stored; it is tried again."""


class Missing(NotCarried):
    """Messages that were meant for us went elsewhere, or were lost on their way; they are asked for again."""


@dataclass(frozen=True)
class Position:
    """A message's number in the stream that it is read from, and the id that it has where it was stored."""

    number: int
    id: str


BEGINNING = Position(0, "")


@dataclass
class Hop:
    """One way: which consumer of which stream is read, over which domain's interface, and where a message of it
    goes.

    stored: the stream of our own whose last message says how far it has come; without one, what was acknowledged does.
    """

    stream: str
    consumer: str
    domain: str | None
    goes_to: Callable[[str], str]
    stored: str | None = None
    done: Position = BEGINNING
    """What was stored last; what comes up to there is not carried again."""
    nothing: int = 0
    """How often nothing was there, not even what was stored last."""
    anew: bool = False
    """Whether it is another stream by now, of which nothing has been stored."""

    @property
    def api(self) -> str:
        return f"$JS.{self.domain}.API" if self.domain else "$JS.API"


def hops(organisation: str) -> tuple[Hop, Hop]:
    outward = Hop(OUT, CARRIER, None, lambda subject: said(organisation, subject.removeprefix("out.")))
    inward = Hop(said_to(organisation), organisation, HUB, lambda subject: subject, NETWORK)
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
        except Missing as error:
            _log.warning("carrier-misses-messages", stream=hop.stream, after=hop.done.number, why=str(error))
        except (OSError, TimeoutError, nats.errors.Error, NotCarried) as error:
            _log.debug("carrier-waits", stream=hop.stream, error=type(error).__name__, why=str(error))
        except Exception as error:  # the other way must go on
            _log.error("carrier-failed", stream=hop.stream, error=type(error).__name__)
        await asyncio.sleep(PAUSE_SECONDS)


async def _carry(client: Client, hop: Hop) -> None:
    """Begin where it had come to, then read and store until something fails or, on the way in, nothing comes for
    long."""
    await _begin(client, hop)
    wake = asyncio.Event()
    pull = Pull(client, hop.stream, hop.consumer, wake, api=hop.api, open_seconds=OPEN_SECONDS)
    await pull.start()
    expected, heard = 1, time.monotonic()
    try:
        while not client.is_closed:
            wake.clear()
            messages = await pull.take(AT_ONCE)
            if messages:
                await _take(client, hop, messages, expected)
                expected, heard = expected + len(messages), time.monotonic()
            elif hop.stored and time.monotonic() - heard > LOOK_AGAIN_SECONDS:
                return
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), FETCH_SECONDS)
    finally:
        with contextlib.suppress(Exception):
            await pull.stop()


async def _begin(client: Client, hop: Hop) -> None:
    """Have the server send on: after what was acknowledged last, or from what was stored last, that included, since it
    shows whether the stream is still the one that it came from.

    Another stream, as for an organisation that was removed and came back, is read from its beginning.
    """
    reset = f"{hop.api}.CONSUMER.RESET.{hop.stream}.{hop.consumer}"
    hop.done = BEGINNING
    if hop.stored is None:
        await _ask(client, reset)
        return
    if not hop.anew:
        hop.done = await _stored_last(client, hop.stored)
    answer = await _ask(client, reset, {"seq": max(hop.done.number, 1)})
    if hop.done == BEGINNING or answer["num_pending"]:
        hop.nothing, hop.anew = 0, False
        return
    hop.nothing += (
        1  # all is too old, or it is another stream; or a server has taken it over that has not all of it yet
    )
    hop.anew = hop.nothing > 1
    raise NotCarried("nothing is there, not even what was stored last")


async def _stored_last(client: Client, stream: str) -> Position:
    try:
        answer = await _ask(client, f"$JS.API.STREAM.MSG.GET.{stream}", {"last_by_subj": ">"})
    except LookupError:
        return BEGINNING
    found = _ID.search(base64.b64decode(answer["message"].get("hdrs", "")))
    return Position(int(found["number"]), found["id"].decode()) if found else BEGINNING


async def _ask(client: Client, subject: str, question: dict[str, Any] | None = None) -> dict[str, Any]:
    """What JetStream answers. Raises LookupError for a message that is not there, NotCarried for all else that it
    refuses."""
    asked = json.dumps(question).encode() if question else b""
    answer = json_in((await client.request(subject, asked, timeout=STORE_SECONDS)).data)
    if error := answer.get("error"):
        raise LookupError(subject) if error.get("err_code") == NO_MESSAGE else NotCarried(error.get("err_code"))
    return answer


async def _take(client: Client, hop: Hop, messages: list[Msg], expected: int) -> None:
    """Store what came, then acknowledge it. expected: the number of the first of them since the beginning."""
    for number, message in enumerate(messages, expected):
        if message.metadata.sequence.consumer != number:
            raise Missing("one is missing")
    first, last = messages[0], messages[-1]
    if expected == 1 and first.metadata.sequence.stream == hop.done.number and _id_of(first) != hop.done.id:
        hop.anew = True
        raise NotCarried("it is another stream")
    await _store(client, hop, messages)
    if last.metadata.sequence.stream > hop.done.number:
        hop.done = Position(last.metadata.sequence.stream, _id_of(last))
    if last.reply.startswith(f"$JS.ACK.{hop.stream}.{hop.consumer}."):  # a hostile hub may name another
        await last.ack()


async def _store(client: Client, hop: Hop, messages: list[Msg]) -> None:
    """All at once, or one after another until each is there: either way they keep their order."""
    new = [message for message in messages if message.metadata.sequence.stream > hop.done.number]
    waiting = [outgoing for message in new if (outgoing := _outgoing(hop, message))]
    if len(waiting) < len(new):
        _log.warning("carrier-left-out", stream=hop.stream, messages=len(new) - len(waiting))
    if len(waiting) < 2 or not await _together(client, waiting):
        for outgoing in waiting:
            while not await publish(client, outgoing, within=STORE_SECONDS):
                if client.is_closed:
                    raise NotCarried("the connection was given up")
                await asyncio.sleep(PAUSE_SECONDS)


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
