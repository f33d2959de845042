"""Taking in an organisation's list of people: whole or not at all, and twice is once."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

from services.people.domain.roles import OF_TWO
from services.people.gateways.mail import MailAway
from shared.identity import Role
from tests.people.lists import everybody
from tests.people.support import World, a_person, plain, running_people
from tests.support.apps import signed_in

DEMO_LIST = Path(__file__).parents[2] / "deploy" / "demo" / "people.csv"
LIST = """Name,Known as,Email,Phone,Roles,Area,Ruled out kinds,Ruled out areas,Ruled out times,Channels,Format,Discreet,Access needs,Over 18,Agreed on
Ada Byron,Addy,ada@example.org,07700 900123,participant; approver,Ely,Tender panel,March,evening,email,Easy read,yes,hearing-loop,yes,02/03/2026
Noor Ahmed,,,07700 900200,,,,,,,,,,,
"""  # noqa: E501


async def test_a_list_is_taken_in_with_all_that_it_says(people: World, importer: Callable[..., Any]) -> None:
    answer = await importer(LIST)
    assert (answer.status_code, answer.json()) == (
        200,
        {"added": 2, "changed": 0, "unchanged": 0, "roles_to_confirm": 1},
    )
    ada, noor = await everybody(people)
    assert (ada.known_as, ada.email, ada.phone, ada.roles, ada.area) == (
        "Addy",
        "ada@example.org",
        "07700 900123",
        ["participant"],
        "Ely",
    )
    assert (ada.channels, ada.format, ada.discreet, ada.over_18) == (["email"], "easy-read", True, True)
    assert (noor.email, noor.roles, noor.channels, noor.format, noor.discreet, noor.over_18) == (
        None,
        ["participant"],
        ["in-app"],
        "plain",
        False,
        None,
    )
    ruled_out = await people.rows("SELECT * FROM ruled_out WHERE person_id = :id", id=ada.id)
    assert [(row.kinds, row.areas, row.times) for row in ruled_out] == [(["tender-panel"], ["March"], ["evening"])]
    [consent] = await people.rows("SELECT * FROM consents")
    assert (consent.person_id, consent.purpose, consent.given_at.date().isoformat()) == (
        ada.id,
        "joining",
        "2026-03-02",
    )
    registered = await people.events("person-registered")
    assert {event["person_id"] for event in registered} == {str(ada.id), str(noor.id)}
    assert await people.broken() == {}


async def test_a_list_taken_in_twice_changes_nothing(people: World, importer: Callable[..., Any]) -> None:
    await importer(LIST)
    before = await people.rows("SELECT id, version FROM people ORDER BY id")
    told = await people.rows("SELECT count(*) FROM outbox")
    answer = await importer(LIST)
    assert answer.json() == {"added": 0, "changed": 0, "unchanged": 2, "roles_to_confirm": 0}
    assert await people.rows("SELECT id, version FROM people ORDER BY id") == before
    assert await people.rows("SELECT count(*) FROM outbox") == told
    assert len(await people.rows("SELECT id FROM consents")) == 1


async def test_what_someone_changed_themselves_since_is_kept(people: World, importer: Callable[..., Any]) -> None:
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


async def test_someone_who_joined_by_themselves_is_found_by_their_address(
    people: World, importer: Callable[..., Any]
) -> None:
    person_id = await a_person(people, "Ada Byron", "ADA@example.org")
    assert (await importer(LIST)).json() == {"added": 1, "changed": 1, "unchanged": 0, "roles_to_confirm": 1}
    ada, _ = await everybody(people)
    assert (ada.id, ada.name, ada.email) == (person_id, "Ada Byron", "ADA@example.org")


async def test_a_blank_cell_erases_nothing_of_someone_we_know(people: World, importer: Callable[..., Any]) -> None:
    await a_person(people, "Ada", phone="07700 900123", area="Ely", roles=["coordinator"], channels=["in-app"])
    assert (await importer("name,email,phone,area,roles,channels\nAda,ada@example.org,,March,,\n")).json()[
        "changed"
    ] == 1
    [ada] = await everybody(people)
    assert (ada.phone, ada.area, ada.roles, ada.channels) == ("07700 900123", "March", ["coordinator"], ["in-app"])


async def test_a_column_left_out_of_the_next_list_or_left_blank_in_it_erases_nothing(
    people: World, importer: Callable[..., Any]
) -> None:
    full = "name,known as,email,phone,area,roles,channels,format,discreet,access needs,over 18,not these kinds\n"
    await importer(
        full + "Ada Byron,Ada,ada@example.org,07700 900123,Ely,participant; "
        "coordinator,in-app,easy-read,yes,step-free,yes,workshop\n"
    )
    held = "SELECT p, needs FROM people p JOIN access_needs ON person_id = p.id"
    before = [tuple(row) for row in await people.rows(held)]
    assert len(before) == 1
    for again in ("name,email\nAda Byron,ada@example.org\n", full + "Ada Byron,,ada@example.org" + "," * 9 + "\n"):
        assert (await importer(again)).json()["unchanged"] == 1
        assert [tuple(row) for row in await people.rows(held)] == before
    assert (await importer("name,email,area\nAda Byron,ada@example.org,March\n")).json()["changed"] == 1
    [ada] = await everybody(people)
    assert (ada.area, ada.phone) == ("March", "07700 900123")


async def test_what_a_list_left_out_is_still_compared_with_when_it_comes_back(
    people: World, importer: Callable[..., Any]
) -> None:
    """Somebody moved, and said so themselves: a list that names the old area again, after one without that column, does
    not move them back."""
    await importer("name,email,area\nAda,ada@example.org,Ely\n")
    await people.write("UPDATE people SET area = 'March'")
    await importer("name,email\nAda,ada@example.org\n")
    assert (await importer("name,email,area\nAda,ada@example.org,Ely\n")).json()["unchanged"] == 1


async def test_roles_that_need_nobody_else_come_with_the_list_and_end_the_old_sign_ins(
    people: World, importer: Callable[..., Any]
) -> None:
    ada = await a_person(people, "Ada", "ada@example.org", roles=["participant", "coordinator"])
    theirs = people.visitor()
    await people.sign_in("ada@example.org", theirs)
    assert (await importer("name,email,roles\nAda,ada@example.org,coordinator\n")).json()["changed"] == 1
    assert (await people.row("SELECT roles FROM people WHERE id = :id", id=ada)).roles == ["coordinator"]
    assert (await theirs.get("/people/me")).headers["location"].startswith("/people/sign-in")


async def test_a_list_of_an_operator_takes_no_coordinators_role_away(
    people: World, importer: Callable[..., Any]
) -> None:
    """One list could leave a charity without any."""
    vic = await a_person(people, "Vic", "vic@example.org", roles=["participant", "coordinator"])
    answer = (await importer("name,email,roles\nVic,vic@example.org,participant\n")).json()
    assert answer["roles_to_confirm"] == 1
    assert (await people.row("SELECT roles FROM people WHERE id = :id", id=vic)).roles == ["participant", "coordinator"]
    [asked] = await people.rows("SELECT take, asked_by FROM role_requests")
    assert (asked.take, asked.asked_by) == (["coordinator"], None)


async def test_a_list_of_an_operator_makes_nobody_a_coordinator(people: World, importer: Callable[..., Any]) -> None:
    """A coordinator adds people and writes down what they did: who approves must not mint one alone (PAY-10)."""
    await importer("name,email,roles\nAda,ada@example.org,participant\n")
    answer = await importer(
        "name,email,roles\nMinted,m2@attacker.example,coordinator\nAda,ada@example.org,participant; coordinator\n"
    )
    assert answer.json() == {"added": 1, "changed": 1, "unchanged": 0, "roles_to_confirm": 2}
    ada, minted = await everybody(people)
    assert (ada.roles, minted.roles) == (["participant"], [])
    asked = await people.rows("SELECT give, asked_by FROM role_requests")
    assert [(row.give, row.asked_by) for row in asked] == [(["coordinator"], None)] * 2


async def test_a_list_gives_nobody_a_role_that_needs_two_administrators(
    people: World, importer: Callable[..., Any]
) -> None:
    """It asks for it, and says so; nobody asked twice by the same list."""
    answer = await importer(
        "name,email,roles\nMinted,m2@attacker.example,operator; finance; approver\nAda,ada@example.org,coordinator; "
        "administrator\n"
    )
    assert answer.json() == {"added": 2, "changed": 0, "unchanged": 0, "roles_to_confirm": 2}
    ada, minted = await everybody(people)
    assert (minted.roles, ada.roles) == ([], [])
    asked = await people.rows("SELECT * FROM role_requests ORDER BY cardinality(give)")
    assert [(row.person_id, row.give, row.asked_by, row.answer) for row in asked] == [
        (ada.id, ["coordinator", "administrator"], None, None),
        (minted.id, ["approver", "finance", "operator"], None, None),
    ]
    again = await importer(
        "name,email,roles\nMinted,m2@attacker.example,operator; finance; approver\nAda,ada@example.org,coordinator; "
        "administrator\n"
    )
    assert again.json() == {"added": 0, "changed": 0, "unchanged": 2, "roles_to_confirm": 0}
    other = await importer("name,email,roles\nMinted,m2@attacker.example,finance\n")
    assert (other.json()["changed"], other.json()["roles_to_confirm"]) == (1, 1)
    assert [
        row.give for row in await people.rows("SELECT give FROM role_requests WHERE person_id = :id", id=minted.id)
    ] == [["finance"]]
    assert await people.broken() == {}


async def test_a_list_does_not_take_away_the_last_operator(people: World, importer: Callable[..., Any]) -> None:
    await a_person(people, "Ada", "ada@example.org", roles=["operator"])
    answer = await importer("name,email,roles\nAda,ada@example.org,participant\n")
    assert (answer.status_code, "only operator" in answer.text) == (422, True)
    assert (await importer("name,email,roles\nAda,ada@example.org,operator; approver\n")).json()[
        "roles_to_confirm"
    ] == 1


async def test_everything_wrong_is_told_by_row_and_column_and_nothing_is_taken(
    people: World, importer: Callable[..., Any]
) -> None:
    answer = await importer(
        "name,email,area,ruled out kinds,roles,over "
        "18\nAda,ada@example.org,Ely,,,\nBo,bo,Mars,party,boss,\nCy,,,,,\nDi,di@example.org,,,,no\n"
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
async def test_a_file_that_cannot_be_taken_says_why(
    people: World, importer: Callable[..., Any], text: str, words: str
) -> None:
    answer = await importer(text)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert await everybody(people) == []


@pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.COORDINATOR, Role.APPROVER, Role.FINANCE])
async def test_a_list_is_for_operators_alone_to_take_in(people: World, role: Role) -> None:
    signed_in(people.client, role)
    assert (await people.client.post("/people/api/import/people", content=LIST)).status_code == 403
    assert (await people.visitor().post("/people/api/import/people", content=LIST)).status_code == 401


async def test_the_demos_own_list_is_taken_in(folder: Path, service_database: Callable[[str], str]) -> None:
    text = DEMO_LIST.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    areas = ",".join(sorted({row["Area"] for row in rows if row["Area"]}))
    async with running_people(folder, service_database("people"), areas=areas) as people:
        signed_in(people.client, Role.OPERATOR)
        staff = sum(any(role in row["Roles"] for role in OF_TWO) for row in rows)
        nothing = {"added": 0, "changed": 0, "unchanged": len(rows), "roles_to_confirm": 0}
        for counts in ({**nothing, "added": len(rows), "unchanged": 0, "roles_to_confirm": staff}, nothing):
            answer = await people.client.post(
                "/people/api/import/people", files={"file": ("people.csv", text.encode())}
            )
            assert (answer.status_code, answer.json()) == (200, counts), answer.text
        assert await people.broken() == {}


async def test_an_import_that_changes_how_a_colleague_is_reached_does_what_their_own_page_does(
    people: World, importer: Callable[..., Any]
) -> None:
    """PAY-13: the address held is told, their sign-ins end, and the number held before is kept, with who changed it."""
    cora = await a_person(people, "Cora Dale", "cora@example.org", phone="07700 900230", roles=["coordinator"])
    theirs = people.visitor()
    await people.sign_in("cora@example.org", theirs)
    before = len(people.mails.to("cora@example.org"))
    assert (await importer("name,email,phone\nCora Dale,cora@example.org,+44 7700 900230\n")).json()["unchanged"] == 1
    assert (await importer("name,email,phone\nCora Dale,cora@example.org,07700 900231\n")).json()["changed"] == 1
    await people.app.state.notices.send(people.service)
    [told] = people.mails.to("cora@example.org")[before:]
    assert (
        "Your phone number" in plain(told)
        and "signed out everywhere else" in plain(told)
        and "900231" not in plain(told)
    )
    assert (await theirs.get("/people/me")).headers["location"].startswith("/people/sign-in")
    changed = await people.rows(
        "SELECT * FROM contact_changes WHERE person_id = :id AND old_value <> '' ORDER BY changed_at", id=cora
    )
    assert [(each.kind, each.old_value, each.new_value, each.actor_kind) for each in changed] == [
        ("phone", "07700 900230", "07700 900231", "person")
    ]
    await importer("name,known as,email,phone\nCora Dale,Boss,cora@example.org,07700 900231\n")
    await people.app.state.notices.send(people.service)
    assert "Your name" in plain(people.mails.to("cora@example.org")[-1])
    await people.app.state.notices.send(people.service)
    assert len(people.mails.to("cora@example.org")) == before + 2
    assert await people.rows("SELECT id FROM notices") == []


async def test_what_the_mail_server_does_not_take_is_told_later(
    people: World, importer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_person(people, "Cora Dale", "cora@example.org", phone="07700 900230")
    with monkeypatch.context() as away:
        away.setattr(people.app.state.notices.mailer, "send", AsyncMock(side_effect=MailAway("away")))
        assert (await importer("name,email,phone\nCora Dale,cora@example.org,07700 900231\n")).json()["changed"] == 1
        await people.app.state.notices.send(people.service)
    await people.write("UPDATE notices SET due_at = clock_timestamp()")
    await people.app.state.notices.send(people.service)
    assert "Your phone number" in plain(people.mails.to("cora@example.org")[-1])


async def test_opp_07_a_list_with_a_need_that_it_cannot_say_is_refused_in_words(
    people: World, importer: Callable[..., Any]
) -> None:
    answer = await importer(LIST.replace("hearing-loop", "hearing-loop; other"))
    assert answer.status_code == 422 and "then they say it in words" in answer.text
    assert await everybody(people) == []


async def test_opp_07_a_need_without_words_that_an_older_list_brought_is_no_raw_word(people: World) -> None:
    await a_person(people, access_needs=["breaks", "other"])
    await people.sign_in("ada@example.org")
    shown = (await people.client.get("/people/me")).text
    assert "Something else (we ask what" in shown and "; other" not in shown
