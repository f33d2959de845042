"""What was begun or sent at a device is shown to nobody else there."""

from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from services.feedback.domain.giving import LEFT_ALONE_MINUTES
from shared.db import new_id
from shared.identity import Role, cookie_name, end_sign_in
from tests.feedback.support import WORDS, World, give
from tests.support.apps import signed_in

LEFT_ALONE = text(f"UPDATE drafts SET expires_at = expires_at - interval '{LEFT_ALONE_MINUTES} minutes'")


async def written(visitor: httpx.AsyncClient) -> None:
    await visitor.post("/feedback/give", data={"about": "us"})
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    assert WORDS in (await visitor.get("/feedback/give/words")).text


async def test_fb_01_the_next_visitor_at_a_device_left_alone_reads_nothing_and_wakes_nothing(world: World):
    visitor = world.visitor()
    await written(visitor)
    await world.do(lambda tx: tx.execute(LEFT_ALONE))
    entry = (await visitor.get("/feedback/give")).text
    assert "What is your feedback about?" in entry and "carry on" not in entry
    await visitor.post("/feedback/give", data={"about": "us"})
    assert WORDS not in (await visitor.get("/feedback/give/words")).text
    assert await world.value("SELECT count(*) FROM drafts WHERE answers::text LIKE '%%words%%'") == 0


async def test_fb_01_the_next_visitor_at_a_shared_computer_is_shown_nothing_that_was_typed_there(world: World):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "provider"})
    await visitor.post("/feedback/give/which", data={"name": "Willow House"})
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    assert "Was it you who started?" in (await visitor.get("/feedback/give")).text
    for path in ("", "?change=yes", "/which", "/words", "/who", "/board", "/check"):
        page = (await visitor.get(f"/feedback/give{path}")).text
        assert WORDS not in page and "Willow House" not in page
    assert (await visitor.post("/feedback/give/carry-on", data={"first_words": ""})).status_code == 422
    assert (await visitor.post("/feedback/give/carry-on", data={"first_words": "I guess this"})).status_code == 422
    assert (await visitor.post("/feedback/give/carry-on", data={"first_words": "or perhaps that"})).headers[
        "location"
    ] == "/feedback/give"
    assert await world.value("SELECT count(*) FROM drafts") == 0


async def test_fb_01_nothing_that_is_posted_wakes_what_sleeps_but_how_it_begins(world: World):
    """A page of the flow stayed open, or the request was made by hand: whoever sends it may be another."""
    visitor = world.visitor()
    await written(visitor)
    assert "Was it you who started?" in (await visitor.get("/feedback/give")).text
    for path, data in (
        ("", {"about": "us"}),
        ("/which", {"name": "Mine"}),
        ("/words", {"words": "Mine are these"}),
        ("/who", {"named": "no"}),
        ("/host", {"may_cross": "no"}),
        ("/board", {"may_show": "yes"}),
        ("/hear", {"hear_by": "code"}),
        ("/check", {}),
    ):
        sent = await visitor.post(f"/feedback/give{path}", data=data)
        assert (sent.status_code, sent.headers.get("location")) == (303, "/feedback/give"), path
        for shown in ("", "/words", "/who", "/check"):
            assert WORDS not in (await visitor.get(f"/feedback/give{shown}")).text
    assert await world.value("SELECT count(*) FROM items") == 0
    await world.do(lambda tx: tx.execute(LEFT_ALONE))  # somebody who reads and writes slowly
    proof = {"first_words": " ".join(WORDS.split()[:3])}
    assert (await visitor.post("/feedback/give/carry-on", data=proof)).headers["location"] == "/feedback/give/who"
    assert WORDS in (await visitor.get("/feedback/give/words")).text


@pytest.mark.parametrize("secret", ["kept", "copied"])
async def test_fb_01_what_was_refused_is_not_found_by_the_next_visitor_who_comes_in_by_the_front(
    world: World, secret: str
):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "us"})
    browser = {"sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}
    refused = await visitor.post("/feedback/give/words", data={"words": "far " * 2_700 + WORDS}, headers=browser)
    address = refused.headers["location"]
    assert WORDS in (await visitor.get(address, headers=browser)).text  # Back, and loaded again
    cookies = dict(visitor.cookies)
    await visitor.get("/feedback/give", headers=browser)
    assert "__Host-chorus-answers" not in visitor.cookies
    if secret == "copied":
        visitor.cookies.update(cookies)
    assert WORDS not in (await visitor.get(address, headers=browser, follow_redirects=True)).text


async def test_fb_01_what_was_typed_on_a_page_that_stayed_open_is_taken_however_slowly(world: World):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "us"})
    await world.do(lambda tx: tx.execute(LEFT_ALONE))
    assert (await visitor.post("/feedback/give/words", data={"words": WORDS})).headers[
        "location"
    ] == "/feedback/give/who"
    assert WORDS in (await visitor.get("/feedback/give/words")).text


