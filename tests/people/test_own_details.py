"""One's own details through the pages, without a broker."""

import re
from typing import Any
from uuid import UUID

import pytest

from services.people.pages.questions import MINE
from tests.people.pages import join, the_person
from tests.people.support import World, a_person, plain

BREAK = next(each for each in MINE.values() if each.field == "paused")

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
async def test_someone_changes_what_we_hold_of_them(
    people: World, ada: UUID, step: str, data: dict[str, Any], column: str, kept: Any, shown: str
) -> None:
    assert (await people.client.get(f"/people/me/{step}")).status_code == 200
    answer = await people.client.post(f"/people/me/{step}", data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/me")
    person = await the_person(people)
    assert (getattr(person, column), person.version) == (kept, 2)
    assert shown in (await people.client.get("/people/me")).text
    assert await people.events("person-changed") == [{"version": 2, "person_id": str(ada), "roles": ["participant"]}]
    [step_taken] = await people.steps("person-changed")
    assert (step_taken.about, step_taken.actor_id, step_taken.facts) == (
        ada,
        ada,
        {"version": 2, "questions": [column]},
    )
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
    assert "Something else" not in (await people.client.get("/people/me/access-needs")).text, "it has no box for words"
    await people.client.post("/people/me/access-needs", data={"access_needs": ["hearing-loop", "breaks"]})
    assert "A hearing loop; Breaks" in (await people.client.get("/people/me")).text
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
async def test_a_wrong_change_is_said_and_nothing_is_kept(
    people: World, ada: UUID, step: str, data: dict[str, Any], text: str
) -> None:
    answer = await people.client.post(f"/people/me/{step}", data=data)
    assert answer.status_code == 422
    assert text in answer.text
    assert (await the_person(people)).version == 1


async def test_a_new_address_is_used_once_a_code_came_back_from_it(people: World, ada: UUID) -> None:
    asked = await people.client.post("/people/me/email", data={"email": "new@example.org"})
    assert (await the_person(people)).email == "ada@example.org"
    assert "Check your email" in (await people.client.get(asked.headers["location"])).text
    mail = people.mails.to("new@example.org")[-1]
    assert mail["Subject"] == "Your code for The Test Voice" and "We never ask for it by phone" in plain(mail)
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
    shown = (await people.client.get(asked.headers["location"])).text
    assert "Ask them to read the code to you" in shown and "Their code" in shown and "Check your email" not in shown
    mail = people.mails.to("noor@example.org")[-1]
    assert mail["Subject"] == "Your code for The Test Voice"
    assert "Please read this code to them" in plain(mail) and "page that you have open" not in plain(mail)
    assert "never ask for it by phone" not in plain(mail) and "Nobody can sign in with it" in plain(mail)
    wrong = (await people.client.post(asked.headers["location"], data={"code": "x"})).text
    assert "Check their newest email from us" in wrong, "not the helper's own"
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
    assert (
        await other.post(asked.headers["location"], data={"code": "000000"})
    ).status_code == 404  # and uses up none of the tries
    answer = await other.post(asked.headers["location"], data={"code": people.mails.code_for("new@example.org")})
    assert answer.status_code == 404
    request = asked.headers["location"].rpartition("/")[2]
    assert (
        await other.post(f"/people/sign-in/code/{request}", data={"code": people.mails.code_for("new@example.org")})
    ).status_code == 404
    assert {row.email for row in await people.rows("SELECT email FROM people")} == {"ada@example.org", "bo@example.org"}


async def test_pri_02_consent_is_taken_back_as_easily_as_given(people: World) -> None:
    await join(people)
    [consent] = await people.rows("SELECT id FROM consents")
    page = (await people.client.get("/people/me")).text
    way = f"/people/me/consents/{consent.id}/withdraw"
    assert "Member of " in page and f'href="{way}"' in page and f'action="{way}"' not in page, (
        "a page stands before the end"
    )
    asked = (await people.client.get(way)).text
    assert (
        "What ends" in asked
        and "We stop telling you what is on" in asked
        and "What stays" in asked
        and "You do not have to say why" in asked
    )
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


async def test_fb_09_who_works_here_reads_before_a_break_or_leaving_that_concerns_pass_to_others(people: World) -> None:
    await join(people)
    [consent] = await people.rows("SELECT id, person_id FROM consents")
    pages = (f"/people/me/consents/{consent.id}/withdraw", f"/people/me/{BREAK.slug}")
    passes = "your open concerns pass to somebody else at once"
    for page in pages:
        shown = await people.client.get(page)
        assert shown.status_code == 200 and passes not in shown.text, "takes part"
    await people.write("UPDATE people SET roles = '{coordinator}'")
    email = (await the_person(people)).email
    staff = people.visitor()
    await people.sign_in(email, staff)
    for page in pages:
        assert passes in (await staff.get(page)).text


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
    assert (answer.json()["id"], answer.json()["email"], answer.json()["ruled_out_kinds"]) == (
        str(ada),
        "ada@example.org",
        [],
    )
    assert (await people.visitor().get("/people/api/me")).status_code == 401


@pytest.mark.parametrize("path", ["/people/me", "/people/me/name", "/people/me/email"])
async def test_ones_own_pages_ask_to_sign_in(people: World, path: str) -> None:
    answer = await people.visitor().get(path)
    assert (answer.status_code, answer.headers["location"].startswith("/people/sign-in?next=")) == (303, True)


async def test_a_question_that_is_not_asked_is_not_found(people: World, ada: UUID) -> None:
    assert (await people.client.get("/people/me/roles")).status_code == 404
    assert (await people.client.post("/people/me/roles", data={"roles": "operator"})).status_code == 404
    assert (await people.client.get("/people/join/secret")).status_code == 404


@pytest.mark.parametrize(
    ("question", "typed", "kept"),
    [
        ("phone", "\u202d07700 900206\u202c", "07700 900206"),
        ("phone", "07700\u2011900206", "07700 900206"),
        ("phone", "+44\u00a07700\u2007900206", "07700 900206"),
        ("name", "Aoife\u00a0Bell", "Aoife Bell"),
        ("name", "Aoife\u00ad \u200bBell\ufeff", "Aoife Bell"),
        ("name", "Aoife\r\nBell", "Aoife Bell"),
        (
            "name",
            "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627 Karimi",
            "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627 Karimi",
        ),
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


async def test_peo_02_no_browser_fills_in_its_owner_s_details_for_whom_they_help(people: World) -> None:
    bo = await a_person(people, "Bo", None)
    await a_person(people, "Cai", "cai@example.org", roles=["coordinator"])
    await people.sign_in("cai@example.org")
    pages = [f"/people/me/{slug}" for slug in ("name", "known-as", "phone", "email", "postal-address")]
    kept = {page: set(re.findall('autocomplete="([^"]+)"', (await people.client.get(page)).text)) for page in pages}
    assert all(kept.values()) and "off" not in set().union(*kept.values()), "their own browser may"
    await people.client.post(f"/people/staff/people/{bo}/help")
    for page in pages:
        shown = (await people.client.get(page)).text
        assert set(re.findall('autocomplete="([^"]+)"', shown)) == {"off"}, page
        assert shown.count('type="text"') + shown.count('type="email"') == shown.count('autocomplete="off"'), page
