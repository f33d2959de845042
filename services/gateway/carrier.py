"""Carries an organisation's messages to the hub and back, over the leaf connection of its own NATS server.

OUT is read and said to the hub; what the hub keeps for this organisation is read and put into NETWORK. A batch is
stored whole or one by one, and what comes twice is known by its id: so none is lost, none stands twice, and their order
stays, whatever is killed or cut.

How far the way out has come is what was acknowledged in OUT, after the hub had stored it. How far the way in has come
is what is in NETWORK: each message there has its number at the hub in its id, with a mark that only a carrier with our
keys can make, so that nobody puts another message there under the id of one that is still to come. The hub is asked by
number, and keeps nothing that another member could change in our name (services/gateway/README.md).

Not JetStream's own sourcing: it carries on after an outage from where the other side says it stands, which may be later
than what arrived (nats-server 2.15.1; docs/decisions/0013).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import nats.errors
import structlog
from nats.aio.client import Client

from services.gateway.following import (
    ByConsumer,
    ByNumber,
    CarriedMessage,
    Following,
    GapFound,
    NotCarried,
    StreamAt,
    ask,
)
from services.gateway.keys import OwnKeys
from shared.messaging.connection import Connection, is_cancelled
from shared.messaging.network import CARRIER, HUB, MAX_MESSAGE, NETWORK, OUT, carried_to, said, said_to
from shared.messaging.publishing import Outgoing, publish, publish_atomically

STORE_SECONDS = 4.0
PAUSE_SECONDS = 1.5
LOOK_AGAIN_SECONDS = 30.0
"""After so long without a message the way in starts afresh: the hub may have made a new stream for us."""
NOTHING_AT_MOST = 5
"""How often nothing may be there, not even what was stored last, before it counts as another stream: a server that has
taken a stream over may not have all of it yet."""
HEADERS = frozenset(
    {"ce-id", "ce-time", "ce-type", "ce-specversion", "content-type", "traceparent", "chorus-signature"}
)
"""What is carried of a message's headers, of each at most LONGEST characters: the rest is nobody's business, and some
of it would tell the server what to do."""
LONGEST = 300
LOOKED_THROUGH = 100
"""Messages that are asked for at once where others than the carrier have put some into NETWORK."""
_ID = re.compile(rb"^Nats-Msg-Id: (?P<id>(?P<number>\d{1,18})-\d+\.\d{6})-(?P<mark>[0-9a-f]{32})\r$", re.MULTILINE)
_SUBJECT = re.compile(r"\w+\.[^.]+\.(public\.[^.]+|to\.[^.]+\.sealed)\.v1")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Position:
    """A message's number in the stream that it is read from, and the id that it has where it was stored."""

    number: int
    id: str


BEGINNING = Position(0, "")


class Marks:
    """What is added to the id of all that is carried. Who has the password of `border`, and not our keys, can make
    none: a message of theirs is never taken for one of the hub's, nor one of the hub's for a repetition of theirs."""

    def __init__(self, own: OwnKeys) -> None:
        self._keys = own.marking

    def marked(self, id_: str) -> str:
        return f"{id_}-{_mark(self._keys[0], id_)}"

    def are_ours(self, id_: str, mark: str) -> bool:
        """The marks of earlier keys count too, for as long as the file holds them."""
        return any(hmac.compare_digest(_mark(key, id_), mark) for key in self._keys)


def _mark(key: bytes, id_: str) -> str:
    return hmac.digest(key, id_.encode(), "sha256").hex()[:32]


@dataclass
class Trouble:
    """How long something has not worked, by the machine's own clock."""

    since: float | None = None

    def goes_on(self) -> None:
        self.since = self.since or time.monotonic()

    def is_over(self) -> None:
        self.since = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.since if self.since else 0.0


