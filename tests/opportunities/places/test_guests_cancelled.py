"""A guest reads at home which of their dates the host cancelled (OPP-19), and what it changed, and why (OPP-16)."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from bs4 import BeautifulSoup

from services.opportunities.publishing.use_cases import changing
from services.opportunities.writing.use_cases import NewSession
from shared.db import new_id
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.opportunities.two_organisations import Region, ask, guest_of, region
from tests.support.apps import SIGNING_KEY, client_of


@pytest.fixture
async def two(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    built = region(folder, service_database)
    yield built
    await built.close()


async def test_opp_19_a_session_that_another_host_cancels_stays_marked_where_its_guests_look(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id = await sun.published(number=2)
    first, _ = await sun.session_ids(opportunity_id)
    listing_id, whom = await two.listed("sun", opportunity_id), guest_of("viewpoint")
    place_id = await ask(viewpoint, listing_id, whom)
    await two.carry()
    host = sun.service.settings.host
    await sun.do(changing.cancel_session, opportunity_id, first, "The room is flooded.", host)
    await two.carry()
    async with client_of(viewpoint.app) as me:
        me.cookies.set(
            cookie_name("viewpoint"),
            issue_token(SIGNING_KEY, "viewpoint", SignIn(whom.id, new_id(), frozenset({Role.PARTICIPANT}))),
        )

        async def marked(path: str) -> list[bool]:
            page = BeautifulSoup((await me.get(path)).text, "html.parser")
            return ["Cancelled" in each.get_text() for each in page.select("main li") if " at " in each.get_text()]

        assert sorted(await marked(f"/opportunities/places/{place_id}")) == [False, True]
        assert await marked("/opportunities/mine") == [True, False]
        assert sorted(await marked(f"/opportunities/{listing_id}")) == [False, True]
        assert len(await viewpoint.dicts("SELECT id FROM listing_sessions_gone")) == 1
        await sun.do(changing.cancel, opportunity_id, "Nobody can lead it.")
        await two.carry()
        for path in (f"/opportunities/places/{place_id}", "/opportunities/mine"):
            assert await marked(path) == [True, True], "with the whole"
        words = (await me.get(f"/opportunities/places/{place_id}")).text
        assert "Nobody can lead it." in words


async def test_opp_16_a_guest_reads_at_home_what_changed_since_they_asked_what_it_was_and_why(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, host = await sun.published(), sun.service.settings.host
    (session_id,) = await sun.session_ids(opportunity_id)
    (row,) = await sun.dicts("SELECT starts_at, ends_at, venue, joining FROM sessions")

    async def move(venue: str, reason: str) -> None:
        moved: dict[str, Any] = {**row, "venue": venue}
        plan = NewSession(**moved)
        await sun.do(changing.change_session, opportunity_id, session_id, plan, reason, host)
        await two.carry()

    listing_id, whom = await two.listed("sun", opportunity_id), guest_of("viewpoint")
    await move("The hall", "The screen broke.")
    place_id = await ask(viewpoint, listing_id, whom)
    await two.carry()
    async with client_of(viewpoint.app) as me:
        me.cookies.set(
            cookie_name("viewpoint"),
            issue_token(SIGNING_KEY, "viewpoint", SignIn(whom.id, new_id(), frozenset({Role.PARTICIPANT}))),
        )

        async def shown(path: str) -> str:
            return re.sub("</?bdi>", "", (await me.get(path)).text)

        assert "The screen broke." not in await shown(f"/opportunities/places/{place_id}")
        await move("The library", "The hall is cold.")
        texts = {"agreements": "Be kind.", "conflicts": ""}
        for path in (f"/opportunities/places/{place_id}", f"/opportunities/{listing_id}"):
            page = await shown(path)
            assert "Where. Before: The hall. Now: The library." in page and "The hall is cold." in page, path
        await sun.do(changing.change_texts, opportunity_id, "room", texts, "People asked.", host)
        await two.carry()
        page = await shown(f"/opportunities/places/{place_id}")
        assert "how it works in the room. The reason: People asked." in page and "what it is about" not in page
    (told,) = [each for each in await viewpoint.events("opportunity-changed") if each["texts"]]
    assert told["texts"] == [{"about": "room", "name": "What we ask of each other", "was": "", "now": ""}]
