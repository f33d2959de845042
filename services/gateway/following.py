"""How a carrier reads a stream: sent what is next by a consumer, or asking by number."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.gateway.reading import Pull
from shared.foreign import json_in

AT_ONCE = 200
FETCH_SECONDS = 2.0
POLL_SECONDS = 0.5
"""How often it is asked for what is new."""
ANSWER_SECONDS = 4.0
OPEN_SECONDS = 1.0
"""How long a request to a consumer lasts: less than a carrier's pause, so that no earlier request
takes what is sent after a restart."""
NO_MESSAGE = 10037
"""JetStream's number for a message that is not there."""


class NotCarried(Exception):
    """A message did not arrive, or was not stored; it is tried again."""


class GapFound(NotCarried):
    """Messages that were meant for us went elsewhere, or were lost on their way; they are asked for again."""


class CarriedMessage(NamedTuple):
    """A message of the stream. nanoseconds: when the stream took it, since 1970."""

    number: int
    nanoseconds: int
    subject: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Of its place in the stream: another one in the place, or of another stream, has another.

        Rounded as nats-py rounds what a consumer's message says (it divides by a float), so that it is the same however
        the message was read.
        """
        moment = datetime.fromtimestamp(self.nanoseconds / 1_000_000_000.0, UTC).timestamp()
        return f"{self.number}-{moment:.6f}"


class Following(Protocol):
    async def begin(self, number: int) -> CarriedMessage | bool:
        """Read on from this number, that one included; 0: where the server holds that we are. Returns the first message
        there or, if that is not seen yet, whether there is any."""
        ...

    async def take(self) -> list[CarriedMessage]:
        """What is next, up to AT_ONCE; none if nothing came for a while."""
        ...

    async def stored(self) -> None:
        """What was taken last is where it goes to."""
        ...

    async def stop(self) -> None: ...


@dataclass(frozen=True)
class StreamAt:
    """A stream, over a domain's interface."""

    stream: str
    consumer: str
    api: str = "$JS.API"


async def ask(client: Client, subject: str, question: dict[str, Any] | None = None) -> dict[str, Any]:
    """What JetStream answers. Raises LookupError for a message that is not there, NotCarried for all else that it
    refuses."""
    asked = json.dumps(question).encode() if question else b""
    answer = json_in((await client.request(subject, asked, timeout=ANSWER_SECONDS)).data)
    if error := answer.get("error"):
        raise LookupError(subject) if error.get("err_code") == NO_MESSAGE else NotCarried(error.get("err_code"))
    return answer


class ByConsumer:
    """By a durable consumer: the server sends what is next and keeps what was acknowledged."""

    def __init__(self, client: Client, where: StreamAt) -> None:
        self._client = client
        self._where = where
        self._wake = asyncio.Event()
        self._pull: Pull | None = None
        self._expected = 1
        self._last: Msg | None = None

    async def begin(self, number: int) -> bool:
        where = self._where
        reset = f"{where.api}.CONSUMER.RESET.{where.stream}.{where.consumer}"
        answer = await ask(self._client, reset, {"seq": number} if number else None)
        self._pull = Pull(
            self._client, where.stream, where.consumer, self._wake, api=where.api, open_seconds=OPEN_SECONDS
        )
        await self._pull.start()
        return answer["num_pending"] > 0

    async def take(self) -> list[CarriedMessage]:
        assert self._pull
        self._wake.clear()
        messages = await self._pull.take(AT_ONCE)
        if not messages:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FETCH_SECONDS):
                    await self._wake.wait()
            return []
        for message in messages:
            if message.metadata.sequence.consumer != self._expected:
                raise GapFound("one is missing")
            self._expected += 1
        self._last = messages[-1]
        return [_sent(message) for message in messages]

    async def stored(self) -> None:
        """A hostile hub may name another subject for the acknowledgement."""
        assert self._last
        if self._last.reply.startswith(f"$JS.ACK.{self._where.stream}.{self._where.consumer}."):
            await self._last.ack()

    async def stop(self) -> None:
        if self._pull:
            await self._pull.stop()


