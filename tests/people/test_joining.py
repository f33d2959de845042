"""Joining through the pages, without a broker."""

import re
from typing import Any

import pytest

from shared.identity import cookie_name
from tests.people.pages import answer_all, join, the_person
from tests.people.support import World, a_person
from tests.support.servers import ORGANISATION

COOKIE = cookie_name(ORGANISATION)


# Joining


async def test_peo_01_somebody_joins_one_question_at_a_time_and_is_signed_in(people: World) -> None:
    answer = await join(people)
    assert (answer.status_code, answer.headers["location"]) == (303, "/opportunities")
    person = await the_person(people)
    assert (person.name, person.email, person.area, person.over_18) == (
        "Grace O’Neill",
        "grace@example.org",
        "March",
        True,
    )
    assert (person.roles, person.channels, person.version, person.paused) == (
        ["participant"],
        ["email", "in-app"],
        1,
        False,
    )
    [hopes] = await people.rows("SELECT answers FROM hopes")
    assert hopes.answers["hopes_why"] == ["learn", "meet-people"] and hopes.answers["hopes_time"] == "monthly"
    assert await people.events("person-registered") == [
        {"version": 1, "person_id": str(person.id), "roles": ["participant"]}
    ]
    mine = (await people.client.get("/people/me")).text
    assert "To learn new things; To meet people" in mine and "A few hours a month" in mine
    assert await people.broken() == {}


async def test_pri_02_what_somebody_agreed_to_is_kept_with_its_date_and_version(people: World) -> None:
    await join(people)
    person = await the_person(people)
    [consent] = await people.rows("SELECT * FROM consents")
    assert (consent.person_id, consent.purpose, consent.text_version, consent.recorded_by) == (
        person.id,
        "joining",
        "2026-11",
        person.id,
    )
    assert consent.given_at is not None and consent.withdrawn_at is None


async def test_peo_01_the_thinking_questions_can_be_skipped(people: World) -> None:
    await people.client.post("/people/join")
    for said in ({"think": "no"}, {}):
        answer = await people.client.post("/people/join/think", data=said)
        assert answer.headers["location"] == "/people/join/agree"


async def test_peo_01_the_menu_marks_join_until_somebody_has_joined(people: World) -> None:
    await answer_all(people.client)
    code = (await people.client.post("/people/join/agree", data={"agreed": "yes"})).headers["location"]
    shown = (await people.client.get(code)).text, (await people.client.post(code, data={"code": "1"})).text
    for text in shown:
        assert "Check your email" in text
        assert re.findall(r'href="/people/([\w-]+)[^"]*" aria-current="true"', text) == ["join"]


async def test_back_leads_where_somebody_came_from_and_keeps_where_they_were_going(people: World) -> None:
    wanted = "%2Fopportunities%2F7%2Ftake-part"
    await people.client.post(f"/people/join?next={wanted}")
    assert f'href="/people/join?next={wanted}"' in (await people.client.get("/people/join/name")).text
    assert f'href="/people/join?next={wanted}"' in (await people.client.post("/people/join/name", data={})).text
    for think, before in (("no", "think"), ("yes", "hopes-help")):
        await people.client.post("/people/join/think", data={"think": think})
        assert f'href="/people/join/{before}"' in (await people.client.get("/people/join/agree")).text


async def test_peo_03_under_18_is_told_kindly_to_ring(people: World) -> None:
    await people.client.post("/people/join")
    answer = await people.client.post("/people/join/over-18", data={"over_18": "no"})
    assert answer.status_code == 422
    assert "Please ring us" in answer.text


async def test_pri_02_nobody_joins_without_agreeing_or_with_a_question_left_out(people: World) -> None:
    await answer_all(people.client)
    answer = await people.client.post("/people/join/agree", data={})
    assert (answer.status_code, "Tick the box if you agree" in answer.text) == (422, True)
    other = people.visitor()
    await other.post("/people/join")
    answer = await other.post("/people/join/agree", data={"agreed": "yes"})
    assert answer.status_code == 422
    assert all(
        text in answer.text for text in ("Write a name", "Write an email address", "Tell us if you are 18 or over")
    )
    assert people.mails.mails == [] and await people.rows("SELECT id FROM people") == []


@pytest.mark.parametrize(
    ("step", "data", "text"),
    [
        ("name", {"name": ""}, "Write your name"),
        ("name", {"name": "x" * 101}, "100 letters at most"),
        ("email", {"email": "grace"}, "Write an email address like name@example.org"),
        ("over-18", {}, "Tell us if you are 18 or over"),
        ("over-18", {"over_18": "maybe"}, "Tell us if you are 18 or over"),
        ("area", {"area": "Mars"}, "Choose one of these areas"),
        ("hopes-why", {"hopes_why": ["fame"]}, "Choose from"),
    ],
)
async def test_a_wrong_answer_is_said_beside_its_question_and_not_kept(
    people: World, step: str, data: dict[str, Any], text: str
) -> None:
    await people.client.post("/people/join")
    answer = await people.client.post(f"/people/join/{step}", data=data)
    assert answer.status_code == 422
    assert text in answer.text
    assert [row.answers for row in await people.rows("SELECT answers FROM joinings")] == [{}]


async def test_joining_with_an_address_that_we_know_signs_in_and_changes_nothing(people: World) -> None:
    """The answer is the same as for a new address: only who reads the mail learns that we know it."""
    person_id = await a_person(people, "Grace", "GRACE@example.org")
    await answer_all(people.client)
    asked = await people.client.post("/people/join/agree", data={"agreed": "yes"})
    assert re.sub(r"[0-9a-f-]{36}", "ID", asked.headers["location"]) == "/people/sign-in/code/ID?next=%2Fopportunities"
    await people.client.post(asked.headers["location"], data={"code": people.mails.code_for("grace@example.org")})
    person = await the_person(people)
    assert (person.id, person.name, person.version) == (person_id, "Grace", 1)
    assert people.service.sign_in_keys.sign_in_of(people.client.cookies[COOKIE]).person_id == person_id


async def test_another_visitor_does_not_see_what_was_answered(people: World) -> None:
    await answer_all(people.client)
    assert "grace@example.org" in (await people.client.get("/people/join/email")).text
    other = people.visitor()
    answer = await other.get("/people/join/email")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/join")
    posted = await other.post("/people/join/name", data={"name": "Mallory"})
    assert (posted.status_code, posted.headers["location"]) == (303, "/people/join")
    assert "Mallory" not in str(await people.rows("SELECT answers FROM joinings"))


async def test_a_joining_is_forgotten_after_an_hour_of_rest(people: World) -> None:
    await answer_all(people.client)
    await people.write("UPDATE joinings SET expires_at = now()")
    for path in ("/people/join/name", "/people/join/agree"):
        assert (await people.client.get(path)).headers["location"] == "/people/join"
        assert (await people.client.post(path, data={"name": "Grace", "agreed": "yes"})).headers[
            "location"
        ] == "/people/join"
