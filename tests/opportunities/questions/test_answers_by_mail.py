"""OPP-22: who has no account and left an email address gets our answer there; the address is used for nothing else, and
goes (PRI-04)."""

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from services.opportunities.questions import queries, use_cases
from services.opportunities.questions.domain import MOST_WAITING
from services.opportunities.writing.tables import opportunities
from shared.events.notifications import AnswerMailed
from shared.identity import Role
from shared.reasons import Missing, Refused
from tests.opportunities.support import World
from tests.support.apps import client_of, signed_in

ADDRESS = "amina@people.example"


async def asked(here: World, reach: str = ADDRESS, opportunity_id: UUID | None = None) -> UUID:
    return await here.do(
        use_cases.ask, opportunity_id or await here.published(), "Is there a lift?", asker=None, reach=reach
    )


async def kept(here: World) -> dict[str, Any]:
    [row] = await here.dicts("SELECT version, mailing, reach, answer, title_then, due_at FROM questions")
    return row


async def to_mail(here: World, question_id: UUID) -> dict[UUID, dict[str, Any]]:
    return await here.read(queries.to_mail, [question_id])


async def mailed(here: World, question_id: UUID, outcome: Any, version: int | None = None) -> None:
    event = AnswerMailed(version=version or (await kept(here))["version"], question_id=question_id, outcome=outcome)
    await here.do(use_cases.hear_mailed, event)


async def test_opp_22_an_address_is_asked_for_when_the_answer_is_mailed_and_goes_when_it_was(here: World) -> None:
    question_id = await asked(here)
    assert await to_mail(here, question_id) == {}, "nothing to mail before there is an answer"
    await here.do(use_cases.answer, question_id, "Yes.\n\nIt is by the door.", "here")
    [event] = await here.events("question-answered")
    assert event["by_mail"] and event["asker"] is None and ADDRESS not in str(event)
    found = (await to_mail(here, question_id))[question_id]
    assert (found["address"], found["answer"], found["title"], found["host"]) == (
        ADDRESS,
        "Yes.\n\nIt is by the door.",
        "A say in the drop-in",
        "",
    )
    assert "words" not in found and found["version"] == event["version"], "what they wrote is not mailed"
    await mailed(here, question_id, "sent")
    after = await kept(here)
    assert (after["mailing"], after["reach"], after["answer"]) == ("sent", "", "Yes.\n\nIt is by the door.")
    assert await to_mail(here, question_id) == {}
    assert await here.broken() == {}
    assert ADDRESS not in str(await here.dicts("SELECT facts FROM steps")) + str(
        await here.dicts("SELECT body FROM outbox")
    )


async def test_not_08_the_mail_names_it_as_it_was_called_when_we_answered(here: World) -> None:
    question_id = await asked(here)
    await here.do(use_cases.answer, question_id, "Yes.", "here")
    await here.do(lambda tx: tx.execute(update(opportunities).values(title="Something else")))
    assert (await to_mail(here, question_id))[question_id]["title"] == "A say in the drop-in"


@pytest.mark.parametrize("outcome", ["failed", "unknown"])
async def test_opp_22_what_did_not_arrive_is_a_task_again_and_is_sent_to_the_address_put_right(
    here: World, outcome: str
) -> None:
    question_id = await asked(here)
    await here.do(use_cases.answer, question_id, "Yes.", "here")
    await mailed(here, question_id, outcome)
    again = (await here.events("question-asked"))[-1]
    assert again["version"] == 3 and (await kept(here))["reach"] == ADDRESS
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        page = f"/opportunities/staff/questions/{question_id}"
        assert "Our answer did not arrive" in (await client.get("/opportunities/staff/questions")).text
        assert ADDRESS in (await client.get(page)).text
        wrong = await client.post(page + "/mail-again", data={"reach": "amina"}, follow_redirects=True)
        assert "Write one email address" in wrong.text
        assert (await client.post(page + "/mail-again", data={"reach": "amina.b@people.example"})).status_code == 303
        assert "No question is waiting." in (await client.get("/opportunities/staff/questions")).text
    assert (await to_mail(here, question_id))[question_id]["address"] == "amina.b@people.example"
    assert (await here.events("question-answered"))[-1]["version"] == 4
    await mailed(here, question_id, "failed", version=2)
    assert (await kept(here))["mailing"] == "queued", "an outcome of before changes nothing"
    with pytest.raises(Refused):
        await here.do(use_cases.mail_again, question_id, ADDRESS)


async def test_opp_22_trying_is_given_up_after_a_page_that_says_what_ends(here: World) -> None:
    question_id = await asked(here)
    page = f"/opportunities/staff/questions/{question_id}/give-up"
    with pytest.raises(Missing):
        await here.do(use_cases.give_up, question_id)
    await here.do(use_cases.answer, question_id, "Yes.", "here")
    await mailed(here, question_id, "failed")
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        before = (await client.get(page)).text
        assert "What ends" in before and "address is deleted" in before and "No, leave it as it is" in before
        assert (await client.post(page)).status_code == 303
    assert ((await kept(here))["mailing"], (await kept(here))["reach"]) == ("given-up", "")
    assert (await here.events("question-answered"))[-1]["version"] == 4, "the task is settled"
    assert await here.broken() == {}


