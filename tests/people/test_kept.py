"""An expired sign-in loses neither what was typed nor where somebody was going."""

import base64
import json
import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote, unquote

import httpx
import pytest
from bs4 import BeautifulSoup

from services.people.use_cases import drafts
from shared.db import new_id
from shared.identity import cookie_name, issue_token
from shared.web.saying import Said, said_by
from tests.people.pages import ANSWERS
from tests.people.support import World, a_person
from tests.people.test_second_step import set_up
from tests.support.apps import SIGNING_KEY
from tests.support.servers import ORGANISATION

COOKIE = cookie_name(ORGANISATION)
ADA = "ada@example.org"


async def expired(people: World, email: str = ADA) -> None:
    """Signed in, and the sign-in ended a while ago; the browser still holds its token."""
    await people.sign_in(email)
    sign_in = people.service.sign_in_keys.sign_in_of(people.client.cookies[COOKIE])
    people.client.cookies.delete(COOKIE)
    people.client.cookies.set(COOKIE, issue_token(SIGNING_KEY, ORGANISATION, sign_in, life=timedelta(seconds=-1)))
    await people.write("UPDATE sessions SET expires_at = now()")


async def sent(people: World, path: str, data: dict[str, str], came_from: str = "/people/me") -> httpx.Response:
    """Posted, and followed by 307 as a browser does."""
    headers = {"referer": f"https://localhost{came_from}"}
    answer = await people.client.post(path, data=data, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (
        307,
        f"/people/session/renew?next={quote(path, safe='')}",
    )
    answer = await people.client.post(answer.headers["location"], data=data, headers=headers)
    people.client.cookies.delete(COOKIE)
    return answer


async def sign_in_again(people: World, answer: httpx.Response, email: str = ADA) -> httpx.Response:
    asked = await people.client.post(answer.headers["location"], data={"email": email})
    return await people.client.post(asked.headers["location"], data={"code": people.mails.code_for(email)})


async def test_what_was_typed_is_shown_again_filled_in_and_not_yet_taken(people: World) -> None:
    await a_person(people)
    await expired(people)
    answer = await sent(people, "/people/me/known-as", {"known_as": "Ada “the first” <b>"})
    assert answer.headers["location"] == "/people/sign-in?next=%2Fpeople%2Fsession%2Fkept"
    back = await sign_in_again(people, answer)
    assert back.headers["location"] == "/people/session/kept"
    shown = (await people.client.get("/people/session/kept")).text
    assert "We kept what you typed" in shown and "You are signed in again" not in shown
    assert 'action="/people/me/known-as"' in shown and "&lt;b&gt;" in shown and 'href="/people/me"' in shown
    filled = await people.client.post("/people/me/known-as", data={"known_as": "Ada “the first” <b>", "_kept": "yes"})
    assert (filled.status_code, "We kept what you typed" in filled.text, "the first” &lt;b&gt;" in filled.text) == (
        422,
        True,
        True,
    )
    assert "There is a problem" not in filled.text and "<title>Error" not in filled.text
    assert "This was not sent yet" in filled.text and "signed out" not in filled.text  # true of a second step as well
    assert [row.known_as for row in await people.rows("SELECT known_as FROM people")] == [""]


def test_what_was_kept_is_shown_without_the_values_that_only_programs_read() -> None:
    fields = [("needs", "travel"), ("hear_by", "in-app"), ("words", "A lift, please"), (f"pence-{new_id()}", "15.00")]
    assert drafts.said_in([*fields, ("known_as", "Ada")]) == [
        ("What you wrote", "A lift, please"),
        ("Amount in pounds", "15.00"),
        ("Known as", "Ada"),
    ]


async def test_what_is_kept_is_shown_by_the_labels_of_its_form_with_its_button_and_its_page(people: World) -> None:
    await a_person(people)
    await people.sign_in(ADA)
    asked = BeautifulSoup((await people.client.get("/people/me/known-as")).text, "html.parser")
    form = asked.select_one("main form")
    assert form is not None
    [pressed] = form.select("button")
    label, title = (
        form.select("label")[0].get_text(" ", strip=True),
        asked.select("main h1")[0].get_text(" ", strip=True),
    )
    await people.client.post("/people/sign-out")
    await expired(people)
    said = {"known_as": "Addie", str(pressed["name"]): str(pressed["value"])}
    answer = await sent(people, "/people/me/known-as", said)
    await sign_in_again(people, answer)
    shown = BeautifulSoup((await people.client.get("/people/session/kept")).text, "html.parser")
    text = " ".join(shown.select("main")[0].get_text(" ").split())
    assert f"You pressed “{pressed.get_text(strip=True)}” on the page “{title}”." in text
    assert [" ".join(row.get_text(" ").split()) for row in shown.select("main .govuk-summary-list__row")] == [
        f"{label} Addie"
    ]
    assert "typed nothing" not in text


def test_the_dates_of_a_kept_form_are_one_line_and_what_a_browser_made_up_is_nothing() -> None:
    date = [("closes_on-day", "28"), ("closes_on-month", "3"), ("closes_on-year", "2027")]
    html = (
        '<fieldset><legend class="x"> The <b>last</b> day </legend><label for="closes_on">Day</label>'
        '<input id="closes_on" name="closes_on-day"></fieldset><label for="how">How?</label>'
        '<textarea id="how" name="how">'
    )
    said = ("_said", said_by(html, "Save", "Change it"))
    assert drafts.said_in([*date, ("how", "By post"), said]) == [("The last day", "28 3 2027"), ("How?", "By post")]
    assert drafts.said_in(date) == [("Closes on", "28 3 2027")]
    for made_up in ("", "[]", '{"button": 1}', "{" * 5000, '{"button": "x", "page": "y", "labels": 3}'):
        assert drafts.said_of([("_said", made_up)]) == Said()
    long = said_by(f'<label for="how">{"How? " * 1000}</label><textarea id="how" name="how">', "Save")
    assert len(long) < 100 and drafts.said_of([("_said", long)]).button == "Save"


def test_each_field_of_a_kept_group_is_shown_by_the_group_and_its_own_label() -> None:
    html = (
        '<fieldset><legend>Bus</legend><label for="pence-1">Amount</label><input id="pence-1" name="pence-1">'
        '<label for="why-1">If less: why?</label><input id="why-1" name="why-1" type="text">'
        '<input type="radio" name="how" id="how"><label for="how">By post</label></fieldset>'
    )
    fields = [("pence-1", "2.50"), ("why-1", "Half of it"), ("how", "Post it"), ("_said", said_by(html, "Approve"))]
    assert drafts.said_in(fields) == [("Bus: Amount", "2.50"), ("Bus: If less: why?", "Half of it"), ("Bus", "Post it")]


async def test_the_sign_in_page_says_that_something_is_kept_only_if_it_is(people: World) -> None:
    await a_person(people)
    await expired(people)
    kept = "/people/sign-in?next=%2Fpeople%2Fsession%2Fkept"
    assert "We have kept it" not in (await people.client.get(kept)).text
    answer = await sent(people, "/people/me/known-as", {"known_as": "Ada"})
    assert "We have kept it" in (await people.client.get(answer.headers["location"])).text


async def test_a_press_that_was_kept_does_nothing_before_its_page_was_shown(people: World) -> None:
    """At a browser left open somebody else may have pressed; a route that reads no form would do it unseen, whatever
    came along with it."""
    await a_person(people)
    phone = people.visitor()
    await people.sign_in(ADA, phone)
    await people.sign_in(ADA)
    [there] = [row.id for row in await people.rows("SELECT id FROM sessions ORDER BY began_at LIMIT 1")]
    kept = await people.client.post(f"/people/me/sign-ins/{there}/end", data={"_kept": "yes", "anything": "typed"})
    assert (kept.status_code, "This was not done yet" in kept.text) == (422, True)
    assert (await phone.get("/people/me")).status_code == 200
    assert (await people.client.post(f"/people/me/sign-ins/{there}/end")).status_code == 303
    assert (await phone.get("/people/me")).status_code == 303


@pytest.mark.parametrize("end", ["", "#x", "?a=b#x", "?_kept=&a=b", "?a=b%23x"])
async def test_no_address_takes_the_mark_of_a_kept_press_away(people: World, end: str) -> None:
    """What was put before an open browser is pressed as the page of it says: with all that is in its form, the mark
    first, at its address without a fragment."""
    await a_person(people, "Grace", "grace@example.org", roles=["administrator"])
    lost = await a_person(people, roles=["finance"])
    await people.sign_in("grace@example.org")
    path = f"/people/staff/people/{lost}/second-step{end}"
    hold = f"/people/session/hold?next={quote(path, safe='')}"
    held = await people.client.post(hold, data={"_kept": "", "reason": "typed"})
    assert held.headers["location"] == "/people/confirm?next=%2Fpeople%2Fsession%2Fkept"
    await set_up(people)
    said = [(await people.client.get(f"/people/confirm?next={next}")).text for next in ("/people/session/kept", "/")]
    assert ["What you just sent is not done yet." in each for each in said] == [True, False]
    shown = (await people.client.get("/people/session/kept")).text
    [action] = re.findall(r'<form method="post" action="([^"]*second-step[^"]*)"', shown)
    assert unescape(action) == path.partition("#")[0]
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', shown)
    assert fields[0][0] == "_kept" and [name for name, _ in fields].count("_kept") == 1
    pressed = await people.client.post(unescape(action), data=dict(fields))
    assert (pressed.status_code, "This was not done yet" in pressed.text) == (422, True)
    assert await people.rows("SELECT id FROM factor_resets") == []


async def test_a_kept_press_that_is_sent_on_stays_kept(people: World) -> None:
    """The second step ran out once more, or the token did: it goes along with the body, and nothing is lost."""
    await a_person(people)
    await people.sign_in(ADA)
    hold = f"/people/session/hold?next={quote('/people/me/known-as', safe='')}"
    await people.client.post(hold, data={"_kept": "yes", "known_as": "Addie"})
    shown = (await people.client.get("/people/session/kept")).text
    assert shown.count('name="_kept"') == 1 and 'value="Addie"' in shown


async def test_what_is_kept_is_sealed_and_forgotten_and_no_one_elses(people: World) -> None:
    await a_person(people)
    await a_person(people, "Bo", "bo@example.org")
    await expired(people)
    answer = await sent(people, "/people/me/known-as", {"known_as": "Something private"})
    assert (
        "private" not in str(await people.rows("SELECT * FROM drafts"))
        and b"private" not in (await people.rows("SELECT content FROM drafts"))[0].content
    )
    secret = people.client.cookies[f"__Host-draft-{ORGANISATION}"]
    await sign_in_again(people, answer)
    assert "Carry on with it" in (await people.client.get("/people/session/kept")).text
    await people.write("UPDATE drafts SET expires_at = now()")
    assert (await people.client.get("/people/session/kept")).headers["location"] == "/"
    await people.write("UPDATE drafts SET expires_at = now() + interval '1 hour'")
    people.client.cookies.delete(COOKIE)
    await people.sign_in("bo@example.org")
    people.client.cookies.set(f"__Host-draft-{ORGANISATION}", secret)
    assert (await people.client.get("/people/session/kept")).headers["location"] == "/"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/payments/bank-details/change", {"account_name": "Ada", "sort_code": "089999", "account_number": "66374958"}),
        ("/payments/claims/1/somewhere-else", {"sort_code": "089999"}),
        ("/people/me/known-as", {"known_as": "x" * 70_000}),
    ],
)
async def test_bank_details_and_what_is_too_long_are_never_kept_but_the_way_is(
    people: World, path: str, data: dict[str, str]
) -> None:
    await a_person(people)
    await expired(people)
    headers = {"referer": "https://localhost/payments/bank-details/change"}
    answer = await people.client.post(f"/people/session/renew?next={quote(path, safe='')}", data=data, headers=headers)
    assert answer.headers["location"] == "/people/sign-in?next=%2Fpayments%2Fbank-details%2Fchange"
    assert await people.rows("SELECT 1 FROM drafts") == []


