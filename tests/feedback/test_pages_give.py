"""Giving feedback through the pages: one question each, nothing lost, nobody who is anonymous can be found."""

import re

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from shared.db import new_id
from tests.feedback.support import WORDS, World, give


async def test_fb_01_anyone_gives_feedback_about_an_opportunity_and_gets_a_code(world: World):
    opportunity = await world.know_opportunity()
    visitor = world.visitor()
    first = await visitor.get(f"/feedback/give?opportunity={opportunity}")
    assert first.status_code == 200 and "Choosing a helpline" in first.text
    code = await give(visitor, opportunity=opportunity)
    assert code and re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{5}-[2-9A-HJKMNP-TV-Z]{5}", code)
    [row] = await world.rows("SELECT * FROM items")
    assert (row.about, row.opportunity_id, row.words, row.waiting_for, row.hear_by, row.may_show) == (
        "opportunity",
        opportunity,
        WORDS,
        "us",
        "code",
        True,
    )
    [event] = await world.events("feedback-received")
    clock = {"due_on": str(row.due_on), "act_by": None}
    who = {"waiting_for": "us", "step": "answer", "reviewer_role": None, "not_for": []}
    assert event == {
        "version": 1,
        "item_id": str(row.item_id),
        "opportunity_id": str(opportunity),
        "giver": None,
        **who,
        **clock,
    }


async def test_fb_01_an_anonymous_giver_who_is_signed_in_leaves_no_trace_of_who_they_are(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    visitor = world.visitor("participant", person_id=person)
    await give(visitor)
    [row] = await world.rows("SELECT * FROM items")
    assert (row.giver_id, row.giver_kind, row.given_by_kind, row.given_by_id) == (None, None, "guest", None)
    for table in ("items", "steps", "outbox", "drafts", "endings"):
        for each in await world.rows(f"SELECT row_to_json(t)::text FROM {table} AS t"):
            assert str(person) not in each[0]
    assert row.item_id.version == 4  # a version 7 would hold the moment


async def test_fb_01_what_is_kept_of_an_anonymous_item_has_no_trace_in_common_with_the_visit(world: World):
    traces: list[tuple[str, str]] = []

    class Keep(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            assert span.context is not None
            traces.append((span.name, f"{span.context.trace_id:032x}"))

    world.service.tracer_provider.add_span_processor(Keep())
    await give(world.visitor())
    mine = {
        row[0]
        for row in await world.rows(
            "SELECT trace_id FROM steps WHERE actor_kind <> 'system' UNION SELECT split_part(traceparent, '-', 2) "
            "FROM outbox WHERE subject ~ 'received'"
        )
    }
    assert len(mine) == 1
    assert {name for name, trace in traces if trace in mine} == {"give-feedback"}
    assert any(name.startswith("POST") for name, _ in traces)


async def test_fb_04_the_code_is_shown_once_and_kept_only_as_a_slow_hash(world: World):
    visitor = world.visitor()
    code = await give(visitor)
    assert code
    again = await visitor.get("/feedback/give/done")
    assert again.status_code == 303 and again.headers["location"] == "/feedback/look-up"
    bare = code.replace("-", "")
    for table in ("items", "steps", "outbox", "drafts"):
        for each in await world.rows(f"SELECT row_to_json(t)::text FROM {table} AS t"):
            assert bare not in each[0] and code not in each[0]


async def test_fb_04_a_participant_gives_with_their_name_and_chooses_how_to_hear(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    await give(
        world.visitor("participant", person_id=person),
        named=True,
        hear_by="in-app",
        about="provider",
        name="Willow House",
        may_show=False,
    )
    [row] = await world.rows("SELECT * FROM items")
    assert (row.giver_id, row.giver_home, row.hear_by, row.code_hash, row.may_show) == (
        person,
        "test",
        "in-app",
        None,
        False,
    )
    assert (row.waiting_for, row.waiting_for_name) == ("provider", "Willow House")
    [event] = await world.events("feedback-received")
    assert event["giver"] == {"kind": "person", "id": str(person), "home": "test"}
    assert event["waiting_for"] == "provider"


async def test_fb_04_someone_with_a_name_who_has_not_signed_in_does_so_and_comes_back(world: World):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "us"})
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    sent = await visitor.post("/feedback/give/who", data={"named": "yes"})
    assert sent.headers["location"] == "/people/sign-in?next=/feedback/give/board&back=/feedback/give/who"
    await visitor.post("/feedback/give/board", data={"may_show": "no"})
    assert "We ring you if we have no email address for you." in (await visitor.get("/feedback/give/hear")).text
    await visitor.post("/feedback/give/hear", data={"hear_by": "none"})
    sent = await visitor.post("/feedback/give/check")
    assert sent.headers["location"] == "/people/sign-in?next=/feedback/give/check&back=/feedback/give/who"
    assert await world.value("SELECT count(*) FROM items") == 0


async def test_fb_09_the_free_text_box_says_who_reads_it_when_and_where_help_is(world: World):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "us"})
    page = (await visitor.get("/feedback/give/words")).text
    assert "our coordinators" in page and "within two working days" in page and "/help-now" in page


