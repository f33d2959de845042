"""OPP-22, OPP-05: anybody can ask about something before they join; a coordinator answers, with a clock."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import AsyncMock
from urllib.parse import quote
from uuid import UUID

import pytest

from services.opportunities.questions import queries, use_cases
from shared.db import new_id
from shared.identity import Role, cookie_name, end_sign_in
from shared.reasons import Refused
from shared.web import Limit
from shared.web.filters import moment
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in


async def the_question(here: World) -> UUID:
    [row] = await here.dicts("SELECT id FROM questions")
    return row["id"]


async def test_opp_22_who_asks_reads_the_moment_that_coordinators_have_as_their_clock(here: World) -> None:
    opportunity_id = await here.published()
    here.move(days=34, hours=23)  # a session is near
    async with client_of(here.app) as client:
        page = f"/opportunities/{opportunity_id}/ask"
        asking = (await client.get(page)).text
        await client.post(page, data={"words": "Is there a lift?", "reach": "07700 900123"})
    [row] = await here.dicts("SELECT due_at FROM questions")
    assert f"answers by {moment(row['due_at'])} at the latest" in asking


async def test_opp_22_a_question_sent_when_the_sign_in_had_ended_is_not_taken_as_a_visitors(here: World) -> None:
    page = f"/opportunities/{await here.published()}/ask"
    async with client_of(here.app) as client:
        signed_in(client, Role.PARTICIPANT)
        assert 'name="signed" value="true"' in (await client.get(page)).text
        typed = {"words": "Is there a lift?", "signed": "true"}
        token = client.cookies[cookie_name("test")]
        await here.do(end_sign_in, here.app.state.service.sign_in_keys.sign_in_of(token).sign_in_id)
        sent = await client.post(page, data=typed)
        assert (sent.status_code, sent.headers["location"]) == (
            307,
            f"/people/session/renew?next={quote(page, safe='')}",
        )
        client.cookies.delete(cookie_name("test"))  # signed out in another tab: nobody knows whose question it is
        again = await client.post(page, data=typed)
        assert "You are not signed in any more" in again.text and "Is there a lift?" in again.text
        assert "How can we answer you?" in again.text and 'name="signed"' not in again.text
    assert not await here.dicts("SELECT id FROM questions")


async def test_opp_22_somebody_who_is_not_signed_in_asks_and_is_told_by_whoever_answers(here: World) -> None:
    opportunity_id = await here.published()
    staff = new_id()
    async with client_of(here.app) as client:
        assert f"/opportunities/{opportunity_id}/ask" in (await client.get(f"/opportunities/{opportunity_id}")).text
        page = f"/opportunities/{opportunity_id}/ask"
        asking = (await client.get(page)).text
        assert "/help-now" in asking and "at the latest" in asking
        without = await client.post(page, data={"words": "Is there a lift?"}, follow_redirects=True)
        assert "Give one phone number, or one email address" in without.text and "Is there a lift?" in without.text
        assert (await client.post(page, data={"words": "Is there a lift?", "reach": "07700 900123"})).status_code == 303
        assert (
            "We have your question. We ring you with the answer."
            in (await client.get(f"/opportunities/{opportunity_id}")).text
        )
        question_id = await the_question(here)
        for role in (Role.PARTICIPANT, Role.APPROVER):
            signed_in(client, role)
            assert (await client.get("/opportunities/staff/questions")).status_code == 403
            assert (await client.get(f"/opportunities/staff/questions/{question_id}")).status_code == 403
            assert (await client.get(f"/opportunities/questions/{question_id}")).status_code == 404
        signed_in(client, Role.COORDINATOR, person_id=staff)
        assert str(question_id) in (await client.get("/opportunities/staff/questions")).text
        shown = (await client.get(f"/opportunities/staff/questions/{question_id}")).text
        assert "Is there a lift?" in shown and "07700 900123" in shown
        assert [step.actor_id for step in await here.steps("contact-details-read")] == [staff]
        page_of_it = f"/opportunities/staff/questions/{question_id}"
        blank = await client.post(
            page_of_it,
            data={"answer": " ", "readers": "asker"},
            follow_redirects=True,
        )
        assert "Write the answer." in blank.text
        assert (await client.post(page_of_it, data={"answer": "Yes, there is.", "readers": "asker"})).status_code == 303
        assert [row["reach"] for row in await here.dicts("SELECT reach FROM questions")] == [""], (
            "who was answered is not kept"
        )
        assert "No question is waiting." in (await client.get("/opportunities/staff/questions")).text
    [asked], [answered] = await here.events("question-asked"), await here.events("question-answered")
    assert asked["opportunity_id"] == str(opportunity_id) and answered["asker"] is None and not answered["by_mail"]
    for kept in (asked, answered, await here.dicts("SELECT facts FROM steps")):
        assert "lift" not in str(kept) and "07700" not in str(kept) and "Yes, there" not in str(kept)
    with pytest.raises(Refused):
        await here.do(use_cases.answer, question_id, "No.", "here")


async def test_opp_22_who_is_signed_in_hears_by_message_and_reads_the_answer_alone(here: World) -> None:
    opportunity_id, me = await here.published(), new_id()
    async with client_of(here.app) as client:
        signed_in(client, Role.PARTICIPANT, person_id=me)
        assert "How can we answer you?" not in (await client.get(f"/opportunities/{opportunity_id}/ask")).text
        await client.post(
            f"/opportunities/{opportunity_id}/ask", data={"words": "Is there a lift?", "reach": "07700 900123"}
        )
        question_id = await the_question(here)
        assert "You will hear from us by" in (await client.get(f"/opportunities/questions/{question_id}")).text
        await here.do(use_cases.answer, question_id, "Yes, there is.", "here")
        assert "Yes, there is." in (await client.get(f"/opportunities/questions/{question_id}")).text
        signed_in(client, Role.PARTICIPANT, Role.COORDINATOR)
        assert (await client.get(f"/opportunities/questions/{question_id}")).status_code == 404
    [answered] = await here.events("question-answered")
    assert answered["asker"]["id"] == str(me)
    assert [row["reach"] for row in await here.dicts("SELECT reach FROM questions")] == [""], (
        "what is not needed is not kept"
    )


async def test_opp_22_nobody_asks_about_a_draft_or_about_nothing(here: World) -> None:
    draft = await here.draft()
    async with client_of(here.app) as client:
        for opportunity_id in (draft, new_id()):
            assert (await client.get(f"/opportunities/{opportunity_id}/ask")).status_code == 404
            assert (
                await client.post(
                    f"/opportunities/{opportunity_id}/ask", data={"words": "Why?", "reach": "07700 900123"}
                )
            ).status_code == 404
    assert await here.dicts("SELECT 1 FROM questions") == []


async def test_opp_22_the_list_goes_on_on_another_page_and_the_soonest_stands_first(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "ON_A_PAGE", 2)
    opportunity_id = await here.published()
    asked = [await here.do(use_cases.ask, opportunity_id, "Why?", asker=someone(), reach="") for _ in range(5)]
    seen, after = [], None
    while True:
        rows, after = await here.read(queries.waiting, after)
        seen += [row.id for row in rows]
        if after is None:
            break
    assert sorted(seen) == sorted(asked) and len(seen) == 5


async def test_pri_04_an_answered_question_is_forgotten_after_a_while_and_an_open_one_is_not(here: World) -> None:
    opportunity_id = await here.published()
    one, other = [await here.do(use_cases.ask, opportunity_id, "Why?", asker=someone(), reach="") for _ in range(2)]
    await here.do(use_cases.answer, one, "Because.", "here")
    await here.stands(
        "UPDATE questions SET answer = 'No.' WHERE answer <> ''",
        f"DELETE FROM questions WHERE id = '{other}'",
        "DELETE FROM sessions",
        "UPDATE opportunities SET published_at = NULL",
    )
    here.move(days=181)
    await here.do(use_cases.forget, days=180)
    assert await the_question(here) == other


async def test_opp_22_one_connection_asks_sixty_times_an_hour_and_keeps_what_it_typed_after(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seventy-five questions of one visitor were taken, and each was a task with a clock."""
    page = f"/opportunities/{await here.published()}/ask"
    async with client_of(here.app) as client, client_of(here.app) as another:
        statuses = [
            (await client.post(page, data={"words": f"Why {number}?", "reach": f"07700 9001{number:02}"})).status_code
            for number in range(60)
        ]
        assert statuses == [303] * 60
        refused = await another.post(page, data={"words": "Is there a lift?", "reach": "07700 900124"})
        assert refused.status_code == 429
        assert "Many questions came from where you are" in refused.text
        assert "Is there a lift?" in refused.text and "07700 900124" in refused.text
        here.app.state.questions_limit = Limit(
            "questions", "60 per hour"
        )  # as another process, or the next one, has it
        assert (await client.post(page, data={"words": "Why?", "reach": "07700 900124"})).status_code == 429
        monkeypatch.setattr(here.app.state.service, "requests", AsyncMock(return_value={"open": True}))
        assert (await client.post(page, data={"words": "Why?", "reach": "07700 900124"})).status_code == 429, (
            "the bound knows no door"
        )
        here.app.state.questions_limit = Limit("questions", "60 per hour", with_door="600 per hour")
        assert (await client.post(page, data={"words": "Why?", "reach": "07700 900124"})).status_code == 303
    assert len(await here.dicts("SELECT 1 FROM questions")) == 61


