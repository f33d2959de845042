"""OPP-01: what people do in their own time, until its last day: who hears what of it, and when."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from services.notifications.app import create_app
from services.notifications.gateways import letters, rendering
from services.notifications.queries.told import message_of
from services.notifications.use_cases import calls, reminders
from shared.clock import end_of_day, london_datetime
from shared.events.opportunities import AnswerShown, PlaceLapsed, QuestionAsked
from tests.notifications.calls import AWAY, run, to_ring
from tests.notifications.changes import QUIET, entries, words
from tests.notifications.support import (
    LAST_DAY,
    Claim,
    World,
    cancelled,
    changed,
    in_own_time,
    need_answered,
    new_id,
    participant,
    place_left,
    place_queued,
    place_taken,
    settings,
)
from tests.notifications.texts import SETTINGS
from tests.support.apps import running, signed_in

LATER = LAST_DAY + timedelta(days=7)
IS_OVER = end_of_day(LAST_DAY)


async def templates(world: World) -> list[str]:
    return sorted({template for _, template, _ in await world.told()})


async def test_not_03_news_of_it_goes_to_everyone_who_has_not_ruled_out_its_kind_whatever_times_they_ruled_out(
    world: World,
):
    await world.knows("Amina", ruled_out={"times": ["weekday-daytime", "evening", "weekend"]})
    await world.knows("Bola", ruled_out={"kinds": ["survey"]})
    world.at(IS_OVER - timedelta(seconds=1))
    published = in_own_time()
    await world.hear(published, published.model_copy(update={"version": 2}))
    assert await world.told() == [("Amina", "opportunity-created", "email")]
    text = await words(world, "opportunity-created")
    assert "Do it in your own time. The last day is Thursday 31 December 2026." in text and "When and where" not in text
    world.at(IS_OVER)
    await world.hear(in_own_time())
    assert len(await world.told()) == 1
    assert await world.broken() == {}


async def test_opp_05_places_in_it_are_told_of_until_the_last_day_is_over(world: World):
    people = [await world.knows(name, **QUIET) for name in ("Amina", "Bola", "Cerys", "Dai")]
    published = in_own_time()
    taken, left, waits, late = [place_taken(published, person) for person in people]
    await world.hear(published, taken, need_answered(taken), left, place_left(left), place_queued(waits))
    lapsed = PlaceLapsed(
        version=3,
        place_id=waits.place_id,
        opportunity_id=published.opportunity_id,
        participant=waits.participant,
    )
    await world.hear(lapsed)
    told = ["access-need-answered", "place-lapsed", "place-left", "place-queued", "place-taken"]
    assert await templates(world) == told
    world.at(IS_OVER)
    before = len(await world.told())
    await world.hear(late, place_left(late))
    assert len(await world.told()) == before


async def test_opp_16_another_last_day_is_told_once_with_what_it_was_and_moves_the_one_calendar_entry(world: World):
    person = await world.knows("Amina", **QUIET)
    published = in_own_time()
    taken = place_taken(published, person)
    await world.hear(published, taken)
    change = changed(published, 2, "time", reason="More people asked.", closes_on=LATER)
    await world.hear(change, change)
    text = await words(world, "opportunity-changed")
    assert "The last day is Thursday 7 January 2027. Before, it was Thursday 31 December 2026." in text
    assert "Here is why: More people asked." in text
    await world.hear(changed(change, 3, "contact", contact_role="director"))
    await world.hear(cancelled(published, person, version=4))
    uid = f"{published.opportunity_id}@voice.example"
    [first], [gone] = await entries(world, "place-taken"), await entries(world, "opportunity-cancelled")
    assert (first[:3], gone[:3]) == ((uid, LAST_DAY, "CONFIRMED"), (uid, LATER, "CANCELLED"))
    rows = await world.rows("SELECT facts ->> 'sequence' AS number FROM messages ORDER BY message_id")
    numbers = [int(row.number) for row in rows]
    assert numbers == sorted(set(numbers)) and len(numbers) == 4
    assert await world.broken() == {}


async def test_opp_16_a_last_day_that_changed_unsaid_is_seen_and_an_older_change_does_not_bring_it_back(world: World):
    await world.hear(published := in_own_time())
    await world.hear(place_taken(published, await world.knows("Amina", **QUIET)))
    await world.hear(changed(published, 3, closes_on=LATER), changed(published, 2, "time"))
    assert [
        row.changed
        for row in await world.rows(
            "SELECT facts -> 'changed' AS changed FROM messages WHERE template = 'opportunity-changed'"
        )
    ] == [["time"]]
    assert (await world.row("SELECT closes_on FROM opportunities")).closes_on == LATER


async def test_not_08_what_was_said_of_a_last_day_stays_as_it_was_said(world: World):
    me = await world.knows("Amina", channels=["in-app"])
    published = in_own_time()
    await world.hear(published, place_taken(published, me))
    rows = await world.rows("SELECT message_id FROM messages ORDER BY message_id")

    async def said() -> list[str]:
        drafts = [await world.read(message_of, row.message_id, me) for row in rows]
        return [rendering.as_text(letters.full_letter(draft, SETTINGS)) for draft in drafts]

    before = await said()
    assert all("Thursday 31 December 2026" in text for text in before) and len(before) == 2
    await world.hear(changed(published, 2, "time", closes_on=LATER))
    assert await said() == before


async def reminded(world: World) -> Sequence[str]:
    for _ in range(2):
        await world.do(reminders.remind)
    return [name for name, template, _ in await world.told() if template == "closing-reminder"]


async def test_not_05_two_days_before_the_last_day_whoever_has_a_place_and_has_not_done_it_is_reminded_once(
    world: World,
):
    names = ("Amina", "Bola", "Cerys", "Dai", "Efe")
    here, done, gone, waits, late = [await world.knows(name, **QUIET) for name in names]
    published = in_own_time()
    left = place_taken(published, gone)
    await world.hear(published, place_taken(published, here), place_taken(published, done), left, place_left(left))
    await world.hear(place_queued(place_taken(published, waits)), Claim(published, done).opened)
    for day in (LAST_DAY - timedelta(days=3), LAST_DAY - timedelta(days=1), LAST_DAY):
        world.at(london_datetime(day, 9))
        assert await reminded(world) == []
    await world.hear(change := changed(published, 2, "time", closes_on=LATER))
    world.at(london_datetime(LATER - timedelta(days=2), 0))
    await world.hear(place_taken(published, late))
    assert await reminded(world) == ["Amina"]
    assert "The last day is Thursday 7 January 2027" in await words(world, "closing-reminder")
    await world.hear(changed(change, 3, "time", closes_on=LATER + timedelta(days=1)))
    world.move(days=1)
    assert await reminded(world) == ["Amina", "Amina", "Efe"]
    assert await world.broken() == {}


@pytest.mark.parametrize("what", ["cancelled", "switched-off"])
async def test_not_05_nobody_is_reminded_of_the_last_day_of_what_is_cancelled_or_who_switched_reminders_off(
    what: str, world: World
):
    person = await world.knows("Amina", opted_out=["new-opportunities", *["reminders"] * (what == "switched-off")])
    published = in_own_time()
    await world.hear(published, place_taken(published, person))
    await world.hear(*[cancelled(published, person)] * (what == "cancelled"))
    world.at(london_datetime(LAST_DAY - timedelta(days=2), 9))
    assert await reminded(world) == []


async def test_not_08_whoever_must_be_rung_is_rung_before_the_last_day_is_over_and_not_after(world: World):
    person = await world.knows("Amina", **AWAY)
    published = in_own_time()
    world.at(london_datetime(LAST_DAY - timedelta(days=40), 9))
    await world.hear(published, place_taken(published, person))
    rows = await world.rows("SELECT DISTINCT matters_until FROM calls")
    assert [row.matters_until for row in rows] == [IS_OVER]
    today = london_datetime(LAST_DAY, 10)
    world.at(today)
    await world.hear(changed(published, 2, "time", closes_on=LATER), changed(published, 3, "time", closes_on=LAST_DAY))
    rows = await world.rows(
        "SELECT due_at, matters_until FROM calls WHERE template = 'opportunity-changed' AND settled_at IS NULL"
    )
    assert [(today < row.due_at < IS_OVER, row.matters_until) for row in rows] == [(True, end_of_day(LATER))], (
        "they may think of either day"
    )
    assert ("Amina", "opportunity-changed") in await to_ring(world)
    world.at(end_of_day(LATER))
    await run(world, calls.settle_what_is_over)
    assert await to_ring(world) == []


async def test_opp_22_an_answer_about_it_is_news_while_people_have_a_place_and_may_come_after_the_last_day(
    world: World,
):
    person = await world.knows("Amina", channels=["in-app"], **QUIET)
    published = in_own_time()
    await world.hear(published, place_taken(published, person))
    shown = AnswerShown(version=1, answer_id=new_id(), opportunity_id=published.opportunity_id, asker=None)
    world.at(IS_OVER)
    await world.hear(shown)
    [row] = await world.rows("SELECT facts ->> 'over' AS over FROM messages WHERE template = 'answer-shown'")
    assert row.over == "true"


async def test_peo_05_the_first_page_shows_what_is_to_do_and_its_last_day(world: World, folder: Any):
    me = await world.knows("Amina")
    published, other = in_own_time(), in_own_time(title="Reading our leaflet", closes_on=LATER)
    taken, waits = place_taken(published, me), place_taken(other, me)
    await world.hear(published, other, taken, place_queued(waits))
    asked = QuestionAsked(
        version=1,
        question_id=new_id(),
        opportunity_id=published.opportunity_id,
        asker=participant(me),
        due_at=IS_OVER + timedelta(hours=12),
    )
    await world.hear(asked)
    async with running(create_app(settings(folder, world.database.url))) as client:
        signed_in(client, "participant", person_id=me)
        shown = await _page(client)
        assert (
            "Do it in your own time, if you have not done it yet. The last day is Thursday 31 December 2026." in shown
        )
        assert f"/opportunities/places/{taken.place_id}" in shown
        assert "Reading our leaflet</a>, until Thursday 7 January 2027" in shown
        assert "The last day is Thursday 31 December 2026. We may not answer before then." in shown
        [news] = await world.rows("SELECT message_id FROM messages WHERE template = 'place-taken'")
        message = f"/notifications/messages/{news.message_id}"
        assert "date.ics" in await _page(client, message)
        await world.hear(changed(published, 2, "time", closes_on=date(2027, 2, 1)))
        assert "The dates have changed since we wrote this." in await _page(client, message)


async def _page(client: AsyncClient, path: str = "/") -> str:
    return (await client.get(path)).text
