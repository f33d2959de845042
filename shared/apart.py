"""Work in a process of its own: it holds no secrets, and it can be stopped whatever it does."""

import asyncio
import contextlib
import os
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ")
"""The only environment variables that the process gets: no password, no address, no key."""


async def answer_of(module: str, given: bytes, *, seconds: float) -> tuple[int, bytes]:
    """Runs `python -m module` with this as its standard input. Returns its exit code and what it wrote; nothing, and
    the code of its signal, if it took longer, in which case it was stopped."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    environment |= {"MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = (sys.executable, "-E", "-s", "-m", module)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=_ROOT, env=environment, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    answer = b""
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await process.communicate(given)
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
    assert process.returncode is not None
    return process.returncode, answer


def bound_this_process(*, seconds_of_work: int, more_memory: int) -> None:
    """Limits it to this many seconds of a processor and this many bytes more than it has now; no files written, no core
    dumps."""
    bounds = [(resource.RLIMIT_CPU, seconds_of_work), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)]
    statistics = Path("/proc/self/statm")
    if statistics.exists():
        has = int(statistics.read_text().split()[0]) * resource.getpagesize()
        bounds.append((resource.RLIMIT_AS, has + more_memory))
    for which, most in bounds:
        with contextlib.suppress(ValueError, OSError):  # a system without this limit, or with a lower one
            resource.setrlimit(which, (most, most))
