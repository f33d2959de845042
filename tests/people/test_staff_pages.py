"""The staff's pages of people, without a broker."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from services.notifications.domain.task_rules import TASKS
from services.people.use_cases import details, keeping
from shared.db import new_id
from shared.identity import Role
from shared.text import number_of
from tests.people.pages import the_person
from tests.people.support import World, a_person
from tests.support.apps import signed_in

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
    """PRI-03: what tells them apart is nothing by which they are reached, so that looking at the list reads nothing of
    that kind."""
    both = [
        await a_person(people, "Maya Webb", email=None, phone=phone, area="Ely")
        for phone in ("07700 900123", "07700 900456")
    ]
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


@pytest.mark.parametrize(
    ("next_page", "leads_to"),
    [("/payments/claims/7", "/payments/claims/7"), ("https://evil.example/", "/people/me"), ("", "/people/me")],
)
async def test_peo_02_helping_begins_on_the_page_that_is_wanted(people: World, next_page: str, leads_to: str) -> None:
    await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    helped = await a_person(people, "Noor Ahmed", None, phone="07700 900200")
    await people.sign_in("cora@example.org")
    answer = await people.client.post(f"/people/staff/people/{helped}/help", data={"next": next_page})
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


@pytest.mark.parametrize(
    ("began_at", "leads_to"),
    [("/notifications/staff/calls/7", "/notifications/staff/calls/7"), ("//evil.example", None)],
)
async def test_peo_02_helping_ends_on_the_page_where_it_began(
    people: World, began_at: str, leads_to: str | None
) -> None:
    await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    helped = await a_person(people, "Noor Ahmed", None, phone="07700 900200")
    await people.sign_in("cora@example.org")
    await people.client.post(f"/people/staff/people/{helped}/help", data={"next": "/payments/claims", "back": began_at})
    stopped = await people.client.post("/people/session/stop-helping")
    assert stopped.headers["location"] == (leads_to or f"/people/staff/people/{helped}")
    again = await people.client.post("/people/session/stop-helping")
    assert again.headers["location"] == "/people/staff/people", "nobody is helped any more"


async def test_pri_02_who_has_left_is_shown_so_and_since_when_they_are_with_us_is_when_they_agreed(
    people: World,
) -> None:
    person_id = await a_person(people)
    agreed = datetime(2026, 4, 28, 12, tzinfo=UTC)
    await people.do(keeping.consent, person_id, "joining", "on paper", given_at=agreed, recorded_by=None)
    signed_in(people.client, Role.COORDINATOR)
    for path in ("", f"/{person_id}"):
        shown = (await people.client.get(f"/people/staff/people{path}")).text
        assert "28 April 2026" in shown or "28 Apr 2026" in shown
        assert ">Left<" not in shown.replace("\n", "").replace(" ", "")
    [consent] = await people.rows("SELECT id FROM consents")
    await people.do(details.withdraw_consent, person_id, consent.id)
    for path in ("", f"/{person_id}"):
        shown = (await people.client.get(f"/people/staff/people{path}")).text
        assert ">Left<" in shown.replace("\n", "").replace(" ", "") and "Taking a break" not in shown


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


@pytest.mark.parametrize(
    "held",
    [{}, {"name": "Noor Ahmad"}, {"name": "Ahmed Noor", "phone": ""}, {"phone": "01632 960001"}, {"name": "N. Ahmed"}],
    ids=str,
)
async def test_peo_04_whoever_adds_somebody_we_may_hold_is_asked_which_before_there_are_two(
    people: World, held: dict[str, str]
) -> None:
    answers: dict[str, Any] = {"name": "Noor Ahmed", "email": None, "phone": "07700 900200", "area": "March"}
    noor = await a_person(people, **answers | held)
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
    answer = await people.client.post(
        "/people/staff/people/new", data=NEW | {"over_18": "no", "agreements_held": "yes"}
    )
    assert answer.status_code == 303
    assert {row.purpose for row in await people.rows("SELECT purpose FROM consents")} == {
        "joining",
        "under-18-agreements",
    }
    assert await people.broken() == {}


async def test_an_administrator_takes_a_role_away_and_the_old_sign_in_ends(people: World) -> None:
    person_id = await a_person(people, roles=["participant", "coordinator"])
    theirs = people.visitor()
    await people.sign_in("ada@example.org", theirs)
    signed_in(people.client, Role.ADMINISTRATOR)
    assert (await people.client.get(f"/people/staff/people/{person_id}/roles")).status_code == 200
    answer = await people.client.post(f"/people/staff/people/{person_id}/roles", data={"roles": ["coordinator"]})
    assert answer.status_code == 303
    person = await the_person(people)
    assert (person.roles, person.version) == (["coordinator"], 2)
    assert (await theirs.get("/people/me")).headers["location"].startswith("/people/sign-in")
    assert len(await people.events("session-ended")) == 1
    assert (await people.events("person-changed"))[0]["roles"] == ["coordinator"]
    assert await people.broken() == {}


async def test_peo_02_a_helper_sees_which_of_two_people_of_one_name_it_is(people: World) -> None:
    """Even where the name says next to nothing."""
    await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    two = [
        await a_person(people, "Sam Hill", None, phone=f"07700 90020{number}", area=area)
        for number, area in ((1, "Ely"), (2, "March"))
    ]
    short = await a_person(people, "Iris Fen", None, known_as="I", phone="07700 900203", area="Ely")
    await people.sign_in("cora@example.org")
    shown = []
    for person_id in (*two, short):
        await people.client.post(f"/people/staff/people/{person_id}/help")
        page = (await people.client.get("/people/me")).text
        shown.append(
            re.sub("<[^>]+>", "", page[page.index("<p>You are helping") : page.index("These pages are theirs")]).strip()
        )
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
    assert "By phone: we ring" in mine and "On this website, when I sign in" not in mine
    assert re.search(
        r'You are helping <a class="govuk-link" href="/people/me">Noor Ahmed</a> \(with us since .* our number [0-9A-F]{4}\)\.',  # noqa: E501
        mine,
    )
    assert "Noor Ahmed" not in str(answer.headers)
    assert "How they hear" in mine and "How messages are written" in mine and "What helps them" in mine
    assert "What is their phone number?" in (await people.client.get("/people/me/phone")).text
    refused = (await people.client.post("/people/me/channels", data={})).text
    assert "Choose at least one way for us to tell them things" in refused
    await people.client.post("/people/me/area", data={"area": "March"})
    assert "We have kept their answer." in (await people.client.get("/people/me")).text, "the banner too"
    [step] = await people.steps("person-changed")
    assert (step.about, step.actor_id, step.acting_for) == (helped, coordinator, helped)
    stopped = await people.client.post("/people/session/stop-helping")
    assert (stopped.status_code, stopped.headers["location"]) == (303, f"/people/staff/people/{helped}")
    assert "Cora" in (await people.client.get("/people/me")).text
    assert (await people.client.post(f"/people/staff/people/{new_id()}/help")).status_code == 404


async def test_peo_03_staff_answer_straight_away_where_the_task_of_an_unknown_age_leads(people: World) -> None:
    asked, signer = (
        await a_person(people, "Noor Ahmed", None, phone="07700 900200"),
        await a_person(people, "Cora", "cora@example.org", roles=["coordinator"]),
    )
    await people.sign_in("cora@example.org")
    way = TASKS["ask-age"].page.format(about=asked)
    page = await people.client.get(way)
    assert (
        "Is Noor Ahmed 18 or over?" in page.text
        and f'href="{way}"' in (await people.client.get(f"/people/staff/people/{asked}")).text
    )
    assert "Choose yes or no" in (await people.client.post(way, data={})).text
    assert "agreements that our policy names" in (await people.client.post(way, data={"over_18": "no"})).text
    answer = await people.client.post(way, data={"over_18": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/staff/people/{asked}")
    [step] = await people.steps("age-answered")
    assert (step.about, step.actor_id) == (asked, signer)
    assert (await people.client.get(way)).status_code == 303
    assert f'href="{way}"' not in (await people.client.get(f"/people/staff/people/{asked}")).text


async def test_peo_03_nobody_answers_for_themselves_as_staff_that_they_are_under_18_with_agreements(
    people: World,
) -> None:
    cora = await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    await people.sign_in("cora@example.org")
    answer = await people.client.post(
        f"/people/staff/people/{cora}/age", data={"over_18": "no", "agreements_held": "yes"}
    )
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
        assert {row.what for row in new} == read and (len(await people.rows("SELECT id FROM steps")) > before) is bool(
            read
        ), path
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
