"""OPP-22 across organisations: what a host's group reads, its guests read at home, without who asked (NET-02)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.answers.domain import Shown, as_text
from services.opportunities.listings.use_cases import deciding
from services.opportunities.places.use_cases import taking
from services.opportunities.questions import use_cases
from services.opportunities.sharing.use_cases import sharing
from shared.events import network
from tests.opportunities.listings.support import SUN, hear, listing, shared
from tests.opportunities.listings.test_words_to_look_at import looked_at
from tests.opportunities.support import World, someone
from tests.opportunities.two_organisations import Region, ask, guest_of, region
from tests.support.apps import client_of

LIFT, TEA = Shown("Is there a lift?", "Yes, by the door."), Shown("Is there tea?", "Yes, and cake.")


@pytest.fixture
async def two(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    built = region(folder, service_database, "sun", "viewpoint")
    yield built
    await built.close()


async def answered(sun: World, opportunity_id: UUID, what: Shown = LIFT) -> UUID:
    question_id = await sun.do(use_cases.ask, opportunity_id, "I am Ffion. Lift?", asker=someone(), reach="")
    await sun.do(use_cases.answer_everybody, question_id, what, "sun", sun.service.settings.host)
    return question_id


async def told(home: World) -> int:
    return len(await home.events("answer-shown"))


async def page(home: World, listing_id: UUID) -> str:
    async with client_of(home.app) as client:
        return (await client.get(f"/opportunities/{listing_id}")).text


@pytest.mark.parametrize("taken_back", [False, True])
async def test_opp_22_guests_hear_from_home_of_what_the_hosts_group_reads(two: Region, taken_back: bool) -> None:
    sun, home = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id = await sun.published()
    listing_id = await two.listed("sun", opportunity_id)
    await ask(home, listing_id, guest_of("viewpoint"))
    await two.carry()
    if taken_back:
        await sun.do(sharing.stop_sharing, opportunity_id)
        await two.carry()
    assert "Is there a lift?" not in await page(home, listing_id)
    question_id = await answered(sun, opportunity_id)
    await two.carry()
    assert "Is there a lift?" in await page(home, listing_id) and "Yes, by the door." in await page(home, listing_id)
    [event] = await home.events("answer-shown")
    assert (event["opportunity_id"], event["asker"]) == (str(listing_id), None)
    crossed = str(await sun.dicts("SELECT body::text FROM outbox WHERE subject LIKE '%opportunity-shared%'"))
    assert "Is there a lift?" in crossed and "Ffion" not in crossed and str(question_id) not in crossed
    await sun.do(use_cases.take_back, question_id, sun.service.settings.host)
    await two.carry()
    assert "Is there a lift?" not in await page(home, listing_id) and await told(home) == 1
    assert await home.broken() == {} and await sun.broken() == {}


async def test_opp_22_guests_hear_of_an_answer_after_it_too(two: Region) -> None:
    sun, home = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id = await sun.published()
    listing_id = await two.listed("sun", opportunity_id)
    await ask(home, listing_id, guest_of("viewpoint"))
    await two.carry()
    for each in (sun, home):
        each.move(days=40)
    await answered(sun, opportunity_id)
    await two.carry()
    assert "Is there a lift?" in await page(home, listing_id) and await told(home) == 1
    assert await home.broken() == {} and await sun.broken() == {}


async def test_opp_22_what_is_not_shared_has_no_answers_that_cross(two: Region) -> None:
    sun = two.organisations["sun"]
    await answered(sun, await sun.published())
    assert await sun.events("opportunity-shared") == []


async def test_opp_22_the_job_says_the_answers_with_the_rest(two: Region) -> None:
    sun = two.organisations["sun"]
    opportunity_id = await sun.published(capacity=1)
    await two.listed("sun", opportunity_id)
    await answered(sun, opportunity_id)
    await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    await sun.do(sharing.refresh_shared, sun.service.settings.host)
    last = (await sun.events("opportunity-shared"))[-1]
    assert last["waiting_list"] and last["answers"] == as_text([LIFT])


async def test_opp_22_our_own_answer_about_a_hosts_opportunity_stays_with_our_people(two: Region) -> None:
    sun, home = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id = await sun.published()
    listing_id = await two.listed("sun", opportunity_id)
    question_id = await home.do(use_cases.ask, listing_id, "A lift?", asker=someone(), reach="")
    await home.do(use_cases.answer_everybody, question_id, LIFT, "viewpoint", home.service.settings.host)
    await two.carry()
    assert "What people asked us" in await page(home, listing_id)
    async with client_of(sun.app) as client:
        assert "Is there a lift?" not in (await client.get(f"/opportunities/{opportunity_id}")).text
    assert await told(home) == 1 and await home.events("opportunity-shared") == []


async def test_net_01_a_neighbours_answers_wait_for_a_look_and_what_it_takes_back_goes_at_once(here: World) -> None:
    event = await looked_at(here, answers=as_text([LIFT]))
    listing_id = network.local_id(SUN, event.opportunity_id)

    async def says(version: int, *answers: Shown) -> str:
        said = {"opportunity_id": event.opportunity_id, "sessions": event.sessions, "answers": as_text(answers)}
        await hear(here, shared(here, version=version, **said))
        found = await listing(here, event)
        assert found is not None
        return found.facts.answers

    assert await says(3, TEA, LIFT) == as_text([LIFT]) and await told(here) == 0
    assert await says(4, TEA) == "" and await told(here) == 0
    [row] = await here.dicts("SELECT version FROM listings")
    await here.do(deciding.decide_words, listing_id, shown=True, read=row["version"])
    found = await listing(here, event)
    assert found is not None and found.facts.answers == as_text([TEA]) and await told(here) == 1
    assert await says(5) == ""
    assert (await here.dicts("SELECT waiting FROM listings"))[0]["waiting"] is None and await told(here) == 1
