"""Atomic batches from memory to JetStream, without a database: what the broker itself can take."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any, ClassVar

import nats
from nats.aio.client import Client

from bench.relays.base import SUBJECT, Contender, Message, Place


class Raw(Contender):
    name = "raw atomic publishing"
    promises = "raw: no database, nothing survives a crash of the publisher; messages as ours, encoded beforehand"
    draining: ClassVar[dict[str, Any]] = {"batch": 1000, "in_flight": 2}

    def __init__(self, place: Place, settings: dict[str, int]) -> None:
        super().__init__(place, dict(settings))
        self._waiting: list[tuple[bytes, dict[str, str]]] = []
        self._client: Client | None = None

    async def prepare(self) -> None:
        """There is nothing to prepare."""

    async def load(self, batch: Iterable[Message]) -> None:
        self._waiting = [
            (one.event.model_dump_json().encode(), {**one.headers, "content-type": "application/json"}) for one in batch
        ]

    async def left(self) -> int:
        return 0

    async def connect(self) -> None:
        self._client = await nats.connect(self.place.nats_url)

    async def relay(self) -> None:
        size, free = self.settings["batch"], asyncio.Semaphore(self.settings["in_flight"])

        async def one(number: int) -> None:
            async with free:
                await self._publish(number, self._waiting[number : number + size])

        await asyncio.gather(*(one(start) for start in range(0, len(self._waiting), size)))

    async def _publish(self, number: int, batch: list[tuple[bytes, dict[str, str]]]) -> None:
        assert self._client
        for sequence, (body, own) in enumerate(batch, 1):
            headers = {**own, "Nats-Batch-Id": f"raw-{number}", "Nats-Batch-Sequence": str(sequence)}
            if sequence < len(batch):
                await self._client.publish(SUBJECT, body, headers=headers)
                continue
            headers["Nats-Batch-Commit"] = "1"
            reply = json.loads((await self._client.request(SUBJECT, body, timeout=30, headers=headers)).data)
            if "error" in reply:
                raise RuntimeError(f"JetStream refused the batch: {reply['error']}")

    async def write(self, one: Message) -> int:
        raise NotImplementedError("there is no database to write to")

    async def close(self) -> None:
        if self._client:
            await self._client.close()
