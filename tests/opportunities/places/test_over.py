"""Places after the last session, as people see them: here, and with another organisation."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.opportunities.places.use_cases import taking
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from shared.db import new_id
from shared.events import ParticipantRef
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.opportunities.support import World, someone
from tests.opportunities.two_organisations import Region, ask, guest_place, region
from tests.support.apps import SIGNING_KEY, client_of
from tests.support.servers import ORGANISATION

OF_A_PLACE = (
    "You have a place",
    "We are glad",
    "Change what you need",
    "/leave",
    "/needs",
    "/accept",
    "video.example",
    "waiting list",
    "A place is free",
)


@pytest.fixture
async def two(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    """SUN, who hosts, and Viewpoint, whose people come."""
    built = region(folder, service_database)
    yield built
    await built.close()


def browser_of(here: World, whom: ParticipantRef, organisation: str = ORGANISATION) -> httpx.AsyncClient:
    client = client_of(here.app)
    sign_in = SignIn(whom.id, new_id(), frozenset({Role.PARTICIPANT}))
    client.cookies.set(cookie_name(organisation), issue_token(SIGNING_KEY, organisation, sign_in))
    return client


async def says_it_is_over(client: httpx.AsyncClient, place_id: UUID, words: str, *, claims: bool) -> None:
    """On the place's page and in the list; and nothing that is sent, or was left open in a tab, changes anything."""
    address = f"/opportunities/places/{place_id}"
    for _ in range(2):
        main = (await client.get(address)).text.partition('id="main-content"')[2]
        assert words in main and "/feedback/give?opportunity=" in main
        assert ("/payments/claims" in main) == claims
        assert [each for each in OF_A_PLACE if each in main] == []
        mine = (await client.get("/opportunities/mine")).text
        assert "This is over" in mine and not any(
            each in mine for each in ("You have a place", "waiting list", "Please answer by", "We have asked")
        )
        for part in ("leave", "needs"):
            answer = await client.get(f"{address}/{part}")
            assert (answer.status_code, answer.headers["location"]) == (303, address)
        for part in ("leave", "needs", "accept"):
            answer = await client.post(f"{address}/{part}", data={"needs": ["breaks"]})
            assert (answer.status_code, answer.headers["location"]) == (303, address)


async def test_opp_05_a_place_whose_last_session_is_over_says_so_and_stays_on_the_register(here: World):
    opportunity_id, whom, late = await here.published(capacity=1, number=2), someone(), someone()
    place_id = await here.do(taking.take_place, opportunity_id, whom, ["easy-read"], "")
    waiting_id = await here.do(taking.take_place, opportunity_id, late, [], "")
    first, last = await here.session_ids(opportunity_id)
    before = (
        "SELECT id, version, state, needs_words FROM places UNION ALL SELECT id, 0, state, need FROM needs ORDER BY id"
    )
    was = await here.dicts(before)
    here.move(days=36)
    async with browser_of(here, whom) as client:
        assert "We are glad that you are coming" in (await client.get(f"/opportunities/places/{place_id}")).text, (
            "one session is still to come"
        )
        here.move(days=7)
        await says_it_is_over(client, place_id, "This is over. If you were there: thank you.", claims=True)
    async with browser_of(here, late) as client:
        await says_it_is_over(
            client, waiting_id, "This is over, and you did not get a place. We are sorry.", claims=False
        )
    assert await here.dicts(before) == was
    for sign_in_id in (first, last):
        assert await here.do(attendance.record_attendance, opportunity_id, sign_in_id, [Entry(place_id, True, 90)]) == {
            "recorded": 1
        }
    assert await here.broken() == {}


async def test_net_02_a_guests_place_whose_session_is_over_says_so_and_stays_with_the_host(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id = await sun.published(capacity=2)
    listing_id = await two.listed("sun", opportunity_id)
    holds, waits, never_heard = (ParticipantRef(kind="person", id=new_id(), home="viewpoint") for _ in range(3))
    held_id = await ask(viewpoint, listing_id, holds, "easy-read")
    await two.carry()
    own = await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    waiting_id = await ask(viewpoint, listing_id, waits)
    await two.carry()
    asked_id = await ask(viewpoint, listing_id, never_heard)
    two.move(days=36)
    ids = (held_id, waiting_id, asked_id)
    was = [await guest_place(viewpoint, place_id) for place_id in ids]
    assert own and [place.state for place in was] == ["taken", "waiting", "requested"]
    async with browser_of(viewpoint, holds, "viewpoint") as client:
        await says_it_is_over(client, held_id, "This is over. If you were there: thank you.", claims=True)
    for whom, place_id in ((waits, waiting_id), (never_heard, asked_id)):
        async with browser_of(viewpoint, whom, "viewpoint") as client:
            await says_it_is_over(
                client, place_id, "This is over, and you did not get a place. We are sorry.", claims=False
            )
    assert [await guest_place(viewpoint, place_id) for place_id in ids] == was
    assert await viewpoint.events("guest-left") == await viewpoint.events("guest-accepted") == []


async def test_peo_05_what_is_to_come_stands_before_what_is_over_and_says_whom_to_ring_on_the_day(here: World):
    whom = someone()
    coming, over = await here.published(in_days=60), await here.published(in_days=20)
    place_id = await here.do(taking.take_place, coming, whom, [], "")
    gone_id = await here.do(taking.take_place, over, whom, [], "")
    client = browser_of(here, whom)
    here.move(days=30)
    mine = (await client.get("/opportunities/mine")).text.partition("All your places")[2]
    assert 0 < mine.index(str(place_id)) < mine.index(str(gone_id))
    shown = (await client.get(f"/opportunities/places/{place_id}")).text
    assert "On the day" in shown and "Late, lost, or not coming?" in shown
    assert 'href="tel:07700900123">07700 900123</a>' in shown
    assert "On the day" not in (await client.get(f"/opportunities/places/{gone_id}")).text
