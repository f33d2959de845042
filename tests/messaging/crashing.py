"""A process of its own that runs the teller or the listener and dies by SIGKILL at one point of an event's way.

    python -m tests.messaging.crashing '{"role": "listener", "point": "after-handler", "folder": ..., "url": ...,
    "nats": ...}'

The code that runs is the real one; only the chosen function is wrapped, here.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.messaging import broker, consumer, handling, relay
from tests.messaging.support import Listener, place_taken, tell, teller


class Address:
    """Stands for a server that another process runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client_url(self, user: str, password: str) -> str:
        return self.url.replace("nats://", f"nats://{user}:{password}@")


def die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Make the point deadly."""
    if point == "before-publish":
        relay.Relay._publish = die
    elif point == "after-publish":
        publish = relay.Relay._publish

        async def publish_then_die(self: Any, *arguments: Any) -> Any:
            if await publish(self, *arguments):
                die()

        relay.Relay._publish = publish_then_die  # pyrefly: ignore
    elif point == "after-handler":
        consumer.StreamConsumer._acknowledge = die
    elif point == "in-handler":
        take = handling.inbox.take

        async def take_then_die(tx: Any, consumer: str, receipts: Any) -> Any:
            await take(tx, consumer, receipts)
            die()

        handling.inbox.take = take_then_die


async def main(config: dict[str, Any]) -> None:
    broker.ACK_SECONDS = 1.0
    arm(config["point"])
    folder, nats = Path(config["folder"]), Address(config["nats"])
    if config["role"] == "listener":
        app = Listener(folder, config["url"], nats).app
        async with app.router.lifespan_context(app):
            await asyncio.sleep(60)
        return
    service, app = teller(folder, config["url"], nats)
    if config["point"] == "before-commit":
        service.database._add_command = die  # the last thing that a command does before its commit
    async with app.router.lifespan_context(app):
        for place_id in config.get("places", []):
            await tell(service, place_taken(place_id=UUID(place_id)))
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
