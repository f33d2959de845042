"""A job that follows what is done runs soon after something was recorded, and not only when its period is over."""

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from shared import service
from shared.service import Job


@pytest.mark.parametrize("after_commits", [True, False])
async def test_a_job_that_follows_what_is_done_runs_again_once_something_was_recorded(
    monkeypatch: pytest.MonkeyPatch, after_commits: bool
) -> None:
    monkeypatch.setattr(service, "_BREATH", 0.0)
    ran: asyncio.Queue[str] = asyncio.Queue()

    async def run_job(job: Job) -> None:
        await ran.put(job.name)

    pokes: list[Any] = []
    fake: Any = SimpleNamespace(database=SimpleNamespace(after_commit=pokes), run_job=run_job)
    job = Job("follow", every=3600, after_commits=after_commits)
    repeating = asyncio.create_task(service._repeat(fake, job, contextlib.nullcontext()))  # pyrefly: ignore
    try:
        assert await asyncio.wait_for(ran.get(), 10) == "follow"
        assert len(pokes) == after_commits
        for _ in range(3 if after_commits else 0):
            pokes[0]()
            assert await asyncio.wait_for(ran.get(), 10) == "follow"
        assert ran.empty()
    finally:
        repeating.cancel()
