"""Tasks of feedback: whose they are, what is due when, and hearing of it before it is late (FB-03, FB-07, NET-02)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from services.notifications.app import create_app
from services.notifications.gateways import letters
from services.notifications.queries.told import messages_of
from services.notifications.use_cases.due_soon import remind_of_tasks
from shared.db import new_id
from tests.notifications.support import World, feedback_closed, feedback_received, opportunity_created, settings
from tests.notifications.test_addressees import seen_by
from tests.notifications.texts import SETTINGS, words
from tests.support.apps import running, signed_in

DUE = date(2026, 12, 20)


async def test_fb_03_a_feedback_task_carries_its_clock_and_stands_by_it(world: World, folder: Path):
    me = await world.knows("Bola", roles=["coordinator"])
    later = feedback_received(None, None).model_copy(update={"due_on": DUE})
    sooner = feedback_received(None, None).model_copy(update={"due_on": date(2026, 12, 7)})
    await world.hear(later, sooner)
    async with running(create_app(settings(folder, world.database.url))) as client:
        signed_in(client, "coordinator", person_id=me)
        shown = (await client.get("/")).text
    assert shown.index(str(sooner.item_id)) < shown.index(str(later.item_id))
    assert "By Monday 7 December 2026" in shown and "By Sunday 20 December 2026" in shown


async def test_fb_07_reopened_feedback_is_the_reviewer_s_task_and_no_coordinator_s(world: World):
    reviewer, answered_by = new_id(), new_id()
    item = feedback_received(None, await world.knows())
    again = item.model_copy(
        update={"version": 3, "step": "review", "reviewer_role": "approver", "not_for": (answered_by,), "due_on": DUE}
    )
    await world.hear(item, feedback_closed(item), again)
    assert await world.open_tasks() == {"review-feedback"}
    assert await seen_by(world, reviewer, "approver") == [item.item_id]
    assert await seen_by(world, answered_by, "approver", "coordinator") == []
    assert await seen_by(world, new_id(), "coordinator") == []
    await world.hear(feedback_closed(item, version=4))
    assert await world.open_tasks() == set()


async def test_net_02_words_that_would_cross_are_a_task_here_then_the_giver_s_and_then_nobody_s(world: World):
    giver, coordinator = await world.knows("Amina"), new_id()
    first = feedback_received(None, giver)

    def then(version: int, step: str, **more: object):
        return first.model_copy(
            update={"version": version, "step": step, "act_by": date(2026, 12, 3), "due_on": DUE, **more}
        )

    await world.hear(then(1, "release", not_for=(giver,)))
    assert await world.open_tasks() == {"release-words"} and await seen_by(world, coordinator, "coordinator") == [
        first.item_id
    ]
    assert await seen_by(world, giver, "coordinator") == []
    await world.hear(then(2, "agreement"))
    assert await world.open_tasks() == {"answer-feedback", "agree-words"} and await seen_by(
        world, giver, "participant"
    ) == [first.item_id]
    assert ("Amina", "feedback-words", "email") in await world.told()
    await world.hear(then(3, "release"))
    assert await world.open_tasks() == {"release-words"}
    await world.hear(then(4, "answer"))
    assert await world.open_tasks() == {"answer-feedback"}


async def test_fb_03_they_hear_before_it_is_late_once_and_in_one_message(world: World):
    await world.knows("Cora", roles=["coordinator"])
    excepted = await world.knows("Gwen", roles=["coordinator"])
    for _ in range(3):
        await world.hear(feedback_received(None, None).model_copy(update={"due_on": DUE, "not_for": (excepted,)}))

    async def remind(day: int) -> list[tuple[str, str, str]]:
        world.at(datetime(2026, 12, day, 9, tzinfo=UTC))
        await world.do(remind_of_tasks)
        return await world.told()

    assert await remind(14) == []
    assert await remind(15) == [("Cora", "feedback-due", "email")]
    assert await remind(16) == [("Cora", "feedback-due", "email")]
    [message] = await world.rows("SELECT facts FROM messages")
    assert (message.facts["count"], message.facts["due_on"]) == (3, "2026-12-20")


async def test_fb_03_what_is_late_soon_is_named_where_it_is_about_one_opportunity(world: World):
    cora, of = await world.knows("Cora", roles=["coordinator"], channels=["in-app"]), opportunity_created()
    await world.hear(of, *(feedback_received(of, None).model_copy(update={"due_on": DUE}) for _ in range(2)))
    world.at(datetime(2026, 12, 15, 9, tzinfo=UTC))
    await world.do(remind_of_tasks)
    [(draft, _)], _ = await world.read(messages_of, cora)
    told = letters.letter(draft, SETTINGS, by_mail=True)
    assert told.subject == f"Feedback about “{of.title}” is waiting for you: 2"
    assert f"Feedback about “{of.title}” waits for an answer." in words(list(told.body))
    discreet = replace(draft, card=replace(draft.card, discreet=True))
    kept = letters.letter(discreet, SETTINGS, by_mail=True)
    assert of.title not in kept.subject + words(list(kept.body)), "NOT-04"


async def test_fb_03_what_was_answered_is_not_reminded_of(world: World):
    await world.knows("Cora", roles=["coordinator"])
    item = feedback_received(None, None).model_copy(update={"due_on": DUE})
    await world.hear(item, feedback_closed(item))
    world.at(datetime(2026, 12, 18, 9, tzinfo=UTC))
    await world.do(remind_of_tasks)
    assert await world.told() == []
