"""OPP-22: asked before, during or after; "we are finding out" until there is an answer; and the group reads it without
who asked."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.answers import use_cases as answers
from services.opportunities.answers.domain import LONGEST_ANSWER, MOST_SHOWN, Shown
from services.opportunities.consumers import words_to_read_out
from services.opportunities.places.use_cases import taking
from services.opportunities.publishing.use_cases.changing import cancel
from services.opportunities.questions import queries, use_cases
from services.opportunities.questions.domain import MOST_WAITING
from shared.db import new_id
from shared.events.notifications import AnswerMailed
from shared.identity import Role
from shared.reasons import Missing, Refused
from shared.web.filters import moment
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in

LIFT = Shown("Is there a lift?", "Yes, by the door.")
STAFF = "/opportunities/staff/questions"


async def asked(here: World, opportunity_id: UUID, *, asker: Any = None, reach: str = "") -> UUID:
    return await here.do(use_cases.ask, opportunity_id, "I am Ffion. Is there a lift?", asker=asker, reach=reach)


async def shown(here: World, question_id: UUID, what: Shown = LIFT) -> bool:
    return await here.do(use_cases.answer_everybody, question_id, what, "here", here.app.state.service.settings.host)


async def test_opp_22_anyone_asks_before_during_and_after_and_of_what_was_cancelled(here: World) -> None:
    opportunity_id, cancelled = await here.published(), await here.published()
    await here.do(cancel, cancelled, "The hall flooded.")
    async with client_of(here.app) as client:

        async def asks(of: UUID, number: int) -> int:
            assert f"/opportunities/{of}/ask" in (await client.get(f"/opportunities/{of}")).text
            data = {"words": "Is there a lift?", "reach": f"07700 90012{number}"}
            return (await client.post(f"/opportunities/{of}/ask", data=data)).status_code

        assert [await asks(opportunity_id, 1), await asks(cancelled, 2)] == [303, 303]
        here.move(days=35, minutes=30)
        assert await asks(opportunity_id, 3) == 303
        here.move(days=3)
        assert await asks(opportunity_id, 4) == 303
    assert len(await here.dicts("SELECT 1 FROM questions")) == 4


async def test_opp_22_a_place_leads_to_asking(here: World) -> None:
    me, opportunity_id = new_id(), await here.published()
    place_id = await here.do(taking.take_place, opportunity_id, someone(me), [], "")
    async with client_of(here.app) as client:
        signed_in(client, Role.PARTICIPANT, person_id=me)
        assert f"/opportunities/{opportunity_id}/ask" in (await client.get(f"/opportunities/places/{place_id}")).text


async def test_opp_22_a_caller_asks_through_whoever_takes_the_call(here: World) -> None:
    opportunity_id = await here.published()
    page = f"/opportunities/{opportunity_id}/ask"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        assert "somebody who rang us" in (await client.get(page)).text
        refused = await client.post(page, data={"words": "Is there a lift?", "reach": "Bo"}, follow_redirects=True)
        assert "Give one phone number" in refused.text
        sent = await client.post(
            page, data={"words": "Is there a lift?", "reach": "07700 900124"}, follow_redirects=True
        )
        assert "We ring them with the answer." in sent.text
        await client.post(page, data={"words": "Where do I put the keys?", "reach": ""})
        signed_in(client, Role.PARTICIPANT)
        assert "somebody who rang us" not in (await client.get(page)).text
        await client.post(page, data={"words": "May I?", "reach": "07700 900125"})
    rows = await here.dicts("SELECT reach, asker_id IS NULL AS called FROM questions ORDER BY asked_at, id")
    assert sorted((row["reach"], row["called"]) for row in rows) == [("", False), ("", False), ("07700 900124", True)]


async def test_opp_22_we_are_finding_out_with_a_new_clock_and_who_asked_hears(here: World) -> None:
    opportunity_id, me = await here.published(), new_id()
    question_id = await asked(here, opportunity_id, asker=someone(me))
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        assert "/finding-out" not in (await client.get(f"{STAFF}/{question_id}")).text, "they know that day already"
        with pytest.raises(Refused):
            await here.do(use_cases.say_finding_out, question_id, "here")
        here.move(days=5)
        assert "/finding-out" in (await client.get(f"{STAFF}/{question_id}")).text
        assert (await client.post(f"{STAFF}/{question_id}/finding-out")).status_code == 303
        page = (await client.get(f"{STAFF}/{question_id}")).text
        assert "One of us wrote on" in page and "They were told" not in page, "somebody may have to ring them first"
        assert "Saved. It stays on this list, with its new day." in page
        assert f"/feedback/worry?read={STAFF}/{question_id}" in page, "FB-09"
        [row] = await here.dicts("SELECT due_at FROM questions")
        signed_in(client, Role.PARTICIPANT, person_id=me)
        mine = (await client.get(f"/opportunities/questions/{question_id}")).text
        assert f"We are finding out. You will hear from us by {moment(row['due_at'])}" in mine
    [said] = await here.events("question-finding-out")
    assert (said["asker"]["id"], said["by_mail"], said["version"]) == (str(me), False, 2)
    assert datetime.fromisoformat(said["due_at"]) == row["due_at"] > here.now and "lift" not in str(said)
    await here.do(use_cases.answer, question_id, "Yes.", "here")
    here.move(days=5)
    with pytest.raises(Refused):
        await here.do(use_cases.say_finding_out, question_id, "here")


@pytest.mark.parametrize(("outcome", "said"), [("sent", True), ("failed", False), ("unknown", False)])
async def test_opp_22_finding_out_goes_to_an_address_which_stays_for_the_answer(
    here: World, outcome: Any, said: bool
) -> None:
    question_id = await asked(here, await here.published(), reach="bo@people.example")
    here.move(days=5)
    await here.do(use_cases.say_finding_out, question_id, "here")
    [event] = await here.events("question-finding-out")
    found = (await here.read(queries.to_mail, [question_id]))[question_id]
    assert (event["by_mail"], event["asker"], found["answer"]) == (True, None, "")
    assert found["due_at"] == event["due_at"].replace("Z", "+00:00")
    await here.do(use_cases.hear_mailed, AnswerMailed(version=2, question_id=question_id, outcome=outcome))
    [row] = await here.dicts("SELECT reach, mailing, finding_out_at IS NOT NULL AS said FROM questions")
    assert row == {"reach": "bo@people.example", "mailing": "", "said": said}
    assert await here.read(queries.to_mail, [question_id]) == {}
    await here.do(use_cases.answer, question_id, "Yes.", "here")
    assert (await here.read(queries.to_mail, [question_id]))[question_id]["answer"] == "Yes."


async def test_opp_22_the_group_reads_the_answer_and_never_who_asked(here: World) -> None:
    opportunity_id = await here.published()
    ffion = await here.person("Ffion Amlwch", "participant")
    question_id = await asked(here, opportunity_id, asker=ffion)
    page, public = f"{STAFF}/{question_id}", f"/opportunities/{opportunity_id}"
    async with client_of(here.app) as client:
        assert "What people asked us" not in (await client.get(public)).text
        signed_in(client, Role.COORDINATOR)
        answer = {"answer": "Yes, by the door.", "question": "Is there a lift?"}
        undecided = await client.post(page, data=answer, follow_redirects=True)
        assert "Choose who reads your answer" in undecided.text and "Yes, by the door." in undecided.text
        for wrong, field in (({"question": "Ffion asks for a lift"}, "question"), ({"answer": "Yes, Ffion"}, "answer")):
            refused = await client.post(page, data=answer | {"readers": "everybody"} | wrong, follow_redirects=True)
            assert "who asked" in refused.text and f'href="#{field}"' in refused.text
        assert await here.dicts("SELECT 1 FROM answers") == []
        assert (await client.post(page, data=answer | {"readers": "everybody"})).status_code == 303
        client.cookies.clear()
        reads = (await client.get(public)).text
        assert "Is there a lift?" in reads and "Yes, by the door." in reads and "Ffion" not in reads
        signed_in(client, Role.PARTICIPANT, person_id=ffion.id)
        assert "It does not say who asked." in (await client.get(f"/opportunities/questions/{question_id}")).text
    [event], [answered] = await here.events("answer-shown"), await here.events("question-answered")
    assert event["asker"] == answered["asker"] and event["asker"]["id"] == str(ffion.id)
    for kept in (event, await here.dicts("SELECT facts FROM steps")):
        assert "lift" not in str(kept) and "door" not in str(kept) and "Ffion" not in str(kept)
    columns = await here.dicts("SELECT * FROM answers")
    assert "Ffion" not in str(columns) and str(ffion.id) not in str(columns)


async def test_opp_22_an_answer_for_one_alone_is_read_by_nobody_else_until_it_is_shown(here: World) -> None:
    opportunity_id = await here.published()
    question_id = await asked(here, opportunity_id, asker=someone())
    page, public = f"{STAFF}/{question_id}", f"/opportunities/{opportunity_id}"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        data = {"answer": "Your own fare is booked.", "question": "Is a fare booked?", "readers": "asker"}
        assert (await client.get(f"{page}/show")).status_code == 303, "there is no answer yet"
        await client.post(page, data=data)
        assert "fare" not in (await client.get(public)).text and await here.events("answer-shown") == []
        to_write = (await client.get(f"{page}/show")).text
        assert "Your own fare is booked.</p>" in to_write and "This was for one person alone." in to_write
        assert "Your own fare is booked.</textarea>" not in to_write, "it is written anew for everybody"
        assert [step.about for step in await here.steps("question-read")] == [question_id], "PRI-03"
        said = {"question": "Are fares booked?", "answer": "Yes, ask us."}
        assert (await client.post(f"{page}/show", data=said)).status_code == 303
        assert "Are fares booked?" in (await client.get(public)).text
        assert (await client.get(f"{page}/show")).status_code == 303, "everybody reads it already"
        await client.post(f"{page}/show", data=said)
    assert len(await here.events("answer-shown")) == 1, "nobody is told twice"


async def test_opp_22_an_answer_is_taken_back_and_shown_again_in_other_words(here: World) -> None:
    opportunity_id = await here.published()
    question_id = await asked(here, opportunity_id, asker=someone())
    await shown(here, question_id)
    page, public = f"{STAFF}/{question_id}", f"/opportunities/{opportunity_id}"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        assert f"{page}/take-back" in (await client.get(page)).text
        assert "What ends" in (await client.get(f"{page}/take-back")).text
        assert (await client.post(f"{page}/take-back")).status_code == 303
        assert "Is there a lift?" not in (await client.get(public)).text
        assert (await client.get(f"{page}/take-back")).status_code == 404
        assert (await client.post(f"{page}/show", data={"question": "A lift?", "answer": "Yes."})).status_code == 303
        assert "A lift?" in (await client.get(public)).text
        signed_in(client, Role.PARTICIPANT, Role.APPROVER)
        for path in ("take-back", "show", "finding-out"):
            assert (await client.post(f"{page}/{path}")).status_code == 403
    with pytest.raises(Missing):
        await here.do(use_cases.take_back, new_id(), here.app.state.service.settings.host)
    assert len(await here.steps("answer-taken-back")) == 1 and len(await here.steps("answer-shown")) == 2


async def test_opp_22_answers_of_a_listing_shown_at_the_same_moment_are_counted_one_after_the_other(
    here: World,
) -> None:
    listing, known = new_id(), {"asker": None, "who_asked": (), "reach": "", "forgotten": False, "ours": ()}
    showing = [here.do(answers.show, new_id(), listing, LIFT, **known, looked=True) for _ in range(MOST_SHOWN + 3)]
    outcomes = await asyncio.gather(*showing, return_exceptions=True)
    assert sum(isinstance(each, Refused) for each in outcomes) == 3


async def test_opp_22_nobody_is_told_of_an_answer_once_all_are_taken_back(here: World) -> None:
    opportunity_id = await here.published()
    one, other = [await asked(here, opportunity_id, asker=someone()) for _ in range(2)]
    for question_id, what in ((one, LIFT), (other, Shown("Is there tea?", "Yes."))):
        await shown(here, question_id, what)
    await here.do(use_cases.take_back, one, here.app.state.service.settings.host)
    assert await here.events("answers-gone") == []
    await here.do(use_cases.take_back, other, here.app.state.service.settings.host)
    [event] = await here.events("answers-gone")
    assert event["opportunity_id"] == str(opportunity_id)


async def test_opp_22_a_note_of_ours_is_not_for_everybody_and_who_asked_hears_first(here: World) -> None:
    opportunity_id = await here.published()
    for _ in range(6):
        question_id = await asked(here, opportunity_id, reach="bo@people.example")
    with pytest.raises(Refused):
        await here.do(use_cases.show, question_id, LIFT, "here", here.app.state.service.settings.host)
    with pytest.raises(Refused):
        await shown(here, question_id)
    assert await here.events("question-answered") == [] and await here.events("answer-shown") == []
    settings = here.app.state.service.settings
    assert await here.do(use_cases.answer_everybody, question_id, LIFT, "here", settings.host, send=True)
    too_long = Shown("Why?", "x" * (LONGEST_ANSWER + 1))
    with pytest.raises(Refused):
        await shown(here, await asked(here, opportunity_id, asker=someone()), too_long)


@pytest.mark.parametrize("reach", ["bo@people.example", "07700 900777"])
async def test_opp_22_a_note_is_never_shown_and_the_page_does_not_say_that_anybody_has_it(
    here: World, reach: str
) -> None:
    opportunity_id = await here.published()
    for _ in range(MOST_WAITING):
        await asked(here, opportunity_id, reach=reach)
    note, told = await asked(here, opportunity_id, reach=reach), await asked(here, opportunity_id, reach=reach)
    here_too = {"question": LIFT.question, "answer": LIFT.answer}
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        data = {"answer": "Somebody bothers them: not sent.", "readers": "asker"}
        await client.post(f"{STAFF}/{note}", data=data)
        read = (await client.get(f"{STAFF}/{note}")).text
        assert "It was sent to nobody" in read and "person who asked has" not in read and f"{note}/show" not in read
        assert (await client.get(f"{STAFF}/{note}/show")).status_code == 303
        refused = await client.post(f"{STAFF}/{note}/show", data=here_too, follow_redirects=True)
        assert "It was sent to nobody" in refused.text
        assert await here.dicts("SELECT 1 FROM answers") == []
        await client.post(f"{STAFF}/{told}", data=data | {"answer": "Yes.", "send": "true"})
        assert "It was sent to nobody" not in (await client.get(f"{STAFF}/{told}")).text
        assert (await client.post(f"{STAFF}/{told}/show", data={**here_too, "looked": "yes"})).status_code == 303
    assert await here.dicts("SELECT question_id FROM answers") == [{"question_id": told}]


@pytest.mark.parametrize(
    ("reach", "wrong"),
    [
        ("07700 900777", "I rang 07700 900777 and told her: yes."),
        ("bo@people.example", "I wrote to bo@people.example: yes."),
        ("07700 900778", "+44 7700 900778"),
        ("Petra Vane, 07700 900888 after 5", "For Petra Vane"),
    ],
)
async def test_net_02_at_once_after_finding_out_and_later_nothing_of_who_asked_is_shown_or_crosses(
    here: World, reach: str, wrong: str
) -> None:
    opportunity_id, host = await here.published(), here.app.state.service.settings.host
    question_id = await asked(here, opportunity_id, reach=reach)
    with pytest.raises(Refused):
        await shown(here, question_id, Shown(LIFT.question, wrong))
    here.move(days=5)
    await here.do(use_cases.say_finding_out, question_id, "here")
    for words in (Shown(LIFT.question, wrong), Shown(wrong, LIFT.answer)):
        with pytest.raises(Refused):
            await shown(here, question_id, words)
    await here.do(use_cases.answer, question_id, wrong, "here")
    await here.write("UPDATE questions SET reach = '', mailing = CASE mailing WHEN 'queued' THEN 'sent' ELSE '' END")
    for words in (Shown(LIFT.question, wrong), Shown(wrong, LIFT.answer), LIFT):
        with pytest.raises(Refused):  # what they typed is forgotten, so somebody must read the words again
            await here.do(use_cases.show, question_id, words, "here", host)
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        assert f"{wrong}</textarea>" not in (await client.get(f"{STAFF}/{question_id}/show")).text
        said = {"question": LIFT.question, "answer": LIFT.answer}
        page = await client.post(f"{STAFF}/{question_id}/show", data=said)
        assert page.status_code == 422 and 'name="looked"' in page.text
        assert await here.dicts("SELECT 1 FROM answers") == [] and await here.events("answer-shown") == []
        assert (await client.post(f"{STAFF}/{question_id}/show", data={**said, "looked": "yes"})).status_code == 303
    assert len(await here.steps("words-looked-at")) == 1


async def test_opp_22_the_whole_name_of_who_asked_is_on_their_card(here: World) -> None:
    edie = await here.person("Edie", "participant")
    await here.write("UPDATE people SET told_apart_by = 'Edie Farthing, Ouseby, our number 4711'")
    question_id = await asked(here, await here.published(), asker=edie)
    with pytest.raises(Refused):
        await shown(here, question_id, Shown("Is there parking for Farthing?", "Yes."))


async def test_opp_22_what_was_shown_before_and_would_be_refused_now_is_pointed_out(here: World) -> None:
    question_id = await asked(here, await here.published(), reach="07700 900777")
    await shown(here, question_id)
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        assert "Please read these words again" not in (await client.get(f"{STAFF}/{question_id}")).text
        await here.write("UPDATE answers SET answer = 'I rang 07700 900777: yes.'")
        page = (await client.get(f"{STAFF}/{question_id}")).text
        assert "Please read these words again" in page and "Take out the phone number" in page
        assert f"{STAFF}/{question_id}/take-back" in page


async def test_opp_22_our_own_number_and_what_stands_on_the_public_page_may_be_in_an_answer(here: World) -> None:
    opportunity_id = await here.published(contact_how="Write to hello@viewpoint.example, AB1 2CD")
    question_id = await asked(here, opportunity_id, asker=someone())
    assert not await shown(here, question_id, Shown("Whom do I ask?", "Write to hello@viewpoint.example, AB1 2CD."))


async def test_pri_04_what_everybody_reads_stays_when_the_question_is_forgotten(here: World) -> None:
    opportunity_id = await here.published()
    await shown(here, await asked(here, opportunity_id, asker=someone()))
    here.move(days=181)
    await here.do(use_cases.forget, days=180)
    async with client_of(here.app) as client:
        assert "Is there a lift?" in (await client.get(f"/opportunities/{opportunity_id}")).text
    assert await here.dicts("SELECT 1 FROM questions") == []


async def test_not_08_who_is_rung_hears_what_everybody_reads(here: World) -> None:
    opportunity_id = await here.published()
    question_id = await asked(here, opportunity_id, asker=someone())
    await shown(here, question_id)
    told = {"by": str(new_id()), "person_id": str(new_id())}
    told |= {"told": [{"event": "answer-shown", "about": str(opportunity_id)}]}
    answered = await words_to_read_out(here.app.state.service, told)
    assert answered["words"] == {f"answer-shown/{opportunity_id}": ["Is there a lift?", "Yes, by the door."]}
    await here.do(use_cases.take_back, question_id, here.app.state.service.settings.host)
    assert (await words_to_read_out(here.app.state.service, told))["words"] == {f"answer-shown/{opportunity_id}": []}