@dataclass
class Hop:
    """One way: what is read, and where a message of it goes.

    stored: the stream of our own whose last message says how far it has come; without one, what was acknowledged does.
    """

    where: StreamAt
    goes_to: Callable[[str], str]
    stored: str | None = None
    done: Position = BEGINNING
    """What was stored last; what comes up to there is not carried again."""
    nothing: int = 0
    """How often nothing was there, not even what was stored last."""
    anew: bool = False
    """Whether the stream has been replaced by one of which nothing has been stored."""
    silence: Trouble = field(default_factory=Trouble)
    """Where it reads does not answer."""
    refusal: Trouble = field(default_factory=Trouble)
    """Where a message goes to does not take it."""


def hops(organisation: str) -> tuple[Hop, Hop]:
    outward = Hop(StreamAt(OUT, CARRIER), lambda subject: said(organisation, subject.removeprefix("out.")))
    at_hub = StreamAt(said_to(organisation), organisation, f"$JS.{HUB}.API")
    return outward, Hop(at_hub, lambda subject: subject, NETWORK)


class Carrier:
    """Runs until it is cancelled. url: the organisation's own server, as its user `border`. own: our keys as they are
    now."""

    def __init__(self, url: str, organisation: str, own: Callable[[], OwnKeys]) -> None:
        self.url = url
        self.organisation = organisation
        self.own = own
        self.outward, self.inward = hops(organisation)

    async def run(self) -> None:
        connection = Connection(
            self.url, name=f"{self.organisation}-carrier", inbox_prefix=carried_to(self.organisation)
        )
        async with asyncio.TaskGroup() as together:
            together.create_task(connection.keep())
            for hop in (self.outward, self.inward):
                together.create_task(_keep_carrying(connection, hop, self.own))


async def _keep_carrying(connection: Connection, hop: Hop, own: Callable[[], OwnKeys]) -> None:
    while not is_cancelled():
        client = await connection.connected()
        try:
            await _carry(client, hop, Marks(own()))
        except Exception as error:  # the other direction must keep working
            hop.silence.goes_on()
            _tell(hop, error)
        await asyncio.sleep(PAUSE_SECONDS)


def _tell(hop: Hop, error: Exception) -> None:
    stream, kind = hop.where.stream, type(error).__name__
    match error:
        case GapFound():
            _log.warning("carrier-misses-messages", stream=stream, after=hop.done.number, why=str(error))
        case OSError() | TimeoutError() | nats.errors.Error() | NotCarried():
            _log.debug("carrier-waits", stream=stream, error=kind, why=str(error))
        case _:
            _log.error("carrier-failed", stream=stream, error=kind)


async def _carry(client: Client, hop: Hop, marks: Marks) -> None:
    """Resume where it stopped, then read and store until something fails or, on the way in, nothing comes for long."""
    reader = await _reader(client, hop)
    heard = time.monotonic()
    try:
        await _begin(client, hop, reader, marks)
        hop.silence.is_over()
        while not client.is_closed and not is_cancelled():
            if messages := await reader.take():
                _is_the_stream_that_we_knew(hop, messages[0])
                await _store(client, hop, messages, marks)
                await reader.stored()
                heard = time.monotonic()
            elif hop.stored and time.monotonic() - heard > LOOK_AGAIN_SECONDS:
                return
    finally:
        with contextlib.suppress(Exception):
            await reader.stop()


async def _reader(client: Client, hop: Hop) -> Following:
    """A hub of the release before can't be asked by number: there the consumer is told the number."""
    if hop.stored and await (asked := ByNumber(client, hop.where)).is_offered():
        return asked
    return ByConsumer(client, hop.where)


async def _begin(client: Client, hop: Hop, reader: Following, marks: Marks) -> None:
    """After what was acknowledged last, or from what was stored last, that included, since it shows whether the stream
    is still the one that it came from.

    Another stream, as for an organisation that was removed and came back, is read from its beginning.
    """
    hop.done = BEGINNING
    if hop.stored is None:
        await reader.begin(0)
        return
    if not hop.anew:
        hop.done = await _stored_last(client, hop.stored, marks)
    found = await reader.begin(hop.done.number or 1)
    if isinstance(found, CarriedMessage):
        _is_the_stream_that_we_knew(hop, found)
    if not found and hop.done != BEGINNING:
        hop.nothing += 1
        hop.anew = hop.nothing >= NOTHING_AT_MOST
        raise NotCarried("nothing is there, not even what was stored last")
    hop.nothing, hop.anew = 0, False


