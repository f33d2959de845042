"""Who came in without an age is asked before they take part (PEO-03)."""

from typing import Any

import pytest

from services.opportunities import domain
from services.opportunities.use_cases import hearing, places
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.opportunities.support import House, rules, someone
from tests.support.apps import client_of, signed_in


def card(version: int, **more: Any) -> dict[str, Any]:
    return {"version": version, "name": "Alex", "roles": ["participant"]} | more


def test_peo_03_only_a_person_known_to_be_without_an_answer_is_refused() -> None:
    assert rules(domain.reasons_not_to_take_part_before_age(False)) == ["PEO-03"]
    assert domain.reasons_not_to_take_part_before_age(True) == domain.reasons_not_to_take_part_before_age(None) == []


async def test_peo_03_nobody_takes_a_place_before_the_question_is_answered(here: House) -> None:
    person_id, opportunity_id = new_id(), await here.published()
    await here.run(hearing.keep_person, person_id, card(1, age_known=False))
    with pytest.raises(Refused) as refused:
        await here.run(places.take_place, opportunity_id, someone(person_id), [], "")
    assert rules(refused.value.reasons) == ["PEO-03"]
    await here.run(hearing.keep_person, person_id, card(2, age_known=True))
    assert await here.run(places.take_place, opportunity_id, someone(person_id), [], "")


async def test_peo_03_a_card_from_before_the_question_learns_it_without_a_new_version(here: House) -> None:
    person_id, opportunity_id = new_id(), await here.published()
    await here.run(hearing.keep_person, person_id, card(1))
    await here.run(hearing.keep_person, person_id, card(1, age_known=False))
    with pytest.raises(Refused):
        await here.run(places.take_place, opportunity_id, someone(person_id), [], "")


async def test_peo_03_who_wants_a_place_is_sent_to_the_question_and_comes_back(here: House, monkeypatch: pytest.MonkeyPatch) -> None:
    person_id, opportunity_id = new_id(), await here.published()
    card = {"version": 1, "name": "Alex", "roles": ["participant"], "age_known": False}

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert (subject, payload) == ("people.cards.opportunities", {"person_ids": [str(person_id)]})
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


async def test_peo_03_nobody_says_yes_to_an_offered_place_before_the_question_is_answered(here: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was on the waiting list from before the question is asked as well, and comes back to their place."""
    opportunity_id, owner, waiting = await here.published(capacity=1), someone(), new_id()
    held = await here.run(places.take_place, opportunity_id, owner, [], "")
    place_id = await here.run(places.take_place, opportunity_id, someone(waiting), [], "")
    await here.run(hearing.keep_person, waiting, card(1, age_known=False))
    await here.run(places.leave_place, held, owner, here.service.settings.policy)
    with pytest.raises(Refused) as refused:
        await here.run(places.accept_offer, place_id, someone(waiting))
    assert rules(refused.value.reasons) == ["PEO-03"]
    known = card(1, age_known=False)

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"cards": {str(waiting): known}}

    monkeypatch.setattr(here.service, "requests", requests)
    url = f"/opportunities/places/{place_id}"
    async with client_of(here.app) as me:
        signed_in(me, Role.PARTICIPANT, person_id=waiting)
        asked = await me.post(f"{url}/accept")
        assert (asked.status_code, asked.headers["location"]) == (303, f"/people/me/age?next={url.replace('/', '%2F')}")
        assert [row["state"] for row in await here.rows("SELECT state FROM places WHERE id = :id", id=place_id)] == ["offered"]
        known |= {"version": 2, "age_known": True}
        assert (await me.post(f"{url}/accept")).headers["location"] == url
    assert [row["state"] for row in await here.rows("SELECT state FROM places WHERE id = :id", id=place_id)] == ["taken"]
