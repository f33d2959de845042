"""OPP-05: who left the waiting list is told of nothing more: not that they left, of no change, and not that it is
cancelled."""

from datetime import UTC, datetime, timedelta

from shared.events import Event
from shared.events.opportunities import OpportunityCreated, PlaceTaken
from tests.notifications.support import (
    SOON,
    World,
    cancelled,
    changed,
    moved,
    opportunity_created,
    place_left,
    place_offered,
    place_queued,
    place_taken,
)


async def hears_after(world: World, published: OpportunityCreated, *leaving: Event) -> list[str]:
    """What who left hears of a move and of the cancellation after it."""
    await world.hear(
        *leaving,
        changed(published, 2, "time", sessions=moved(published, SOON + timedelta(days=3))),
        cancelled(published),
    )
    return [template for _, template, _ in await world.told()]


async def waits(world: World) -> tuple[OpportunityCreated, PlaceTaken]:
    person, published = await world.knows(opted_out=["new-opportunities"]), opportunity_created()
    place = place_taken(published, person)
    await world.hear(published, place_queued(place))
    return published, place


async def test_opp_05_who_left_the_waiting_list_hears_of_no_change_and_no_cancellation(world: World):
    published, place = await waits(world)
    assert await hears_after(world, published, place_left(place, given_back=False)) == ["place-queued"]
    assert await world.broken() == {}


async def test_opp_05_that_they_joined_the_list_is_not_told_after_they_left_it(world: World):
    person, published = await world.knows(opted_out=["new-opportunities"]), opportunity_created()
    place = place_taken(published, person)
    await world.hear(published)
    assert await hears_after(world, published, place_left(place, given_back=False), place_queued(place)) == []


async def test_opp_05_who_left_and_waits_again_hears_of_changes_once(world: World):
    published, place = await waits(world)
    again = place_queued(place_taken(published, place.participant.id))
    told = await hears_after(world, published, place_left(place, given_back=False), again)
    assert told == ["opportunity-cancelled", "opportunity-changed", "place-queued", "place-queued"]


async def test_opp_11_who_came_all_the_same_while_an_offer_stood_has_nothing_to_answer_and_gave_nothing_back(
    world: World,
):
    published, place = await waits(world)
    await world.hear(place_offered(place, datetime.now(UTC) + timedelta(days=3)))
    assert await world.open_tasks() != set()
    assert await hears_after(world, published, place_left(place, 3, given_back=False)) == [
        "place-offered",
        "place-queued",
    ]
    assert await world.open_tasks() == set()
