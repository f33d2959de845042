"""Signing in by a mailed code, with a real database and a real mailbox, and no broker."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from joserfc import jwt
from joserfc.jwk import KeySet

from services.people.settings import Settings
from services.people.use_cases.signing_in import forget_what_ran_out
from shared.db import new_id
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.people.support import World, a_person, plain, running_people
from tests.support.apps import SIGNING_KEY
from tests.support.servers import ORGANISATION

COOKIE = cookie_name(ORGANISATION)


async def test_a_person_signs_in_with_the_code_from_their_email(people: World) -> None:
    person_id = await a_person(people, roles=["participant", "coordinator"])
    page = await people.ask_for_code("ADA@example.org")
    answer = await people.client.post(page, data={"code": people.mails.code_for("ada@example.org")})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    sign_in = people.service.sign_in_keys.sign_in_of(answer.cookies[COOKIE])
    assert sign_in.person_id == person_id
    assert sign_in.roles == {Role.PARTICIPANT, Role.COORDINATOR}
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"__Host-chorus-{ORGANISATION}=")
    assert all(part in cookie for part in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"))
    assert (await people.client.get("/people/me")).status_code == 200


async def test_the_mail_holds_the_code_in_its_body_alone_and_its_subject_says_nothing(people: World) -> None:
    await a_person(people)
    await people.ask_for_code("ada@example.org")
    [mail] = people.mails.mails
    code = people.mails.code_for("ada@example.org")
    assert mail["Subject"] == "Your sign-in code for The Test Voice"
    assert mail["From"] == "The Test Voice <hello@voice.example>"
    assert code not in str(mail["Subject"])
    html = mail.get_body(("html",))
    assert html is not None and code in html.get_content()
    assert "10 minutes" in plain(mail)


async def test_the_answer_is_the_same_for_an_address_that_we_do_not_know(people: World) -> None:
    await a_person(people)
    known, unknown = await people.ask_for_code("ada@example.org"), await people.ask_for_code("nobody@example.org")
    assert re.sub(r"[0-9a-f-]{36}", "ID", known) == re.sub(r"[0-9a-f-]{36}", "ID", unknown)
    pages = [await people.client.get(page) for page in (known, unknown)]
    assert [page.status_code for page in pages] == [200, 200]
    bare = [re.sub(r'nonce="[^"]*"|[0-9a-f-]{36}|(ada|nobody)@example\.org', "", page.text) for page in pages]
    assert bare[0] == bare[1]
    wrong = [await people.client.post(page, data={"code": "not it"}) for page in (known, unknown)]
    assert [answer.status_code for answer in wrong] == [422, 422]
    assert all("That is not the code we sent" in answer.text for answer in wrong)
    [told] = people.mails.to("nobody@example.org")
    assert told["Subject"] == "We do not know this address at The Test Voice"
    assert "We do not know this address" in plain(told)
    assert all(
        "We have sent an email to" in page.text and "If you are with us, it holds a code" in page.text for page in pages
    )
    await people.ask_for_code("somebody@example.org", next="/opportunities/mine")
    assert "/people/join?next=%2Fopportunities%2Fmine\n" in plain(people.mails.to("somebody@example.org")[-1])
    for words in (
        "/" + "Ring-me-now-on-a-dear-number" * 9,
        "/opportunities/ring-0900",
        f"/opportunities/{new_id()}/you-won",
        f"/opportunities/{new_id()}?you=won",
    ):
        await people.ask_for_code("else@example.org", next=words)
        assert "/people/join\n" in plain(people.mails.to("else@example.org")[-1]), "nobody's own words are mailed by us"
    assert not re.search(r"\d{6}", plain(told))


async def test_fb_04_who_signs_in_to_give_their_name_can_go_back_and_stay_anonymous(people: World) -> None:
    ways = "next=/feedback/give/board&back=/feedback/give/who"
    shown = (await people.client.get(f"/people/sign-in?{ways}")).text
    assert re.search(r'<a href="/feedback/give/who" class="govuk-back-link">', shown)
    wrong = await people.client.post(f"/people/sign-in?{ways}", data={"email": "x"})
    assert "govuk-back-link" in wrong.text
    sent = await people.client.post(f"/people/sign-in?{ways}", data={"email": "someone@example.org"})
    code_page = (await people.client.get(sent.headers["location"])).text
    assert "next=/feedback/give/board&amp;back=/feedback/give/who" in code_page
    for elsewhere in ("", "back=https://evil.example/", "back=//evil.example"):
        assert "govuk-back-link" not in (await people.client.get(f"/people/sign-in?{elsewhere}")).text


async def test_a_code_works_once(people: World) -> None:
    await a_person(people)
    page = await people.ask_for_code("ada@example.org")
    code = people.mails.code_for("ada@example.org")
    assert (await people.client.post(page, data={"code": f"{code[:3]} {code[3:]}"})).status_code == 303
    other = people.visitor()
    again = await other.post(page, data={"code": code})
    assert again.status_code == 422
    assert "This code has run out" in again.text
    assert COOKIE not in other.cookies


async def test_after_five_wrong_tries_the_right_code_is_refused(people: World) -> None:
    await a_person(people)
    page = await people.ask_for_code("ada@example.org")
    code = people.mails.code_for("ada@example.org")
    for _ in range(5):
        assert "That is not the code we sent" in (await people.client.post(page, data={"code": "x"})).text
    ran_out = BeautifulSoup((await people.client.post(page, data={"code": code})).text, "html.parser")
    assert "This code has run out" in ran_out.text
    (way,) = [
        link
        for link in ran_out.select("main a")
        if link["href"] == "/people/sign-in" and not link.find_parent("details")
    ]
    assert way.text.startswith("Ask for a new code"), "not behind what must be opened first"
    assert [row.tries for row in await people.rows("SELECT tries FROM sign_in_codes")] == [5]


async def test_a_code_is_refused_after_ten_minutes(people: World) -> None:
    await a_person(people)
    page = await people.ask_for_code("ada@example.org")
    await people.write("UPDATE sign_in_codes SET expires_at = expires_at - interval '10 minutes'")
    answer = await people.client.post(page, data={"code": people.mails.code_for("ada@example.org")})
    assert "This code has run out" in answer.text


async def test_a_code_opens_its_own_request_alone(people: World) -> None:
    await a_person(people)
    await a_person(people, "Bo", "bo@example.org")
    adas = await people.ask_for_code("ada@example.org")
    await people.ask_for_code("bo@example.org")
    assert (await people.client.post(adas, data={"code": people.mails.code_for("bo@example.org")})).status_code == 422
    assert (await people.client.post(f"/people/sign-in/code/{new_id()}", data={"code": "123456"})).status_code == 422


async def test_no_code_is_kept_and_no_address_stands_in_steps_or_events(people: World) -> None:
    await a_person(people)
    await people.sign_in("ada@example.org")
    code = people.mails.code_for("ada@example.org")
    kept = " ".join(
        str(row) for row in await people.rows("SELECT steps::text FROM steps UNION ALL SELECT outbox::text FROM outbox")
    )
    assert "ada@" not in kept and "Ada" not in kept and code not in kept
    [row] = await people.rows("SELECT * FROM sign_in_codes")
    assert code.encode() not in row.code_hash and len(row.code_hash) == 32


@pytest.mark.parametrize("typed", ["", "nowhere", "ada@example.org\nbcc: all@example.org", "x" * 300 + "@example.org"])
async def test_what_is_no_address_is_said_and_nothing_is_mailed(people: World, typed: str) -> None:
    answer = await people.client.post("/people/sign-in", data={"email": typed})
    assert answer.status_code == 422
    assert "email address like name@example.org" in answer.text
    assert people.mails.mails == []


async def test_an_empty_code_is_said(people: World) -> None:
    page = await people.ask_for_code("ada@example.org")
    answer = await people.client.post(page, data={"code": " "})
    assert answer.status_code == 422
    assert "Write the 6 digits from our email" in answer.text
    assert [row.tries for row in await people.rows("SELECT tries FROM sign_in_codes")] == [0]


async def test_codes_are_rate_limited_per_address_and_connection_and_alike_for_unknown_ones(
    folder: Path, service_database
) -> None:
    async with running_people(folder, service_database("people"), sign_in_limit_per_address="2/hour") as people:
        await a_person(people)
        for email in ("ada@example.org", "nobody@example.org"):
            for _ in range(2):
                await people.ask_for_code(email)
            refused = await people.client.post("/people/sign-in", data={"email": email.upper()})
            assert refused.status_code == 429
            assert "Please wait a little" in refused.text
        assert len(people.mails.mails) == 4


async def test_codes_and_tries_are_rate_limited_per_client(folder: Path, service_database) -> None:
    async with running_people(folder, service_database("people"), sign_in_limit_per_client="2/hour") as people:
        page = await people.ask_for_code("a@example.org")
        await people.ask_for_code("b@example.org")
        assert (await people.client.post("/people/sign-in", data={"email": "c@example.org"})).status_code == 429
        tries = [(await people.client.post(page, data={"code": "1"})).status_code for _ in range(3)]
        assert tries == [422, 422, 429]


async def test_when_the_mail_server_is_away_that_is_said_alike_to_everyone(folder: Path, service_database) -> None:
    async with running_people(folder, service_database("people"), smtp_port=9) as people:
        await a_person(people)
        for email in ("ada@example.org", "nobody@example.org"):
            answer = await people.client.post("/people/sign-in", data={"email": email})
            assert answer.status_code == 503
            assert "We cannot send email just now" in answer.text


@pytest.mark.parametrize(
    ("next", "lands"),
    [
        ("/payments/claims?page=2", "/payments/claims?page=2"),
        ("", "/"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
    ],
)
async def test_after_signing_in_one_lands_on_a_page_of_ours(people: World, next: str, lands: str) -> None:
    await a_person(people)
    page = await people.ask_for_code("ada@example.org", next=quote(next, safe=""))
    answer = await people.client.post(page, data={"code": people.mails.code_for("ada@example.org")})
    assert answer.headers["location"] == lands


# The sign-in


async def signed_in_long_ago(people: World) -> None:
    """The cookie holds a token of the running sign-in that has run out."""
    await people.sign_in("ada@example.org")
    keys = people.service.sign_in_keys
    sign_in: SignIn = keys.sign_in_of(people.client.cookies[COOKIE])
    people.client.cookies.clear()
    people.client.cookies.set(COOKIE, issue_token(SIGNING_KEY, ORGANISATION, sign_in, life=timedelta(seconds=-1)))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_token_that_ran_out_is_renewed_and_the_request_sent_again(people: World, method: str) -> None:
    await a_person(people)
    await signed_in_long_ago(people)
    answer = await people.client.request(method, f"/people/session/renew?next={quote('/people/me?x=1', safe='')}")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/people/me?x=1"
    people.client.cookies.clear()
    people.client.cookies.set(COOKIE, answer.cookies[COOKIE])
    assert (await people.client.get("/people/me")).status_code == 200


async def test_what_was_posted_with_a_token_that_ran_out_is_not_lost(people: World) -> None:
    await a_person(people)
    await signed_in_long_ago(people)
    first = await people.client.post("/people/me/area", data={"area": "March"})
    assert (first.status_code, first.headers["location"]) == (307, "/people/session/renew?next=%2Fpeople%2Fme%2Farea")
    second = await people.client.post(first.headers["location"], data={"area": "March"})
    people.client.cookies.clear()
    people.client.cookies.set(COOKIE, second.cookies[COOKIE])
    third = await people.client.post(second.headers["location"], data={"area": "March"})
    assert third.status_code == 303
    assert [row.area for row in await people.rows("SELECT area FROM people")] == ["March"]


async def test_a_renewed_token_has_the_roles_of_now(people: World) -> None:
    await a_person(people)
    await signed_in_long_ago(people)
    await people.write("UPDATE people SET roles = '{finance}'")
    answer = await people.client.get("/people/session/renew?next=/")
    assert people.service.sign_in_keys.sign_in_of(answer.cookies[COOKIE]).roles == {Role.FINANCE}


@pytest.mark.parametrize("what", ["ended_at = now()", "expires_at = now()"])
async def test_a_sign_in_that_is_over_is_not_renewed(people: World, what: str) -> None:
    await a_person(people)
    await signed_in_long_ago(people)
    await people.write(f"UPDATE sessions SET {what}")
    answer = await people.client.get("/people/session/renew?next=/people/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/sign-in?next=%2Fpeople%2Fme")
    assert f'{COOKIE}=""' in answer.headers["set-cookie"] or "Max-Age=0" in answer.headers["set-cookie"]
    posted = await people.client.post("/people/session/renew?next=/people/me")
    assert (posted.status_code, posted.headers["location"]) == (303, "/people/sign-in?next=%2Fpeople%2Fsession%2Fkept")


async def test_a_visitor_with_an_old_cookie_can_sign_in_anew(people: World) -> None:
    """The way there goes round by the renewal once, and ends."""
    await a_person(people)
    await signed_in_long_ago(people)
    await people.write("UPDATE sessions SET ended_at = now()")
    first = await people.client.get("/people/sign-in?next=/people/me")
    assert (first.status_code, first.headers["location"].startswith("/people/session/renew?next=")) == (307, True)
    second = await people.client.get(first.headers["location"])
    assert (second.status_code, second.headers["location"].startswith("/people/sign-in?next=")) == (303, True)
    assert f'{COOKIE}="";' in second.headers["set-cookie"] and "Max-Age=0" in second.headers["set-cookie"]
    people.client.cookies.clear()
    assert "Send me a code" in (await people.client.get(second.headers["location"])).text


async def test_only_a_token_that_we_signed_is_renewed_and_only_to_a_page_of_ours(people: World) -> None:
    await a_person(people)
    assert (await people.client.get("/people/session/renew?next=/")).headers["location"].startswith("/people/sign-in")
    people.client.cookies.set(COOKIE, "not.a.token")
    assert (await people.client.get("/people/session/renew?next=/")).headers["location"].startswith("/people/sign-in")
    people.client.cookies.clear()
    await signed_in_long_ago(people)
    answer = await people.client.get("/people/session/renew?next=//evil.example")
    assert (answer.status_code, answer.headers["location"]) == (307, "/")


async def test_signing_out_ends_the_sign_in_here_at_once_and_tells_the_others(people: World) -> None:
    person_id = await a_person(people)
    await people.sign_in("ada@example.org")
    token = people.client.cookies[COOKIE]
    sign_in = people.service.sign_in_keys.sign_in_of(token)
    assert "Sign out" in (await people.client.get("/people/sign-out")).text
    answer = await people.client.post("/people/sign-out")
    assert answer.status_code == 303
    assert COOKIE not in people.client.cookies
    people.client.cookies.set(COOKIE, token)
    assert (await people.client.get("/people/me")).headers["location"].startswith("/people/sign-in")
    assert (await people.client.get("/people/session/renew?next=/")).headers["location"].startswith("/people/sign-in")
    assert await people.events("session-ended") == [
        {"version": 1, "session_id": str(sign_in.sign_in_id), "person_id": str(person_id)}
    ]


async def test_the_public_keys_are_those_that_check_a_token(people: World) -> None:
    await a_person(people)
    await people.sign_in("ada@example.org")
    answer = (await people.client.get("/people/.well-known/jwks.json")).json()
    keys = KeySet.import_key_set(answer)
    assert jwt.decode(people.client.cookies[COOKIE], keys, algorithms=["Ed25519"]).claims["iss"] == ORGANISATION
    assert all("d" not in key for key in answer["keys"])


async def test_what_ran_out_is_forgotten(people: World) -> None:
    """PRI-04: codes after an hour, sign-ins after a month."""
    await a_person(people)
    await people.sign_in("ada@example.org")
    await people.do(forget_what_ran_out)
    assert (
        len(await people.rows("SELECT id FROM sign_in_codes")) == len(await people.rows("SELECT id FROM sessions")) == 1
    )
    await people.write("UPDATE sign_in_codes SET expires_at = now() - interval '61 minutes'")
    await people.write("UPDATE sessions SET expires_at = now() - interval '31 days'")
    await people.do(forget_what_ran_out)
    assert await people.rows("SELECT id FROM sign_in_codes UNION ALL SELECT id FROM sessions") == []


async def test_a_wrong_setting_stops_the_start_with_its_name(
    folder: Path, service_database, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "people.env"
    file.write_text("CHORUS_ORGANISATION=test\nCHORUS_SIGN_IN_LIMIT_PER_CLIENT=often\nCHORUS_SMTP_PORT=mail\n")
    with pytest.raises(SystemExit):
        Settings.load(file)
    said = capsys.readouterr().err
    assert "CHORUS_SIGN_IN_LIMIT_PER_CLIENT is wrong" in said and "CHORUS_SMTP_PORT is wrong" in said
    assert "CHORUS_MAIL_FROM is missing" in said


async def test_the_code_goes_to_the_address_as_we_hold_it_however_it_was_typed(people: World) -> None:
    """Where a mail server tells capitals apart, another spelling is another letter box."""
    await a_person(people)
    await people.ask_for_code("ADA@Example.ORG")
    assert [mail["To"] for mail in people.mails.mails] == ["ada@example.org"]


@pytest.mark.parametrize(("idle", "life"), [(30, 10), (6, 2)])
async def test_a_sign_in_is_renewed_often_enough_to_be_seen_in_use(
    folder: Path, service_database: Callable[[str], str], idle: int, life: int
) -> None:
    async with running_people(folder, service_database("people"), staff_idle_minutes=idle) as people:
        await a_person(people, "Fay", "fay@example.org", roles=["finance"])
        client = people.visitor()
        await people.sign_in("fay@example.org", client)
        claims = json.loads(urlsafe_b64decode(client.cookies[COOKIE].split(".")[1] + "=="))
        assert claims["exp"] - claims["iat"] == life * 60
