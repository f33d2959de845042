"""Processes that die by SIGKILL where a test wants it, forked from one that has imported what they need: that takes two
seconds of CPU time."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.local.preloaded import ROOT, Preloaded
from deploy.local.servers import temporary_directory


class Dying:
    """module: run with what is asked of it, as JSON. log: where it and the process that forks it complain."""

    def __init__(self, module: str, log: Path, imports: tuple[str, ...]) -> None:
        self.module = module
        self.log = log
        self.forks = Preloaded(log, imports)

    async def run(self, asked: dict[str, Any], within: float = 60) -> None:
        """Until it has died, as it must."""
        await asyncio.to_thread(self._run, asked, within)

    def _run(self, asked: dict[str, Any], within: float) -> None:
        process = self.forks.start([self.module, json.dumps(asked)], os.environ, self.log, ROOT)
        assert process.wait(within) == -signal.SIGKILL, self.log.read_text()[-2000:]


@contextlib.contextmanager
def dying(module: str, *imports: str) -> Iterator[Dying]:
    """imports: what the module needs, but not the module itself."""
    with temporary_directory() as directory:
        processes = Dying(module, directory / "log", imports)
        yield processes
        processes.forks.stop()
