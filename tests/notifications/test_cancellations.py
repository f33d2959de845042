"""Cancellations, the waiting list and no place: what people hear, on real PostgreSQL."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications.gateways import letters
from services.notifications.queries.what_comes import what_is_next
from shared.db import new_id
from shared.events import Event
from shared.events.opportunities import PlaceLapsed
from shared.reasons import NotYet
from tests.notifications.changes import LATER, QUIET, entries, mails, reminded, words
from tests.notifications.support import (
    SOON,
    World,
    cancelled,
    changed,
    listing,
    moved,
    need_answered,
    opportunity_closed,
    opportunity_created,
    place_left,
    place_offered,
    place_queued,
    place_refused,
    place_taken,
    session,
)
from tests.notifications.texts import SETTINGS
from tests.support.slices import seeds

# --- cancellations ---


async def test_not_05_a_cancellation_reaches_those_with_a_place_those_who_wait_and_those_who_asked(world: World):
    held, waiting, asked, left, _ = [
        await world.knows(name, **QUIET) for name in ("Amina", "Bola", "Cerys", "Dai", "Efe")
    ]
    published = listing()
    places = {person: place_taken(published, person) for person in (held, waiting, left)}
    await world.hear(published, places[held], place_queued(places[waiting]), places[left], place_left(places[left]))
    await world.hear(cancelled(published, held, asked))
    told = [told for told in await world.told() if told[1] == "opportunity-cancelled"]
    assert [name for name, _, _ in told] == ["Amina", "Bola", "Cerys"]
    assert await world.broken() == {}


@pytest.mark.parametrize("heard_of", [True, False], ids=["we hold it", "their place came later"])
async def test_not_05_who_only_waited_is_told_of_no_place_no_travel_and_no_bookings(world: World, heard_of: bool):
    held, waits = [await world.knows(name, **QUIET) for name in ("Amina", "Bola")]
    published = listing()
    places = {person: place_taken(published, person) for person in (held, waits)}
    await world.hear(published, places[held], *([place_queued(places[waits])] if heard_of else []))
    await world.hear(cancelled(published, held, waits, without_place=[waits]))
    to_holder, to_waiter = [
        " ".join(line.text for line in letters.full_letter(draft, SETTINGS).body)
        for draft in await mails(world, "opportunity-cancelled")
    ]
    for said in ("Please do not travel", "Your place ends with it", "ticket"):
        assert said in to_holder and said not in to_waiter
    assert "You had no place yet" in to_waiter


async def test_not_02_a_cancellation_that_is_said_again_is_not_told_again_but_reaches_who_was_missing(world: World):
    amina, bola = await world.knows("Amina", **QUIET), await world.knows("Bola", **QUIET)
    published = opportunity_created()
    await world.hear(published, cancelled(published, amina), cancelled(published, amina, bola, version=10))
    assert [name for name, _, _ in await world.told()] == ["Amina", "Bola"]
    assert await world.broken() == {}


async def test_not_05_a_cancellation_gives_its_reason_and_takes_the_date_out_of_the_calendar(world: World):
    person = await world.knows(**QUIET)
    published = listing()
    await world.hear(
        published,
        place_taken(published, person),
        changed(published, 2, "time", sessions=moved(published, LATER)),
        cancelled(published, person),
    )
    text = await words(world, "opportunity-cancelled")
    assert "SUN had to cancel it" in text and "Too few people could come." in text and "Sunday 3 January 2027" in text
    [(uid, _, _, before)], [(same, start, status, sequence)] = [
        await entries(world, name) for name in ("opportunity-changed", "opportunity-cancelled")
    ]
    assert (same, start, status) == (uid, LATER, "CANCELLED") and sequence > before


async def test_not_05_nobody_is_reminded_of_what_is_cancelled_and_it_is_not_what_is_next(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person), cancelled(published, person))
    world.at(SOON - timedelta(days=1))
    assert await reminded(world) == []
    assert await world.read(what_is_next, person) == []


async def test_not_05_nobody_is_reminded_of_a_session_that_finishing_took_out(world: World):
    person = await world.knows(**QUIET)
    first, second = session(SOON), session(LATER)
    published = opportunity_created(sessions=(first, second))
    await world.hear(published, place_taken(published, person))
    world.at(SOON - timedelta(days=1))
    assert len(await reminded(world)) == 1
    await world.hear(changed(published, 2, "time", sessions=(first,)))
    world.at(LATER - timedelta(days=1))
    assert len(await reminded(world)) == 1
    assert [each.starts_at for each in await world.read(what_is_next, person)] == []


async def test_peo_05_an_offer_of_what_is_cancelled_needs_no_answer_whichever_comes_first(world: World):
    first, second = await world.knows("Amina", **QUIET), await world.knows("Bola", **QUIET)
    published = opportunity_created()
    taken = [place_taken(published, person) for person in (first, second)]
    until = datetime.now(UTC) + timedelta(days=3)
    await world.hear(published, place_offered(taken[0], until))
    assert await world.open_tasks() == {"answer-offer"}
    await world.hear(cancelled(published, first, second), place_offered(taken[1], until))
    assert await world.open_tasks() == set()
    assert ("Bola", "place-offered", "email") not in await world.told()
    assert await world.broken() == {}


async def test_of_what_is_cancelled_people_hear_that_and_nothing_more(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person)
    await world.hear(published, cancelled(published, person))
    await world.hear(
        taken,
        need_answered(taken, 2),
        place_left(taken, 3),
        changed(published, 10, "time", sessions=moved(published, LATER)),
    )
    await world.hear(place_queued(place_taken(published, person)), place_refused(place_taken(published, person)))
    assert [template for _, template, _ in await world.told()] == ["opportunity-cancelled"]


# --- the waiting list, and no place ---


async def test_opp_05_who_begins_to_wait_hears_their_number_once(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person)
    await world.hear(
        published, place_queued(taken, position=2), place_queued(taken, 2, position=1), place_queued(taken, position=2)
    )
    assert await world.told() == [("Amina", "place-queued", "email")]
    assert "You are number 2 on the list." in (await words(world, "place-queued"))


async def test_opp_05_who_waits_again_after_an_offer_ran_out_is_told_again(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person)
    lapsed = PlaceLapsed(
        version=3, place_id=taken.place_id, opportunity_id=taken.opportunity_id, participant=taken.participant
    )
    await world.hear(
        published,
        place_queued(taken),
        place_offered(taken, datetime.now(UTC) + timedelta(days=3)),
        lapsed,
        place_queued(taken, 4, position=5),
    )
    assert [template for _, template, _ in await world.told()] == [
        "place-lapsed",
        "place-offered",
        "place-queued",
        "place-queued",
    ]


async def test_opp_05_who_waited_until_it_ended_is_told_so_and_of_no_offer_or_next_person(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person)
    over = PlaceLapsed(
        version=2,
        place_id=taken.place_id,
        opportunity_id=taken.opportunity_id,
        participant=taken.participant,
        over=True,
    )
    await world.hear(published, place_queued(taken), over)
    said = await words(world, "place-lapsed")
    assert "It is over now" in said and not any(
        each in said for each in ("offered you", "next person", "ask for a place", "Ask for a place")
    )


async def test_opp_05_that_someone_waited_is_not_told_once_they_have_a_place(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person, version=3)
    await world.hear(published, taken, place_queued(taken))
    assert [template for _, template, _ in await world.told()] == ["place-taken"]
    assert [(row.held, row.waiting) for row in await world.rows("SELECT held, waiting FROM places")] == [(True, False)]


async def test_who_gets_no_place_is_told_so_and_need_not_answer_any_more(world: World):
    person = await world.knows(**QUIET)
    published = listing()
    taken = place_taken(published, person)
    await world.hear(published, place_offered(taken, datetime.now(UTC) + timedelta(days=3)), place_refused(taken, 3))
    assert await world.open_tasks() == set()
    text = await words(world, "place-refused")
    assert "SUN could not give you one" in text and f"/opportunities/places/{taken.place_id}" in text


async def test_net_02_whose_place_the_host_took_back_is_told_not_to_go_and_loses_the_date(world: World):
    person = await world.knows(**QUIET)
    published = listing()
    taken = place_taken(published, person)
    await world.hear(published, taken, place_refused(taken, 3, had_place=True))
    text = await words(world, "place-refused")
    assert "SUN had to take it back. Please do not go." in text and "could not give you one" not in text
    assert "takes the date out of your calendar" in text


async def test_a_guest_of_ours_hears_none_of_it_from_us(world: World):
    published = opportunity_created()
    taken = place_taken(published, new_id(), kind="guest")
    until = datetime.now(UTC) + timedelta(days=3)
    await world.hear(published, place_queued(taken), place_offered(taken, until), place_refused(taken, 3))
    await world.hear(
        place_taken(published, new_id(), kind="guest"),
        changed(published, 2, "time", sessions=moved(published, LATER)),
        cancelled(published),
    )
    assert await world.told() == []
    assert await world.broken() == {}


# --- any order, with repeats (NOT-02) ---


async def test_a_cancellation_waits_for_the_publication(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    with pytest.raises(NotYet):
        await world.hear(cancelled(published, person))
    await world.hear(published, cancelled(published, person), published)
    assert [template for _, template, _ in await world.told()] == ["opportunity-cancelled"]


async def test_not_03_a_change_that_comes_before_the_publication_is_kept_and_is_no_loss_of_news(world: World):
    await world.knows()
    published = opportunity_created()
    await world.hear(changed(published, 2, "time", sessions=moved(published, LATER)))
    assert await world.told() == []
    await world.hear(published, published)
    assert await world.told() == [("Amina", "opportunity-created", "email")]
    assert (await mails(world, "opportunity-created"))[0].sessions[0].starts_at == LATER


async def test_not_03_what_is_cancelled_or_closed_is_no_news(world: World):
    published, other = opportunity_created(), opportunity_created()
    late = await world.knows("Amina", **QUIET)
    await world.hear(
        changed(published, 2), cancelled(published, late), changed(other, 2), opportunity_closed(other, [])
    )
    await world.knows("Bola")
    await world.hear(published, other)
    assert await world.told() == [("Amina", "opportunity-cancelled", "email")]


@pytest.mark.parametrize("seed", seeds(8, quick=1))
async def test_not_02_in_any_order_with_repeats_everyone_hears_of_the_end_once(world: World, seed: int):
    """Each event comes twice, in any order; what must wait for another is heard when that has come."""
    amina, bola = await world.knows("Amina", **QUIET), await world.knows("Bola", **QUIET)
    published = opportunity_created()
    mine, waiting = place_taken(published, amina), place_taken(published, bola)
    until = datetime.now(UTC) + timedelta(days=3)
    story: list[Event] = [
        published,
        mine,
        place_queued(waiting),
        changed(published, 2, "time", sessions=moved(published, LATER)),
        place_offered(waiting, until),
        cancelled(published, amina, bola, version=3),
    ]
    to_come = [(new_id(), event) for event in story] * 2
    random.Random(seed).shuffle(to_come)
    heard: set[Any] = set()
    for round_ in itertools.count():
        assert round_ < 20
        left = []
        for event_id, event in to_come:
            if event_id in heard:
                continue  # the inbox stops it
            try:
                await world.hear(event, event_id=event_id)
                heard.add(event_id)
            except NotYet:
                left.append((event_id, event))
        to_come = left
        if not left:
            break
    told = await world.told()
    assert len(told) == len(set(told))
    assert [name for name, template, _ in told if template == "opportunity-cancelled"] == ["Amina", "Bola"]
    assert await world.open_tasks() == set()
    [row] = await world.rows("SELECT version, cancelled FROM opportunities")
    assert tuple(row) == (3, True)
    assert await world.broken() == {}
