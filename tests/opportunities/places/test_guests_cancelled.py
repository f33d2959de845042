"""A guest reads at home which of their dates the host cancelled (OPP-19)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from bs4 import BeautifulSoup

from services.opportunities.publishing.use_cases import changing
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