async def test_opp_22_who_asks_shortly_before_it_begins_is_told_to_ring(here: World) -> None:
    opportunity_id, me = await here.published(), new_id()
    here.app.state.web = replace(here.app.state.web, duty_number="01632 960001")
    [session] = await here.dicts("SELECT starts_at FROM sessions")
    begins = f"It begins on {moment(session['starts_at'])}"
    async with client_of(here.app) as client:
        page = f"/opportunities/{opportunity_id}/ask"
        signed_in(client, Role.PARTICIPANT, person_id=me)
        assert begins not in (await client.get(page)).text
        here.at(session["starts_at"] - timedelta(minutes=7))
        signed_in(client, Role.PARTICIPANT, person_id=me)
        asking = (await client.get(page)).text
        assert begins in asking and "01632 960001" in asking
        sent = await client.post(page, data={"words": "Is there a lift?"})
        [row] = await here.dicts("SELECT id, due_at FROM questions")
        assert row["due_at"] > session["starts_at"], "the clock can be kept"
        assert f"{begins}, so please ring us" in (await client.get(sent.headers["location"])).text
        pages = f"/opportunities/questions/{row['id']}", f"/opportunities/{opportunity_id}", "/opportunities/mine"
        for each in pages:
            shown = (await client.get(each)).text
            assert begins in shown and "01632 960001" in shown and "Our answer" not in shown, each
        here.at(row["due_at"] + timedelta(minutes=1))
        signed_in(client, Role.PARTICIPANT, person_id=me)
        for each in pages:
            shown = (await client.get(each)).text
            assert "You should have heard" in shown and "01632 960001" in shown and begins not in shown, each