async def test_a_wrong_answer_is_told_beside_the_question_and_loses_nothing(world: World):
    visitor = world.visitor()
    for data, sentence in (
        ({}, "Choose what your feedback is about."),
        ({"about": "weather"}, "Choose what your feedback is about."),
    ):
        wrong = await visitor.post("/feedback/give", data=data)
        assert wrong.status_code == 422 and sentence in wrong.text
    wrong = await visitor.post(
        "/feedback/give", data={"about": "opportunity", "opportunity": "00000000-0000-0000-0000-000000000001"}
    )
    assert wrong.status_code == 422 and "We cannot find that opportunity" in wrong.text
    await visitor.post("/feedback/give", data={"about": "provider"})
    wrong = await visitor.post("/feedback/give/which", data={"name": " "})
    assert wrong.status_code == 422 and "Enter the name of the service" in wrong.text
    await visitor.post("/feedback/give/which", data={"name": "Willow House"})
    wrong = await visitor.post("/feedback/give/words", data={"words": "x" * 5001})
    assert wrong.status_code == 422 and "Use 5,000 characters or fewer" in wrong.text and "x" * 5001 in wrong.text
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    wrong = await visitor.post("/feedback/give/who", data={})
    assert wrong.status_code == 422 and "Choose whether to give your name" in wrong.text
    wrong = await visitor.post("/feedback/give/hear", data={"hear_by": "pigeon"})
    assert wrong.status_code == 422 and "Choose how you want to hear" in wrong.text
    assert (await visitor.get("/feedback/give/check")).headers["location"] == "/feedback/give/who"
    assert WORDS in (await visitor.get("/feedback/give/words")).text
    assert await world.value("SELECT count(*) FROM items") == 0


async def _filled_in(world: World, visitor: httpx.AsyncClient) -> dict[str, str]:
    """Everything is answered, with a name; what the browser holds when Send is pressed."""
    answers = (
        ("", {"about": "us"}),
        ("/words", {"words": WORDS}),
        ("/who", {"named": "yes"}),
        ("/board", {"may_show": "no"}),
        ("/hear", {"hear_by": "email"}),
    )
    for path, data in answers:
        assert (await visitor.post(f"/feedback/give{path}", data=data)).status_code == 303
    return dict(visitor.cookies)


async def test_fb_01_sent_twice_by_name_it_is_one_item_and_both_times_it_says_thank_you(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    visitor = world.visitor("participant", person_id=person)
    held = await _filled_in(world, visitor)
    answers = [await visitor.post("/feedback/give/check")]
    for name, value in held.items():
        visitor.cookies.set(name, value)
    answers.append(await visitor.post("/feedback/give/check"))
    assert [each.headers["location"] for each in answers] == ["/feedback/mine", "/feedback/mine"]
    assert (
        answers[0].headers["set-cookie"].partition("feedback")[2]
        and "Thank you" in (await visitor.get("/feedback/mine")).text
    )
    assert await world.value("SELECT count(*) FROM items") == 1


async def test_fb_01_what_somebody_sent_is_not_found_by_the_next_at_that_device(world: World):
    first = world.visitor("participant", person_id=await world.know_person("Ffion Amlwch", "participant"))
    held = await _filled_in(world, first)
    await first.post("/feedback/give/check")
    for other in (
        world.visitor("participant", person_id=await world.know_person("Bryn Tall", "participant")),
        world.visitor(),
    ):
        for name, value in held.items():
            if "feedback" in name:
                other.cookies.set(name, value)
        answer = await other.post("/feedback/give/check")
        assert answer.headers["location"] == "/feedback/give"
        assert "If you have just sent it, we have it" in (await other.get("/feedback/give")).text


async def test_fb_01_sent_twice_it_is_one_item_with_one_code(world: World):
    visitor = world.visitor()
    for path, data in (
        ("", {"about": "us"}),
        ("/words", {"words": WORDS}),
        ("/who", {"named": "no"}),
        ("/board", {"may_show": "no"}),
    ):
        await visitor.post(f"/feedback/give{path}", data=data)
    for _ in range(2):
        sent = await visitor.post("/feedback/give/check")
        assert sent.headers["location"] == "/feedback/give/done"
    assert await world.value("SELECT count(*) FROM items") == 1
    assert "Your code is" in (await visitor.get("/feedback/give/done")).text


async def test_fb_01_what_was_begun_is_offered_again_and_nothing_typed_vanishes_unasked(world: World):
    visitor, opportunity = world.visitor(), await world.know_opportunity()
    await visitor.post("/feedback/give", data={"about": "us"})
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    begun = (await visitor.get(f"/feedback/give?opportunity={opportunity}")).text
    assert (
        "Was it you who started?" in begun
        and "It was me: carry on" in begun
        and "start again" in begun
        and WORDS not in begun
    )
    asked = await visitor.post("/feedback/give", data={"about": "us"})  # from a page that was opened before
    assert (
        asked.headers["location"] == "/feedback/give" and WORDS not in (await visitor.get("/feedback/give/words")).text
    )
    went_on = await visitor.post("/feedback/give/carry-on", data={"first_words": " ".join(WORDS.split()[:3]).upper()})
    assert (
        went_on.headers["location"] == "/feedback/give/who"
        and WORDS in (await visitor.get("/feedback/give/words")).text
    )
    again = await visitor.post("/feedback/give/again", data={"opportunity": str(opportunity)})
    assert (
        again.headers["location"] == f"/feedback/give?opportunity={opportunity}"
        and "Max-Age=0" in again.headers["set-cookie"]
    )
    assert await world.value("SELECT count(*) FROM drafts") == 0
    assert "What is your feedback about?" in (await visitor.get(again.headers["location"])).text


async def test_a_new_start_shows_nothing_of_what_was_typed_before_in_this_browser(world: World):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "provider"})
    await visitor.post("/feedback/give/which", data={"name": "Willow House"})
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    assert WORDS not in (await visitor.get("/feedback/give")).text
    await visitor.post("/feedback/give/again", data={})
    await visitor.post("/feedback/give", data={"about": "us"})
    assert WORDS not in (await visitor.get("/feedback/give/words")).text


