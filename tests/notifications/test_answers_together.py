"""Several answers to what somebody needs, given one after the other, are one mail (OPP-07, NOT-02)."""

from datetime import timedelta

import pytest

from services.notifications.domain.due import THEY_TRAVEL, TOGETHER, waits_for_more
from services.notifications.use_cases import calls
from shared.db import new_id
from shared.events.opportunities import AnswerShown, QuestionAnswered, QuestionFindingOut
from tests.notifications.calls import AWAY, to_ring
from tests.notifications.support import (
    SOON,
    World,
    cancelled,
    need_answered,
    opportunity_created,
    participant,
    place_left,
    place_taken,
)
from tests.notifications.worker import Worker

OURS = "access-need-answered"


@pytest.mark.parametrize(
    ("before", "wait"),
    [(timedelta(days=3), TOGETHER), (THEY_TRAVEL, timedelta()), (-timedelta(minutes=1), TOGETHER)],
)
def test_opp_07_a_mail_waits_for_more_answers_unless_they_are_about_to_travel(before: timedelta, wait: timedelta):
    assert waits_for_more([SOON], SOON - before) == wait


async def test_opp_07_four_answers_in_a_minute_are_one_mail_and_a_later_one_is_another(worker: Worker):
    me = await worker.person("Amina")
    published = opportunity_created()
    place = place_taken(published, me)
    await worker.hear(published, place, *(need_answered(place, version) for version in (2, 3, 4, 5)))

    async def mails() -> int:
        await worker.hand_over()
        return [mail["Subject"] for mail in worker.catcher.mails].count("We have an answer to what you asked for")

    assert await mails() == 0, "it waits for more"
    assert len(await worker.rows("SELECT 1 FROM messages WHERE template = :ours AND channel = 'email'", ours=OURS)) == 1
    assert len(await worker.steps("told-with-the-answer-before")) == 3
    await worker.time_passes()
    assert await mails() == 1
    await worker.hear(need_answered(place, 6))
    await worker.time_passes()
    assert await mails() == 2, "what is answered after the mail has gone is told again"
    assert await worker.broken() == {}


async def test_opp_07_a_no_is_told_beside_an_answer_that_was_not_mailed_yet_and_once(world: World):
    me, published = await world.knows(), opportunity_created()
    place = place_taken(published, me)
    refused = [need_answered(place, version).model_copy(update={"not_met": True}) for version in (3, 4)]
    await world.hear(published, place, need_answered(place), *refused)
    told = await world.rows(
        "SELECT facts ->> 'not_met' AS no FROM messages WHERE template = :ours AND channel = 'email'", ours=OURS
    )
    assert sorted(row.no for row in told) == ["false", "true"]


async def test_opp_07_each_place_is_told_of_for_itself(world: World):
    one, other = opportunity_created(), opportunity_created()
    me = await world.knows()
    for published in (one, other):
        place = place_taken(published, me)
        await world.hear(published, place, need_answered(place))
    assert len(await world.rows("SELECT DISTINCT event_id FROM messages WHERE template = :ours", ours=OURS)) == 2


async def test_not_08_whoever_is_rung_is_rung_once_and_again_only_about_what_came_after_the_call(world: World):
    me, cora = await world.knows("Amina", **AWAY), await world.knows("Cora", roles=["coordinator"])
    published = opportunity_created()
    place = place_taken(published, me)
    await world.hear(published, place, need_answered(place, 2), need_answered(place, 3))
    assert [template for _, template in await to_ring(world)].count(OURS) == 1
    [call] = await world.rows("SELECT call_id FROM calls WHERE template = :ours", ours=OURS)
    await world.do(calls.told, me, [call.call_id], cora, by=cora)
    await world.hear(need_answered(place, 4))
    assert [template for _, template in await to_ring(world)].count(OURS) == 1


@pytest.mark.parametrize("what", ["left", "cancelled", "stays"])
async def test_opp_07_a_mail_that_waits_is_called_off_when_its_place_is_left_or_its_opportunity_cancelled(
    worker: Worker, what: str
):
    me = await worker.person("Leo")
    published = opportunity_created()
    place = place_taken(published, me)
    shown = AnswerShown(version=1, answer_id=new_id(), opportunity_id=published.opportunity_id)
    await worker.hear(published, place, need_answered(place, 2), shown)
    await worker.hear(*{"left": [place_left(place, 3)], "cancelled": [cancelled(published)], "stays": []}[what])
    await worker.time_passes()
    await worker.hand_over()
    subjects = [mail["Subject"] for mail in worker.catcher.mails]
    waited = [each for each in subjects if each.startswith(("We have an answer", "Somebody asked about"))]
    assert len(waited) == (2 if what == "stays" else 0), subjects
    states = await worker.rows(
        "SELECT state FROM messages WHERE channel = 'email' AND template IN ('access-need-answered', 'answer-shown')"
    )
    assert {row.state for row in states} == {"sent" if what == "stays" else "withheld"}
    assert await worker.broken() == {}


@pytest.mark.parametrize("answered", [True, False])
async def test_opp_22_a_mail_that_we_are_finding_out_does_not_go_after_the_answer(worker: Worker, answered: bool):
    me, published = await worker.person("Leo"), opportunity_created()
    question = {"question_id": new_id(), "opportunity_id": published.opportunity_id, "asker": participant(me)}
    await worker.hear(published, QuestionFindingOut(version=2, due_at=SOON, **question))
    await worker.hear(*([QuestionAnswered(version=3, **question)] if answered else []))
    await worker.hand_over()
    subjects = [mail["Subject"] for mail in worker.catcher.mails]
    assert subjects.count("We are finding out for you") == (0 if answered else 1)
    assert subjects.count("We have answered your question") == (1 if answered else 0)
