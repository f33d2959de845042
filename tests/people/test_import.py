"""Taking in an organisation's list of people: whole or not at all, and twice is once."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.identity import Role
from shared.operations import broken_invariants
from tests.people.support import People, a_person, running_people
from tests.support.apps import signed_in

DEMO_LIST = Path(__file__).parents[2] / "deploy" / "demo" / "people.csv"
LIST = """Name,Known as,Email,Phone,Roles,Area,Ruled out kinds,Ruled out areas,Ruled out times,Channels,Format,Discreet,Access needs,Over 18,Agreed on
Ada Byron,Addy,ada@example.org,07700 900123,participant; approver,Ely,Tender panel,March,evening,email,Easy read,yes,hearing-loop,yes,02/03/2026
Noor Ahmed,,,07700 900200,,,,,,,,,,,
"""


@pytest.fixture
def importer(people: People) -> Callable[..., Any]:
    signed_in(people.client, Role.OPERATOR)

    async def post(text: str) -> httpx.Response:
        return await people.client.post("/people/api/import/people", content=text.encode(), headers={"content-type": "text/csv"})

    return post


async def everybody(people: People) -> list[Any]:
    return await people.rows("SELECT * FROM people ORDER BY name")


async def test_a_list_is_taken_in_with_all_that_it_says(people: People, importer: Callable[..., Any]) -> None:
    answer = await importer(LIST)
    assert (answer.status_code, answer.json()) == (200, {"added": 2, "changed": 0, "unchanged": 0, "roles_to_confirm": 1})
    ada, noor = await everybody(people)
    assert (ada.known_as, ada.email, ada.phone, ada.roles, ada.area) == ("Addy", "ada@example.org", "07700 900123", ["participant"], "Ely")
    assert (ada.channels, ada.format, ada.discreet, ada.over_18) == (["email"], "easy-read", True, True)
    assert (noor.email, noor.roles, noor.channels, noor.format, noor.discreet, noor.over_18) == (None, ["participant"], ["in-app"], "plain", False, None)
    ruled_out = await people.rows("SELECT * FROM ruled_out WHERE person_id = :id", id=ada.id)
    assert [(row.kinds, row.areas, row.times) for row in ruled_out] == [(["tender-panel"], ["March"], ["evening"])]
    [consent] = await people.rows("SELECT * FROM consents")
    assert (consent.person_id, consent.purpose, consent.given_at.date().isoformat()) == (ada.id, "joining", "2026-03-02")
    registered = await people.events("people.person-registered.v1")
    assert {event["person_id"] for event in registered} == {str(ada.id), str(noor.id)}
    assert await broken_invariants(people.app.state.service) == {}


async def test_a_list_taken_in_twice_changes_nothing(people: People, importer: Callable[..., Any]) -> None:
    await importer(LIST)
    before = await people.rows("SELECT id, version FROM people ORDER BY id")
    told = await people.rows("SELECT count(*) FROM outbox")
    answer = await importer(LIST)
    assert answer.json() == {"added": 0, "changed": 0, "unchanged": 2, "roles_to_confirm": 0}
    assert await people.rows("SELECT id, version FROM people ORDER BY id") == before
    assert await people.rows("SELECT count(*) FROM outbox") == told
    assert len(await people.rows("SELECT id FROM consents")) == 1


async def test_what_someone_changed_themselves_since_is_kept(people: People, importer: Callable[..., Any]) -> None:
    """Their address too: the row still finds them."""
    await importer(LIST)
    await people.write("UPDATE people SET area = 'March', email = 'ada@new.example' WHERE name = 'Ada Byron'")
    await people.write("UPDATE people SET email = 'noor@example.org', channels = '{email}' WHERE name = 'Noor Ahmed'")
    assert (await importer(LIST)).json() == {"added": 0, "changed": 0, "unchanged": 2, "roles_to_confirm": 0}
    changed = await importer(LIST.replace("Addy", "Lady A").replace("Ada@", "ADA@"))
    assert changed.json() == {"added": 0, "changed": 1, "unchanged": 1, "roles_to_confirm": 0}
    ada, noor = await everybody(people)
    assert (ada.known_as, ada.area, ada.email, ada.version) == ("Lady A", "March", "ada@new.example", 2)
    assert (noor.email, noor.version) == ("noor@example.org", 1)


async def test_someone_who_joined_by_themselves_is_found_by_their_address(people: People, importer: Callable[..., Any]) -> None:
    person_id = await a_person(people, "Ada", "ADA@example.org")
    assert (await importer(LIST)).json() == {"added": 1, "changed": 1, "unchanged": 0, "roles_to_confirm": 1}
    ada, _ = await everybody(people)
    assert (ada.id, ada.name, ada.email) == (person_id, "Ada Byron", "ADA@example.org")


async def test_a_blank_cell_erases_nothing_of_someone_we_know(people: People, importer: Callable[..., Any]) -> None:
    await a_person(people, "Ada", phone="07700 900123", area="Ely", roles=["coordinator"], channels=["in-app"])
    assert (await importer("name,email,phone,area,roles,channels\nAda,ada@example.org,,March,,\n")).json()["changed"] == 1
    [ada] = await everybody(people)
    assert (ada.phone, ada.area, ada.roles, ada.channels) == ("07700 900123", "March", ["coordinator"], ["in-app"])


async def test_roles_that_need_nobody_else_come_with_the_list_and_end_the_old_sessions(people: People, importer: Callable[..., Any]) -> None:
    await importer("name,email,roles\nAda,ada@example.org,participant\n")
    theirs = people.visitor()
    await people.sign_in("ada@example.org", theirs)
    assert (await importer("name,email,roles\nAda,ada@example.org,coordinator\n")).json()["changed"] == 1
    assert (await theirs.get("/people/me")).headers["location"].startswith("/people/sign-in")


async def test_a_list_gives_nobody_a_role_that_needs_two_administrators(people: People, importer: Callable[..., Any]) -> None:
    """It asks for it, and says so; nobody asked twice by the same list."""
    answer = await importer("name,email,roles\nMinted,m2@attacker.example,operator; finance; approver\nAda,ada@example.org,coordinator; administrator\n")
    assert answer.json() == {"added": 2, "changed": 0, "unchanged": 0, "roles_to_confirm": 2}
    ada, minted = await everybody(people)
    assert (minted.roles, ada.roles) == ([], ["coordinator"])
    asked = await people.rows("SELECT * FROM role_requests ORDER BY cardinality(give)")
    assert [(row.person_id, row.give, row.asked_by, row.answer) for row in asked] == [
        (ada.id, ["administrator"], None, None),
        (minted.id, ["approver", "finance", "operator"], None, None),
    ]
    again = await importer("name,email,roles\nMinted,m2@attacker.example,operator; finance; approver\nAda,ada@example.org,coordinator; administrator\n")
    assert again.json() == {"added": 0, "changed": 0, "unchanged": 2, "roles_to_confirm": 0}
    other = await importer("name,email,roles\nMinted,m2@attacker.example,finance\n")
    assert (other.json()["changed"], other.json()["roles_to_confirm"]) == (1, 1)
    assert [row.give for row in await people.rows("SELECT give FROM role_requests WHERE person_id = :id", id=minted.id)] == [["finance"]]
    assert await broken_invariants(people.app.state.service) == {}


async def test_a_list_does_not_take_away_the_last_operator(people: People, importer: Callable[..., Any]) -> None:
    await a_person(people, "Ada", "ada@example.org", roles=["operator"])
    answer = await importer("name,email,roles\nAda,ada@example.org,participant\n")
    assert (answer.status_code, "only operator" in answer.text) == (422, True)
    assert (await importer("name,email,roles\nAda,ada@example.org,operator; approver\n")).json()["roles_to_confirm"] == 1


async def test_everything_wrong_is_told_by_row_and_column_and_nothing_is_taken(people: People, importer: Callable[..., Any]) -> None:
    answer = await importer(
        "name,email,area,ruled out kinds,roles,over 18\nAda,ada@example.org,Ely,,,\nBo,bo,Mars,party,boss,\nCy,,,,,\nDi,di@example.org,,,,no\n"
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(each["row"], each["column"]) for each in answer.json()["problems"]] == [
        (3, "email"),
        (3, "area"),
        (3, "ruled out kinds"),
        (3, "roles"),
        (4, "email"),
        (5, "over 18"),
    ]
    assert await everybody(people) == [] and await people.rows("SELECT id FROM outbox") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("name,email\nAda,ada@example.org\nBo,ADA@example.org\n", "same email as row 2"),
        ("name,shoe size\nAda,9\n", "do not know this column"),
        ("email\nada@example.org\n", "This column is missing"),
        ("name,format\nAda,braille\n", "Write one of: plain, easy-read"),
        ("name,agreed on\nAda,yesterday\n", "Write the date like"),
    ],
)
async def test_a_file_that_cannot_be_taken_says_why(people: People, importer: Callable[..., Any], text: str, words: str) -> None:
    answer = await importer(text)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert await everybody(people) == []


@pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.COORDINATOR, Role.APPROVER, Role.FINANCE])
async def test_a_list_is_for_operators_alone_to_take_in(people: People, role: Role) -> None:
    signed_in(people.client, role)
    assert (await people.client.post("/people/api/import/people", content=LIST)).status_code == 403
    assert (await people.visitor().post("/people/api/import/people", content=LIST)).status_code == 401


async def test_the_demos_own_list_is_taken_in(folder: Path, service_database: Callable[[str], str]) -> None:
    text = DEMO_LIST.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    areas = ",".join(sorted({row["Area"] for row in rows if row["Area"]}))
    async with running_people(folder, service_database("people"), areas=areas) as people:
        signed_in(people.client, Role.OPERATOR)
        staff = sum(any(role in row["Roles"] for role in ("approver", "finance", "operator", "administrator")) for row in rows)
        nothing = {"added": 0, "changed": 0, "unchanged": len(rows), "roles_to_confirm": 0}
        for counts in ({**nothing, "added": len(rows), "unchanged": 0, "roles_to_confirm": staff}, nothing):
            answer = await people.client.post("/people/api/import/people", files={"file": ("people.csv", text.encode())})
            assert (answer.status_code, answer.json()) == (200, counts), answer.text
        assert await broken_invariants(people.app.state.service) == {}


HEAD = "Name,Email,Phone,Over 18,Same person\n"
LENA = "Lena Moss,,07700 900216,yes,\n"


@pytest.mark.parametrize("row", ["Lena Moss,,07700900216", "Lena Moss,,7700900216", "Lena  Moss,,+44 7700 900216", "LENA MÓSS,,0044 7700 900216"])
async def test_peo_04_someone_without_email_is_one_person_however_their_number_is_written(people: People, importer: Callable[..., Any], row: str) -> None:
    assert (await importer(HEAD + LENA)).json()["added"] == 1
    assert (await importer(f"{HEAD}{row},yes,\n")).json()["added"] == 0
    assert len(await everybody(people)) == 1


@pytest.mark.parametrize("row", ["Lena Mos,,07700 900216", "Lena Moss,,07700 900217", "Lena Moss,lena@example.org,07700900216"])
async def test_peo_04_a_near_match_is_asked_about_and_the_answer_holds(people: People, importer: Callable[..., Any], row: str) -> None:
    await importer(HEAD + LENA)
    asked = await importer(f"{HEAD}{row},yes,\n")
    assert (asked.status_code, asked.json()["problems"][0]["column"], len(await everybody(people))) == (422, "same person", 1)
    assert (await importer(f"{HEAD}{row},yes,yes\n")).json()["added"] == 0
    assert (await importer(f"{HEAD}Lena Mo,,07700 900216,yes,no\n")).json()["added"] == 1


@pytest.mark.parametrize("second", ["Nia Orr,,07700900217", "Nia  Orr,,+447700900217", "Nia Or,,07700 900217", "Nia Orr,nia@example.org,7700900217"])
async def test_peo_04_nobody_stands_in_one_list_twice_unseen(people: People, importer: Callable[..., Any], second: str) -> None:
    answer = await importer(f"{HEAD}Nia Orr,,07700 900217,yes,\n{second},yes,\n")
    assert (answer.status_code, [(each["row"], each["column"]) for each in answer.json()["problems"]]) == (422, [(3, "same person")])
    assert (await importer(f"{HEAD}Nia Orr,,07700 900217,yes,\n{second},yes,no\n")).json()["added"] == 2