async def test_changing_what_it_is_about_keeps_the_other_answers(world: World):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "provider"})
    await visitor.post("/feedback/give/which", data={"name": "Willow House"})
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    assert 'value="provider" checked' in (await visitor.get("/feedback/give?change=yes")).text
    sent = await visitor.post("/feedback/give", data={"about": "us"})
    assert sent.headers["location"] == "/feedback/give/who"
    assert WORDS in (await visitor.get("/feedback/give/words")).text


async def test_without_a_draft_every_question_leads_back_to_the_first(world: World):
    visitor = world.visitor()
    for path in ("which", "words", "who", "board", "hear", "check"):
        assert (await visitor.get(f"/feedback/give/{path}")).headers["location"] == "/feedback/give"
    for path, data in (("words", {"words": "x"}), ("who", {"named": "no"}), ("check", {})):
        assert (await visitor.post(f"/feedback/give/{path}", data=data)).headers["location"] == "/feedback/give"


async def test_old_drafts_are_forgotten(world: World):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "us"})
    job = next(job for job in world.service.jobs if job.name == "forget-old-drafts")
    await world.service.run_job(job)
    assert await world.value("SELECT count(*) FROM drafts") == 1
    await world.write("UPDATE drafts SET expires_at = now() - interval '1 second'")
    await world.service.run_job(job)
    assert await world.value("SELECT count(*) FROM drafts") == 0
    assert (await visitor.get("/feedback/give/words")).headers["location"] == "/feedback/give"


async def test_a_broken_opportunity_in_the_address_is_passed_over(world: World):
    for broken in ("x", "00000000-0000-0000-0000-000000000001", "%00"):
        page = await world.visitor().get(f"/feedback/give?opportunity={broken}")
        assert page.status_code == 200 and "What is your feedback about?" in page.text


@pytest.mark.parametrize("named", ["yes", "no"])
async def test_fb_01_the_last_page_shows_what_will_be_sent_about_us_too(world: World, named: str):
    visitor = world.visitor("participant", person_id=new_id())
    answers = [
        ("", {"about": "us"}),
        ("/words", {"words": WORDS}),
        ("/who", {"named": named}),
        ("/board", {"may_show": "no"}),
    ]
    if named == "yes":
        answers.append(("/hear", {"hear_by": "in-app"}))
    for path, data in answers:
        assert (await visitor.post(f"/feedback/give{path}", data=data)).status_code == 303
    page = await visitor.get("/feedback/give/check")
    assert page.status_code == 200
    assert WORDS in page.text


async def test_fb_01_each_page_of_giving_feedback_stops_and_forgets_it(world: World):
    visitor = world.visitor()
    await visitor.post("/feedback/give", data={"about": "provider"})
    await visitor.post("/feedback/give/which", data={"name": "Willow House"})
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    await visitor.post("/feedback/give/who", data={"named": "no"})
    await visitor.post("/feedback/give/board", data={"may_show": "no"})
    for path in ("?change=yes", "/which", "/words", "/who", "/board", "/hear", "/check", ""):
        assert 'action="/feedback/give/stop"' in (await visitor.get(f"/feedback/give{path}")).text, path
    gone = await visitor.post("/feedback/give/stop")
    assert (gone.status_code, gone.headers["location"]) == (303, "/opportunities")
    assert "Max-Age=0" in gone.headers["set-cookie"]
    assert await world.value("SELECT count(*) FROM drafts") == 0
    assert (await visitor.get("/feedback/give/words")).headers["location"] == "/feedback/give"
    assert 'action="/feedback/give/stop"' not in (await visitor.get("/feedback/give")).text