async def test_opp_22_who_asked_sees_that_the_question_waits_and_until_when(here: World) -> None:
    opportunity_id, me = await here.published(), new_id()
    async with client_of(here.app) as client:
        signed_in(client, Role.PARTICIPANT, person_id=me)
        sent = await client.post(f"/opportunities/{opportunity_id}/ask", data={"words": "Is there a lift?"})
        [row] = await here.dicts("SELECT id, due_at FROM questions")
        by = f"You will hear from us by {moment(row['due_at'])}"
        shown = (await client.get(sent.headers["location"])).text
        assert f"We have your question. {by} at the latest." in shown
        again = (await client.get(f"/opportunities/{opportunity_id}")).text
        assert "Is there a lift?" in again and by in again and f"/opportunities/questions/{row['id']}" in again
        mine = (await client.get("/opportunities/mine")).text
        assert "You have no places yet" in mine and f"/opportunities/questions/{row['id']}" in mine and by in mine
        here.move(days=30)
        late = f"You should have heard from us by {moment(row['due_at'])}"
        signed_in(client, Role.PARTICIPANT, person_id=me)
        assert late in (await client.get(f"/opportunities/questions/{row['id']}")).text
        assert late in (await client.get(f"/opportunities/{opportunity_id}")).text
        await here.do(use_cases.answer, row["id"], "Yes, there is.", "here")
        assert "You asked us" not in (await client.get(f"/opportunities/{opportunity_id}")).text
        assert "You asked us" not in (await client.get("/opportunities/mine")).text
        signed_in(client, Role.PARTICIPANT)
        assert "Is there a lift?" not in (await client.get(f"/opportunities/{opportunity_id}")).text