async def test_take_part_then_sign_in_then_join_ends_at_the_place_with_a_welcome(people: World) -> None:
    place = "/opportunities/0190a000-0000-7000-8000-000000000001/take-part"
    asked = await people.client.get(f"/people/sign-in?next={quote(place, safe='')}")
    [join] = {unquote(link) for link in re.findall(r'href="(/people/join\?[^"]*)"', asked.text)}
    answer = await people.client.post(join)
    while not answer.headers["location"].endswith("/agree"):
        step = answer.headers["location"].rpartition("/")[2]
        answer = await people.client.post(answer.headers["location"], data=ANSWERS[step])
    asked = await people.client.post("/people/join/agree", data={"agreed": "yes"})
    done = await people.client.post(
        asked.headers["location"], data={"code": people.mails.code_for("grace@example.org")}
    )
    assert done.headers["location"] == place
    assert "Welcome" in (await people.client.get("/people/me")).text


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_joining_ends_on_a_page_of_ours(people: World, next: str) -> None:
    shown = await people.client.get(f"/people/join?next={quote(next, safe='')}")
    assert "evil" not in shown.text
    await people.client.post(f"/people/join?next={quote(next, safe='')}")
    assert [row.answers for row in await people.rows("SELECT answers FROM joinings")] == [{}]


