"""Tasks of feedback: whose they are, what is due when, and hearing of it before it is late (FB-03, FB-07, NET-02)."""

from datetime import UTC, date, datetime
from pathlib import Path

from services.notifications.app import create_app
from services.notifications.use_cases.due_soon import remind_of_tasks
from shared.db import SYSTEM, Command, new_id
from tests.notifications.support import House, feedback_closed, feedback_received, settings
from tests.notifications.test_addressees import seen_by
from tests.support.apps import running, signed_in

DUE = date(2026, 12, 20)


async def test_fb_03_a_feedback_task_carries_its_clock_and_stands_by_it(house: House, folder: Path):
    me = await house.knows("Bola", roles=["coordinator"])
    later = feedback_received(None, None).model_copy(update={"due_on": DUE})
    sooner = feedback_received(None, None).model_copy(update={"due_on": date(2026, 12, 7)})
    await house.hears(later, sooner)
    async with running(create_app(settings(folder, house.database.url))) as client:
        signed_in(client, "coordinator", person_id=me)
        shown = (await client.get("/")).text
    assert shown.index(str(sooner.item_id)) < shown.index(str(later.item_id))
    assert "By Monday 7 December 2026" in shown and "By Sunday 20 December 2026" in shown


async def test_fb_07_reopened_feedback_is_the_reviewer_s_task_and_no_coordinator_s(house: House):
    reviewer, answered_by = new_id(), new_id()
    item = feedback_received(None, await house.knows())
    again = item.model_copy(update={"version": 3, "step": "review", "reviewer_role": "approver", "not_for": (answered_by,), "due_on": DUE})
    await house.hears(item, feedback_closed(item), again)
    assert await house.open_tasks() == {"review-feedback"}
    assert await seen_by(house, reviewer, "approver") == [item.item_id]
    assert await seen_by(house, answered_by, "approver", "coordinator") == []
    assert await seen_by(house, new_id(), "coordinator") == []
    await house.hears(feedback_closed(item, version=4))
    assert await house.open_tasks() == set()


async def test_net_02_words_that_would_cross_are_a_task_here_then_the_giver_s_and_then_nobody_s(house: House):
    giver, coordinator = await house.knows("Amina"), new_id()
    first = feedback_received(None, giver)

    def then(version: int, step: str, **more: object):
        return first.model_copy(update={"version": version, "step": step, "act_by": date(2026, 12, 3), "due_on": DUE, **more})

    await house.hears(then(1, "release", not_for=(giver,)))
    assert await house.open_tasks() == {"release-words"} and await seen_by(house, coordinator, "coordinator") == [first.item_id]
    assert await seen_by(house, giver, "coordinator") == []
    await house.hears(then(2, "agreement"))
    assert await house.open_tasks() == {"answer-feedback", "agree-words"} and await seen_by(house, giver, "participant") == [first.item_id]
    assert ("Amina", "feedback-words", "email") in await house.told()
    await house.hears(then(3, "release"))
    assert await house.open_tasks() == {"release-words"}
    await house.hears(then(4, "answer"))
    assert await house.open_tasks() == {"answer-feedback"}


async def test_fb_03_they_hear_before_it_is_late_once_and_in_one_message(house: House):
    await house.knows("Cora", roles=["coordinator"])
    excepted = await house.knows("Gwen", roles=["coordinator"])
    for _ in range(3):
        await house.hears(feedback_received(None, None).model_copy(update={"due_on": DUE, "not_for": (excepted,)}))

    async def remind(day: int) -> list[tuple[str, str, str]]:
        house.at(datetime(2026, 12, day, 9, tzinfo=UTC))
        await house.database.run(Command("remind", SYSTEM), remind_of_tasks)
        return await house.told()

    assert await remind(14) == []
    assert await remind(15) == [("Cora", "feedback-due", "email")]
    assert await remind(16) == [("Cora", "feedback-due", "email")]
    [message] = await house.rows("SELECT facts FROM messages")
    assert (message.facts["count"], message.facts["due_on"]) == (3, "2026-12-20")


async def test_fb_03_what_was_answered_is_not_reminded_of(house: House):
    await house.knows("Cora", roles=["coordinator"])
    item = feedback_received(None, None).model_copy(update={"due_on": DUE})
    await house.hears(item, feedback_closed(item))
    house.at(datetime(2026, 12, 18, 9, tzinfo=UTC))
    await house.database.run(Command("remind", SYSTEM), remind_of_tasks)
    assert await house.told() == []
