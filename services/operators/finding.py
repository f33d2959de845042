"""Finds what the operator's pages show: each service's part of a way, the spans, and the state of the queues."""

from dataclasses import dataclass
from uuid import UUID

import nats.errors
import nats.js.errors
from fastapi import Request
from nats.aio.client import Client

from services.operators import spans
from services.operators.gateways import Services
from services.operators.otlp import Span
from services.operators.way import Way, way_of_claim
from shared.db import Database
from shared.events import EVENTS
from shared.identity import token_of
from shared.service import of

FULL = 0.7
"""The share of a stream's bytes at which operators are warned: a full stream stops all publishing."""


def services_of(request: Request) -> Services:
    """The services, asked with the viewer's own sign-in."""
    return Services(of(request).settings.service_urls, token_of(request) or "")


async def find_way(services: Services, claim_id: UUID) -> Way:
    return await way_of_claim(services.fetch, claim_id)


async def spans_of_way(database: Database, way: Way) -> list[Span]:
    return await database.read(lambda tx: spans.of_traces(tx, way.trace_ids)) if way.trace_ids else []


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable consumer of a stream."""

    name: str
    waiting: int
    unacknowledged: int
    redelivered: int


@dataclass(frozen=True, slots=True)
class StreamState:
    name: str
    messages: int
    size: int
    limit: int
    queues: tuple[Queue, ...]
    foreign: int = 0
    """Messages on subjects that belong to no event of ours; docs/developing.md says how they can arrive."""

    @property
    def nearly_full(self) -> bool:
        return 0 < self.limit * FULL <= self.size


async def stream_states(client: Client | None) -> list[StreamState] | None:
    """The state of each stream; None if NATS does not answer."""
    if client is None or not client.is_connected:
        return None
    streams = client.jetstream(timeout=3)
    try:
        found = []
        for info in sorted(await streams.streams_info(), key=lambda info: info.config.name or ""):
            name = info.config.name or ""
            queues = [
                Queue(
                    consumer.name,
                    consumer.num_pending or 0,
                    consumer.num_ack_pending or 0,
                    consumer.num_redelivered or 0,
                )
                for consumer in await streams.consumers_info(name)
            ]
            said = (await streams.stream_info(name, subjects_filter=">")).state.subjects or {}
            found.append(
                StreamState(
                    name,
                    info.state.messages,
                    info.state.bytes,
                    info.config.max_bytes or 0,
                    tuple(sorted(queues, key=lambda queue: queue.name)),
                    foreign=sum(count for subject, count in said.items() if subject not in EVENTS),
                )
            )
    except (nats.errors.Error, nats.js.errors.Error, TimeoutError):
        return None
    return found