@pytest.mark.parametrize("token", [None, "nonsense"])
async def test_nobody_is_given_what_was_sent_from_their_device_without_a_sign_in_but_the_way_is_kept(
    people: World, token: str | None
) -> None:
    """It may be somebody else's: whoever signs in next must neither read it nor send it unseen."""
    await a_person(people)
    if token:
        people.client.cookies.set(COOKIE, token)
    answer = await sent(people, "/people/me/known-as", {"known_as": "Ada"})
    assert answer.headers["location"] == "/people/sign-in?next=%2Fpeople%2Fme"
    assert await people.rows("SELECT id FROM drafts") == []
    assert (await sign_in_again(people, answer)).headers["location"] == "/people/me"


FORMER = f"__Host-former-{ORGANISATION}"


async def typed_after(people: World, *, by_signing_out: bool) -> httpx.Response:
    """A form on a page that stayed open is sent once the cookie of the sign-in has gone, by another page."""
    if by_signing_out:
        await people.sign_in(ADA)
        await people.client.post("/people/sign-out")
    else:
        await expired(people)
        elsewhere = await people.client.get("/people/me")
        asked = await people.client.get(elsewhere.headers["location"])
        assert any(f"{COOKIE}=" in each and "Max-Age=0" in each for each in asked.headers.get_list("set-cookie"))
        people.client.cookies.delete(COOKIE)
    assert COOKIE not in people.client.cookies
    return await sent(people, "/people/me/known-as", {"known_as": "Addie"}, came_from="/people/me/known-as")


