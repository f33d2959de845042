"""A gateway in a process of its own that dies by SIGKILL at one point.

    python -m tests.gateway.dying '{"point": "after-leaving", "settings": {...}}'

The code that runs is the real one; only the chosen function is wrapped, here.
"""

import asyncio
import json
import os
import signal
import sys
from typing import Any

from services.gateway import egress, entrance, ingress
from services.gateway.app import create_app
from services.gateway.settings import Settings
from shared.messaging import broker, consumer


def die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Make the point deadly."""
    if point == "after-leaving":  # stored in OUT, not acknowledged to our own stream
        egress.Egress._write_down = die
        consumer.StreamConsumer._acknowledge = die
    elif point == "after-arriving":  # stored in our own stream, not acknowledged to NETWORK
        ingress.acknowledge = die
    elif point == "before-arriving":
        entrance.publish = die


async def main(config: dict[str, Any]) -> None:
    broker.ACK_SECONDS = ingress.ACK_SECONDS = 1.0
    arm(config["point"])
    app = create_app(Settings.exactly(config["settings"]))
    async with app.router.lifespan_context(app):
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
