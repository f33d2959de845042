"""The feed of changes: bounded pages that follow each other, and no change skipped."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from services.opportunities.writing.tables import opportunities
from shared.db import Actor, new_id
from tests.opportunities.feeds.support import FEEDS, followed, numbers_seen
from tests.opportunities.formats import faults_of_atom, faults_of_calendar
from tests.opportunities.support import World
from tests.support.apps import eventually, running


async def test_rpde_pages_are_bounded_and_follow_each_other(here: World):
    ids = [str(await here.published()) for _ in range(5)]
    here.service.settings.feeds_page_items = 2
    async with running(here.app) as client:
        pages, url = [], f"{FEEDS}/rpde"
        while not pages or pages[-1].json()["items"]:
            pages.append(await client.get(url))
            url = pages[-1].json()["next"].removeprefix("https://localhost")
        assert [len(page.json()["items"]) for page in pages] == [2, 2, 1, 0]
        assert [item["id"] for page in pages for item in page.json()["items"]] == ids
        assert [page.headers["cache-control"] for page in pages] == ["public, max-age=3600"] * 3 + ["public, max-age=8"]
        numbers = [item["modified"] for page in pages for item in page.json()["items"]]
        assert numbers == sorted(set(numbers))
        beyond = (await client.get(f"{FEEDS}/rpde?afterChangeNumber={2**63 - 1}")).json()
        assert (beyond["items"], beyond["next"]) == ([], f"https://localhost{FEEDS}/rpde?afterChangeNumber={2**63 - 1}")


async def test_rpde_an_empty_feed_is_its_own_last_page(here: World):
    await here.draft()
    async with running(here.app) as client:
        answer = await client.get(f"{FEEDS}/rpde")
        assert answer.json()["items"] == [] and answer.json()["next"] == f"https://localhost{FEEDS}/rpde"
        assert await followed(client) == []
        assert faults_of_calendar((await client.get(f"{FEEDS}/calendar.ics")).content) == []
        assert faults_of_atom((await client.get(f"{FEEDS}/atom.xml")).content) == []


def change(opportunity_id: UUID) -> Any:
    return update(opportunities).where(opportunities.c.id == opportunity_id).values(version=opportunities.c.version + 1)


async def test_rpde_what_was_changed_first_and_committed_last_is_not_skipped(here: World):
    first, second = await here.published(), await here.published()
    begun = (await numbers_seen(here))[-1][0]
    async with here.database.transaction(new_id(), Actor("person", new_id())) as slow:
        await slow.execute(change(first))
        async with here.database.transaction(new_id(), Actor("person", new_id())) as quick:
            await quick.execute(change(second))
        (seen,) = await numbers_seen(here, begun)
        assert seen[1] == second
    assert [opportunity_id for _, opportunity_id in await numbers_seen(here, seen[0])] == [first]


async def test_rpde_no_number_is_seen_before_a_lower_one(here: World):
    """Both have changed and commit at one moment: the second gets no number until the first is seen by all."""
    first, second = await here.published(), await here.published()
    begun = (await numbers_seen(here))[-1][0]

    async def commit_second() -> None:
        await here.do(lambda tx: tx.execute(change(second)))

    async def someone_waits() -> bool:
        return bool(await here.dicts("SELECT 1 AS one FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))

    async with here.database.transaction(new_id(), Actor("person", new_id())) as tx:
        await tx.execute(change(first))
        await tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # it has its number, as at the beginning of its commit
        committing = asyncio.create_task(commit_second())
        await eventually(someone_waits)
        assert not committing.done() and await numbers_seen(here, begun) == []
    await committing
    assert [opportunity_id for _, opportunity_id in await numbers_seen(here, begun)] == [first, second]


async def test_rpde_a_change_that_was_not_committed_has_no_number(here: World):
    opportunity_id = await here.published()
    before = await numbers_seen(here)

    async def change_and_fail(tx: Any) -> None:
        await tx.execute(change(opportunity_id))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await here.do(change_and_fail)
    assert await numbers_seen(here) == before