def _sent(message: Msg) -> CarriedMessage:
    metadata = message.metadata
    nanoseconds = round(metadata.timestamp.timestamp() * 1_000_000) * 1000
    return CarriedMessage(metadata.sequence.stream, nanoseconds, message.subject, message.headers or {}, message.data)


class ByNumber:
    """By number, with nothing kept at the server of who has read what: nobody else can change where we are."""

    def __init__(self, client: Client, where: StreamAt) -> None:
        self._client = client
        self._subject = f"{where.api}.DIRECT.GET.{where.stream}"
        self._inbox = client.new_inbox()
        self._subscription: Any = None
        self._asked = ""
        """Where this question is answered: nobody else can have something answered there, since it can't be guessed."""
        self._found: list[CarriedMessage] = []
        self._before = 0
        self._answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._next = 1
        self._last: CarriedMessage | None = None

    async def is_offered(self) -> bool:
        """Not by the hub of a release before, nor by one that is away."""
        try:
            await self._client.request(self._subject, b'{"seq": 1}', timeout=ANSWER_SECONDS)
        except (nats.errors.NoRespondersError, nats.errors.TimeoutError, TimeoutError):
            return False
        return True

    async def begin(self, number: int) -> CarriedMessage | bool:
        self._subscription = await self._client.subscribe(f"{self._inbox}.*", cb=self._take)
        found = await self._get(number, 1)
        self._next = number
        return found[0] if found else False

    async def take(self) -> list[CarriedMessage]:
        found = await self._get(self._next, AT_ONCE)
        if not found:
            await asyncio.sleep(POLL_SECONDS)
            return []
        if (before := self._last) and [each.id for each in await self._get(before.number, 1)] != [before.id]:
            raise NotCarried("where we were is another message, or gone")
        self._last, self._next = found[-1], found[-1].number + 1
        return found

    async def stored(self) -> None:
        pass

    async def stop(self) -> None:
        if self._subscription:
            await self._subscription.unsubscribe()

    async def _get(self, number: int, most: int) -> list[CarriedMessage]:
        """From this number on. Raises GapFound if some of the answer was lost."""
        self._asked = f"{self._inbox}.{secrets.token_hex(16)}"
        self._found, self._before = [], 0
        self._answer = asyncio.get_running_loop().create_future()
        question = json.dumps({"seq": max(number, 1), "batch": most}).encode()
        await self._client.publish(self._subject, question, reply=self._asked)
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._answer
        return self._found

    async def _take(self, message: Msg) -> None:
        """A message comes with its place in headers, which the server writes after those that it came with; the end of
        an answer has a status and no such place."""
        if message.subject != self._asked or self._answer.done():
            return
        try:
            self._note(message.headers or {}, message.data)
        except Exception as error:
            self._answer.set_exception(error)

    def _note(self, headers: Mapping[str, str], body: bytes) -> None:
        if "Nats-Sequence" in headers:
            number = int(headers["Nats-Sequence"])
            self._follows(headers)
            self._found.append(
                CarriedMessage(number, _nanoseconds(headers["Nats-Time-Stamp"]), headers["Nats-Subject"], headers, body)
            )
            self._before = number
        elif headers.get("Status") == "204":
            self._follows(headers)
            self._answer.set_result(None)
        elif headers.get("Status") == "404" and not self._found:
            self._answer.set_result(None)
        else:
            raise NotCarried(headers.get("Status"))

    def _follows(self, headers: Mapping[str, str]) -> None:
        if int(headers.get("Nats-Last-Sequence", 0)) != self._before:
            raise GapFound("one is missing")


def _nanoseconds(written: str) -> int:
    """Of a moment as Go writes it: without zeros at the end."""
    whole, _, fraction = written.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(f"{whole}+00:00").timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))
