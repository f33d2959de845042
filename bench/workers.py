"""Processes of a contender: started, told to go, and ended, whatever happens in between."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

READY_SECONDS = 60.0
END_SECONDS = 20.0


@contextlib.asynccontextmanager
async def workers(module: str, job: str, count: int = 1) -> AsyncIterator[list[Process]]:
    """Processes of one contender, `python -m MODULE JOB`, each connected and waiting for "go"."""
    started = [
        await asyncio.create_subprocess_exec(sys.executable, "-m", module, job, stdin=PIPE, stdout=PIPE)
        for _ in range(count)
    ]
    try:
        for worker in started:
            async with asyncio.timeout(READY_SECONDS):
                if await said(worker) != "ready":
                    raise RuntimeError(f"{module} did not get ready for {job}")
        yield started
    finally:
        await asyncio.gather(*(_end(worker) for worker in started))


async def said(worker: Process) -> str:
    """The next line of its output; "" once it ended."""
    assert worker.stdout
    return (await worker.stdout.readline()).decode().strip()


def go(worker: Process) -> None:
    assert worker.stdin
    worker.stdin.write(b"go\n")


async def _end(worker: Process) -> None:
    assert worker.stdin
    worker.stdin.close()
    try:
        async with asyncio.timeout(END_SECONDS):
            await worker.wait()
    except TimeoutError:
        worker.kill()
        await worker.wait()
