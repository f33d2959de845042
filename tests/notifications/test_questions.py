"""OPP-22: who asked hears that we are finding out, and everyone with a place that there is an answer."""

import pytest

from shared.db import new_id
from shared.events.opportunities import AnswerShown, QuestionAnswered, QuestionAsked, QuestionFindingOut
from shared.reasons import NotYet
from tests.notifications.calls import AWAY, to_ring
from tests.notifications.support import SOON, World, opportunity_created, participant, place_left, place_taken


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
        [task] = await world.rows("SELECT due_at FROM tasks WHERE about = :about", about=asked.question_id)
        assert task.due_at == until
        await world.hear(QuestionAnswered(version=3, question_id=asked.question_id, opportunity_id=of.opportunity_id))
        assert await world.open_tasks() == set()
    told = [each for each in await world.told() if each[1] == "question-finding-out"]
    assert told == [("Amina", "question-finding-out", "in-app"), ("Bola", "question-finding-out", "email")]
    assert ("Amina", "question-finding-out") in await to_ring(world)


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
