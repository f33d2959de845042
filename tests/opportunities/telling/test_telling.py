"""NOT-08: staff read truly who is told of a change, and how: never that it is everyone while somebody cannot be."""

from typing import Any
from uuid import UUID

import pytest
from markupsafe import escape

from services.opportunities.people.use_cases import copies
from services.opportunities.places.use_cases import taking
from services.opportunities.telling.domain import Reach
from services.opportunities.telling.queries import reach_of
from shared.db import new_id
from shared.identity import Role
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in
from tests.support.marks import press


async def test_not_03_the_publish_page_asks_notifications_and_names_whom_to_ring(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opportunity_id, robin = await here.draft(mode="in-person", number=2), await here.person("Robin Marsh")
    asked: list[tuple[str, dict[str, Any]]] = []

    async def answers(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        asked.append((subject, payload))
        return {"by_message": 12, "by_phone": 3, "to_ring": [str(robin.id)]}

    monkeypatch.setattr(here.service, "requests", answers)
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        said = (await client.get(f"/opportunities/staff/{opportunity_id}/publish")).text
    [(subject, about)] = asked
    assert subject == "notifications.news.opportunities"
    assert (about["kind"], about["mode"], about["area"], len(about["starts"])) == (
        "tender-panel",
        "in-person",
        "Fenland",
        2,
    )
    assert "12 people get a message." in said and "No message can reach 3 more" in said
    assert "Robin Marsh" in said and "And 2 more." in said and "Other organisations do not show it." in said


async def test_not_08_the_button_and_the_sentence_agree_where_nobody_is_told(here: World) -> None:
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    base = f"/opportunities/staff/{opportunity_id}"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        for path in ("cancel", "change/contact", f"sessions/{session_id}/change", "sessions/add"):
            shown = (await client.get(f"{base}/{path}")).text
            assert "so nobody is told" in shown and "tell people" not in shown, path
        await with_people(here, opportunity_id, True)
        for path in ("cancel", "change/contact", f"sessions/{session_id}/change", "sessions/add"):
            shown = (await client.get(f"{base}/{path}")).text
            assert "1 person gets a message" in shown and "and tell people" in shown, path


async def test_opp_02_what_people_will_read_and_who_is_told_stand_before_the_button(here: World) -> None:
    opportunity_id = await here.draft()
    base = f"/opportunities/staff/{opportunity_id}"
    await with_people(here, await here.published(), True, False)
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        assert 'method="post"' not in (await client.get(base)).text.partition("<main")[2]
        before = (await client.get(f"{base}/publish")).text
        [row] = await here.dicts(
            "SELECT title, summary, background, expected, result FROM opportunities WHERE id = :it", it=opportunity_id
        )
        assert [words for words in row.values() if str(escape(words)) not in before] == []
        assert "1 person gets a message" in before and f'action="{base}/publish"' in before
        assert (await press(client, f"{base}/publish", f"{base}/publish")).status_code == 303
        assert (await client.get(f"{base}/publish")).status_code == 303


async def with_people(here: World, opportunity_id: UUID, *reached: bool | None) -> None:
    for is_reached in reached:
        person_id = new_id()
        card: dict[str, Any] = {
            "version": 1,
            "name": "Alex",
            "roles": ["participant"],
            "age_known": True,
            "reached_by_message": is_reached,
        }
        await here.do(copies.keep_card, person_id, card)
        await here.do(taking.take_place, opportunity_id, someone(person_id), [], "")


async def test_not_08_a_card_from_before_learns_who_is_reached_without_a_new_version(here: World) -> None:
    opportunity_id = await here.published()
    await with_people(here, opportunity_id, True, False, None)
    assert await here.do(reach_of, opportunity_id) == Reach(1, 1, 1, 0)
    [unknown] = await here.dicts(
        "SELECT person_id, version, name, roles, age_known FROM people WHERE reached_by_message IS NULL"
    )
    await here.do(copies.keep_card, unknown["person_id"], unknown | {"reached_by_message": False})
    assert await here.do(reach_of, opportunity_id) == Reach(1, 2, 0, 0)


async def test_not_08_no_page_says_that_everyone_is_told_while_somebody_needs_a_call(here: World) -> None:
    opportunity_id = await here.published()
    await with_people(here, opportunity_id, True, True, False)
    (session_id,) = await here.session_ids(opportunity_id)
    base = f"/opportunities/staff/{opportunity_id}"
    told = (
        "3 people have a place. 2 people get a message from us, by email or in the app. 1 person needs a phone call: "
        "no message can reach them."
    )
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        for path in ("", f"/sessions/{session_id}/change", "/change/contact", "/cancel", "/close"):
            shown = (await client.get(base + path)).text
            assert told in shown, path
            assert "veryone with a place" not in shown, path
        contact = {"contact_role": "manager", "contact_how": "Ring 07700 900456.", "reason": "Jo left us."}
        assert (await client.post(f"{base}/change/contact", data=contact)).status_code == 303
        assert f"It is changed. {told}" in (await client.get(base)).text
        assert (await client.post(f"{base}/cancel", data={"reason": "The lift is broken."})).status_code == 303
        assert f"It is cancelled. {told}" in (await client.get(base)).text
