"""What somebody left half written on a device while joining is not for whoever comes next (FB-01, PRI-01)."""

from urllib.parse import quote

import pytest

from tests.people.pages import ANSWERS
from tests.people.support import World, a_person
from tests.people.test_kept import ADA, expired, sent
from tests.support.servers import ORGANISATION

FEEDBACK = f"__Host-feedback-{ORGANISATION}"
JOINING = f"__Host-joining-{ORGANISATION}"


async def begun(people: World) -> None:
    """Somebody without an account began to join here and to give feedback, and went away."""
    await people.client.post("/people/join")
    await people.client.post("/people/join/name", data={"name": "Grace Hopper"})
    people.client.cookies.set(FEEDBACK, "a-secret-of-the-feedback-service", domain="localhost.local", path="/")


async def test_fb_01_who_signs_in_finds_nothing_that_somebody_else_left_half_written(people: World) -> None:
    await a_person(people)
    await begun(people)
    await people.sign_in("ada@example.org")
    assert not {FEEDBACK, JOINING} & set(people.client.cookies)
    assert await people.rows("SELECT 1 FROM joinings") == []


async def test_who_has_joined_leaves_no_joining_behind_on_the_device(people: World) -> None:
    await people.client.post("/people/join")
    for step, data in ANSWERS.items():
        await people.client.post(f"/people/join/{step}", data=data)
    asked = await people.client.post("/people/join/agree", data={"agreed": "yes"})
    await people.client.post(asked.headers["location"], data={"code": people.mails.code_for("grace@example.org")})
    assert JOINING not in people.client.cookies
    assert await people.rows("SELECT 1 FROM joinings") == []


async def test_fb_01_feedback_goes_on_for_who_went_away_from_it_to_sign_in(people: World) -> None:
    await a_person(people)
    await begun(people)
    page = await people.ask_for_code("ada@example.org", next="/feedback/give/board")
    await people.client.post(page, data={"code": people.mails.code_for("ada@example.org")})
    assert FEEDBACK in people.client.cookies and JOINING not in people.client.cookies


@pytest.mark.parametrize("question", ["/words", "", "?change=yes"])
@pytest.mark.parametrize("same", [True, False])
async def test_fb_01_what_was_kept_goes_on_for_the_very_same_person_alone(
    people: World, same: bool, question: str
) -> None:
    await a_person(people)
    await a_person(people, "Colin Bell", "colin@example.org")
    await expired(people)
    await sent(people, f"/feedback/give{question}", {"words": "Something private"})
    people.client.cookies.set(FEEDBACK, "a-secret-of-the-feedback-service", domain="localhost.local", path="/")
    await people.sign_in("ada@example.org" if same else "colin@example.org")
    assert [name in people.client.cookies for name in (FEEDBACK, f"__Host-draft-{ORGANISATION}")] == [same, same]
    assert len(await people.rows("SELECT 1 FROM drafts")) == (1 if same else 0)


async def test_each_page_of_joining_stops_and_forgets_it(people: World) -> None:
    await begun(people)
    for step in (*ANSWERS, "agree"):
        shown = await people.client.get(f"/people/join/{step}")
        assert 'action="/people/join/stop"' in shown.text, step
        assert shown.headers["cache-control"] == "no-store"
    gone = await people.client.post("/people/join/stop")
    assert gone.status_code == 303 and JOINING not in people.client.cookies
    assert await people.rows("SELECT 1 FROM joinings") == []
    assert "forgotten what you told us" in (await people.client.get("/people/sign-in")).text
    assert (await people.client.get("/people/join/name")).headers["location"] == "/people/join"


async def test_an_answer_begins_the_hour_of_a_joining_anew(people: World) -> None:
    await begun(people)
    await people.write("UPDATE joinings SET expires_at = clock_timestamp() + interval '1 minute'")
    answer = await people.client.post("/people/join/name", data={"name": "Grace"})
    [row] = await people.rows("SELECT expires_at > clock_timestamp() + interval '59 minutes' AS rested FROM joinings")
    assert row.rested
    assert f"{JOINING}=" in answer.headers["set-cookie"] and "Max-Age=3600" in answer.headers["set-cookie"]


async def test_the_next_visitor_at_a_device_left_alone_reads_and_wakes_no_joining(people: World) -> None:
    await begun(people)
    await people.write("UPDATE joinings SET expires_at = expires_at - interval '15 minutes'")
    assert (await people.client.get("/people/join/name")).headers["location"] == "/people/join"
    assert (await people.client.post("/people/join/name", data={"name": "Grace"})).headers["location"] == "/people/join"
    assert await people.rows("SELECT 1 FROM joinings") == []


async def test_who_starts_to_join_finds_nothing_of_whoever_started_before(people: World) -> None:
    await begun(people)
    await people.client.post("/people/join")
    assert [row.answers for row in await people.rows("SELECT answers FROM joinings")] == [{}]


@pytest.mark.parametrize("front", ["/people/sign-in", "/people/join"])
async def test_an_address_that_was_typed_wrong_is_not_found_by_who_comes_in_by_the_front(
    people: World, front: str
) -> None:
    browser = {"sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}
    wrong = await people.client.post("/people/sign-in", data={"email": "ada at example"}, headers=browser)
    address = wrong.headers["location"]
    assert "ada at example" in (await people.client.get(address, headers=browser)).text
    await people.client.get(front, headers=browser)
    assert "ada at example" not in (await people.client.get(address, headers=browser, follow_redirects=True)).text


async def test_the_code_page_says_where_the_code_went_and_leads_to_a_new_one_without_losing_the_way(
    people: World,
) -> None:
    await a_person(people)
    for email in (ADA, "nobody@example.org"):
        page = await people.ask_for_code(email.upper(), next="%2Fopportunities%2Fmine")
        shown = (await people.client.get(page)).text
        assert email in shown and 'href="/people/sign-in?next=/opportunities/mine"' in shown
        assert 'href="/people/join?next=%2Fopportunities%2Fmine"' in shown  # the header's
    await people.write("UPDATE sign_in_codes SET expires_at = now()")
    assert "nobody@example.org" not in (await people.client.get(page)).text


async def test_somebody_who_joins_and_got_the_code_wrong_five_times_gets_another_and_joins(people: World) -> None:
    place = "/opportunities/0190a000-0000-7000-8000-000000000001/take-part"
    answer = await people.client.post(f"/people/join?next={quote(place, safe='')}")
    while not answer.headers["location"].endswith("/agree"):
        assert quote(place, safe="") in (await people.client.get(answer.headers["location"])).text
        step = answer.headers["location"].rpartition("/")[2]
        answer = await people.client.post(answer.headers["location"], data=ANSWERS[step])
    asked = (await people.client.post("/people/join/agree", data={"agreed": "yes"})).headers["location"]
    wrong = "000000" if people.mails.code_for("grace@example.org") != "000000" else "111111"
    for _ in range(5):
        shown = await people.client.post(asked, data={"code": wrong})
    assert 'action="/people/join/agree"' in shown.text and 'href="/people/join/email"' in shown.text  # pyrefly: ignore
    asked = (await people.client.post("/people/join/agree", data={"agreed": "yes"})).headers["location"]
    done = await people.client.post(asked, data={"code": people.mails.code_for("grace@example.org")})
    assert done.headers["location"] == place
