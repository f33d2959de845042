"""The operator's app and services on real addresses, since it asks them over HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from services.operators.app import Settings, create_app
from tests.support.apps import settings_for

TOKEN = "the trace token"


def operator_app(folder: Path, url: str, services: Mapping[str, str], nats: Any = None, **more: Any) -> FastAPI:
    return create_app(settings_for(Settings, folder, url, nats, service_urls=dict(services), trace_token=TOKEN, **more))


@contextlib.asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The app on a free port; gives its address."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=0, log_config=None, lifespan="on", ws="none", timeout_graceful_shutdown=1
        )
    )
    server.capture_signals = contextlib.nullcontext  # pyrefly: ignore - pytest keeps its own
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if task.done():
                task.result()
                raise RuntimeError("the app did not start")
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task