@pytest.mark.parametrize("by_signing_out", [False, True])
async def test_what_was_typed_is_kept_also_when_the_cookie_of_the_sign_in_has_gone(
    people: World, by_signing_out: bool
) -> None:
    await a_person(people)
    answer = await typed_after(people, by_signing_out=by_signing_out)
    assert answer.headers["location"] == "/people/sign-in?next=%2Fpeople%2Fsession%2Fkept"
    back = await sign_in_again(people, answer)
    assert back.headers["location"] == "/people/session/kept"
    shown = (await people.client.get("/people/session/kept")).text
    assert "Addie" in shown and 'action="/people/me/known-as"' in shown and 'href="/people/me/known-as"' in shown
    assert FORMER not in people.client.cookies


async def test_what_was_typed_after_the_cookie_had_gone_is_for_nobody_else(people: World) -> None:
    await a_person(people)
    await a_person(people, "Grace", "grace@example.org")
    answer = await typed_after(people, by_signing_out=True)
    await sign_in_again(people, answer, "grace@example.org")
    assert "Addie" not in (await people.client.get("/people/session/kept", follow_redirects=True)).text
    assert await people.rows("SELECT id FROM drafts WHERE expires_at > now()") == []


async def test_the_sign_in_that_was_last_on_a_device_signs_nobody_in(people: World) -> None:
    await a_person(people)
    await people.sign_in(ADA)
    answer = await people.client.post("/people/sign-out")
    former = people.client.cookies[FORMER]
    claims = json.loads(base64.urlsafe_b64decode(former.split(".")[1] + "=="))
    assert set(claims) == {"iss", "sid"} and answer.status_code == 303
    renewed = await people.client.get("/people/session/renew?next=/people/me")
    assert renewed.headers["location"] == "/people/sign-in?next=%2Fpeople%2Fme"
    people.client.cookies.set(COOKIE, former)
    assert (await people.client.get("/people/me")).headers["location"].startswith("/people/sign-in")


