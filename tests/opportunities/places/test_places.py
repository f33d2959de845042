"""Taking a place, the waiting list, and leaving (OPP-05), on real PostgreSQL."""

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.ending.use_cases import ending
from services.opportunities.places.queries import own
from services.opportunities.places.use_cases.taking import accept_offer, leave_place, offer_freed_places, take_place
from services.opportunities.register.use_cases.walking_in import add_walk_in
from services.opportunities.words.domain import Policy
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Missing, Refused
from shared.web.filters import moment
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in

POLICY = Policy()


async def take(here: World, opportunity_id: UUID, whom: Any = None, needs: Any = (), words: str = "") -> UUID:
    return await here.do(take_place, opportunity_id, whom or someone(), needs, words)


async def states(here: World) -> list[str]:
    """In the order in which people came."""
    return [row["state"] for row in await here.dicts("SELECT state FROM places ORDER BY queue_number")]


async def test_opp_05_anyone_takes_a_place_and_it_is_told(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await take(here, opportunity_id, whom)
    (event,) = await here.events("place-taken")
    assert event == {
        "version": 1,
        "place_id": str(place_id),
        "opportunity_id": str(opportunity_id),
        "participant": {"kind": "person", "id": str(whom.id), "home": "test"},
        "help_asked": "no",
    }
    assert [step.about for step in await here.steps("place-taken")] == [place_id]
    assert await here.broken() == {}


async def test_opp_05_a_second_click_finds_the_same_place(here: World):
    opportunity_id, whom = await here.published(), someone()
    first, second = [await take(here, opportunity_id, whom) for _ in range(2)]
    assert first == second
    assert len(await here.events("place-taken")) == 1


async def test_opp_05_two_clicks_at_one_moment_make_one_place(here: World):
    opportunity_id, whom = await here.published(), someone()
    first, second = await asyncio.gather(take(here, opportunity_id, whom), take(here, opportunity_id, whom))
    assert first == second
    assert await here.broken() == {}


async def test_opp_05_two_people_and_the_last_place_at_one_moment(here: World):
    opportunity_id = await here.published(capacity=1)
    await asyncio.gather(*(take(here, opportunity_id) for _ in range(2)))
    assert await states(here) == ["taken", "waiting"]
    assert len(await here.events("place-taken")) == 1
    assert await here.broken() == {}


async def test_opp_05_ten_people_at_one_moment_get_four_places_and_a_list(here: World):
    opportunity_id = await here.published(capacity=4)
    await asyncio.gather(*(take(here, opportunity_id) for _ in range(10)))
    assert await states(here) == ["taken"] * 4 + ["waiting"] * 6
    assert await here.broken() == {}


async def test_opp_05_a_freed_place_is_offered_in_order_with_a_time_to_answer(here: World):
    opportunity_id, owner, first = await here.published(capacity=1), someone(), someone()
    held = await take(here, opportunity_id, owner)
    waiting = await take(here, opportunity_id, first)
    await take(here, opportunity_id)
    await here.do(leave_place, held, owner, POLICY)
    assert await states(here) == ["left", "offered", "waiting"]
    (offered,) = await here.events("place-offered")
    assert (offered["place_id"], offered["version"]) == (str(waiting), 2)
    (left,) = await here.events("place-left")
    assert (left["place_id"], left["version"]) == (str(held), 2)
    await here.do(accept_offer, waiting, first)
    await here.do(accept_offer, waiting, first)
    assert await states(here) == ["left", "taken", "waiting"]
    assert [event["version"] for event in await here.events("place-taken")] == [1, 3]
    assert await here.broken() == {}


async def test_opp_05_who_says_no_to_an_offer_makes_room_for_the_next(here: World):
    opportunity_id, owner, first = await here.published(capacity=1), someone(), someone()
    held, offered = await take(here, opportunity_id, owner), await take(here, opportunity_id, first)
    await take(here, opportunity_id)
    await here.do(leave_place, held, owner, POLICY)
    await here.do(leave_place, offered, first, POLICY)
    assert await states(here) == ["left", "left", "offered"]
    left = [(event["place_id"], event["version"], event["given_back"]) for event in await here.events("place-left")]
    assert left == [(str(held), 2, True), (str(offered), 3, False)]
    assert await here.broken() == {}


async def test_opp_05_someone_new_does_not_pass_those_who_were_offered_the_place(here: World):
    opportunity_id, owner = await here.published(capacity=1), someone()
    held = await take(here, opportunity_id, owner)
    await take(here, opportunity_id)
    await here.do(leave_place, held, owner, POLICY)
    await take(here, opportunity_id)
    assert await states(here) == ["left", "offered", "waiting"]


async def test_opp_05_an_offer_without_an_answer_goes_to_the_next_after_its_time(here: World):
    opportunity_id, owner, slow = await here.published(capacity=1), someone(), someone()
    held, late = await take(here, opportunity_id, owner), await take(here, opportunity_id, slow)
    await take(here, opportunity_id)
    await here.do(leave_place, held, owner, POLICY)
    here.move(days=3, seconds=-60)
    await here.do(offer_freed_places, POLICY)
    assert await states(here) == ["left", "offered", "waiting"]
    here.move(seconds=120)
    await here.do(offer_freed_places, POLICY)
    await here.do(offer_freed_places, POLICY)
    assert await states(here) == ["left", "lapsed", "offered"]
    assert len(await here.events("place-offered")) == 2
    assert len(await here.events("place-lapsed")) == 1
    with pytest.raises(Refused):
        await here.do(accept_offer, late, slow)
    assert await here.broken() == {}


async def test_opp_05_someone_whose_offer_lapsed_can_join_the_list_again(here: World):
    opportunity_id, owner, slow = await here.published(capacity=1), someone(), someone()
    held = await take(here, opportunity_id, owner)
    await take(here, opportunity_id, slow)
    await take(here, opportunity_id)
    await here.do(leave_place, held, owner, POLICY)
    here.move(days=4)
    await here.do(offer_freed_places, POLICY)
    await take(here, opportunity_id, slow)
    assert await states(here) == ["left", "lapsed", "offered", "waiting"]


async def test_opp_05_an_offer_that_nobody_else_waits_for_stays_open(here: World):
    opportunity_id, owner, slow = await here.published(capacity=1), someone(), someone()
    held, place_id = await take(here, opportunity_id, owner), await take(here, opportunity_id, slow)
    await here.do(leave_place, held, owner, POLICY)
    here.move(days=10)
    await here.do(offer_freed_places, POLICY)
    await here.do(accept_offer, place_id, slow)
    assert await states(here) == ["left", "taken"]


async def test_opp_05_leaving_needs_no_reason_and_twice_is_once(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await take(here, opportunity_id, whom, ["breaks"])
    for _ in range(2):
        await here.do(leave_place, place_id, whom, POLICY)
    assert len(await here.events("place-left")) == 1
    assert await here.dicts("SELECT state FROM needs") == [{"state": "withdrawn"}]


async def test_opp_05_one_leaves_even_when_it_is_over(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await take(here, opportunity_id, whom)
    here.move(days=60)
    await here.do(ending.finish, opportunity_id)
    await here.do(leave_place, place_id, whom, POLICY)
    assert await states(here) == ["left"]


async def test_opp_05_leaving_the_waiting_list_frees_no_place_and_gives_nothing_back(here: World):
    opportunity_id, whom = await here.published(capacity=1), someone()
    await take(here, opportunity_id)
    place_id = await take(here, opportunity_id, whom)
    for _ in range(2):
        await here.do(leave_place, place_id, whom, POLICY)
    assert await states(here) == ["taken", "left"]
    assert [
        (event["place_id"], event["version"], event["given_back"]) for event in await here.events("place-left")
    ] == [(str(place_id), 2, False)]


async def test_opp_05_after_leaving_one_may_come_back(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await take(here, opportunity_id, whom)
    await here.do(leave_place, place_id, whom, POLICY)
    assert await take(here, opportunity_id, whom) != place_id
    assert await states(here) == ["left", "taken"]


async def test_opp_05_nobody_takes_a_place_in_a_draft_or_after_the_end(here: World):
    draft, over, finished = await here.draft(), await here.published(in_days=20), await here.published(in_days=60)
    await here.do(ending.finish, finished)
    here.move(days=30)
    for opportunity_id in (draft, over, finished):
        with pytest.raises(Refused):
            await take(here, opportunity_id)
    assert await states(here) == []


async def test_someone_elses_place_is_not_there(here: World):
    place_id = await take(here, await here.published())
    for use_case in (leave_place, accept_offer):
        arguments = [place_id, someone()] + ([POLICY] if use_case is leave_place else [])
        with pytest.raises(Missing):
            await here.do(use_case, *arguments)
    with pytest.raises(Missing):
        await here.do(leave_place, new_id(), someone(), POLICY)
    assert await states(here) == ["taken"]


async def test_opp_11_a_walk_in_is_on_the_register_though_all_places_are_taken(here: World):
    opportunity_id, visitor = await here.published(capacity=1), await here.person("Robin Marsh")
    await take(here, opportunity_id)
    (session_id,) = await here.session_ids(opportunity_id)
    here.move(days=35, minutes=5)
    place_id = await here.do(add_walk_in, opportunity_id, session_id, visitor)
    assert await here.do(add_walk_in, opportunity_id, session_id, visitor) == place_id
    assert [row["walk_in"] for row in await here.dicts("SELECT walk_in FROM places ORDER BY queue_number")] == [
        False,
        True,
    ]
    assert len(await here.events("place-taken")) == 1
    assert await here.broken() == {}


async def test_opp_11_someone_on_the_waiting_list_may_walk_in_and_goes_on_waiting_for_the_dates_to_come(here: World):
    opportunity_id, visitor = await here.published(number=2, capacity=1), await here.person("Robin Marsh")
    await take(here, opportunity_id)
    place_id = await take(here, opportunity_id, visitor)
    session_id, _ = await here.session_ids(opportunity_id)
    here.move(days=35, minutes=5)
    assert await here.do(add_walk_in, opportunity_id, session_id, visitor) != place_id
    assert await states(here) == ["taken", "waiting", "left"]
    assert await here.events("place-left") == []
    assert await here.broken() == {}


async def test_opp_11_nobody_walks_in_before_it_started_or_unknown(here: World):
    opportunity_id, visitor = await here.published(), await here.person("Robin Marsh")
    (session_id,) = await here.session_ids(opportunity_id)
    with pytest.raises(Refused):
        await here.do(add_walk_in, opportunity_id, session_id, visitor)
    here.move(days=35, minutes=5)
    here.cards = False
    with pytest.raises(Missing):
        await here.do(add_walk_in, opportunity_id, session_id, someone())
    assert await states(here) == []


async def test_opp_11_who_walked_in_twice_sees_each_date_at_its_own_place_alone(here: World):
    opportunity_id, visitor = await here.published(number=3), await here.person("Robin Marsh")
    first, second, third = await here.session_ids(opportunity_id)
    here.move(days=35, minutes=5)
    one = await here.do(add_walk_in, opportunity_id, first, visitor)
    here.move(days=7)
    two = await here.do(add_walk_in, opportunity_id, second, visitor)
    found = {each.facts.id: each for each in await here.read(own.own_places, visitor)}
    assert {place_id: [session.id for session in each.sessions] for place_id, each in found.items()} == {
        one: [first],
        two: [second],
    }
    assert [found[one].shown, found[two].shown] == ["over", "came"]
    async with client_of(here.app) as client:
        signed_in(client, Role.PARTICIPANT, person_id=visitor.id)
        mine = (await client.get("/opportunities/mine")).text
        assert "more date" not in mine and "All your dates" not in mine
        (third_day,) = await here.dicts("SELECT starts_at FROM sessions WHERE id = :id", id=third)
        for place_id in (one, two):
            shown = (await client.get(f"/opportunities/places/{place_id}")).text
            assert shown.count(" to ") and "both dates" not in shown and moment(third_day["starts_at"]) not in shown
            assert (await client.get(f"/opportunities/places/{place_id}/leave")).status_code == 303


async def test_opp_05_a_place_has_the_dates_that_were_not_over_when_it_was_taken_and_a_left_one_those_it_was_had_at(
    here: World,
):
    opportunity_id, early, late = await here.published(number=3), someone(), someone()
    first, second, third = await here.session_ids(opportunity_id)
    place_id = await take(here, opportunity_id, early)
    here.move(days=36)
    await take(here, opportunity_id, late)
    await here.do(leave_place, place_id, early, POLICY)
    (left,) = await here.read(own.own_places, early)
    (joined,) = await here.read(own.own_places, late)
    assert [session.id for session in left.sessions] == [first]
    assert [session.id for session in joined.sessions] == [second, third]
    async with client_of(here.app) as client:
        signed_in(client, Role.PARTICIPANT, person_id=late.id)
        assert "Your place is for both dates." in (await client.get(f"/opportunities/places/{joined.facts.id}")).text
        assert (
            "for both dates still to come" in (await client.get(f"/opportunities/places/{joined.facts.id}/leave")).text
        )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_opp_05_whatever_people_do_at_one_moment_places_and_their_order_hold(seed: int, here: World):
    chance, opportunity_id = random.Random(seed), await here.published(capacity=3)
    people = [someone() for _ in range(8)]
    for _ in range(4):
        held = await here.dicts("SELECT id, participant_id, state FROM places WHERE state <> 'left'")
        of = {person.id: person for person in people}
        doing = [take(here, opportunity_id, person) for person in chance.sample(people, 5)]
        for place in chance.sample(held, min(4, len(held))):
            doing.append(here.do(leave_place, place["id"], of[place["participant_id"]], POLICY))
        doing += [
            here.do(accept_offer, place["id"], of[place["participant_id"]])
            for place in held
            if place["state"] == "offered"
        ]
        doing.append(here.do(offer_freed_places, POLICY))
        chance.shuffle(doing)
        answers = await asyncio.gather(*doing, return_exceptions=True)
        assert [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Refused)] == []
        assert await here.broken() == {}
        here.move(days=chance.choice((0, 1, 4)))


async def test_opp_05_their_own_page_says_the_number_on_the_list_that_the_mail_said(here: World):
    opportunity_id, first, second = await here.published(capacity=1), someone(), someone()
    await take(here, opportunity_id)
    for whom, number in ((first, 1), (second, 2)):
        place_id = await take(here, opportunity_id, whom)
        assert (await here.events("place-queued"))[-1]["position"] == number
        async with client_of(here.app) as client:
            signed_in(client, Role.PARTICIPANT, person_id=whom.id)
            assert (
                f"You are number {number} on the list." in (await client.get(f"/opportunities/places/{place_id}")).text
            )
