"""What somebody posts without signing in is bounded, also across restarts and processes; guessing at codes shows; a
coordinator's door lifts the bounds."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest

from services.feedback import app as wiring
from services.feedback.app import create_app
from services.feedback.settings import Settings
from shared.operations import notices
from tests.feedback.support import World
from tests.support.apps import settings_for

Database = Callable[[str], str]
WRONG = "ABCDE-ABCDE"


@asynccontextmanager
async def process(folder: Path, url: str, **more: Any) -> AsyncIterator[World]:
    async with World(create_app(settings_for(Settings, folder, url, **more))).running() as world:
        yield world


async def look_up(visitor: httpx.AsyncClient) -> int:
    return (await visitor.post("/feedback/look-up", data={"code": WRONG})).status_code


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        wiring,
        "LIMITS",
        {
            "start": ("2 per hour", "4 per hour"),
            "give": ("2 per hour", "4 per hour"),
            "look-up": ("2 per hour", "4 per hour"),
        },
    )


async def test_fb_04_a_restart_forgets_no_try_and_processes_count_together(
    few: None, folder: Path, service_database: Database
) -> None:
    url = service_database("feedback")
    async with process(folder, url) as one, process(folder, url) as other:
        assert [await look_up(each.visitor()) for each in (one, other)] == [422, 422]
    async with process(folder, url) as world:
        assert await look_up(world.visitor()) == 429
        rows = await world.rows("SELECT what, encode(whose, 'escape') AS whose FROM limit_counts")
        assert {row.what for row in rows} == {"look-up", "anonymous-posts", "wrong-look-up"} and not any(
            "127.0" in row.whose for row in rows
        )


async def test_what_visitors_post_at_all_is_counted_over_processes(folder: Path, service_database: Database) -> None:
    url = service_database("feedback")
    async with AsyncExitStack() as running:
        worlds = [await running.enter_async_context(process(folder, url, anonymous_posts="3/hour")) for _ in range(2)]
        answers = [(await world.visitor().post("/feedback/give/stop")).status_code for world in worlds * 2]
    assert answers == [303, 303, 303, 429]


@pytest.mark.parametrize(
    ("path", "within"), [("/feedback/look-up", 422), ("/feedback/give", 303), ("/feedback/give/check", 303)]
)
async def test_a_door_for_an_afternoon_lifts_the_bounds_of_that_connection(
    few: None, folder: Path, service_database: Database, path: str, within: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(folder, service_database("feedback")) as world:
        doors = AsyncMock(return_value={"open": False})
        monkeypatch.setattr(world.service, "requests", doors)

        async def post(times: int) -> list[int]:
            return [
                (await world.visitor().post(path, data={"code": WRONG, "about": "us"})).status_code
                for _ in range(times)
            ]

        assert await post(3) == [within, within, 429]
        doors.assert_awaited_with("people.doors.feedback", {"client": "127.0.0.1"})
        doors.return_value = {"open": True}
        assert await post(3) == [within, within, 429]
        doors.side_effect = ConnectionError
        assert await post(1) == [429]


async def test_fb_04_guessing_at_codes_raises_an_alarm(folder: Path, service_database: Database) -> None:
    async with process(folder, service_database("feedback"), feedback_guessing_alarm=3) as world:
        [watch] = [job for job in world.service.jobs if job.name == "look-for-guessing"]
        await world.visitor().post("/feedback/look-up", data={"code": "no code at all"})
        for path in ("/feedback/look-up", "/feedback/look-up/withdraw", "/feedback/look-up/ask/board"):
            await world.service.run_job(watch)
            assert (await notices(world.service))["guessing"] == "ok"
            await world.visitor().post(path, data={"code": WRONG})
        await world.service.run_job(watch)
        assert "3 wrong codes of feedback" in (await notices(world.service))["guessing"]
        assert "chorus_feedback_wrong_codes 3.0" in (await world.visitor().get("/feedback/metrics")).text
        assert await world.rows("SELECT 1 FROM steps WHERE what LIKE '%count%'") == []


async def test_counts_are_forgotten_when_they_count_no_more(folder: Path, service_database: Database) -> None:
    async with process(folder, service_database("feedback")) as world:
        [forget] = [job for job in world.service.jobs if job.name == "forget-old-counts"]
        await look_up(world.visitor())
        await world.service.run_job(forget)
        assert len(await world.rows("SELECT 1 FROM limit_counts")) == 3
        await world.write("UPDATE limit_counts SET at = at - interval '121 minutes'")
        await world.service.run_job(forget)
        assert await world.rows("SELECT 1 FROM limit_counts") == []
