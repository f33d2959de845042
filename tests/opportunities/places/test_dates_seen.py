"""Nobody takes a place on a day, or in a room, that they did not read (OPP-16)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.opportunities.places.domain import taking
from services.opportunities.places.domain.guests import AGREEMENT
from services.opportunities.places.use_cases.taking import leave_place, take_place
from services.opportunities.publishing.use_cases import changing
from services.opportunities.writing.use_cases import NewSession
from shared.db import new_id
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.opportunities.support import NOON, World, someone
from tests.opportunities.two_organisations import Region, region
from tests.support.apps import SIGNING_KEY, client_of, signed_in
from tests.support.marks import mark_of

MOVED = "The days, times or place have changed since you opened this page"
HOUR = timedelta(hours=1)
IT = SimpleNamespace(id=new_id(), starts_at=NOON, ends_at=NOON + HOUR, venue="The Old Library")


@pytest.mark.parametrize(
    ("mode", "changed"),
    [
        ("in-person", {"starts_at": NOON - HOUR}),
        ("in-person", {"ends_at": NOON + 2 * HOUR}),
        ("in-person", {"venue": "Online"}),
        ("online", {}),
    ],
)
def test_opp_16_a_mark_of_dates_is_another_when_day_time_place_or_being_online_is(mode: str, changed: dict[str, Any]):
    other = SimpleNamespace(**vars(IT) | changed)
    marks = {
        taking.mark_of_dates("in-person", [IT]),
        taking.mark_of_dates(mode, [other]),
        taking.mark_of_dates("in-person", [IT, other]),
    }
    assert len(marks) == 3


async def move(here: World, opportunity_id: UUID, **changed: Any) -> None:
    """Its first session is at another time, or elsewhere."""
    (session,) = await here.dicts(
        "SELECT id, starts_at, ends_at, venue FROM sessions WHERE opportunity_id = :id", id=opportunity_id
    )
    plan = NewSession(session["starts_at"], session["ends_at"], session["venue"], "https://video.example/room")
    await here.do(
        changing.change_session,
        opportunity_id,
        session["id"],
        replace(plan, **changed),
        "The room is taken",
        here.service.settings.host,
    )


async def press(client: httpx.AsyncClient, shown: httpx.Response, url: str, **fields: Any) -> httpx.Response:
    return await client.post(url, data=mark_of(shown, url) | fields)


@pytest.fixture
async def me(here: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(here.app) as client:
        await here.with_cards(signed_in(client, "participant", person_id=ME.id))
        yield client


ME = someone()


async def test_opp_16_nobody_takes_a_place_on_a_day_that_they_did_not_read(here: World, me: httpx.AsyncClient):
    opportunity_id = await here.published()
    url = f"/opportunities/{opportunity_id}/take-part"
    shown = await me.get(url)
    assert "Online, by video" in shown.text
    await move(here, opportunity_id, venue="The Old Library")
    refused = await me.post(url, data=mark_of(shown) | {"words": "A quiet room"})
    assert (
        refused.status_code == 422
        and MOVED in refused.text
        and "The Old Library" in refused.text
        and "A quiet room" in refused.text
    )
    assert (await me.post(url)).status_code == 422 and await here.dicts("SELECT 1 FROM places") == []
    assert (await me.post(url, data=mark_of(refused))).status_code == 303


async def test_opp_16_nobody_says_yes_to_an_offered_place_on_another_day_than_they_read(
    here: World, me: httpx.AsyncClient
):
    opportunity_id, other = await here.published(capacity=1), someone()
    held = await here.do(take_place, opportunity_id, other, [], "")
    place_id = await here.do(take_place, opportunity_id, ME, [], "")
    await here.do(leave_place, held, other, here.service.settings.policy)
    url = f"/opportunities/places/{place_id}"
    shown = await me.get(url)
    await move(here, opportunity_id, venue="The Old Library")
    refused = await press(me, shown, f"{url}/accept")
    assert refused.status_code == 422 and MOVED in refused.text and "The Old Library" in refused.text
    assert await here.dicts("SELECT state FROM places WHERE id = :id", id=place_id) == [{"state": "offered"}]
    assert (await press(me, refused, f"{url}/accept")).status_code == 303


@pytest.fixture
async def two(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    built = region(folder, service_database)
    yield built
    await built.close()


async def test_opp_16_a_guest_reads_the_day_before_they_ask_and_before_they_say_yes(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, other = await sun.published(capacity=1), someone()
    listing_id = await two.listed("sun", opportunity_id)
    held = await sun.do(take_place, opportunity_id, other, [], "")
    async with client_of(viewpoint.app) as me:
        await viewpoint.with_cards(ME.id)
        me.cookies.set(
            cookie_name("viewpoint"),
            issue_token(SIGNING_KEY, "viewpoint", SignIn(ME.id, new_id(), frozenset({Role.PARTICIPANT}))),
        )
        url = f"/opportunities/{listing_id}/take-part"
        shown, agreed = await me.get(url), {"agreed": "yes", "agreement": AGREEMENT}
        await move(
            sun, opportunity_id, starts_at=sun.now + timedelta(days=40), ends_at=sun.now + timedelta(days=40, hours=1)
        )
        await two.carry()
        refused = await me.post(url, data=mark_of(shown) | agreed)
        assert (
            refused.status_code == 422
            and MOVED in refused.text
            and await viewpoint.dicts("SELECT 1 FROM guest_places") == []
        )
        place = (await me.post(url, data=mark_of(refused) | agreed)).headers["location"]
        await two.carry()
        await sun.do(leave_place, held, other, sun.service.settings.policy)
        await two.carry()
        shown = await me.get(place)
        await move(
            sun, opportunity_id, starts_at=sun.now + timedelta(days=41), ends_at=sun.now + timedelta(days=41, hours=1)
        )
        await two.carry()
        refused = await press(me, shown, f"{place}/accept")
        assert refused.status_code == 422 and MOVED in refused.text
        assert (await viewpoint.dicts("SELECT accepted_at FROM guest_places")) == [{"accepted_at": None}]
        assert (await press(me, refused, f"{place}/accept")).status_code == 303
