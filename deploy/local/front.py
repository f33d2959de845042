"""One address for one organisation: services that share this process, and a way to those that do not.

    python -m deploy.local.front FOLDER                   the five services in this process
    python -m deploy.local.front FOLDER --without payments
    python -m deploy.local.front FOLDER --separate   none: each has a process of its own, this passes requests on

Each service keeps its own settings, engine, broker and tracer provider; their lifespans are driven here, because
Starlette ignores those of apps behind another.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.instance import Instance
from deploy.local.processes import HOST
from deploy.local.proxy import Upstream, say_not_found, say_unavailable
from deploy.provisioning.parts import SERVICES, package_of
from shared import telemetry
from shared.serve import run

BESIDE = ("operator", "gateway")
"""Always have a process of their own."""
_FIGURES = re.compile(r"/+[a-z]+/+metrics([^a-z]|$)")
"""Metrics are internal: whoever gathers them asks a service at its own port. The Caddyfile says the same."""
SITE = "notifications"
"""Serves `/` and whatever belongs to no one service; any service serves `/static`."""


class Front:
    """An ASGI app that hands each request to a part by the first word of its path."""

    def __init__(self, parts: Mapping[str, ASGIApp]) -> None:
        self.parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http" and _FIGURES.match(scope["path"]):
            await say_not_found(send)
        elif scope["type"] == "http":
            name = self.part_for(scope["path"])
            part = self.parts.get(name)
            if part is None:
                await say_unavailable(send, f"“{name.capitalize()}” was left out of this run.")
            else:
                await part(scope, receive, send)

    def part_for(self, path: str) -> str:
        first = path.split("/", 2)[1] if "/" in path else ""
        if first in (*SERVICES, *BESIDE):
            return first
        if first == "static" and SITE not in self.parts:
            return next((name for name in SERVICES if name in self.parts), SITE)
        return SITE

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with contextlib.AsyncExitStack() as stack:
            for name, part in self.parts.items():
                if isinstance(part, FastAPI):
                    try:
                        await stack.enter_async_context(part.router.lifespan_context(part))
                    except Exception as error:
                        await send({"type": "lifespan.startup.failed", "message": f"{name} did not start: {error}"})
                        return
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def load(service: str, env_file: Path) -> FastAPI:
    """A service's app with the settings in its env file."""
    module: Any = importlib.import_module(f"{package_of(service)}.app")
    return module.create_app(module.Settings.load(env_file))


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--without", action="append", default=[], choices=[*SERVICES, "gateway"])
    parser.add_argument("--separate", action="store_true")
    options = parser.parse_args()
    telemetry.configure_logging()
    instance = Instance.existing(directory=options.folder)
    names = [service for service in SERVICES if service not in options.without]
    parts: dict[str, ASGIApp] = {
        name: Upstream(name, instance.url_of(name)) if options.separate else load(name, instance.env_file(name))
        for name in names
    }
    parts |= {name: Upstream(name, instance.url_of(name)) for name in BESIDE if name not in options.without}
    run(Front(parts), HOST, instance.facts.ports["web"], first=True)


if __name__ == "__main__":
    main()
