"""Hands messages to JetStream and waits for its acknowledgement: one alone, or many as one atomic batch."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.messaging import borrowed

TOGETHER = 100
"""Messages handed to the connection at once: the broker reads these while the next are encoded."""
MOST = 1000
"""JetStream's limit for one atomic batch."""
PUBLISH_SECONDS = 10.0


class Outgoing(NamedTuple):
    subject: str
    body: bytes
    headers: Mapping[str, str]
    """Ids and names that we made ourselves."""


async def publish(client: Client, message: Outgoing, *, within: float = PUBLISH_SECONDS) -> bool:
    """Whether JetStream has stored it (within seconds); a repeated id counts as stored."""
    try:
        reply = await client.request(message.subject, message.body, timeout=within, headers=dict(message.headers))
    except (nats.errors.Error, TimeoutError):
        return False
    return "error" not in json.loads(reply.data)


async def publish_atomically(client: Client, messages: Sequence[Outgoing]) -> bool:
    """All or nothing, one acknowledgement (NATS ADR-50). At most MOST, in one stream. False if it was refused, for
    example because of a repeated id."""
    batch = uuid4().hex
    numbered = [
        Outgoing(
            message.subject,
            message.body,
            {**message.headers, "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)},
        )
        for number, message in enumerate(messages, 1)
    ]
    *others, last = numbered
    try:
        for start in range(0, len(others), TOGETHER):
            await borrowed.write(client, [_encoded(message) for message in others[start : start + TOGETHER]])
        reply = await client.request(
            last.subject, last.body, timeout=PUBLISH_SECONDS, headers={**last.headers, "Nats-Batch-Commit": "1"}
        )
    except (nats.errors.Error, TimeoutError):
        return False
    answer = json.loads(reply.data)
    return "error" not in answer and answer.get("count") == len(messages)


async def acknowledge(client: Client, messages: Sequence[Msg], word: bytes = b"+ACK") -> None:
    """Acknowledges many received messages in one write. word: "+TERM" for those that are not to come again.

    Raises nats.errors.Error if there is no connection.
    """
    await borrowed.write(
        client, [b"PUB %s  %d\r\n%s\r\n" % (message.reply.encode(), len(word), word) for message in messages]
    )


def _encoded(message: Outgoing) -> bytes:
    """HPUB of the NATS protocol. nats-py's own publish checks and copies header by header, which took half of a
    relay's time. These are ids and names that we made ourselves, and a line break in one is refused here as it is
    there."""
    lines = [f"{name}: {value}" for name, value in message.headers.items()]
    head = "\r\n".join(["NATS/1.0", *lines, "", ""])
    if head.count("\n") != len(lines) + 2:
        raise ValueError("a header holds a line break")
    encoded = head.encode()
    return b"HPUB %s  %d %d\r\n%s%s\r\n" % (
        message.subject.encode(),
        len(encoded),
        len(encoded) + len(message.body),
        encoded,
        message.body,
    )
