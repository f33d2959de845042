"""A database that is slow, away or out of connections: a calm page, or problem details, and never a promise that
nobody can keep."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from services.payments.claims.pages import claims as pages
from shared.db import SYSTEM, Command, NoConnection, TooSlow, is_away, may_have_written
from shared.identity import Role
from shared.messaging.consumer import is_away as is_tried_for_ever
from tests.payments.support import World, person
from tests.support.servers import as_owner

BUSY = "We are very busy just now"


@asynccontextmanager
async def _with_engine(world: World, **options: Any) -> AsyncIterator[None]:
    """The service's pool is another for a while."""
    before = world.database.engine
    url = world.database.url.replace("postgresql://", "postgresql+asyncpg://", 1)
    world.database.engine = create_async_engine(url, **options)
    try:
        yield
    finally:
        await world.database.engine.dispose()
        world.database.engine = before


@asynccontextmanager
async def _pool_of_one_that_is_taken(world: World) -> AsyncIterator[None]:
    async with _with_engine(world, pool_size=1, max_overflow=0, pool_timeout=0.2), world.database.engine.connect():
        yield


async def _claim(site: World) -> tuple[httpx.AsyncClient, str]:
    """Its owner's browser, and its address."""
    who = person()
    return site.visitor(Role.PARTICIPANT, person_id=who.id), f"/payments/claims/{await site.chosen(who)}"


async def test_a_page_without_a_connection_says_that_we_are_busy_and_loses_nothing(site: World) -> None:
    owner, address = await _claim(site)
    with capture_logs() as log:
        async with _pool_of_one_that_is_taken(site):
            answer = await owner.get(address)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert BUSY in answer.text and "Nothing is lost" in answer.text and "number, so that we" not in answer.text
    assert [line["method"] for line in log if line["event"] == "database-away" and "method" in line] == ["GET"]
    assert "unexpected-error" not in {line["event"] for line in log}
    assert (await owner.get(address)).status_code == 200


async def test_a_form_without_a_connection_says_that_it_was_not_kept_and_was_not(site: World) -> None:
    owner, address = await _claim(site)
    claim_id = address.rsplit("/", 1)[1]
    async with _pool_of_one_that_is_taken(site):
        answer = await owner.post(f"{address}/decline", data={})
    assert answer.status_code == 503 and BUSY in answer.text
    assert "What you sent was not kept, and nothing was changed" in answer.text
    assert (await site.row("SELECT state FROM claims WHERE id = :id", id=claim_id)).state == "open"


async def test_programs_without_a_connection_get_problem_details(site: World) -> None:
    owner, _ = await _claim(site)
    async with _pool_of_one_that_is_taken(site):
        answer = await owner.get("/payments/api/claims")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"] == "60" and answer.json()["title"] == BUSY


async def test_a_statement_that_the_server_ends_for_its_time_is_no_fault_of_ours_and_kept_nothing(site: World) -> None:
    owner, address = await _claim(site)
    slow = {"connect_args": {"server_settings": {"statement_timeout": "200"}}}
    somebody = create_async_engine(as_owner(site.database.url).replace("postgresql://", "postgresql+asyncpg://", 1))
    async with somebody.begin() as other:
        await other.execute(text("LOCK TABLE claims"))
        async with _with_engine(site, **slow):
            answer = await owner.post(f"{address}/decline", data={})
    await somebody.dispose()
    assert answer.status_code == 503 and "was not kept" in answer.text


async def test_a_database_that_cannot_be_reached_or_is_too_slow_is_away_for_pages_and_messages(world: World) -> None:
    async def sleep(tx: Any) -> None:
        await tx.execute(text("SELECT pg_sleep(5)"))

    async with _with_engine(world, connect_args={"command_timeout": 0.2}):
        with pytest.raises(TooSlow) as slow:
            await world.database.run(Command("test", SYSTEM), sleep)
    async with _pool_of_one_that_is_taken(world):
        with pytest.raises(NoConnection) as full:
            await world.database.read(sleep)
    async with _with_engine(world, connect_args={"port": 9, "timeout": 1}):
        with pytest.raises(NoConnection) as gone:
            await world.database.read(sleep)
    with pytest.raises(DBAPIError) as wrong:
        await world.database.read(lambda tx: tx.execute(text("SELECT nothing_of_that_name")))
    errors = [slow.value, full.value, gone.value]
    assert all(is_away(error) and is_tried_for_ever(error) for error in errors)
    assert not is_away(wrong.value) and not is_tried_for_ever(wrong.value)


async def test_what_may_have_been_committed_is_not_called_undone(site: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, address = await _claim(site)
    claim_id = address.rsplit("/", 1)[1]

    def fails_after_the_commit(*_: Any, **__: Any) -> None:
        assert may_have_written.get()
        raise NoConnection("test")

    monkeypatch.setattr(pages, "redirect", fails_after_the_commit)
    answer = await owner.post(f"{address}/decline", data={})
    assert answer.status_code == 503
    assert "We cannot say whether what you sent was kept" in answer.text and "not kept, and" not in answer.text
    assert (await site.row("SELECT state FROM claims WHERE id = :id", id=claim_id)).state == "declined"
