"""What each event leads to, on real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.queries.told import drafts, unread_count
from services.notifications.queries.what_comes import what_came_of_it, what_is_next
from services.notifications.use_cases import messages, reminders
from shared.db import new_id
from shared.events import Event
from shared.events.opportunities import PlaceOffered
from shared.reasons import NotYet
from tests.notifications.support import (
    SOON,
    Claim,
    World,
    card,
    feedback_closed,
    feedback_received,
    need_answered,
    opportunity_closed,
    opportunity_created,
    participant,
    place_left,
    place_taken,
    session,
)

# --- NOT-03 ---


async def test_not_03_everyone_who_has_not_ruled_it_out_is_told(world: World):
    await world.knows("Amina", channels=["email", "in-app"])
    await world.knows("Bola", ruled_out={"kinds": ["tender-panel"]})
    await world.knows("Cerys", ruled_out={"areas": ["Fenland"]})
    await world.knows("Dai", ruled_out={"times": ["weekday-daytime"]})
    await world.knows("Efe", ruled_out={"kinds": ["workshop"], "areas": ["City"], "times": ["evening"]})
    await world.knows("Femi", roles=["coordinator"])
    await world.knows("Gwen", opted_out=["new-opportunities"])
    await world.hear(opportunity_created())
    assert await world.told() == [
        ("Amina", "opportunity-created", "email"),
        ("Amina", "opportunity-created", "in-app"),
        ("Efe", "opportunity-created", "email"),
    ]
    assert await world.broken() == {}


async def test_not_02_the_same_event_twice_tells_nobody_twice(world: World):
    person = await world.knows("Amina", channels=["email", "in-app"])
    published = opportunity_created()
    taken = place_taken(published, person)
    await world.hear(published)
    for event in (taken, need_answered(taken)):
        event_id = new_id()
        for _ in range(2):  # even where the inbox would not stop it
            await world.hear(event, event_id=event_id)
    assert len(await world.told()) == 6
    assert await world.broken() == {}


async def test_opp_16_a_corrected_opportunity_is_not_news_again(world: World):
    await world.knows()
    published = opportunity_created()
    await world.hear(published, published.model_copy(update={"version": 2, "title": "Choosing who runs the garden"}))
    assert len(await world.told()) == 1
    [row] = await world.rows("SELECT title FROM opportunities")
    assert row.title == "Choosing who runs the garden"
    await world.hear(published)
    [row] = await world.rows("SELECT title FROM opportunities")
    assert row.title == "Choosing who runs the garden"


async def test_not_03_what_is_over_already_is_kept_but_is_no_news(world: World):
    await world.knows()
    begun = datetime.now(UTC) - timedelta(hours=3)
    await world.hear(
        opportunity_created(sessions=(session(begun),)), opportunity_created(sessions=(session(begun), session()))
    )
    assert len(await world.rows("SELECT 1 FROM opportunities")) == 2
    assert len(await world.told()) == 1


async def test_not_03_a_fan_out_writes_who_caused_it_and_for_whom(world: World):
    person = await world.knows()
    event_id = await world.hear(opportunity_created())
    [row] = await world.rows("SELECT * FROM messages")
    assert (row.event_id, row.caused_by) == (event_id, event_id)
    assert (row.participant_kind, row.participant_id, row.participant_home) == ("person", person, "test")
    assert (row.actor_kind, row.actor_id, row.acting_for) == ("system", None, None)
    [step] = await world.rows("SELECT * FROM steps WHERE what = 'messages-queued'")
    assert step.facts == {"template": "opportunity-created", "messages": 1} and step.caused_by == event_id


# --- cards ---


async def test_a_card_that_is_older_than_ours_changes_nothing(world: World):
    person = await world.knows("Amina", version=3)
    await world.card(person, card("Old name", version=2))
    await world.card(person, card("Same version", version=3))
    assert [row.name for row in await world.rows("SELECT name FROM cards")] == ["Amina"]
    await world.card(person, card("Amina B", version=4, discreet=True))
    assert [(row.name, row.discreet) for row in await world.rows("SELECT name, discreet FROM cards")] == [
        ("Amina B", True)
    ]


async def test_what_needs_a_card_waits_for_it(world: World):
    published = opportunity_created()
    await world.hear(published)
    with pytest.raises(NotYet):
        await world.hear(place_taken(published, new_id()))
    assert await world.rows("SELECT 1 FROM places") == []


@pytest.mark.parametrize("what", ["place", "claim", "closing", "feedback", "overdue"])
async def test_what_speaks_of_an_unknown_opportunity_waits_for_it(world: World, what: str):
    person = await world.knows()
    unknown = opportunity_created()
    event: dict[str, Event] = {
        "place": place_taken(unknown, person),
        "claim": Claim(unknown, person).opened,
        "closing": opportunity_closed(unknown, [person]),
        "feedback": feedback_closed(feedback_received(unknown, person)),
        "overdue": Claim(unknown, person).overdue,
    }
    with pytest.raises(NotYet):
        await world.hear(event[what])
    assert await world.told() == []


# --- places ---


async def test_a_place_taken_and_given_back_is_told(world: World):
    person = await world.knows()
    published = opportunity_created()
    taken = place_taken(published, person)
    await world.hear(published, taken, need_answered(taken), place_left(taken, version=3))
    assert [template for _, template, _ in await world.told()] == [
        "access-need-answered",
        "opportunity-created",
        "place-left",
        "place-taken",
    ]
    assert await world.rows("SELECT 1 FROM places WHERE held") == []


async def test_a_place_that_was_given_back_before_we_heard_of_it_is_not_confirmed(world: World):
    person = await world.knows()
    published = opportunity_created()
    taken = place_taken(published, person)
    await world.hear(published, place_left(taken), taken)
    assert [template for _, template, _ in await world.told()] == ["opportunity-created", "place-left"]
    assert await world.rows("SELECT 1 FROM places WHERE held") == []


async def test_opp_05_who_waited_hears_that_a_place_is_free_and_until_when(world: World):
    person = await world.knows(opted_out=["new-opportunities"])
    published = opportunity_created()
    taken = place_taken(published, person, version=3)
    facts = {"place_id": taken.place_id, "opportunity_id": published.opportunity_id, "participant": taken.participant}
    offered = PlaceOffered(version=2, answer_by=datetime.now(UTC) + timedelta(days=3), **facts)
    await world.hear(published, offered)
    assert await world.told() == [("Amina", "place-offered", "email")]
    [task] = await world.rows("SELECT * FROM tasks WHERE opened_version > coalesce(settled_version, -1)")
    assert (task.kind, task.person_id, task.due_at) == ("answer-offer", person, offered.answer_by)
    [row] = await world.rows("SELECT message_id FROM messages")
    [draft] = await world.read(drafts, [row.message_id])
    assert draft.facts["answer_by"] == offered.answer_by
    await world.hear(taken)
    assert await world.open_tasks() == set()


async def test_opp_05_an_offer_that_has_run_out_is_not_told(world: World):
    person = await world.knows(opted_out=["new-opportunities"])
    published = opportunity_created()
    facts = {"place_id": new_id(), "opportunity_id": published.opportunity_id, "participant": participant(person)}
    await world.hear(published, PlaceOffered(version=2, answer_by=datetime.now(UTC) - timedelta(minutes=1), **facts))
    assert await world.told() == []


async def test_opp_11_a_walk_in_is_not_told_of_a_place_when_all_is_over(world: World):
    person = await world.knows(opted_out=["new-opportunities"])
    over = opportunity_created(sessions=(session(datetime.now(UTC) - timedelta(hours=3)),))
    await world.hear(over, place_taken(over, person))
    assert await world.told() == []
    assert len(await world.rows("SELECT 1 FROM places WHERE held")) == 1


async def test_a_guest_hears_from_home_and_not_from_us(world: World):
    published = opportunity_created()
    taken = place_taken(published, new_id(), kind="guest")
    claim = Claim(published, new_id(), kind="guest")
    await world.hear(published, taken, place_left(taken), claim.opened, claim.submitted, claim.approved, claim.paid)
    assert await world.told() == []
    assert await world.broken() == {}


async def test_opp_12_who_took_part_is_thanked_and_asked_whether_they_want_more(world: World):
    amina, bola = await world.knows("Amina"), await world.knows("Bola", opted_out=["thanks"])
    published = opportunity_created()
    await world.hear(published, opportunity_closed(published, [amina, bola]))
    assert ("Amina", "opportunity-closed", "email") in await world.told()
    assert ("Bola", "opportunity-closed", "email") not in await world.told()
    assert [row.closed for row in await world.rows("SELECT closed FROM opportunities")] == [True]


# --- reminders ---


async def test_not_05_one_reminder_the_day_before_however_often_the_job_runs(world: World):
    amina, bola = await world.knows("Amina", channels=["email", "in-app"]), await world.knows("Bola")
    await world.knows("Cerys")
    published = opportunity_created(sessions=(session(SOON), session(SOON + timedelta(days=7))))
    gone = place_taken(published, bola)
    await world.hear(published, place_taken(published, amina), gone, place_left(gone))

    async def reminded() -> list[tuple[str, str, str]]:
        for _ in range(2):
            await world.do(reminders.remind)
        return [told for told in await world.told() if told[1] == "session-reminder"]

    assert await reminded() == []
    world.at(SOON - timedelta(days=2))
    assert await reminded() == []
    world.at(SOON - timedelta(days=1))
    first = [("Amina", "session-reminder", "email"), ("Amina", "session-reminder", "in-app")]
    assert await reminded() == first
    world.at(SOON)
    assert await reminded() == first
    world.at(SOON + timedelta(days=6))
    assert await reminded() == sorted(first * 2)
    assert await world.broken() == {}


async def test_not_02_who_opted_out_of_reminders_gets_none(world: World):
    person = await world.knows("Amina", opted_out=["reminders"])
    published = opportunity_created()
    await world.hear(published, place_taken(published, person))
    world.at(SOON - timedelta(days=1))
    await world.do(reminders.remind)
    assert "session-reminder" not in [template for _, template, _ in await world.told()]


# --- what people see ---


async def test_peo_05_the_first_page_shows_what_is_next_and_what_came_of_it(world: World):
    person = await world.knows()
    published = opportunity_created()
    taken, claim, item = place_taken(published, person), Claim(published, person), feedback_received(published, person)
    await world.hear(
        published, taken, claim.opened, claim.submitted, claim.approved, claim.paid, item, feedback_closed(item)
    )

    async def read(tx):
        return await what_is_next(tx, person), await what_came_of_it(tx, person), await what_is_next(tx, new_id())

    coming, outcomes, of_others = await world.read(read)
    assert [(found.place_id, found.title) for found in coming] == [(taken.place_id, published.title)]
    assert [(outcome.kind, outcome.state) for outcome in outcomes] == [("feedback", "used"), ("claim", "paid")]
    assert of_others == []


async def test_reading_a_message_in_the_app_counts_for_every_channel(world: World):
    person = await world.knows(channels=["email", "in-app"])
    await world.hear(opportunity_created())
    [row] = await world.rows("SELECT message_id FROM messages WHERE channel = 'email'")
    assert await world.read(unread_count, person) == 1
    await world.do(messages.mark_read, row.message_id, new_id())
    assert await world.read(unread_count, person) == 1
    await world.do(messages.mark_read, row.message_id, person)
    assert await world.read(unread_count, person) == 0
