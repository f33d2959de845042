"""Serves one service in a process of its own: `python -m services.payments`.

Settings come from the environment, or from the file that CHORUS_ENV_FILE names. CHORUS_HOST and CHORUS_PORT say where
to listen.
"""

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from shared import telemetry
from shared.settings import ServiceSettings


def serve(settings: type[ServiceSettings], create_app: Callable[[Any], FastAPI]) -> None:
    """Loads the settings, builds the app, serves it until SIGTERM or SIGINT."""
    telemetry.configure_logging()
    named = os.environ.get("CHORUS_ENV_FILE")
    app = create_app(settings.load(Path(named) if named else None))
    run(app, os.environ.get("CHORUS_HOST", "127.0.0.1"), _port())


def run(app: Any, host: str, port: int, *, first: bool = False) -> None:
    """Behind our proxy: trusts its headers only from the addresses in FORWARDED_ALLOW_IPS; by default, from this
    machine.

    first: visitors reach this process directly, so nobody is trusted unless FORWARDED_ALLOW_IPS names them.
    """
    believed = os.environ.get("FORWARDED_ALLOW_IPS", "" if first else "127.0.0.1")
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        forwarded_allow_ips=believed,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        lifespan="on",
        ws="none",
    )
    server = uvicorn.Server(config)
    gc.collect()
    # whatever exists from the start stays: looking through all of it again would hold up every request, for a second at
    # worst
    gc.freeze()
    server.run()
    if not server.started:
        sys.exit(3)


def _port() -> int:
    value = os.environ.get("CHORUS_PORT", "8000")
    if not value.isdigit() or int(value) > 65535:
        print("CHORUS_PORT is wrong: it must be a number from 0 to 65535.", file=sys.stderr)  # noqa: T201
        raise SystemExit(2)
    return int(value)
