"""Changes of one item that meet, and rows that only the database refuses, on a real PostgreSQL."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from services.feedback.domain.facts import Answer
from services.feedback.use_cases import answering, giver, giving, safeguarding
from shared.db import Actor, Transaction, new_id
from shared.reasons import Missing, Refused
from tests.feedback.support import World


def somebody() -> Actor:
    return Actor("person", new_id())


async def given(world: World, actor: Actor | None = None, words: str = "Too warm."):
    actor = actor or somebody()

    async def work(tx: Transaction):
        return await giving.give(tx, giving.Given("us", words, True, "email"), answer_days=28, home="test")

    return await world.do(work, by=actor)


async def answered(world: World, *items, ending: Answer = "used", actor: Actor | None = None):
    async def work(tx: Transaction):
        await answering.answer(
            tx,
            items,
            ending=ending,
            text="Done.",
            said="",
            checked=False,
            roles=["coordinator"],
            reviewer_role="approver",
        )

    await world.do(work, by=actor or somebody())


async def test_fb_02_two_answers_at_the_same_moment_leave_one(world: World):
    item = await given(world)
    outcomes = await asyncio.gather(
        answered(world, item),
        answered(world, item, ending="not-used"),
        answered(world, item, ending="thanked"),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert all(isinstance(outcome, Refused) for outcome in outcomes if outcome is not None)
    assert await world.value("SELECT count(*) FROM endings") == await world.value("SELECT count(*) FROM responses") == 1
    assert len(await world.events("feedback-closed")) == 1


async def test_fb_02_an_answer_and_a_withdrawal_at_the_same_moment_leave_one(world: World):
    actor = somebody()
    item = await given(world, actor)
    outcomes = await asyncio.gather(
        answered(world, item),
        world.do(giver.withdraw, item, by=actor),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert await world.value("SELECT count(*) FROM endings") == 1


async def test_fb_07_reopened_by_two_clicks_it_is_reopened_once(world: World):
    actor = somebody()
    item = await given(world, actor)
    await answered(world, item)

    async def again(tx: Transaction):
        await giver.say_it_does_not_answer(tx, item, "", reviewer_role="approver")

    command = lambda: world.do(again, by=actor)  # noqa: E731
    outcomes = await asyncio.gather(command(), command(), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert len(await world.events("feedback-received")) == 2


async def test_fb_05_an_answer_to_many_ends_all_of_them_or_none(world: World):
    items = [await given(world) for _ in range(3)]
    await answered(world, items[1])
    with pytest.raises(Refused):
        await answered(world, *items)
    assert await world.value("SELECT count(*) FROM items WHERE ending IS NULL") == 2
    await answered(world, items[0], items[2])
    assert await world.value("SELECT count(*) FROM responses") == 2
    with pytest.raises(Missing):
        await answered(world, items[0], new_id())


async def test_fb_02_those_joined_to_an_item_go_with_it_when_it_is_joined_itself(world: World):
    first, second, third = [await given(world) for _ in range(3)]

    async def join(item, target):
        await world.do(answering.join, item, target, by=somebody())

    await join(first, second)
    await join(second, third)
    assert await world.value("SELECT count(*) FROM items WHERE joined_to = :third", third=third) == 2
    await answered(world, third)
    assert [event["ending"] for event in await world.events("feedback-closed")] == [
        "joined",
        "joined",
        "used",
        "joined",
        "joined",
    ]


async def test_fb_09_what_was_joined_to_a_concern_waits_by_itself_again(world: World):
    first, second = await given(world), await given(world)
    await world.do(answering.join, first, second, by=somebody())

    async def work(tx: Transaction):
        await safeguarding.raise_concern(tx, second, why="Someone may be hurt.", about=[], hours=24)

    await world.do(work, by=somebody())
    assert await world.value("SELECT ending FROM items WHERE item_id = :first", first=first) is None


async def test_pri_03_each_change_has_a_step_with_who_did_it_and_no_words(world: World):
    giver_actor, coordinator = somebody(), somebody()
    item = await given(world, giver_actor, words="SECRET WORDS")
    await answered(world, item, actor=coordinator)
    steps = await world.rows(
        "SELECT kind, what, about, actor_id, facts::text FROM steps WHERE actor_kind <> 'system' ORDER BY id"
    )
    assert {(row.what, row.actor_id) for row in steps if row.kind == "change"} == {
        ("feedback-received", giver_actor.id),
        ("feedback-ended", coordinator.id),
    }
    assert all(row.about == item for row in steps if row.kind == "change")
    for table in ("steps", "outbox"):
        assert not any("SECRET" in row[0] for row in await world.rows(f"SELECT row_to_json(t)::text FROM {table} AS t"))


async def test_peo_02_feedback_given_for_someone_names_both(world: World):
    helper, helped = new_id(), new_id()
    await given(world, Actor("person", helper, acting_for=helped))
    [row] = await world.rows("SELECT giver_id, given_by_id, given_for_id FROM items")
    assert tuple(row) == (helped, helper, helped)


BREAKS_A_RULE = [
    "words = ''",
    "ending = 'used', ended_on = '2026-01-01'",
    "ending = 'gone', ended_on = '2026-01-01'",
    "ended_on = '2026-01-01'",
    "ending = 'joined', ended_on = '2026-01-01', joined_to = item_id",
    "giver_id = NULL, giver_kind = NULL, giver_home = NULL",
    "reopened_on = '2026-01-01'",
    "waiting_for = 'nobody'",
    "answer_days = 0",
]


async def test_fb_02_the_database_itself_refuses_rows_that_break_a_rule(world: World):
    await given(world)
    for change in BREAKS_A_RULE:
        with pytest.raises(DBAPIError, match="ck_items_fb_0"):
            await world.write(f"UPDATE items SET {change}")
