"""The pages of feedback that another organisation may read, and of feedback that came from one (NET-02)."""

import re

import httpx
import pytest

from shared.db import new_id
from tests.feedback.support import WORDS, World, give, let_it_go


async def seal(visitor: httpx.AsyncClient) -> str:
    """Of the words that the page shows."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', (await visitor.get("/feedback/give/host")).text)
    assert found
    return found[1]


async def until_the_host_is_asked_about(world: World, *roles: str, words: str = WORDS, named: bool = False, **who):
    """A visitor who has said what they think of what SUN held, and is about to be asked whether SUN may read it."""
    opportunity = await world.know_opportunity(host="SUN")
    visitor = world.visitor(*roles, **who)
    await visitor.post("/feedback/give", data={"about": "opportunity", "opportunity": str(opportunity)})
    await visitor.post("/feedback/give/words", data={"words": words})
    asked = await visitor.post("/feedback/give/who", data={"named": "yes" if named else "no"})
    assert asked.headers["location"] == "/feedback/give/host"
    return visitor


async def test_net_02_the_giver_is_asked_on_a_page_of_its_own_and_sees_what_crosses(world: World):
    visitor = await until_the_host_is_asked_about(world)
    shown = (await visitor.get("/feedback/give/host")).text
    for said in (
        "May SUN read what you said?",
        "SUN ran “Choosing a helpline”",
        WORDS,
        "a guest from The Test Voice",
        "does not get your name",
        "leave out names",
    ):
        assert said in shown, said
    unanswered = await visitor.post("/feedback/give/host", data={})
    assert unanswered.status_code == 422 and "Choose whether they may read it." in unanswered.text
    assert "checked" not in shown.partition("may_cross")[2].partition("</form>")[0]


@pytest.mark.parametrize(("may_cross", "waiting_for"), [(True, "SUN"), (False, "The Test Voice")])
async def test_net_02_the_last_page_and_the_givers_own_say_who_reads_it(
    world: World, may_cross: bool, waiting_for: str
):
    person = new_id()
    visitor = world.visitor("participant", person_id=person)
    await give(visitor, opportunity=await world.know_opportunity(host="SUN"), named=True, may_cross=may_cross)
    item_id = await let_it_go(world) if may_cross else await world.value("SELECT item_id FROM items")
    shown = (await visitor.get(f"/feedback/mine/{item_id}")).text
    assert f"This is waiting for {waiting_for}" in shown
    assert ("You let SUN read what you said" in shown) is may_cross
    assert len(await world.events("guest-feedback-given")) == may_cross


async def test_net_02_the_check_page_names_who_reads_it_and_leads_back_to_the_question(world: World):
    visitor = await until_the_host_is_asked_about(world)
    await visitor.post("/feedback/give/host", data={"may_cross": "yes", "seen": await seal(visitor)})
    await visitor.post("/feedback/give/board", data={"may_show": "no"})
    shown = (await visitor.get("/feedback/give/check")).text
    assert "SUN, and we do" in shown and 'href="/feedback/give/host"' in shown and "what SUN did" in shown
    assert "SUN may have one too" in (await visitor.get("/feedback/give/board")).text


async def test_net_02_about_our_own_opportunity_nobody_else_is_spoken_of(world: World):
    opportunity = await world.know_opportunity()
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "opportunity", "opportunity": str(opportunity)})
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    asked = await visitor.post("/feedback/give/who", data={"named": "no"})
    assert asked.headers["location"] == "/feedback/give/board"
    assert (await visitor.get("/feedback/give/host")).headers["location"] == "/feedback/give/board"
    board = await visitor.get("/feedback/give/board")
    assert board.status_code == 200 and "may have one too" not in board.text
    await visitor.post("/feedback/give/board", data={"may_show": "no"})
    check = await visitor.get("/feedback/give/check")
    assert (
        check.status_code == 200
        and "Who reads it" not in check.text
        and "what we did, or what we did not do" in check.text
    )


async def test_net_02_who_changes_what_it_is_about_is_asked_again(world: World):
    visitor = await until_the_host_is_asked_about(world)
    await visitor.post("/feedback/give/host", data={"may_cross": "yes", "seen": await seal(visitor)})
    other = await world.know_opportunity("Painting the hall", host="Suffolk User Forum")
    changed = await visitor.post("/feedback/give", data={"about": "opportunity", "opportunity": str(other)})
    assert changed.headers["location"] == "/feedback/give/host"
    changed = await visitor.post("/feedback/give", data={"about": "us"})
    assert changed.headers["location"] == "/feedback/give/board"


async def test_net_02_words_with_a_phone_number_may_not_be_read_elsewhere_until_it_is_out(world: World):
    visitor = await until_the_host_is_asked_about(world, words="Ring me on 07700 900123.")
    refused = await visitor.post("/feedback/give/host", data={"may_cross": "yes", "seen": await seal(visitor)})
    assert refused.status_code == 422 and "Take out the phone number first" in refused.text
    assert (await visitor.post("/feedback/give/host", data={"may_cross": "no"})).status_code == 303


async def test_net_02_the_givers_own_name_may_not_be_read_elsewhere(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    visitor = await until_the_host_is_asked_about(
        world, "participant", person_id=person, named=True, words="I, Ffion, was cold."
    )
    refused = await visitor.post("/feedback/give/host", data={"may_cross": "yes", "seen": await seal(visitor)})
    assert refused.status_code == 422 and "Take out the person&#39;s name first" in refused.text


async def test_net_02_who_changes_their_words_afterwards_cannot_slip_a_number_through(world: World):
    visitor = await until_the_host_is_asked_about(world)
    await visitor.post("/feedback/give/host", data={"may_cross": "yes", "seen": await seal(visitor)})
    await visitor.post("/feedback/give/board", data={"may_show": "no"})
    asked = await visitor.post("/feedback/give/words", data={"words": "Ring me on 07700 900123."})
    assert asked.headers["location"] == "/feedback/give/host"
    assert (await visitor.post("/feedback/give/check", data={})).headers["location"] == "/feedback/give/host"
    assert await world.rows("SELECT 1 FROM items") == [] and await world.events("guest-feedback-given") == []


async def test_fb_02_staff_see_that_the_host_answers_and_can_take_it_over(world: World):
    await give(world.visitor(), opportunity=await world.know_opportunity(host="SUN"), may_cross=True)
    item_id = await let_it_go(world)
    staff = world.visitor("coordinator")
    shown = (await staff.get(f"/feedback/staff/{item_id}")).text
    assert "SUN ran this." in shown and "Waiting for SUN" in shown and "Answer it" not in shown
    refused = await staff.post(
        "/feedback/staff/answer", data={"items": str(item_id), "ending": "used", "text": "Done."}
    )
    assert refused.status_code == 422 and "was asked to answer it" in refused.text
    await staff.post(f"/feedback/staff/{item_id}/pass-on", data={"to": "us"})
    assert "Answer it" in (await staff.get(f"/feedback/staff/{item_id}")).text


async def test_fb_02_who_takes_back_what_the_host_may_have_read_is_told_so(world: World):
    person = new_id()
    visitor = world.visitor("participant", person_id=person)
    await give(visitor, opportunity=await world.know_opportunity(host="SUN"), named=True, may_cross=True)
    item_id = await let_it_go(world)
    assert "They may have read it already." in (await visitor.get(f"/feedback/mine/{item_id}/ask/withdraw")).text
    await visitor.post(f"/feedback/mine/{item_id}/withdraw")
    assert "we told SUN to delete it too" in (await visitor.get(f"/feedback/mine/{item_id}")).text
    assert [event["withdrawn"] for event in await world.events("guest-feedback-given")] == [False, True]
