"""The giver's own pages, by name and by code: reading, taking back, and saying once that an answer is none."""

import re
from datetime import timedelta
from uuid import UUID

from services.feedback.consumers import words_to_read_out
from shared.db import new_id
from tests.feedback.safeguarding import raise_concern
from tests.feedback.support import WORDS, World, answer, give


async def test_fb_04_a_wrong_code_is_told_and_guessing_is_slowed_down(world: World):
    visitor = world.visitor()
    for typed in ("", "ABCDE-2345", "ABCDE23456", "<script>"):
        wrong = await visitor.post("/feedback/look-up", data={"code": typed})
        assert wrong.status_code == 422 and "We do not know that code" in wrong.text
    answers = [(await visitor.post("/feedback/look-up", data={"code": "ABCDE2345!"})).status_code for _ in range(20)]
    assert answers.count(429) == 4 and answers[-1] == 429


async def test_fb_04_back_leads_to_the_answer_to_a_wrong_code_which_holds_nothing_of_it(world: World):
    visitor = world.visitor()
    browser = {"sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}
    sent = await visitor.post("/feedback/look-up", data={"code": "ABCDE-23456"}, headers=browser)
    assert sent.status_code == 303 and sent.headers["location"].startswith("/feedback/look-up?answer=")
    shown = await visitor.get(sent.headers["location"], headers=browser)
    assert "We do not know that code" in shown.text and 'ABCDE-23456"' not in shown.text.replace("&#34;", '"')
    assert 'value="ABCDE' not in shown.text


async def test_fb_04_an_answer_by_code_is_shown_once_and_back_leads_to_the_code(world: World):
    """A browser that goes back sends nothing, so it fails (ERR_CACHE_MISS); and others may sit there by then."""
    visitor, browser = world.visitor(), {"sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}
    code = await give(world.visitor())
    for path in ("/feedback/look-up", "/feedback/look-up/ask/withdraw"):
        sent = await visitor.post(path, data={"code": code}, headers=browser)
        assert sent.status_code == 303 and sent.headers["location"].startswith(f"{path}?answer=")
        there = sent.headers["location"]
        assert (await world.visitor().get(there, headers=browser)).status_code == 303, "without this browser's cookie"
        assert WORDS in (await visitor.get(there, headers=browser)).text or "take" in path
        back = await visitor.get(there, headers=browser)
        assert (back.status_code, back.headers["location"]) == (303, path)
    assert (await visitor.get(path, headers=browser)).headers["location"] == "/feedback/look-up"


async def test_fb_04_the_code_is_asked_by_post_and_never_stands_in_an_address(world: World):
    code = await give(world.visitor())
    visitor = world.visitor()
    asked = await visitor.get("/feedback/look-up", params={"code": code})
    assert WORDS not in asked.text
    found = await visitor.post("/feedback/look-up", data={"code": code})
    assert found.status_code == 200 and WORDS in found.text and found.headers["cache-control"] == "no-store"
    assert f"code={code}" not in found.text and f"/{code}" not in found.text


async def test_pri_02_what_ends_and_what_stays_is_said_before_a_giver_ends_anything(world: World):
    code = await give(world.visitor())
    visitor = world.visitor()
    found = (await visitor.post("/feedback/look-up", data={"code": code})).text
    ways = {
        "withdraw": ("/feedback/look-up/withdraw", "cannot be undone"),
        "board": ("/feedback/look-up/board", "not on our public board yet"),
    }
    for what, (action, ends) in ways.items():
        assert f'action="{action}"' not in found and f'action="/feedback/look-up/ask/{what}"' in found
        asked = await visitor.post(f"/feedback/look-up/ask/{what}", data={"code": code})
        assert asked.status_code == 200 and asked.headers["cache-control"] == "no-store"
        assert ends in asked.text and "What stays" in asked.text and f'action="{action}"' in asked.text
    assert "Your feedback" in (await visitor.post("/feedback/look-up/ask/stay", data={"code": code})).text, (
        "there is nothing that would cross"
    )
    assert (await visitor.post("/feedback/look-up/ask/other", data={"code": code})).status_code == 404
    assert (await visitor.post("/feedback/look-up/ask/board", data={"code": "AAAAA-AAAAA"})).status_code == 422
    assert tuple((await world.rows("SELECT ending, may_show FROM items"))[0]) == (None, True)


async def test_pri_02_so_it_is_for_what_was_given_by_name(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    visitor = world.visitor("participant", person_id=person)
    await give(visitor, named=True)
    item = await world.value("SELECT item_id FROM items")
    for what in ("withdraw", "board"):
        assert f'href="/feedback/mine/{item}/ask/{what}"' in (await visitor.get(f"/feedback/mine/{item}")).text
        assert "What ends" in (await visitor.get(f"/feedback/mine/{item}/ask/{what}")).text
        assert (await world.visitor("participant").get(f"/feedback/mine/{item}/ask/{what}")).status_code == 404


async def test_fb_02_a_giver_takes_it_back_and_the_words_are_gone(world: World):
    code = await give(world.visitor())
    visitor = world.visitor("participant")  # signed in, and still known only by the code
    sent = await visitor.post("/feedback/look-up/withdraw", data={"code": code})
    assert sent.status_code == 303 and sent.headers["location"] == "/feedback/look-up"
    [row] = await world.rows("SELECT * FROM items")
    assert (row.ending, row.words, row.version) == ("withdrawn", "", 2)
    assert await world.value("SELECT ended_by_id FROM endings") is None
    assert "You took this back" in (await visitor.post("/feedback/look-up", data={"code": code})).text
    again = await visitor.post("/feedback/look-up/withdraw", data={"code": code})
    assert again.status_code == 422 and "already taken this back" in again.text
    assert WORDS not in (await world.visitor("coordinator").get(f"/feedback/staff/{row.item_id}")).text


async def test_fb_07_a_giver_says_once_that_it_does_not_answer_it(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    giver = world.visitor("participant", person_id=person)
    await give(giver, named=True)
    item = await world.value("SELECT item_id FROM items")
    early = await giver.post(f"/feedback/mine/{item}/not-answered", data={"why": "x"})
    assert early.status_code == 422 and "There is no answer to this yet" in early.text
    coordinator = world.visitor("coordinator")
    await answer(coordinator, item, said="Too warm.")
    page = (await giver.get(f"/feedback/mine/{item}")).text
    assert "Does this not answer it?" in page and "/help-now" in page
    world.move(days=40)
    assert (
        await giver.post(f"/feedback/mine/{item}/not-answered", data={"why": "The fan is broken."})
    ).status_code == 303
    [row] = await world.rows("SELECT * FROM items")
    assert (row.ending, row.reviewer_role, row.reopened_why) == (None, "approver", "The fan is broken.")
    assert row.due_on == row.reopened_on + timedelta(days=28)
    assert (await giver.get("/feedback/api/board")).json()["entries"] == []
    assert "our approver, who is looking at it again" in (await giver.get(f"/feedback/mine/{item}")).text

    refused = await answer(coordinator, item, text="Still a fan.")
    assert refused.status_code == 422 and "Our reviewer must look at it now" in refused.text
    approver = world.visitor("approver")
    assert "The fan is broken." in (await approver.get(f"/feedback/staff/{item}")).text
    assert (await answer(approver, item, text="We mended the fan.")).status_code == 303
    links = re.findall(r"/feedback/staff/responses/[0-9a-f-]+", (await approver.get(f"/feedback/staff/{item}")).text)
    assert len(links) == 1, "the first answer is on the board no longer"
    assert (await approver.get(links[0])).status_code == 200
    again = await giver.post(f"/feedback/mine/{item}/not-answered", data={"why": "x"})
    assert again.status_code == 422 and "You have asked us once" in again.text
    page = (await giver.get(f"/feedback/mine/{item}")).text
    assert "We bought a fan." in page and "We mended the fan." in page and "Does this not answer it?" not in page
    assert [event["version"] for event in await world.events("feedback-received")] == [1, 3]
    assert [event["version"] for event in await world.events("feedback-closed")] == [2, 4]


async def test_fb_07_who_answered_first_does_not_review_and_the_code_can_reopen_too(world: World):
    code = await give(world.visitor())
    item = await world.value("SELECT item_id FROM items")
    both = world.visitor("coordinator", "approver")
    await answer(both, item)
    sent = await world.visitor().post("/feedback/look-up/not-answered", data={"code": code, "why": ""})
    assert sent.status_code == 303
    refused = await answer(both, item)
    assert refused.status_code == 422 and "You wrote the first answer" in refused.text


async def test_fb_06_an_anonymous_giver_changes_their_consent_by_code(world: World):
    code = await give(world.visitor(), may_show=False)
    visitor = world.visitor()
    assert (await visitor.post("/feedback/look-up/board", data={"code": code, "may_show": "yes"})).status_code == 303
    assert await world.value("SELECT may_show FROM items") is True
    assert (
        await visitor.post("/feedback/look-up/board", data={"code": "ABCDE23456", "may_show": "no"})
    ).status_code == 422


async def test_fb_07_no_address_leads_to_a_page_that_holds_a_code(world: World):
    code = await give(world.visitor())
    visitor = world.visitor()
    for path, data in {
        "look-up/board": {"code": code},
        "look-up": {"code": "ABCDE23456"},
        "look-up/crossing": {"code": code},
    }.items():
        answer = await visitor.post(f"/feedback/{path}", data=data, headers={"sec-fetch-mode": "navigate"})
        if answer.status_code == 303:
            answer = await visitor.get(answer.headers["location"], headers={"sec-fetch-mode": "navigate"})
            assert f'value="{data["code"]}"' not in answer.text, path
        assert answer.status_code == 422, path
    assert await world.value("SELECT may_show FROM items") is True


async def test_my_feedback_is_for_those_who_signed_in(world: World):
    assert (await world.visitor().get("/feedback/mine")).status_code in (303, 401)
    assert "You have not given feedback" in (await world.visitor("participant").get("/feedback/mine")).text


# Read out by whoever rings


async def _read_out(world: World, giver: UUID, event: str, item: UUID, by: UUID) -> list[str]:
    told = {"by": str(by), "person_id": str(giver), "told": [{"event": event, "about": str(item)}]}
    return (await words_to_read_out(world.service, told))["words"].get(f"{event}/{item}", [])


async def test_not_08_our_answer_is_read_out_to_its_giver_alone_and_nothing_of_a_concern(world: World):
    person, reader = await world.know_person("Ffion Amlwch", "participant"), new_id()
    await give(world.visitor("participant", person_id=person), named=True)
    item = await world.value("SELECT item_id FROM items")
    assert await _read_out(world, person, "feedback-closed", item, reader) == []
    await answer(world.visitor("coordinator"), item)
    assert await _read_out(world, person, "feedback-closed", item, reader) == ["Our answer:", "We bought a fan."]
    [step] = await world.steps("feedback-read-out")
    assert (step.actor_id, step.about) == (reader, item)
    assert await _read_out(world, new_id(), "feedback-closed", item, reader) == []
    await world.name_leads(
        lead := await world.know_person("Lena", "finance"), await world.know_person("Dee", "finance")
    )
    _, concern = await raise_concern(world, reader)
    assert await world.value("SELECT ending FROM items") == "safeguarding"
    assert await _read_out(world, person, "feedback-closed", item, lead) == []
    data = {"outcome": "returned", "note": "It is about the heating."}
    await world.visitor("finance", person_id=lead).post(f"/feedback/staff/safeguarding/{concern}/settle", data=data)
    assert await _read_out(world, person, "feedback-closed", item, lead) == ["Our answer:", "We bought a fan."]
    assert await _read_out(world, person, "feedback-closed", item, reader) == [], "it was about them"