async def test_fb_01_nobody_goes_on_with_what_another_began_or_what_was_begun_for_somebody_helped(world: World):
    helper, first, second = (
        new_id(),
        await world.know_person("Ada", "participant"),
        await world.know_person("Bo", "participant"),
    )
    visitor = world.visitor("coordinator", person_id=helper, acting_for=first)
    await written(visitor)
    for person, helped in ((helper, None), (helper, second), (second, None), (None, None)):
        if person is None:
            visitor.cookies.delete(cookie_name("test"))
        else:
            signed_in(visitor, Role.COORDINATOR, person_id=person, acting_for=helped)
        assert "carry on" not in (await visitor.get("/feedback/give")).text.lower()
        for path in ("words", "check", "who"):
            assert (await visitor.get(f"/feedback/give/{path}")).headers["location"] == "/feedback/give"
        for path, data in (("words", {"words": "mine"}), ("check", {}), ("who", {"named": "no"})):
            assert (await visitor.post(f"/feedback/give/{path}", data=data)).headers["location"] == "/feedback/give"
    assert await world.value("SELECT count(*) FROM items") == 0
    signed_in(visitor, Role.COORDINATOR, person_id=helper, acting_for=first)
    assert WORDS in (await visitor.get("/feedback/give/words")).text
    assert str(helper) not in str(await world.rows("SELECT answers FROM drafts")) and str(first) not in str(
        await world.rows("SELECT answers FROM drafts")
    )


async def test_fb_01_words_typed_when_the_sign_in_had_been_ended_elsewhere_wait_for_their_writer(world: World):
    person = await world.know_person("Ada", "participant")
    visitor, another = world.visitor("participant", person_id=person), world.visitor()
    await visitor.post("/feedback/give", data={"about": "us"})
    token = visitor.cookies[cookie_name("test")]
    await world.do(end_sign_in, world.app.state.service.sign_in_keys.sign_in_of(token).sign_in_id)
    for path, data in (("/words", {"words": WORDS}), ("/who", {"named": "no"}), ("/check", {}), ("", {"about": "us"})):
        sent = await visitor.post(f"/feedback/give{path}", data=data)
        renew = f"/people/session/renew?next={quote(f'/feedback/give{path}', safe='')}"
        assert (sent.status_code, sent.headers["location"]) == (307, renew)
    opened = await visitor.get("/feedback/give/words")
    assert opened.headers["location"] == "/people/sign-in?next=%2Ffeedback%2Fgive%2Fwords"
    assert "What is your feedback about?" in (await visitor.get("/feedback/give")).text
    another.cookies.update(visitor.cookies)
    another.cookies.delete(cookie_name("test"))  # somebody at the device, who signs in nowhere
    other = await another.get("/feedback/give/words", follow_redirects=True)
    assert "only the person who began it can go on" in other.text and "We hold nothing" not in other.text
    signed_in(visitor, Role.PARTICIPANT, person_id=person)
    shown = await visitor.post("/feedback/give/words", data={"words": WORDS, "_kept": "yes"})
    assert "We kept what you typed" in shown.text and WORDS in shown.text
    taken = await visitor.post("/feedback/give/words", data={"words": WORDS})
    assert taken.headers["location"] == "/feedback/give/who"


@pytest.mark.parametrize("named", [True, False])
async def test_fb_01_back_shows_nothing_of_what_was_sent(world: World, named: bool):
    person = await world.know_person("Ada", "participant")
    visitor = world.visitor("participant", person_id=person)
    await give(visitor, named=named, hear_by="none" if named else "code")
    for path in ("", "?change=yes", "/words", "/who", "/check", "/done"):
        page = await visitor.get(f"/feedback/give{path}")
        assert (WORDS not in page.text and page.headers["cache-control"] == "no-store") or page.status_code == 303


async def test_fb_01_what_was_begun_is_not_shown_once_its_two_hours_are_over(world: World):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "us"})
    await world.write("UPDATE drafts SET expires_at = now() - interval '1 second'")
    assert (await visitor.get("/feedback/give/words")).headers["location"] == "/feedback/give"