async def test_what_is_kept_says_what_it_holds_and_only_who_signs_in_again_lets_it_go(people: World) -> None:
    """On a shared computer anybody may send something after its owner has gone: it stands beside what was kept before.
    After three no more is kept, and that is said."""
    await a_person(people)
    await expired(people)
    token = people.client.cookies[COOKIE]
    names = ("Addie", "Byron", "Countess", "Dearest")
    answers = []
    for name in names:
        people.client.cookies.set(COOKIE, token)
        answers.append(await sent(people, "/people/me/known-as", {"known_as": name, "mark": "0" * 40}))
    answer = answers[-1]
    assert answer.headers["location"] == "/people/sign-in?next=%2Fpeople%2Fme"
    assert "What you sent did not reach us" in (await people.client.get(answer.headers["location"])).text
    assert len(await people.rows("SELECT id FROM drafts")) == 3
    await people.client.post("/people/sign-out")
    await sign_in_again(people, answer)
    shown = BeautifulSoup((await people.client.get("/people/session/kept")).text, "html.parser")
    assert [" ".join(row.get_text().split()) for row in shown.select("main .govuk-summary-list__row")] == [
        f"Known as {name}" for name in names[:3]
    ]
    assert {heading.text for heading in shown.select("main h2.govuk-heading-m")} == {"My details"}
    await people.client.post(f"/people/session/hold?next={quote('/people/me/area', safe='')}", data={"area": "March"})
    again = (await people.client.get("/people/session/kept")).text
    assert "March" in again and "Addie" not in again


async def test_nobody_deletes_from_another_device_what_a_person_has_kept(people: World) -> None:
    await a_person(people)
    library = people.visitor()
    await people.sign_in(ADA, library)
    await library.post("/people/sign-out")
    await expired(people)
    answer = await sent(people, "/people/me/known-as", {"known_as": "Addie"})
    other = await library.post("/people/session/renew?next=/people/me/known-as", data={"known_as": "No"})
    assert other.headers["location"] == "/people/sign-in?next=%2Fpeople%2Fsession%2Fkept"
    await sign_in_again(people, answer)
    assert "Addie" in (await people.client.get("/people/session/kept")).text


async def test_signing_out_leaves_nothing_half_written_to_who_uses_the_device_next(people: World) -> None:
    await a_person(people)
    await expired(people)
    answer = await sent(people, "/people/me/known-as", {"known_as": "Something private"})
    await sign_in_again(people, answer)
    assert f"__Host-draft-{ORGANISATION}" in people.client.cookies
    gone = await people.client.post("/people/sign-out")
    for kept in ("draft", "joining", "feedback"):
        assert any(
            f"__Host-{kept}-{ORGANISATION}=" in cookie and "Max-Age=0" in cookie
            for cookie in gone.headers.get_list("set-cookie")
        )


async def test_what_was_sent_is_kept_through_the_second_step_too(people: World) -> None:
    await a_person(people, "Grace", "grace@example.org", roles=["finance"])
    await expired(people, "grace@example.org")
    answer = await sent(people, "/people/me/known-as", {"known_as": "Gracie"})
    back = await sign_in_again(people, answer, "grace@example.org")
    assert back.headers["location"] == "/people/confirm?next=%2Fpeople%2Fsession%2Fkept"
    set_up = await people.client.get(back.headers["location"])
    assert set_up.headers["location"] == "/people/second-step?next=%2Fpeople%2Fsession%2Fkept"
    assert 'value="Gracie"' in (await people.client.get("/people/session/kept")).text


@pytest.mark.parametrize("path", ["/people/confirm", "/people/second-step"])
async def test_codes_are_never_kept(people: World, path: str) -> None:
    await people.client.post(f"/people/session/renew?next={quote(path, safe='')}", data={"code": "123456"})
    assert await people.rows("SELECT 1 FROM drafts") == []