async def test_pri_04_an_address_is_deleted_after_the_days_that_the_page_names(here: World) -> None:
    opportunity_id = await here.published()
    async with client_of(here.app) as client:
        said = (await client.get(f"/opportunities/{opportunity_id}/ask")).text
    assert "after 30 days at the latest" in said and "we email you the answer" in said
    answered, open_ = (
        await asked(here, opportunity_id=opportunity_id),
        await asked(here, "07700 900123", opportunity_id),
    )
    await here.do(use_cases.answer, answered, "Yes.", "here")
    here.move(days=29)
    await here.do(use_cases.forget_reaches, days=30)
    assert len(await here.dicts("SELECT 1 FROM questions WHERE reach <> ''")) == 2
    await here.stands(f"DELETE FROM questions WHERE id = '{open_}'")
    here.move(days=2)
    await here.write("UPDATE business_clock SET offset_seconds = 31 * 24 * 60 * 60")
    await here.do(use_cases.forget_reaches, days=30)
    assert await here.dicts("SELECT id, mailing FROM questions") == [{"id": answered, "mailing": "given-up"}]
    settled = {event["question_id"] for event in await here.events("question-answered")}
    assert str(open_) in settled, "no task without its question"
    assert await here.dicts("SELECT 1 FROM questions WHERE reach <> ''") == []


async def test_opp_22_nobody_has_another_mailed_without_end(here: World) -> None:
    opportunity_id = await here.published()
    first = [await asked(here, opportunity_id=opportunity_id) for _ in range(MOST_WAITING)][-1]
    beyond, chosen = await asked(here, ADDRESS.upper(), opportunity_id), await asked(here, ADDRESS, opportunity_id)
    other = await asked(here, "somebody@else.example", opportunity_id)
    await here.do(use_cases.answer, beyond, "We do not think that it is you.", "here")
    await here.do(use_cases.answer, chosen, "Yes.", "here", send=True)
    for each in (first, other):
        await here.do(use_cases.answer, each, "Yes.", "here")
    rows = {
        row["id"]: row["mailing"]
        for row in await here.dicts("SELECT id, mailing FROM questions WHERE answered_at IS NOT NULL")
    }
    assert rows == {first: "queued", beyond: "", chosen: "queued", other: "queued"}
    assert await here.dicts("SELECT 1 FROM questions WHERE id = :id AND reach <> ''", id=beyond) == []


@pytest.mark.parametrize("reach", [ADDRESS, "07700 900123"])
async def test_pri_01_asking_us_tells_a_stranger_nothing_of_others_questions_and_locks_nobody_out(
    here: World, reach: str
) -> None:
    opportunity_id = await here.published()
    for _ in range(MOST_WAITING):
        await asked(here, reach, opportunity_id)
    async with client_of(here.app) as client:
        pages = []
        for whom in (reach, "07700 900124" if reach[0] == "0" else "nobody@else.example"):
            answer = await client.post(
                f"/opportunities/{opportunity_id}/ask", data={"words": "Is there a ramp?", "reach": whom}
            )
            pages.append(
                (
                    answer.status_code,
                    re.findall("We have your question[^<]*", (await client.get(answer.headers["location"])).text),
                )
            )
        assert pages[0] == pages[1] and pages[0][0] == 303 and len(pages[0][1]) == 1
        [beyond] = [row["id"] for row in await here.dicts("SELECT id FROM questions WHERE too_many")]
        signed_in(client, Role.COORDINATOR)
        page = f"/opportunities/staff/questions/{beyond}"
        shown = (await client.get(page)).text
        assert (
            "Do not answer by email: too many questions from this address."
            if reach == ADDRESS
            else "too many questions with this number"
        ) in shown
        assert ("Email this to them" if reach == ADDRESS else "I rang them and told them this") in shown
        assert (await client.post(page, data={"answer": "Yes.", "send": "true", "readers": "asker"})).status_code == 303
    assert [row["mailing"] for row in await here.dicts("SELECT mailing FROM questions WHERE id = :id", id=beyond)] == [
        "queued" if reach == ADDRESS else ""
    ]


async def test_opp_22_staff_read_before_they_write_that_it_is_mailed_or_whom_they_ring_and_by_when(here: World) -> None:
    by_mail, by_phone = await asked(here), await asked(here, "07700 900123")
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        mail = (await client.get(f"/opportunities/staff/questions/{by_mail}")).text
        phone = (await client.get(f"/opportunities/staff/questions/{by_phone}")).text
    assert "Your answer is emailed" in mail and "Send the answer" in mail
    assert (
        "Ring them" in phone and "07700 900123" in phone and "I have told them" in phone and "Is there a lift?" in phone
    )
    assert "Please answer by" in mail and "Please answer by" in phone
