"""Who came in without an age is asked before they take part (PEO-03)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.opportunities.people.use_cases import copies
from services.opportunities.places.use_cases.taking import accept_offer, leave_place, take_place
from services.opportunities.register.use_cases.walking_in import add_walk_in
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.opportunities.support import World, rules, someone
from tests.support.apps import client_of, signed_in
from tests.support.marks import mark_of, press


def card(version: int, **more: Any) -> dict[str, Any]:
    return {"version": version, "name": "Alex", "roles": ["participant"]} | more


@pytest.fixture(autouse=True)
def no_card_comes_by_itself(here: World) -> None:
    """Nobody has said their age, unless the test says so."""
    here.cards = False


async def test_peo_03_while_people_does_not_answer_nobody_is_let_in_and_what_they_wrote_stays(here: World) -> None:
    person_id, opportunity_id = new_id(), await here.published()
    with pytest.raises(Refused):
        await here.do(take_place, opportunity_id, someone(person_id), [], "")
    async with client_of(here.app) as me:
        signed_in(me, Role.PARTICIPANT, person_id=person_id)
        refused = await me.post(f"/opportunities/{opportunity_id}/take-part", data={"words": "A quiet room"})
    assert refused.status_code == 422
    assert "Try again in a minute" in refused.text and ">A quiet room</textarea>" in refused.text
    assert await here.dicts("SELECT 1 FROM places") == []


async def test_peo_03_what_was_written_on_the_way_to_the_question_is_there_after_it(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_id, opportunity_id = new_id(), await here.published()
    known = card(1, age_known=False)

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"cards": {str(person_id): known}}

    monkeypatch.setattr(here.service, "requests", requests)
    url = f"/opportunities/{opportunity_id}/take-part"
    async with client_of(here.app) as me:
        signed_in(me, Role.PARTICIPANT, person_id=person_id)
        asked = await me.post(url, data={"needs": "interpreter", "words": "A quiet room"})
        [back] = parse_qs(urlsplit(asked.headers["location"]).query)["next"]
        known |= {"version": 2, "age_known": True}
        again = await me.get(back)
        taken = await me.post(back, data=mark_of(again) | {"words": "A quiet room"})
        signed_in(me, Role.PARTICIPANT, person_id=new_id())
        others = await me.get(back)
    assert asked.headers["location"].startswith("/people/me/age?") and back.startswith(f"{url}?")
    assert again.status_code == 200 and ">A quiet room</textarea>" in again.text
    assert taken.headers["location"].startswith("/opportunities/places/")
    assert "A quiet room" not in others.text


async def test_peo_03_a_walk_in_is_recorded_and_a_coordinator_is_asked_for_their_age_until_it_is_known(
    here: World,
) -> None:
    opportunity_id, person_id = await here.published(), new_id()
    await here.do(copies.keep_card, person_id, card(1, age_known=False))
    here.move(days=35, minutes=5)
    [session_id] = await here.session_ids(opportunity_id)
    for _ in range(2):
        assert await here.do(add_walk_in, opportunity_id, session_id, someone(person_id))
    [waits] = await here.events("age-waits")
    assert (waits["person_id"], waits["waiting"], waits["due_at"] is not None) == (str(person_id), True, True)
    await here.do(copies.keep_card, person_id, card(2, age_known=True))
    _, done = await here.events("age-waits")
    assert (done["person_id"], done["waiting"], done["version"]) == (str(person_id), False, 2)
    await here.do(add_walk_in, opportunity_id, session_id, someone(person_id))
    assert len(await here.events("age-waits")) == 2


async def test_peo_03_people_are_asked_again_for_an_age_that_they_had_not_told(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opportunity_id, person_id = await here.published(), new_id()
    await here.do(copies.keep_card, person_id, card(1, reached_by_message=True))
    here.move(days=35, minutes=5)
    [session_id] = await here.session_ids(opportunity_id)
    await here.do(add_walk_in, opportunity_id, session_id, someone(person_id))

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"cards": {each: card(1, age_known=True, reached_by_message=True) for each in payload["person_ids"]}}

    monkeypatch.setattr(here.service, "requests", requests)
    await copies.ask_who_is_reached(here.service)
    assert [event["waiting"] for event in await here.events("age-waits")] == [True, False]


async def test_peo_03_nobody_takes_a_place_before_the_question_is_answered(here: World) -> None:
    person_id, opportunity_id = new_id(), await here.published()
    await here.do(copies.keep_card, person_id, card(1, age_known=False))
    with pytest.raises(Refused) as refused:
        await here.do(take_place, opportunity_id, someone(person_id), [], "")
    assert rules(refused.value.reasons) == ["PEO-03"]
    await here.do(copies.keep_card, person_id, card(2, age_known=True))
    assert await here.do(take_place, opportunity_id, someone(person_id), [], "")


async def test_peo_03_a_card_from_before_the_question_learns_it_without_a_new_version(here: World) -> None:
    person_id, opportunity_id = new_id(), await here.published()
    await here.do(copies.keep_card, person_id, card(1))
    await here.do(copies.keep_card, person_id, card(1, age_known=False))
    with pytest.raises(Refused):
        await here.do(take_place, opportunity_id, someone(person_id), [], "")


async def test_peo_03_who_wants_a_place_is_sent_to_the_question_and_comes_back(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_id, opportunity_id = new_id(), await here.published()
    card = {"version": 1, "name": "Alex", "roles": ["participant"], "age_known": False}

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert (subject, payload["person_ids"]) == ("people.cards.opportunities", [str(person_id)])
        return {"cards": {str(person_id): card}}

    monkeypatch.setattr(here.service, "requests", requests)
    url = f"/opportunities/{opportunity_id}/take-part"
    async with client_of(here.app) as me:
        signed_in(me, Role.PARTICIPANT, person_id=person_id)
        asked = await me.get(url)
        card |= {"version": 2, "age_known": True}
        answered = await me.get(url)
    assert asked.status_code == 303
    assert asked.headers["location"] == f"/people/me/age?next={url.replace('/', '%2F')}"
    assert answered.status_code == 200


async def test_peo_03_nobody_says_yes_to_an_offered_place_before_the_question_is_answered(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was on the waiting list from before the question is asked as well, and comes back to their place."""
    opportunity_id, owner, waiting = await here.published(capacity=1), someone(), new_id()
    for person in (owner.id, waiting):
        await here.do(copies.keep_card, person, card(1, age_known=True))
    held = await here.do(take_place, opportunity_id, owner, [], "")
    place_id = await here.do(take_place, opportunity_id, someone(waiting), [], "")
    await here.do(copies.keep_card, waiting, card(2, age_known=False))
    await here.do(leave_place, held, owner, here.service.settings.policy)
    with pytest.raises(Refused) as refused:
        await here.do(accept_offer, place_id, someone(waiting))
    assert rules(refused.value.reasons) == ["PEO-03"]
    known = card(2, age_known=False)

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"cards": {str(waiting): known}}

    monkeypatch.setattr(here.service, "requests", requests)
    url = f"/opportunities/places/{place_id}"
    async with client_of(here.app) as me:
        signed_in(me, Role.PARTICIPANT, person_id=waiting)
        asked = await press(me, url, f"{url}/accept")
        assert (asked.status_code, asked.headers["location"]) == (303, f"/people/me/age?next={url.replace('/', '%2F')}")
        assert [row["state"] for row in await here.dicts("SELECT state FROM places WHERE id = :id", id=place_id)] == [
            "offered"
        ]
        known |= {"version": 3, "age_known": True}
        assert (await press(me, url, f"{url}/accept")).headers["location"] == url
    assert [row["state"] for row in await here.dicts("SELECT state FROM places WHERE id = :id", id=place_id)] == [
        "taken"
    ]
