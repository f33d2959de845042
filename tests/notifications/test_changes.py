"""Listings of other organisations and changes: what people hear, on real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications.gateways import letters, rendering
from services.notifications.queries.what_comes import what_is_next
from shared.db import new_id
from shared.events.opportunities import TextChanged
from tests.notifications.changes import LATER, QUIET, entries, mails, reminded, words
from tests.notifications.support import (
    SOON,
    World,
    cancelled,
    changed,
    listing,
    moved,
    opportunity_created,
    place_left,
    place_queued,
    place_refused,
    place_taken,
    session,
)
from tests.notifications.texts import SETTINGS

# --- listings ---


async def test_net_02_the_news_of_a_listing_names_who_holds_it(world: World):
    await world.knows()
    await world.hear(listing())
    assert "SUN is running this. You can take part through us. Nobody there is told your name." in (
        await words(world, "opportunity-created")
    )


async def test_net_02_a_host_without_a_name_is_called_by_its_short_one(world: World):
    await world.knows()
    await world.hear(listing(host_name=""))
    assert "sun is running this" in (await words(world, "opportunity-created"))


async def test_net_02_our_own_news_is_as_it_was(world: World):
    await world.knows()
    await world.hear(opportunity_created())
    assert "is running this" not in (await words(world, "opportunity-created"))


async def test_net_02_what_is_next_says_who_holds_it(world: World):
    person = await world.knows(**QUIET)
    theirs = listing()
    await world.hear(theirs, place_taken(theirs, person))
    [coming] = await world.read(what_is_next, person)
    assert coming.host == "SUN"


# --- changes ---


async def test_opp_16_everyone_with_a_place_or_waiting_for_one_hears_what_changed_once(world: World):
    held, waiting, left, refused, _ = [
        await world.knows(name, **QUIET) for name in ("Amina", "Bola", "Cerys", "Dai", "Efe")
    ]
    published = opportunity_created()
    places = {person: place_taken(published, person) for person in (held, waiting, left, refused)}
    await world.hear(published, places[held], place_queued(places[waiting]), places[left], place_left(places[left]))
    await world.hear(place_queued(places[refused]), place_refused(places[refused]))
    change, event_id = changed(published, 2, "time", sessions=moved(published, LATER)), new_id()
    for _ in range(2):
        await world.hear(change, event_id=event_id)
    await world.hear(change)
    assert [told for told in await world.told() if told[1] == "opportunity-changed"] == [
        ("Amina", "opportunity-changed", "email"),
        ("Bola", "opportunity-changed", "email"),
    ]
    drafts = {draft.name: draft for draft in await mails(world, "opportunity-changed")}
    assert drafts["Amina"].has_place and not drafts["Bola"].has_place
    assert await world.broken() == {}


async def test_opp_16_a_change_shows_the_old_and_the_new_time_and_moves_the_calendar_entry(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person))
    await world.hear(changed(published, 2, "time", sessions=moved(published, LATER)))
    text = await words(world, "opportunity-changed")
    assert (
        "Thursday 31 December 2026, 10:30am" in text
        and "Sunday 3 January 2027, 12:30pm" in text
        and "The room was not free." in text
    )
    [(uid, before, _, first)], [(same, after, status, second)] = [
        await entries(world, name) for name in ("place-taken", "opportunity-changed")
    ]
    assert (uid, status, after) == (same, "CONFIRMED", LATER)
    assert (
        first < second and before == SOON
    )  # an old message keeps what it said (NOT-08); the higher number wins in a calendar


async def test_opp_16_an_older_change_keeps_what_it_said_when_a_newer_one_has_come(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(
        published, place_taken(published, person), changed(published, 2, "time", sessions=moved(published, LATER))
    )
    said = await words(world, "opportunity-changed")
    await world.hear(changed(published, 3, "time", sessions=moved(published, LATER + timedelta(days=1))))
    first, second = await mails(world, "opportunity-changed")
    assert rendering.as_text(letters.letter(first, SETTINGS, by_mail=True)) == said
    assert second.sessions[0].starts_at == LATER + timedelta(days=1) and second.facts["were"][0].starts_at == LATER
    assert first.sequence < second.sequence


async def test_opp_16_a_session_that_is_gone_leaves_the_calendar(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created(sessions=(session(SOON), session(SOON + timedelta(days=7))))
    await world.hear(
        published, place_taken(published, person), changed(published, 2, "time", sessions=published.sessions[:1])
    )
    assert [(start, status) for _, start, status, _ in await entries(world, "opportunity-changed")] == [
        (SOON + timedelta(days=7), "CANCELLED"),
    ]
    [draft] = await mails(world, "opportunity-changed")
    file = letters.calendar_of(draft, SETTINGS)
    assert file is not None and file.method == "CANCEL"  # many calendars take nothing out of a PUBLISH


async def test_opp_16_a_session_that_is_added_is_said_to_be_new(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created(sessions=(session(SOON),))
    both = (*published.sessions, session(SOON + timedelta(days=7)))
    await world.hear(published, place_taken(published, person), changed(published, 2, "time", sessions=both))
    said = await words(world, "opportunity-changed")
    assert said.count("New: ") == 1 and said.index("New: ") > said.index("When and where it is now")


async def test_opp_16_facts_that_matter_to_nobodys_place_are_kept_and_not_told(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person), changed(published, 2, reason="", funding="fees"))
    assert [template for _, template, _ in await world.told()] == ["place-taken"]


async def test_opp_16_a_change_that_we_never_heard_of_is_told_with_the_next(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(
        published,
        place_taken(published, person),
        changed(published, 3, "contact", sessions=moved(published, LATER), contact_role="coordinator"),
    )
    assert (await mails(world, "opportunity-changed"))[0].facts["changed"] == ["time", "contact"]


async def test_opp_16_a_change_of_what_is_over_is_no_message(world: World):
    person = await world.knows(**QUIET)
    begun = datetime.now(UTC) - timedelta(hours=3)
    published = opportunity_created(sessions=(session(begun),))
    await world.hear(
        published, place_taken(published, person), changed(published, 2, "contact", contact_role="coordinator")
    )
    assert await world.told() == []


@pytest.mark.parametrize("card", [{"opted_out": ["places", "new-opportunities"]}, {"channels": []}, {"paused": True}])
async def test_not_05_changes_and_cancellations_reach_everyone_with_a_place_whatever_they_switched_off(
    world: World, card: dict[str, Any]
):
    person = await world.knows("Amina", **QUIET | card)
    published = opportunity_created()
    await world.hear(
        published,
        place_taken(published, person),
        changed(published, 2, "time", sessions=moved(published, LATER)),
        cancelled(published, person),
    )
    assert {template for _, template, _ in await world.told()} == {
        "place-taken",
        "opportunity-changed",
        "opportunity-cancelled",
    }
    assert await world.broken() == {}


async def test_not_05_reminders_follow_the_new_time_and_none_comes_at_the_old_one(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(
        published, place_taken(published, person), changed(published, 2, "time", sessions=moved(published, LATER))
    )
    world.at(SOON - timedelta(days=1))
    assert await reminded(world) == []
    world.at(LATER - timedelta(days=1))
    assert await reminded(world) == [("Amina", "session-reminder", "email")]
    assert await world.broken() == {}


async def test_not_05_who_was_reminded_of_the_old_time_is_reminded_of_the_new_one(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person))
    world.at(SOON - timedelta(days=1))
    assert len(await reminded(world)) == 1
    await world.hear(changed(published, 2, "time", sessions=moved(published, LATER)))
    world.at(LATER - timedelta(days=1))
    assert len(await reminded(world)) == 2
    assert await world.broken() == {}


async def test_opp_16_another_way_to_join_of_one_date_is_said_of_that_date_alone(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created(mode="online", sessions=(session(SOON), session(SOON + timedelta(days=7))))
    await world.hear(published, place_taken(published, person))
    one = {"about": "joining", "name": "How to join on Thursday 31 December 2026"}
    await world.hear(changed(published, 2, "place", texts=(TextChanged(**one),)))
    said = await words(world, "opportunity-changed")
    assert "How to join on Thursday 31 December 2026 is another way now." in said
    assert "The other dates are as before." in said
    assert "When and where it is now" not in said and "7 January" not in said


@pytest.mark.parametrize("discreet", [False, True])
@pytest.mark.parametrize("style", ["plain", "easy-read"])
async def test_opp_12_when_no_date_is_left_the_mail_says_that_all_of_it_has_ended(
    world: World, style: str, discreet: bool
):
    person = await world.knows(**QUIET, format=style, discreet=discreet)
    published = opportunity_created(sessions=(session(SOON), session(SOON + timedelta(days=7))))
    await world.hear(published, place_taken(published, person))
    await world.hear(changed(published, 2, "time", sessions=published.sessions[:1]))
    await world.hear(changed(published, 3, "time", sessions=()))
    first, last = [
        rendering.as_text(letters.letter(draft, SETTINGS, by_mail=True))
        for draft in await mails(world, "opportunity-changed")
    ]
    assert "the last of it" not in first and "This was the last of it" in last
    assert "your place" in last
