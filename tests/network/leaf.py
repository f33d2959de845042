"""A leaf connection made by hand, by whoever holds a member's certificate."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from deploy.hub.hub import Hub
from deploy.provisioning.membership import Membership
from tests.support.apps import eventually


@dataclass
class Leaf:
    """A leaf connection without a server of its own behind it, which would refuse to say some of this."""

    organisation: str
    writer: asyncio.StreamWriter
    heard: list[bytes] = field(default_factory=list)

    def say(self, subject: str, reply: str, body: bytes = b"", headers: bytes = b"") -> None:
        """Headers: "Name: value\\r\\n" for each."""
        if headers:
            head = b"NATS/1.0\r\n" + headers + b"\r\n"
            self.writer.write(
                f"HMSG {subject} {reply} {len(head)} {len(head) + len(body)}\r\n".encode() + head + body + b"\r\n"
            )
        else:
            self.writer.write(f"LMSG {subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")

    async def answered(self, subject: str, body: bytes = b"") -> bytes:
        """The answer to a question; whatever was said before it has been done by then."""
        reply = f"_CARRY.{self.organisation}.{len(self.heard)}"
        self.say(subject, reply, body)

        async def come() -> bool:
            return any(reply.encode() in line for line in self.heard)

        await eventually(come)
        return next(line for line in self.heard if reply.encode() in line)

    async def listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            self.heard.append(line)
            if line.startswith(b"PING"):
                self.writer.write(b"PONG\r\n")


@contextlib.asynccontextmanager
async def leaf_with(hub: Hub, papers: Membership) -> AsyncIterator[Leaf]:
    """As whoever holds an organisation's certificate."""
    node = hub.facts.nodes[0]
    reader, writer = await asyncio.open_connection(node.address, node.leaf_port)
    await reader.readline()
    context = ssl.create_default_context(cafile=str(papers.authority))
    context.load_cert_chain(papers.certificate, papers.key)
    await writer.start_tls(context, server_hostname=node.address)
    leaf = Leaf(papers.organisation, writer)
    listening = asyncio.create_task(leaf.listen(reader))
    try:
        hello = {
            "name": "evil",
            "server_id": "EVIL",
            "version": "2.15.1",
            "headers": True,
            "jetstream": True,
            "domain": papers.organisation,
        }
        writer.write(f"CONNECT {json.dumps(hello)}\r\nPING\r\nLS+ _CARRY.{papers.organisation}.>\r\n".encode())
        yield leaf
    finally:
        listening.cancel()
        writer.close()
