"""The pages that everybody reads."""

import re
from datetime import timedelta

import httpx

from shared.db import new_id
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.opportunities.support import TEXTS, World
from tests.opportunities.visitors import here_running, participant_signed_in, shown  # noqa: F401
from tests.support.apps import SIGNING_KEY, client_of
from tests.support.servers import ORGANISATION


async def test_opp_02_everyone_reads_all_items_and_can_ask_first_without_joining(
    here: World, participant: httpx.AsyncClient
):
    opportunity_id = await here.published(capacity=4, commissioner="Fenland Council")
    async with client_of(here.app) as visitor:
        assert "A say in the drop-in" in await shown(visitor, "/opportunities")
        page = await shown(visitor, f"/opportunities/{opportunity_id}")
    for text in (
        "background",
        "expected",
        "time_needed",
        "payment",
        "contact_role",
        "contact_how",
        "accessibility",
        "summary",
    ):
        assert TEXTS[text].replace("'", "&#39;") in re.sub("</?a[^>]*>", "", page), text
    assert "Have a chat first" in page and "The Test Voice, for Fenland Council" in page
    assert "video.example" not in page


async def test_a_draft_is_not_there_for_the_public(here: World, participant: httpx.AsyncClient):
    opportunity_id = await here.draft()
    for url in (
        f"/opportunities/{opportunity_id}",
        f"/opportunities/{opportunity_id}/take-part",
        f"/opportunities/{new_id()}",
        "/opportunities/nonsense",
    ):
        await shown(participant, url, status=404)
    assert "A say in the drop-in" not in await shown(participant, "/opportunities")


async def test_an_error_shows_the_signed_in_their_ways_whether_a_route_asked_for_them_or_none_did(
    here: World, participant: httpx.AsyncClient
):
    async with client_of(here.app) as visitor:
        for url, status in (
            (f"/opportunities/places/{new_id()}", 404),
            ("/opportunities/nonsense", 404),
            ("/opportunities/staff", 403),
        ):
            page = await shown(participant, url, status)
            assert "Sign out" in page and "My claims" in page and "Sign in" not in page
        page = await shown(visitor, "/opportunities/nonsense", 404)
        assert "Sign in" in page and "Sign out" not in page
        visitor.cookies.set(cookie_name(ORGANISATION), "nonsense")
        assert "Sign in" in await shown(visitor, "/opportunities/nonsense", 404)
        someone_idle = SignIn(new_id(), new_id(), frozenset({Role.PARTICIPANT}))
        visitor.cookies.set(
            cookie_name(ORGANISATION), issue_token(SIGNING_KEY, ORGANISATION, someone_idle, life=timedelta(minutes=-1))
        )
        answer = await visitor.get("/opportunities/nonsense")
        assert (answer.status_code, answer.headers["location"]) == (
            307,
            "/people/session/renew?next=%2Fopportunities%2Fnonsense",
        )
