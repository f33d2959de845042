"""OPP-22: who asked hears that we are finding out, and everyone with a place that there is an answer."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from bs4 import BeautifulSoup

from services.notifications.app import create_app
from services.notifications.gateways import letters
from services.notifications.queries.needs import tasks_for
from services.notifications.queries.told import messages_of, what_to_tell
from services.notifications.queries.what_comes import what_they_asked
from services.notifications.tables import addressee_of
from services.notifications.use_cases import calls
from shared.db import new_id
from shared.events.feedback import ConcernRaised, ConcernSettled
from shared.events.opportunities import AnswersGone, AnswerShown, QuestionAnswered, QuestionAsked, QuestionFindingOut
from shared.events.payments import WordWanted
from shared.reasons import NotYet
from shared.web.filters import FILTERS
from tests.notifications.calls import AWAY, to_ring
from tests.notifications.support import SOON, World, opportunity_created, participant, place_left, place_taken, settings
from tests.notifications.texts import SETTINGS
from tests.notifications.worker import Worker
from tests.support.apps import running, signed_in


async def test_opp_22_who_asked_hears_that_we_are_finding_out_and_the_task_has_a_new_clock(world: World):
    away = await world.knows("Amina", **AWAY)
    bola = await world.knows("Bola", channels=["email"], reached_by_message=True)
    of = opportunity_created()
    await world.hear(of)
    for who in (away, bola, None):
        asked = QuestionAsked(version=1, question_id=new_id(), opportunity_id=of.opportunity_id, due_at=SOON)
        until = SOON.replace(hour=17)
        asker = participant(who) if who else None
        later = QuestionFindingOut(
            version=2, question_id=asked.question_id, opportunity_id=of.opportunity_id, due_at=until, asker=asker
        )
        await world.hear(later)
        await world.hear(asked)  # in the other order
        assert await world.open_tasks() == {"answer-question"}
        [task] = await world.rows(
            "SELECT due_at FROM tasks WHERE opened_at IS NOT NULL AND about = :about", about=asked.question_id
        )
        assert task.due_at == until
        assert (("Amina", "question-finding-out") in await to_ring(world)) is (who == away)
        await world.hear(QuestionAnswered(version=3, question_id=asked.question_id, opportunity_id=of.opportunity_id))
        assert await world.open_tasks() == set()
    told = [each for each in await world.told() if each[1] == "question-finding-out"]
    assert told == [("Amina", "question-finding-out", "in-app"), ("Bola", "question-finding-out", "email")]


async def test_opp_22_everyone_with_a_place_hears_that_there_is_an_answer_but_who_asked(world: World):
    of = opportunity_created()
    asker, away = await world.knows("Amina"), await world.knows("Edith", **AWAY)
    bola, gone = await world.knows("Bola"), await world.knows("Cai")
    await world.knows("Dee")  # has no place
    shown = AnswerShown(version=1, answer_id=new_id(), opportunity_id=of.opportunity_id, asker=participant(asker))
    with pytest.raises(NotYet):
        await world.hear(shown)
    await world.hear(of)
    for person_id in (asker, away, bola):
        await world.hear(place_taken(of, person_id))
    left = place_taken(of, gone)
    await world.hear(left)
    await world.hear(place_left(left))
    await world.hear(place_taken(of, new_id(), kind="guest"))
    event_id = await world.hear(shown)
    await world.hear(shown, event_id=event_id)
    told = [each for each in await world.told() if each[1] == "answer-shown"]
    assert {name for name, _, _ in told} == {"Bola", "Edith"} and len(told) == len(set(told))
    assert ("Edith", "answer-shown") in await to_ring(world)


async def asked_about(world: World, **since: Any) -> tuple[Any, Any, dict[str, Any]]:
    """Someone whom we ring asks about a meeting in half an hour."""
    me, of = await world.knows("Walter", **AWAY), opportunity_created()
    await world.hear(of)
    world.at(SOON - timedelta(**since))
    return me, of, {"question_id": new_id(), "opportunity_id": of.opportunity_id, "asker": participant(me)}


async def open_calls(world: World) -> list[Any]:
    return await world.rows(
        "SELECT template, due_at, matters_until FROM calls WHERE settled_at IS NULL"
        " AND template IN ('question-answered', 'question-finding-out', 'answer-shown')"
    )


async def test_opp_22_who_is_rung_about_a_question_is_rung_before_it_begins_and_once(world: World):
    _, _, question = await asked_about(world, minutes=40)
    finding_out = QuestionFindingOut(version=2, due_at=SOON - timedelta(minutes=10), **question)
    await world.hear(finding_out)
    [call] = await open_calls(world)
    assert call.template == "question-finding-out" and call.due_at < finding_out.due_at
    await world.hear(QuestionAnswered(version=3, **question))
    [call] = await open_calls(world)
    assert call.template == "question-answered" and call.due_at < SOON
    assert call.matters_until is not None and call.matters_until > SOON
    world.at(call.matters_until)
    await world.do(calls.settle_what_is_over)
    assert await open_calls(world) == []


async def test_opp_22_a_finding_out_that_is_heard_after_the_answer_is_not_told(world: World):
    _, _, question = await asked_about(world, days=2)
    await world.hear(QuestionAnswered(version=3, **question))
    await world.hear(QuestionFindingOut(version=2, due_at=SOON, **question))
    assert [call.template for call in await open_calls(world)] == ["question-answered"]


async def test_opp_22_an_answer_after_the_last_session_is_still_told(world: World):
    _, _, question = await asked_about(world, days=-1)
    await world.hear(QuestionAnswered(version=2, **question))
    [call] = await open_calls(world)
    assert call.matters_until is None


async def test_opp_22_two_answers_shown_about_one_thing_are_told_once(world: World):
    me, of, _ = await asked_about(world, days=2)
    bola = await world.knows("Bola", channels=["email"], reached_by_message=True)
    await world.hear(place_taken(of, me), place_taken(of, bola))
    for _ in range(2):
        await world.hear(AnswerShown(version=1, answer_id=new_id(), opportunity_id=of.opportunity_id))
    told = [name for name, template, _ in await world.told() if template == "answer-shown"]
    assert sorted(told) == ["Bola", "Walter"]
    assert [template for _, template in await to_ring(world)].count("answer-shown") == 1


@pytest.mark.parametrize(("after", "said"), [(-1, "You have a place"), (2, "You had a place")])
async def test_opp_22_an_answer_shown_after_the_end_speaks_of_the_place_that_they_had(
    world: World, after: int, said: str
):
    me, of, _ = await asked_about(world, days=2)
    await world.hear(place_taken(of, me))
    world.at(SOON + timedelta(days=after))
    await world.hear(AnswerShown(version=1, answer_id=new_id(), opportunity_id=of.opportunity_id))
    [draft] = [each for _, each in await world.read(what_to_tell, me) if each.template == "answer-shown"]
    read = letters.full_letter(draft, SETTINGS)
    assert read.body[1].text.startswith(said) and draft.facts["title"] in read.subject


async def test_opp_22_not_08_when_all_answers_are_taken_back_nobody_rings_and_what_was_said_says_so(worker: Worker):
    me, of, _ = await asked_about(worker, days=2)
    bola = await worker.person("Bola", channels=["email", "in-app"])
    await worker.hear(place_taken(of, me), place_taken(of, bola))
    it = of.opportunity_id
    shown, gone = (kind(version=1, answer_id=new_id(), opportunity_id=it) for kind in (AnswerShown, AnswersGone))

    async def rung() -> int:
        return [template for _, template in await to_ring(worker)].count("answer-shown")

    async def mails() -> int:
        await worker.time_passes()
        await worker.hand_over()
        return [mail["Subject"].startswith("Somebody asked") for mail in worker.catcher.mails].count(True)

    await worker.hear(shown)
    assert await rung() == 1
    await worker.hear(gone)
    assert await rung() == 0 and await mails() == 0
    [kept] = [each for each, _ in (await worker.read(messages_of, bola))[0] if each.template == "answer-shown"]
    read = letters.full_letter(kept, SETTINGS)
    assert any("taken this answer back since" in line.text for line in read.body)
    assert any("there is an answer" in line.text for line in read.body), "what was said is kept"
    await worker.hear(AnswerShown(version=1, answer_id=new_id(), opportunity_id=it))
    assert await rung() == 1 and await mails() == 1, "a newer answer is told, whoever had not heard of the one before"
    newest = next(each for each, _ in (await worker.read(messages_of, bola))[0] if each.template == "answer-shown")
    assert not any("taken" in line.text for line in letters.full_letter(newest, SETTINGS).body)


async def test_opp_22_an_answer_that_is_heard_after_it_was_taken_back_is_not_told(world: World):
    me, of, _ = await asked_about(world, days=2)
    await world.hear(place_taken(of, me))
    it, before = of.opportunity_id, UUID(int=new_id().int - (1 << 80))  # a millisecond earlier
    await world.hear(AnswersGone(version=2, answer_id=new_id(), opportunity_id=it))
    await world.hear(AnswerShown(version=1, answer_id=new_id(), opportunity_id=it), event_id=before)
    assert "answer-shown" not in {template for _, template, _ in await world.told()}


async def test_opp_22_a_question_that_waits_stands_on_home_and_messages_of_who_asked(world: World, folder: Path):
    of, amina, cora = (
        opportunity_created(),
        await world.knows("Amina"),
        await world.knows("Cora", roles=["coordinator"]),
    )
    asked = QuestionAsked(
        version=1, question_id=new_id(), opportunity_id=of.opportunity_id, due_at=SOON, asker=participant(amina)
    )
    await world.hear(of, asked)
    pages = ("/", "/notifications/messages")

    async def lines(person: UUID, *roles: str, acting_for: UUID | None = None) -> list[str]:
        async with running(create_app(settings(folder, world.database.url))) as client:
            signed_in(client, *roles, person_id=person, acting_for=acting_for)
            shown = [BeautifulSoup((await client.get(path)).text, "html.parser") for path in pages]
        ways = [
            link for page in shown for link in page.select(f"a[href='/opportunities/questions/{asked.question_id}']")
        ]
        return [" ".join(way.parent.get_text().split()) for way in ways if way.parent]

    line = f"Your question about “{of.title}”: a coordinator answers it by {FILTERS['moment'](SOON)}."
    assert await lines(amina, "participant") == [line, line]
    assert await lines(cora, "coordinator", "participant") == []
    assert await lines(cora, "coordinator", acting_for=amina) == [line.replace("Your", "Their")] * 2
    later, to_ring = SOON + timedelta(hours=1), "We may not answer before then. Ring us."
    await world.hear(QuestionFindingOut(version=2, **asked.model_dump(exclude={"version", "due_at"}), due_at=later))
    begins = f" It begins on {FILTERS['moment'](SOON)}. {to_ring}"
    assert all(begins in each for each in await lines(amina, "participant"))
    await world.hear(QuestionAnswered(version=3, question_id=asked.question_id, opportunity_id=of.opportunity_id))
    assert await lines(amina, "participant") == []


async def test_fb_09_a_question_set_aside_is_the_task_of_those_who_have_the_concern_by_the_same_clock(world: World):
    of, lead = opportunity_created(), new_id()
    facts = {"question_id": new_id(), "opportunity_id": of.opportunity_id, "due_at": SOON}
    await world.hear(of)
    await world.hear(QuestionAsked(version=2, **facts, people=(lead,)))
    await world.hear(QuestionAsked(version=1, **facts))  # in the other order
    assert await world.open_tasks() == {"answer-set-aside"}
    [task] = await world.rows("SELECT audience_role, people, due_at FROM tasks WHERE kind = 'answer-set-aside'")
    assert (task.audience_role, task.people, task.due_at) == (None, [lead], SOON)
    await world.hear(QuestionFindingOut(version=3, **facts, people=(lead,)))
    assert await world.open_tasks() == {"answer-set-aside"}, "they say when, and keep it"
    await world.hear(QuestionAsked(version=4, **facts))
    assert await world.open_tasks() == {"answer-question"}, "it came back"
    await world.hear(QuestionAsked(version=5, **facts, people=(lead,)))
    await world.hear(QuestionAnswered(version=6, question_id=facts["question_id"], opportunity_id=of.opportunity_id))
    assert await world.open_tasks() == set()


async def test_fb_09_pay_02_miles_that_wait_for_a_word_are_a_task_of_those_who_have_the_concern_with_its_day(
    world: World,
):
    claim, lead, ada = new_id(), new_id(), await world.knows("Ada", roles=["administrator"])
    wanted = WordWanted(version=2, about=claim, waiting=True, people=(lead,), due_on=SOON.date())
    await world.hear(wanted)
    await world.hear(wanted.model_copy(update={"version": 1, "waiting": False}))  # in the other order
    [task] = await world.read(tasks_for, lead, ["finance"])
    assert (task.kind, task.about, task.due_on) == ("judge-miles", claim, SOON.date())
    assert await world.read(tasks_for, ada, ["administrator", "approver"]) == []
    await world.hear(wanted.model_copy(update={"version": 3, "people": ()}))
    assert [each.kind for each in await world.read(tasks_for, ada, ["administrator"])] == ["name-another-lead"]
    await world.hear(wanted.model_copy(update={"version": 4}))
    assert await world.open_tasks() == {"judge-miles"}
    await world.hear(wanted.model_copy(update={"version": 5, "waiting": False}))
    assert await world.open_tasks() == set()


async def test_fb_09_who_asked_sees_nothing_new_when_their_question_is_set_aside(world: World) -> None:
    """Their line on Home stays as it was, and it is no task of theirs: it may be about them."""
    of, amina, lead = opportunity_created(), await world.knows("Amina"), await world.knows("Lena", roles=["finance"])
    facts = {"question_id": new_id(), "opportunity_id": of.opportunity_id, "due_at": SOON, "asker": participant(amina)}

    async def waiting_of_amina() -> list[Any]:
        return [(row.about, row.due_at, row.title) for row in await world.read(what_they_asked, amina)]

    await world.hear(of, QuestionAsked(version=1, **facts))
    before = await waiting_of_amina()
    await world.hear(QuestionAsked(version=2, **facts, people=(lead,)))
    assert await waiting_of_amina() == before != []
    assert await world.read(tasks_for, amina, ["participant"]) == []
    assert [task.kind for task in await world.read(tasks_for, lead, ["finance"])] == ["answer-set-aside"]


def test_fb_09_a_task_for_people_by_name_is_never_that_of_whom_it_is_about() -> None:
    whom, named = new_id(), new_id()
    rest = {"audience_role": None, "except_for": [], "deputy_id": None, "reaches_deputy_at": None}
    rows: list[Any] = [SimpleNamespace(person_id=whom, people=people, **rest) for people in ([named], [])]
    assert [addressee_of(row).people for row in rows] == [{named}, {whom}]


async def test_fb_09_what_nobody_here_may_read_reaches_an_administrator_with_its_clock(world: World) -> None:
    of, amina, ada = (
        opportunity_created(),
        await world.knows("Amina"),
        await world.knows("Ada", roles=["administrator"]),
    )
    facts = {"question_id": new_id(), "opportunity_id": of.opportunity_id, "due_at": SOON, "asker": participant(amina)}
    about: dict[str, Any] = {"concern_id": new_id(), "people": (), "deputy": None, "respond_by": SOON}
    await world.hear(of, QuestionAsked(version=1, **facts))
    before = [(row.about, row.due_at) for row in await world.read(what_they_asked, amina)]
    await world.hear(QuestionAsked(version=2, **facts, set_aside=True))
    assert await world.open_tasks() == {"name-another-lead"}
    assert [(task.kind, task.due_at) for task in await world.read(tasks_for, ada, ["administrator"])] == [
        ("name-another-lead", SOON)
    ]
    assert [(row.about, row.due_at) for row in await world.read(what_they_asked, amina)] == before != []
    await world.hear(QuestionAsked(version=3, **facts, set_aside=True, people=(new_id(),)))
    assert await world.open_tasks() == {"answer-set-aside"}
    await world.hear(ConcernRaised(version=1, **about))
    assert await world.open_tasks() == {"answer-set-aside", "name-another-lead"}
    found: dict[str, Any] = {**about, "people": (new_id(),)}
    await world.hear(ConcernRaised(version=2, **found))
    assert await world.open_tasks() == {"answer-set-aside", "see-concern"}
    await world.hear(ConcernRaised(version=3, **about))
    await world.hear(ConcernSettled(version=4, **about))
    await world.hear(QuestionAnswered(version=4, question_id=facts["question_id"], opportunity_id=of.opportunity_id))
    assert await world.open_tasks() == set()