def _is_the_stream_that_we_knew(hop: Hop, message: CarriedMessage) -> None:
    """Raises NotCarried if the place of the last stored message holds a different one."""
    if message.number == hop.done.number and message.id != hop.done.id:
        hop.anew = True
        raise NotCarried("it is another stream")


async def _stored_last(client: Client, stream: str, marks: Marks) -> Position:
    """The newest that has our mark. Where none has, nothing proves how far it has come: a number without a mark may be
    anybody's. So it starts from the beginning, and services have heard what comes once more."""
    try:
        newest = (await ask(client, f"$JS.API.STREAM.MSG.GET.{stream}", {"last_by_subj": ">"}))["message"]
    except LookupError:
        return BEGINNING
    if position := _marked(newest, marks):
        return position
    async for messages in _before(client, stream, int(newest["seq"])):
        for message in messages:
            if position := _marked(message, marks):
                _log.warning("carrier-found-what-it-did-not-carry", stream=stream)
                return position
    return BEGINNING


async def _before(client: Client, stream: str, last: int) -> AsyncIterator[list[dict[str, Any]]]:
    """What a stream holds up to a number, from the end, so many at a time."""
    first = (await ask(client, f"$JS.API.STREAM.INFO.{stream}"))["state"]["first_seq"]
    for end in range(last, first - 1, -LOOKED_THROUGH):
        numbers = range(end, max(first, end - LOOKED_THROUGH + 1) - 1, -1)
        found = await asyncio.gather(*(_at(client, stream, number) for number in numbers))
        yield [message for message in found if message]


async def _at(client: Client, stream: str, number: int) -> dict[str, Any] | None:
    try:
        return (await ask(client, f"$JS.API.STREAM.MSG.GET.{stream}", {"seq": number}))["message"]
    except LookupError:
        return None


def _marked(message: Mapping[str, Any], marks: Marks) -> Position | None:
    found = _ID.search(base64.b64decode(message.get("hdrs", "")))
    if found and marks.are_ours(found["id"].decode(), found["mark"].decode()):
        return Position(int(found["number"]), found["id"].decode())
    return None


async def _store(client: Client, hop: Hop, messages: Sequence[CarriedMessage], marks: Marks) -> None:
    """All at once, or one after another until each is there: either way they keep their order."""
    new = [message for message in messages if message.number > hop.done.number]
    waiting = [outgoing for message in new if (outgoing := _outgoing(hop, message, marks))]
    if len(waiting) < len(new):
        _log.warning("carrier-left-out", stream=hop.where.stream, messages=len(new) - len(waiting))
    if len(waiting) < 2 or not await _together(client, waiting):
        for outgoing in waiting:
            while not await publish(client, outgoing, within=STORE_SECONDS):
                hop.refusal.goes_on()
                if client.is_closed:
                    raise NotCarried("the connection was given up")
                await asyncio.sleep(PAUSE_SECONDS)
    hop.refusal.is_over()
    if new:
        hop.done = Position(new[-1].number, new[-1].id)


async def _together(client: Client, messages: list[Outgoing]) -> bool:
    """Whether all were stored as one batch. It is refused whole if one of them is there already."""
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return await publish_atomically(client, messages)
    except TimeoutError:
        return False


def _outgoing(hop: Hop, message: CarriedMessage, marks: Marks) -> Outgoing | None:
    """What is stored where it goes to. None for what no gateway says and no stream would take: it must not hold up the
    others."""
    subject = hop.goes_to(message.subject)
    if len(message.body) > MAX_MESSAGE or not _SUBJECT.fullmatch(subject):
        return None
    headers = {
        name: value
        for name, value in message.headers.items()
        if name in HEADERS and len(value) <= LONGEST and value.isprintable()
    }
    return Outgoing(subject, message.body, {**headers, "Nats-Msg-Id": marks.marked(message.id)})
