"""Joining, one's own details, and the staff's pages, without a broker."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.notifications.domain import TASKS
from shared.db import new_id
from shared.identity import Role, cookie_name
from shared.text import number_of
from tests.people.support import World, a_person, plain
from tests.support.apps import signed_in
from tests.support.servers import ORGANISATION

COOKIE = cookie_name(ORGANISATION)
ANSWERS = {
    "name": {"name": "Grace O’Neill"},
    "email": {"email": "grace@example.org"},
    "over-18": {"over_18": "yes"},
    "area": {"area": "March"},
    "think": {"think": "yes"},
    "hopes-why": {"hopes_why": ["learn", "meet-people"]},
    "hopes-how": {"hopes_how": ["online"]},
    "hopes-time": {"hopes_time": "monthly"},
    "hopes-paid": {},
    "hopes-help": {"hopes_help": []},
}


async def answer_all(client: httpx.AsyncClient, **changes: dict[str, Any]) -> httpx.Response:
    """Go through joining as a browser does; returns the last answer before the agreement."""
    answer = await client.post("/people/join")
    while not answer.headers["location"].endswith("/agree"):
        step = answer.headers["location"].rpartition("/")[2]
        shown = await client.get(answer.headers["location"])
        assert shown.status_code == 200, shown.text
        answer = await client.post(answer.headers["location"], data=changes.get(step, ANSWERS[step]))
        assert answer.status_code == 303, answer.text
    return answer


async def join(people: World, email: str = "grace@example.org") -> httpx.Response:
    await answer_all(people.client, email={"email": email})
    asked = await people.client.post("/people/join/agree", data={"agreed": "yes"})
    assert asked.status_code == 303, asked.text
    return await people.client.post(asked.headers["location"], data={"code": people.mails.code_for(email)})


async def the_person(people: World) -> Any:
    [row] = await people.rows("SELECT * FROM people")
    return row


# Joining


async def test_peo_01_somebody_joins_one_question_at_a_time_and_is_signed_in(people: World) -> None:
    answer = await join(people)
    assert (answer.status_code, answer.headers["location"]) == (303, "/opportunities")
    person = await the_person(people)
    assert (person.name, person.email, person.area, person.over_18) == ("Grace O’Neill", "grace@example.org", "March", True)
    assert (person.roles, person.channels, person.version, person.paused) == (["participant"], ["email", "in-app"], 1, False)
    [hopes] = await people.rows("SELECT answers FROM hopes")
    assert hopes.answers["hopes_why"] == ["learn", "meet-people"] and hopes.answers["hopes_time"] == "monthly"
    assert await people.events("person-registered") == [{"version": 1, "person_id": str(person.id), "roles": ["participant"]}]
    mine = (await people.client.get("/people/me")).text
    assert "To learn new things; To meet people" in mine and "A few hours a month" in mine
    assert await people.broken() == {}


async def test_pri_02_what_somebody_agreed_to_is_kept_with_its_date_and_version(people: World) -> None:
    await join(people)
    person = await the_person(people)
    [consent] = await people.rows("SELECT * FROM consents")
    assert (consent.person_id, consent.purpose, consent.text_version, consent.recorded_by) == (person.id, "joining", "2026-11", person.id)
    assert consent.given_at is not None and consent.withdrawn_at is None


async def test_peo_01_the_thinking_questions_can_be_skipped(people: World) -> None:
    await people.client.post("/people/join")
    answer = await people.client.post("/people/join/think", data={"think": "no"})
    assert answer.headers["location"] == "/people/join/agree"


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
    assert all(text in answer.text for text in ("Write a name", "Write an email address", "Tell us if you are 18 or over"))
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
async def test_a_wrong_answer_is_said_beside_its_question_and_not_kept(people: World, step: str, data: dict[str, Any], text: str) -> None:
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
    assert people.service.session_keys.session_of(people.client.cookies[COOKIE]).person_id == person_id


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
        assert (await people.client.post(path, data={"name": "Grace", "agreed": "yes"})).headers["location"] == "/people/join"


# My details


@pytest.fixture
async def ada(people: World) -> UUID:
    person_id = await a_person(people)
    await people.sign_in("ada@example.org")
    return person_id


@pytest.mark.parametrize(
    ("step", "data", "column", "kept", "shown"),
    [
        ("name", {"name": "Ada Lovelace"}, "name", "Ada Lovelace", "Ada Lovelace"),
        ("known-as", {"known_as": "Addy"}, "known_as", "Addy", "Addy"),
        ("phone", {"phone": "07700 900123"}, "phone", "07700 900123", "07700 900123"),
        ("area", {"area": "Wisbech"}, "area", "Wisbech", "Wisbech"),
        ("channels", {"channels": ["in-app"]}, "channels", ["in-app"], "On this website"),
        ("format", {"format": "easy-read"}, "format", "easy-read", "Easy read"),
        ("discreet", {"discreet": "yes"}, "discreet", True, "Yes"),
        ("opted-out", {"opted_out": ["thanks"]}, "opted_out", ["thanks"], "Thank-you messages"),
        ("paused", {"paused": "yes"}, "paused", True, "Yes"),
    ],
)
async def test_someone_changes_what_we_hold_of_them(people: World, ada: UUID, step: str, data: dict[str, Any], column: str, kept: Any, shown: str) -> None:
    assert (await people.client.get(f"/people/me/{step}")).status_code == 200
    answer = await people.client.post(f"/people/me/{step}", data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/me")
    person = await the_person(people)
    assert (getattr(person, column), person.version) == (kept, 2)
    assert shown in (await people.client.get("/people/me")).text
    assert await people.events("person-changed") == [{"version": 2, "person_id": str(ada), "roles": ["participant"]}]
    [step_taken] = await people.steps("person-changed")
    assert (step_taken.about, step_taken.actor_id, step_taken.facts) == (ada, ada, {"version": 2, "questions": [column]})
    assert await people.broken() == {}


async def test_not_03_ruling_out_is_kept_apart_and_can_be_taken_back(people: World, ada: UUID) -> None:
    await people.client.post("/people/me/ruled-out-kinds", data={"ruled_out_kinds": ["tender-panel", "board"]})
    await people.client.post("/people/me/ruled-out-times", data={"ruled_out_times": ["evening"]})
    [row] = await people.rows("SELECT * FROM ruled_out")
    assert (row.kinds, row.areas, row.times) == (["tender-panel", "board"], [], ["evening"])
    assert "Tender panels; Boards" in (await people.client.get("/people/me")).text
    await people.client.post("/people/me/ruled-out-kinds", data={})
    [row] = await people.rows("SELECT * FROM ruled_out")
    assert (row.kinds, row.times) == ([], ["evening"])


async def test_opp_07_usual_needs_are_ticked_and_stand_in_no_step_or_event(people: World, ada: UUID) -> None:
    await people.client.post("/people/me/access-needs", data={"access_needs": ["hearing-loop", "other"]})
    assert "A hearing loop; Something else" in (await people.client.get("/people/me")).text
    told = str(await people.rows("SELECT steps::text FROM steps UNION ALL SELECT body FROM outbox"))
    assert "hearing" not in told


@pytest.mark.parametrize(
    ("step", "data", "text"),
    [
        ("channels", {}, "Choose at least one way"),
        ("channels", {"channels": ["pigeon"]}, "Choose from the list"),
        ("ruled-out-kinds", {"ruled_out_kinds": ["party"]}, "Choose from"),
        ("phone", {"phone": "ring me"}, "We cannot ring this number"),
        ("name", {"name": " "}, "Write your name"),
    ],
)
async def test_a_wrong_change_is_said_and_nothing_is_kept(people: World, ada: UUID, step: str, data: dict[str, Any], text: str) -> None:
    answer = await people.client.post(f"/people/me/{step}", data=data)
    assert answer.status_code == 422
    assert text in answer.text
    assert (await the_person(people)).version == 1


async def test_a_new_address_is_used_once_a_code_came_back_from_it(people: World, ada: UUID) -> None:
    asked = await people.client.post("/people/me/email", data={"email": "new@example.org"})
    assert (await the_person(people)).email == "ada@example.org"
    assert (await people.client.get(asked.headers["location"])).status_code == 200
    assert (await people.client.post(asked.headers["location"], data={"code": "x"})).status_code == 422
    done = await people.client.post(asked.headers["location"], data={"code": people.mails.code_for("new@example.org")})
    assert done.status_code == 303
    person = await the_person(people)
    assert (person.email, person.version) == ("new@example.org", 2)
    told = people.mails.to("ada@example.org")[-1]
    assert told["Subject"] == "A change to your details at The Test Voice"
    assert "new@example.org" not in plain(told)


async def test_peo_02_a_helper_may_add_a_first_address_and_not_replace_one(people: World) -> None:
    await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    noor = await a_person(people, "Noor", None, phone="07700 900200")
    await people.sign_in("cora@example.org")
    await people.client.post(f"/people/staff/people/{noor}/help")
    asked = await people.client.post("/people/me/email", data={"email": "noor@example.org"})
    done = await people.client.post(asked.headers["location"], data={"code": people.mails.code_for("noor@example.org")})
    assert done.status_code == 303
    [row] = await people.rows("SELECT email, channels FROM people WHERE id = :id", id=noor)
    assert (row.email, row.channels) == ("noor@example.org", ["email", "in-app"])
    refused = await people.client.post("/people/me/email", data={"email": "cora@example.org"})
    assert (refused.status_code, "Only they can change" in refused.text) == (422, True)


async def test_an_address_of_someone_else_is_not_taken_over(people: World, ada: UUID) -> None:
    await a_person(people, "Bo", "bo@example.org")
    asked = await people.client.post("/people/me/email", data={"email": "BO@example.org"})
    done = await people.client.post(asked.headers["location"], data={"code": people.mails.code_for("BO@example.org")})
    assert (done.status_code, "another record" in done.text) == (422, True)


async def test_a_code_for_someone_elses_new_address_is_worth_nothing(people: World, ada: UUID) -> None:
    asked = await people.client.post("/people/me/email", data={"email": "new@example.org"})
    await a_person(people, "Bo", "bo@example.org")
    other = people.visitor()
    await people.sign_in("bo@example.org", other)
    assert (await other.get(asked.headers["location"])).status_code == 404
    assert (await other.post(asked.headers["location"], data={"code": "000000"})).status_code == 404  # and uses up none of the tries
    answer = await other.post(asked.headers["location"], data={"code": people.mails.code_for("new@example.org")})
    assert answer.status_code == 404
    request = asked.headers["location"].rpartition("/")[2]
    assert (await other.post(f"/people/sign-in/code/{request}", data={"code": people.mails.code_for("new@example.org")})).status_code == 404
    assert {row.email for row in await people.rows("SELECT email FROM people")} == {"ada@example.org", "bo@example.org"}


async def test_pri_02_consent_is_taken_back_as_easily_as_given(people: World) -> None:
    await join(people)
    [consent] = await people.rows("SELECT id FROM consents")
    page = (await people.client.get("/people/me")).text
    way = f"/people/me/consents/{consent.id}/withdraw"
    assert "Member of " in page and f'href="{way}"' in page and f'action="{way}"' not in page, "a page stands before the end"
    asked = (await people.client.get(way)).text
    assert "What ends" in asked and "We stop telling you what is on" in asked and "What stays" in asked and "You need not say why" in asked
    assert not (await the_person(people)).paused
    answer = await people.client.post(f"/people/me/consents/{consent.id}/withdraw")
    assert answer.status_code == 303
    assert (await the_person(people)).paused
    assert "left on" in (await people.client.get("/people/me")).text
    shown = (await people.client.get("/people/me")).text
    assert "No, you have left" in shown and "That agreement is taken back" not in shown
    assert (await people.client.post(f"/people/me/consents/{consent.id}/withdraw")).status_code == 404
    await people.client.post("/people/me/consents/agree")
    assert not (await the_person(people)).paused
    assert len(await people.rows("SELECT id FROM consents WHERE withdrawn_at IS NULL")) == 1
    assert await people.broken() == {}


async def test_pri_02_nobody_takes_back_someone_elses_consent(people: World) -> None:
    await join(people)
    [consent] = await people.rows("SELECT id FROM consents")
    other = people.visitor()
    await a_person(people, "Bo", "bo@example.org")
    await people.sign_in("bo@example.org", other)
    assert (await other.post(f"/people/me/consents/{consent.id}/withdraw")).status_code == 404
    assert (await other.get(f"/people/me/consents/{consent.id}/withdraw")).status_code == 404


async def test_the_api_tells_someone_what_we_hold_of_them(people: World, ada: UUID) -> None:
    answer = await people.client.get("/people/api/me")
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["email"], answer.json()["ruled_out_kinds"]) == (str(ada), "ada@example.org", [])
    assert (await people.visitor().get("/people/api/me")).status_code == 401


@pytest.mark.parametrize("path", ["/people/me", "/people/me/name", "/people/me/email"])
async def test_ones_own_pages_ask_to_sign_in(people: World, path: str) -> None:
    answer = await people.visitor().get(path)
    assert (answer.status_code, answer.headers["location"].startswith("/people/sign-in?next=")) == (303, True)


async def test_a_question_that_is_not_asked_is_not_found(people: World, ada: UUID) -> None:
    assert (await people.client.get("/people/me/roles")).status_code == 404
    assert (await people.client.post("/people/me/roles", data={"roles": "operator"})).status_code == 404
    assert (await people.client.get("/people/join/secret")).status_code == 404


# Staff


async def test_pri_03_reading_contact_details_is_written_down(people: World) -> None:
    person_id = await a_person(people, phone="07700 900123")
    reader = signed_in(people.client, Role.COORDINATOR)
    listed = (await people.client.get("/people/staff/people")).text
    assert "Ada Byron" in listed and "ada@example.org" not in listed and "07700" not in listed
    assert await people.steps("contact-details-read") == []
    shown = (await people.client.get(f"/people/staff/people/{person_id}")).text
    assert "ada@example.org" in shown and "07700 900123" in shown
    [step] = await people.steps("contact-details-read")
    assert (step.about, step.actor_id, step.facts) == (person_id, reader, {})
    assert (await people.client.get(f"/people/staff/people/{new_id()}")).status_code == 404


async def test_peo_04_two_of_one_name_are_told_apart_without_a_contact_detail(people: World) -> None:
    """PRI-03: what tells them apart is nothing by which they are reached, so that looking at the list reads nothing of that kind."""
    both = [await a_person(people, "Maya Webb", email=None, phone=phone, area="Ely") for phone in ("07700 900123", "07700 900456")]
    signed_in(people.client, Role.COORDINATOR)
    listed = (await people.client.get("/people/staff/people")).text
    for person_id in both:
        number = person_id.hex[-4:].upper()
        assert number in listed and number in (await people.client.get(f"/people/staff/people/{person_id}")).text
    assert "With us since" in listed and "123" not in listed.replace(str(both[0]), "")


@pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.APPROVER, Role.FINANCE])
async def test_the_staffs_pages_are_for_coordinators_and_operators(people: World, role: Role) -> None:
    person_id = await a_person(people)
    signed_in(people.client, role)
    for path in ("", "/new", f"/{person_id}", f"/{person_id}/roles"):
        assert (await people.client.get(f"/people/staff/people{path}")).status_code == 403
    for path in ("/new", f"/{person_id}/roles", f"/{person_id}/help"):
        assert (await people.client.post(f"/people/staff/people{path}", data={})).status_code == 403


NEW = {"name": "Noor Ahmed", "phone": "07700 900200", "area": "Ely", "over_18": "yes", "agreed": "yes"}


async def test_peo_02_a_coordinator_adds_someone_without_email(people: World) -> None:
    coordinator = signed_in(people.client, Role.COORDINATOR)
    assert (await people.client.get("/people/staff/people/new")).status_code == 200
    answer = await people.client.post("/people/staff/people/new", data=NEW)
    assert answer.status_code == 303, answer.text
    person = await the_person(people)
    assert (person.name, person.email, person.channels, person.over_18) == ("Noor Ahmed", None, ["in-app"], True)
    [consent] = await people.rows("SELECT * FROM consents")
    assert (consent.purpose, consent.recorded_by) == ("joining", coordinator)
    assert (await people.client.get(answer.headers["location"])).status_code == 200
    assert await people.broken() == {}


@pytest.mark.parametrize("held", [{}, {"name": "Noor Ahmad"}, {"name": "Ahmed Noor", "phone": ""}, {"phone": "01632 960001"}, {"name": "N. Ahmed"}], ids=str)
async def test_peo_04_whoever_adds_somebody_we_may_hold_is_asked_which_before_there_are_two(people: World, held: dict[str, str]) -> None:
    noor = await a_person(people, **{"name": "Noor Ahmed", "email": None, "phone": "07700 900200", "area": "March"} | held)
    signed_in(people.client, Role.COORDINATOR)
    asked = await people.client.post("/people/staff/people/new", data=NEW)
    assert (asked.status_code, "Is it one of these?" in asked.text, "March, " in asked.text) == (422, True, True)
    assert f'value="{noor}"' in asked.text and "900200" not in asked.text.replace('value="07700 900200"', "")
    assert [row.about for row in await people.rows("SELECT about FROM steps WHERE what = 'near-match-read'")] == [noor]
    again = await people.client.post("/people/staff/people/new", data=NEW | {"shown": str(noor)})
    assert (again.status_code, "Choose the person, or say that it is none of these" in again.text) == (422, True)
    same = await people.client.post("/people/staff/people/new", data=NEW | {"shown": str(noor), "which": str(noor)})
    assert same.headers["location"] == f"/people/staff/people/{noor}"
    assert len(await people.rows("SELECT id FROM people")) == 1
    other = await people.client.post("/people/staff/people/new", data=NEW | {"shown": str(noor), "which": "none"})
    assert other.status_code == 303
    assert len(await people.rows("SELECT id FROM people")) == 2
    third = await people.client.post("/people/staff/people/new", data=NEW | {"shown": str(noor), "which": "none"})
    assert third.status_code == 422  # of the second they were not asked yet


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"agreed": ""}, "Ask the person if they agree"),
        ({"over_18": "no"}, "Under 18, someone needs the agreements"),
        ({"over_18": ""}, "Say if they are 18 or over"),
        ({"name": ""}, "Write their name"),
        ({"phone": "x"}, "We cannot ring this number"),
    ],
)
async def test_peo_03_nobody_is_added_without_what_it_takes(people: World, changes: dict[str, str], text: str) -> None:
    signed_in(people.client, Role.COORDINATOR)
    answer = await people.client.post("/people/staff/people/new", data=NEW | changes)
    assert (answer.status_code, text in answer.text) == (422, True)
    assert await people.rows("SELECT id FROM people") == []


async def test_peo_03_under_18_is_added_with_the_agreements_held(people: World) -> None:
    signed_in(people.client, Role.COORDINATOR)
    answer = await people.client.post("/people/staff/people/new", data=NEW | {"over_18": "no", "agreements_held": "yes"})
    assert answer.status_code == 303
    assert {row.purpose for row in await people.rows("SELECT purpose FROM consents")} == {"joining", "under-18-agreements"}
    assert await people.broken() == {}


async def test_an_administrator_gives_roles_and_the_old_session_ends(people: World) -> None:
    person_id = await a_person(people)
    theirs = people.visitor()
    await people.sign_in("ada@example.org", theirs)
    signed_in(people.client, Role.ADMINISTRATOR)
    assert (await people.client.get(f"/people/staff/people/{person_id}/roles")).status_code == 200
    answer = await people.client.post(f"/people/staff/people/{person_id}/roles", data={"roles": ["coordinator", "participant"]})
    assert answer.status_code == 303
    person = await the_person(people)
    assert (person.roles, person.version) == (["participant", "coordinator"], 2)
    assert (await theirs.get("/people/me")).headers["location"].startswith("/people/sign-in")
    assert len(await people.events("session-ended")) == 1
    assert (await people.events("person-changed"))[0]["roles"] == ["participant", "coordinator"]
    assert await people.broken() == {}


async def test_peo_02_a_helper_sees_which_of_two_people_of_one_name_it_is(people: World) -> None:
    """Also where the name says next to nothing."""
    await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    two = [await a_person(people, "Sam Hill", None, phone=f"07700 90020{number}", area=area) for number, area in ((1, "Ely"), (2, "March"))]
    short = await a_person(people, "Iris Fen", None, known_as="I", phone="07700 900203", area="Ely")
    await people.sign_in("cora@example.org")
    shown = []
    for person_id in (*two, short):
        await people.client.post(f"/people/staff/people/{person_id}/help")
        page = (await people.client.get("/people/me")).text
        shown.append(re.sub("<[^>]+>", "", page[page.index("<p>You are helping") : page.index("These pages are theirs")]).strip())
    numbers = [f"our number {number_of(person_id)}" for person_id in (*two, short)]
    assert [text.split(", with us since")[0] for text in shown] == [
        "You are helping Sam Hill (Ely",
        "You are helping Sam Hill (March",
        "You are helping I (Iris Fen, Ely",
    ]
    assert all(number in text and "07700" not in text for number, text in zip(numbers, shown, strict=True))


async def test_the_last_operator_stays(people: World) -> None:
    person_id = await a_person(people, roles=["operator"])
    signed_in(people.client, Role.ADMINISTRATOR)
    answer = await people.client.post(f"/people/staff/people/{person_id}/roles", data={"roles": ["participant"]})
    assert (answer.status_code, "only operator" in answer.text) == (422, True)


async def test_peo_02_a_coordinator_helps_someone_and_it_is_recorded_as_such(people: World) -> None:
    coordinator = await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    helped = await a_person(people, "Noor Ahmed", None, phone="07700 900200")
    await people.sign_in("cora@example.org")
    assert (await people.client.post(f"/people/staff/people/{coordinator}/help")).status_code == 422
    answer = await people.client.post(f"/people/staff/people/{helped}/help")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/me")
    mine = (await people.client.get("/people/me")).text
    assert re.search(r'You are helping <a class="govuk-link" href="/people/me">Noor Ahmed</a> \(with us since .* our number [0-9A-F]{4}\)\.', mine)
    assert "Noor Ahmed" not in str(answer.headers)
    await people.client.post("/people/me/area", data={"area": "March"})
    [step] = await people.steps("person-changed")
    assert (step.about, step.actor_id, step.acting_for) == (helped, coordinator, helped)
    stopped = await people.client.post("/people/session/stop-helping")
    assert stopped.status_code == 303
    assert "Cora" in (await people.client.get("/people/me")).text
    assert (await people.client.post(f"/people/staff/people/{new_id()}/help")).status_code == 404


async def test_peo_03_staff_answer_straight_away_where_the_task_of_an_unknown_age_leads(people: World) -> None:
    asked, signer = await a_person(people, "Noor Ahmed", None, phone="07700 900200"), await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    await people.sign_in("cora@example.org")
    way = TASKS["ask-age"].page.format(about=asked)
    page = await people.client.get(way)
    assert "Is Noor Ahmed 18 or over?" in page.text and f'href="{way}"' in (await people.client.get(f"/people/staff/people/{asked}")).text
    assert "Choose yes or no" in (await people.client.post(way, data={})).text
    assert "agreements that our policy names" in (await people.client.post(way, data={"over_18": "no"})).text
    answer = await people.client.post(way, data={"over_18": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/staff/people/{asked}")
    [step] = await people.steps("age-answered")
    assert (step.about, step.actor_id) == (asked, signer)
    assert (await people.client.get(way)).status_code == 303
    assert f'href="{way}"' not in (await people.client.get(f"/people/staff/people/{asked}")).text


async def test_peo_03_nobody_answers_for_themselves_as_staff_that_they_are_under_18_with_agreements(people: World) -> None:
    cora = await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    await people.sign_in("cora@example.org")
    answer = await people.client.post(f"/people/staff/people/{cora}/age", data={"over_18": "no", "agreements_held": "yes"})
    assert answer.status_code == 422
    assert "Not said yet" in (await people.client.get("/people/me")).text


async def test_pri_03_what_a_helper_reads_is_written_down_and_the_person_sees_who_helped(people: World) -> None:
    coordinator = await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    helped = await a_person(people, "Noor Ahmed", "noor@example.org", phone="07700 900200")
    await people.sign_in("cora@example.org")
    await people.client.post(f"/people/staff/people/{helped}/help")
    for path, read in {
        "/people/me": {"contact-details-read", "needs-read"},
        "/people/api/me": {"contact-details-read", "needs-read"},
        "/people/me/phone": {"contact-details-read"},
        "/people/me/email": {"contact-details-read"},
        "/people/me/access-needs": {"needs-read"},
        "/people/me/discreet": set(),
    }.items():
        before = len(await people.rows("SELECT id FROM steps"))
        assert (await people.client.get(path)).status_code == 200
        rows = await people.rows("SELECT * FROM steps WHERE kind = 'change' ORDER BY at OFFSET 0")
        new = [row for row in rows if row.what.endswith("-read")][-len(read) :] if read else []
        assert {row.what for row in new} == read and (len(await people.rows("SELECT id FROM steps")) > before) is bool(read), path
        assert {(row.about, row.actor_id, row.acting_for) for row in new} <= {(helped, coordinator, helped)}
    theirs = people.visitor()
    await people.sign_in("noor@example.org", theirs)
    before = len(await people.steps("contact-details-read"))
    shown = (await theirs.get("/people/me")).text
    assert "Who has helped me" in shown and "Cora, " in shown
    assert len(await people.steps("contact-details-read")) == before, "one's own details are one's own"
    assert "See all the times" not in shown
    for _ in range(60):
        await people.write(
            "INSERT INTO steps (id, kind, what, about, actor_kind, actor_id, business_at)"
            " VALUES (gen_random_uuid(), 'change', 'helps-someone', :helped, 'person', :cora, now())",
            helped=helped,
            cora=coordinator,
        )
    shown = (await theirs.get("/people/me")).text
    assert shown.count("Cora, ") == 10 and 'href="/people/me/helped"' in shown
    page, counts = "/people/me/helped", list[int]()
    while page:
        text = (await theirs.get(page)).text
        counts.append(text.count("Cora, "))
        onward = re.search(r'href="(?:/people/me/helped)?(\?after=[^"]+)"', text)
        page = f"/people/me/helped{onward[1]}" if onward else ""
    assert counts == [50, 11]
    assert (await people.client.get("/people/me/helped")).status_code == 404, "whoever helps is not shown who else does"


@pytest.mark.parametrize(
    ("question", "typed", "kept"),
    [
        ("phone", "\u202d07700 900206\u202c", "07700 900206"),
        ("phone", "07700\u2011900206", "07700 900206"),
        ("phone", "+44\u00a07700\u2007900206", "07700 900206"),
        ("name", "Aoife\u00a0Bell", "Aoife Bell"),
        ("name", "Aoife\u00ad \u200bBell\ufeff", "Aoife Bell"),
        ("name", "Aoife\r\nBell", "Aoife Bell"),
        ("name", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627 Karimi", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627 Karimi"),
        ("name", "Kim \U0001f469\u200d\U0001f4bb", "Kim \U0001f469\u200d\U0001f4bb"),
    ],
)
async def test_nobody_is_refused_for_what_nobody_can_see(people: World, question: str, typed: str, kept: str) -> None:
    await a_person(people)
    await people.sign_in("ada@example.org")
    assert (await people.client.post(f"/people/me/{question}", data={question: typed})).status_code == 303
    [row] = await people.rows(f"SELECT {question} AS kept FROM people")
    assert row.kept == kept


async def test_an_address_and_a_code_are_read_as_everybody_sees_them(people: World) -> None:
    await a_person(people)
    page = await people.ask_for_code("\u200fada@example.org\u200b")
    code = people.mails.code_for("ada@example.org")
    answer = await people.client.post(page, data={"code": f"\u202d{code[:3]}\u00a0{code[3:]}\u202c"})
    assert answer.status_code == 303
