"""How long a region of three organisations takes until every service is ready, and how much memory it uses then and
after the story.

Memory is the sum of PSS over all processes: what several share counts once. This includes the process that starts
and measures the others. Only Linux reports PSS.
"""

import asyncio
import time
from collections import Counter
from pathlib import Path

import psutil

from bench.machine import describe
from bench.report import Result, bounded, middle
from deploy.cli.demo import told
from deploy.demo import joining
from deploy.demo.play import play
from deploy.demo.story import NETWORK_STEPS, STEPS
from deploy.local.region import ORGANISATIONS, Region
from deploy.local.servers import temporary_directory

OF_THREE = tuple(step for step in (*STEPS, *NETWORK_STEPS) if step.play is not joining.join)
MOST_SECONDS = 20.0
MOST_MB = 1500.0


async def measure(*, rounds: int = 3) -> Result:
    result = Result("region", describe())
    result.settings = {
        "organisations": [member.display_name for member in ORGANISATIONS],
        "databases": "made again in each round, with fsync",
        "rounds": rounds,
    }
    starts, fresh, used = [], [], []
    for _ in range(rounds):
        seconds, before, after = await asyncio.to_thread(_one_region)
        starts.append(seconds)
        fresh.append(before)
        used.append(after)
    result.samples = {"start_seconds": starts, "megabytes_fresh": fresh, "megabytes_after_the_story": used}
    result.rows = [
        bounded(
            "ready from nothing",
            middle(starts),
            "s",
            most=MOST_SECONDS,
            note="Databases, streams, certificates and keys of all are made again.",
        ),
        bounded(
            "memory when ready",
            middle([sum(each.values()) for each in fresh]),
            "MB",
            most=MOST_MB,
            note="PSS of all processes, in 10^6 bytes.",
        ),
        bounded("memory after the story", middle([sum(each.values()) for each in used]), "MB", most=MOST_MB),
    ]
    return result


def _one_region() -> tuple[float, dict[str, float], dict[str, float]]:
    with temporary_directory() as directory:
        begun = time.perf_counter()
        with Region(directory / "region") as region:
            seconds = time.perf_counter() - begun
            fresh = megabytes(region)
            with told(region) as story:
                for outcome in play(story, OF_THREE, lambda _: None, lambda _: None):
                    if outcome.problem:
                        raise RuntimeError(f"The story stopped at “{outcome.step.title}”: {outcome.problem}")
            return seconds, fresh, megabytes(region)


def megabytes(region: Region) -> dict[str, float]:
    """PSS by part, with the same part of all organisations added up: everything that this process started, and
    itself."""
    sizes: Counter[str] = Counter()
    here = psutil.Process()
    parts = _parts(region)
    for process in (here, *here.children(recursive=True)):
        above = [process.pid, *(parent.pid for parent in process.parents())]
        part = next((parts[pid] for pid in above if pid in parts), "runner")
        try:
            sizes[part] += _pss(process.pid)
        except (FileNotFoundError, ProcessLookupError):  # a database's process that has just ended
            continue
    return {part: round(size / 1e6, 1) for part, size in sizes.items()}


def _parts(region: Region) -> dict[int, str]:
    """The main process of each part, by id: the other processes are below these."""
    parts = {
        part.process.pid: name
        for organisation in region.organisations.values()
        for name, part in organisation.parts.items()
        if part.process
    }
    parts |= {server.process.pid: "hub" for server in region.hub.servers if server.process}
    if region.mail.process:
        parts[region.mail.process.pid] = "mail"
    if region.preloaded and region.preloaded.pid:
        parts[region.preloaded.pid] = "what all were forked from"
    return parts


def _pss(pid: int) -> int:
    """Bytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
